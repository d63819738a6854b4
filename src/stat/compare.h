/*
 * Is A really faster than B? Two commands were run in turn, A B A B ..., so that the machine's drift meets both: figures
 * are compared pair by pair.
 */
#ifndef FPPROF_SRC_STAT_COMPARE_H
#define FPPROF_SRC_STAT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/vec.h"

/* A/B of one figure, with the interval that holds the true ratio with 95 % confidence. */
struct stat_ratio {
	bool is_known;      /* false: too few pairs, or values that have no ratio (zeros) */
	double ratio;       /* geometric mean of the pairs' ratios */
	double low, high;   /* the interval; low <= ratio <= high */
	size_t pairs;       /* that went into it */
	size_t left_out;    /* pairs without a ratio: a zero, or not counted */
};

/* a[i] and b[i] are one pair; NAN is not counted. */
struct stat_ratio stat_compare(const double *a, const double *b, size_t n);

/* The two-sided 95 % quantile of Student's t with `freedom` degrees of freedom (>= 1). */
double stat_t95(size_t freedom);

/* Pairs that it would take in all to tell a difference of `percent`, judging by the spread so far; 0: cannot be told. */
size_t stat_pairs_to_tell(const double *a, const double *b, size_t n, double percent);

/* One figure of a comparison: an event, or "elapsed". */
struct stat_compared {
	const char *name, *unit;     /* borrowed */
	bool lower_is_faster;        /* times, clocks and cycles: the verdict speaks of faster and slower; else of more and fewer */
	const double *a, *b;         /* borrowed, `pairs` of each */
};

struct stat_comparison {
	const char *command_a, *command_b; /* as typed; borrowed */
	size_t pairs;
	struct stat_compared_vec VEC_OF(struct stat_compared) rows; /* elapsed first: it is the one the verdict is about */
	int exit_a, exit_b;          /* the first failure of each, or 0 */
	struct compare_note_vec VEC_OF(const char *) notes;
};

/* "A is 1.08x to 1.11x faster than B", "no difference seen at these 10 pairs (95 % interval 0.98x to 1.03x); ..." */
void stat_verdict(const struct stat_comparison *c, struct buf *out);

void stat_compare_text(const struct stat_comparison *c, struct buf *out);
void stat_compare_csv(const struct stat_comparison *c, const char *separator, struct buf *out);
void stat_compare_json(const struct stat_comparison *c, struct buf *out);

#endif
