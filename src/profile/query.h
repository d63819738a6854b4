/*
 * Questions to a profile: here, which functions is the time in. The answer is pprof's, row by row: functions of one name
 * are one row, an inlined call is a frame like any other, and recursion counts once.
 */
#ifndef FPPROF_SRC_PROFILE_QUERY_H
#define FPPROF_SRC_PROFILE_QUERY_H

#include <regex.h>

#include "src/profile/profile.h"

/* Whether calls to a function were compiled into its callers, as far as both stand in the table. */
enum top_inline { TOP_CALLED, TOP_PARTLY_INLINED, TOP_INLINED };

struct top_row {
	char *name; /* owned by the top; as the file has it, not cleaned */
	enum top_inline inlined;
	int64_t flat, cum;
};

struct top {
	struct top_row_vec VEC_OF(struct top_row) rows; /* sorted */
	int64_t total;     /* of the whole profile, before the focus; values below zero count as if above */
	int64_t shown;     /* sum of the rows' flat values */
	size_t dropped;    /* functions left out because node_fraction says so */
	size_t candidates; /* rows there were before max_rows cut them */
};

struct top_options {
	size_t type;          /* which column of values */
	bool by_cum;
	const regex_t *focus; /* only stacks that have a matching function, source file or mapped file; NULL: all */
	double node_fraction; /* leave out functions whose cum is below this part of the flat sum */
	double edge_fraction; /* calls below this part do not decide about top_inline */
	size_t max_rows;      /* 0: no limit */
};

void profile_top(const struct profile *p, const struct top_options *options, struct top *out);
void top_free(struct top *top);

/* Without its sign; the one value that has no opposite becomes the largest. */
static inline int64_t profile_magnitude(int64_t value)
{
	return value >= 0 ? value : value == INT64_MIN ? INT64_MAX : -value;
}

#endif
