/*
 * Is A really faster than B? Two commands were run in pairs, one run of each, so that the machine's drift meets both,
 * and figures are compared pair by pair. Whoever runs them lets the command that goes first change from pair to pair, A
 * B B A A B ...: always in the second place of its pair, B would look slower on a machine that becomes slower.
 */
#ifndef FPPROF_SRC_STAT_COMPARE_H
#define FPPROF_SRC_STAT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/vec.h"

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

/* A/B of one figure, with the interval that holds the true ratio with 95 % confidence. */
struct stat_ratio {
	bool is_known;    /* false: fewer than two pairs, too many zeros, or an interval that tells nothing */
	double ratio;     /* of a typical pair */
	double low, high; /* the interval; low <= ratio <= high */
	size_t pairs;     /* that went into it */
	size_t left_out;  /* pairs without a ratio: not counted on either side, or 0 on both */
};

/* a[i] and b[i] are one pair; NAN is not counted. */
struct stat_ratio stat_compare(const double *a, const double *b, size_t n);

/*
 * Pairs that it would take in all to tell a difference of `percent` in four of five such comparisons, judging by the
 * spread so far. 0: cannot be told; there is no interval yet, or it would take more than a million.
 */
size_t stat_pairs_to_tell(const double *a, const double *b, size_t n, double percent);

/* ---- what was compared ------------------------------------------------------------------------------------------- */

/* One figure of a comparison: an event, or "elapsed". */
struct stat_compared {
	const char *name, *unit; /* borrowed; unit as in struct stat_row, "msec" for elapsed */
	bool is_exact;           /* whole numbers, shown without decimals */
	bool lower_is_faster;    /* times, clocks and cycles: faster and slower are spoken of; else fewer and more */
	const double *a, *b;     /* borrowed, `pairs` of each */
};

struct stat_comparison {
	const char *command_a, *command_b; /* as typed; borrowed */
	size_t pairs;
	struct stat_compared_vec VEC_OF(struct stat_compared) rows; /* never empty; elapsed first, for the verdict */
	int exit_a, exit_b;                /* the first failure of each, as a shell would say, or 0 */
	struct compare_note_vec VEC_OF(const char *) notes; /* sentences about what the figures do not show */
};

/* ---- what came out of it ----------------------------------------------------------------------------------------- */

enum stat_judgement {
	STAT_NOT_JUDGED, /* there is no ratio, or there are too few pairs to judge so many figures */
	STAT_NONE_SEEN,  /* no difference was seen, which does not say that there is none */
	STAT_A_LESS,
	STAT_A_MORE,
};

const char *stat_judgement_name(enum stat_judgement judgement); /* "A less"; "" for what is not judged */

struct stat_side {
	double median, mean; /* NAN when it was never counted */
	size_t strays;       /* runs beyond stat_stray_factor times the median */
};

struct stat_finding {
	struct stat_side a, b;
	struct stat_ratio ratio;
	enum stat_judgement judgement;
};

struct stat_finding stat_find(const struct stat_comparison *c, size_t row);

/* The chance of a false difference that a row is held to: all counters together are allowed what elapsed is alone. */
double stat_doubt(const struct stat_comparison *c, size_t row);

/* The difference, in percent, that a comparison should be able to tell; pairs for it are asked for. */
extern const double stat_told_percent;
extern const double stat_stray_factor;

/* Decimals, `least` or more and 6 at most, with which two ratios do not read as 1 or 0 unless they are. */
int stat_ratio_decimals(double low, double high, int least);

/* "A is 1.08x to 1.11x faster than B ...", "No difference seen ..."; a command that failed is named first. */
void stat_verdict(const struct stat_comparison *c, struct buf *out);

/* docs/stat-compare.md has the layouts. */
void stat_compare_text(const struct stat_comparison *c, struct buf *out);
void stat_compare_csv(const struct stat_comparison *c, const char *separator, struct buf *out);
void stat_compare_json(const struct stat_comparison *c, struct buf *out);

#endif
