/*
 * The derived column: what a count means beside the others of its row's key ("2.31 insn per cycle").
 */
#ifndef FPPROF_SRC_STAT_DERIVE_H
#define FPPROF_SRC_STAT_DERIVE_H

#include <stdbool.h>

#include "src/stat/report.h"

struct stat_metric {
	double value;
	int decimals;     /* perf's for this metric, for the text and the CSV */
	const char *unit; /* static: "CPUs utilized", "K/sec", "insn per cycle", "of all branches" */
	bool is_percent;  /* text: "1.23%" in front of the unit */
};

/*
 * False when nothing can be derived: the row was not counted, or what it is set against is not there. A second metric of
 * the same row ("stalled cycles per insn") is asked for with `which` 1.
 */
bool stat_derive(const struct stat_report *report, const struct stat_row *row, int which, struct stat_metric *out);

#endif
