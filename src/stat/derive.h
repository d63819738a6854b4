/*
 * The derived column: what a count means beside the others of its key and cgroup ("2.31 insn per cycle").
 */
#ifndef FPPROF_SRC_STAT_DERIVE_H
#define FPPROF_SRC_STAT_DERIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "src/stat/report.h"

struct stat_metric {
	double value;
	int decimals;     /* perf's for this metric, for the text and the CSV */
	const char *unit; /* static: "CPUs utilized", "/sec", "insn per cycle", "of all branches" */
	bool is_percent;
	bool is_rate;
};

enum { STAT_METRICS_MAX = 2 };

struct stat_derived {
	size_t n; /* 0: the row was not counted, or what it would be set against is not there */
	struct stat_metric at[STAT_METRICS_MAX];
};

struct stat_derived_vec VEC_OF(struct stat_derived);

/* out->at[i] belongs to report->rows.at[i]. `out` is empty before, and the caller frees it. */
void stat_derive(const struct stat_report *report, struct stat_derived_vec *out);

/* For people: a rate above 1000 /sec in K/sec, M/sec or G/sec. Any other metric is returned as it is. */
struct stat_metric stat_metric_shorten(struct stat_metric metric);

#endif
