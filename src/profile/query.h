/*
 * Questions to a profile: here, which functions is the time in.
 */
#ifndef FPPROF_SRC_PROFILE_QUERY_H
#define FPPROF_SRC_PROFILE_QUERY_H

#include <regex.h>

#include "src/profile/profile.h"

struct top_row {
	uint32_t name;   /* string: what stands in the table */
	bool is_inlined; /* only ever seen inlined: shown as "NAME (inline)", as pprof does */
	int64_t flat, cum;
};

struct top {
	struct top_row_vec VEC_OF(struct top_row) rows; /* sorted */
	int64_t total;         /* of the whole profile, before the focus */
	int64_t shown;         /* flat sum of the samples in focus */
};

struct top_options {
	size_t type;          /* which column of values */
	bool by_cum;
	const regex_t *focus; /* only stacks that have a matching function or file; NULL: all */
};

void profile_top(const struct profile *p, const struct top_options *options, struct top *out);
void top_free(struct top *top);

#endif
