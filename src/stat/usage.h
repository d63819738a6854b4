/*
 * A run's times and its rusage as rows, to be printed like any other. Their names have underscores, as perf's own
 * duration_time has; so none is taken for an event that the kernel counts, minor_faults for minor-faults.
 */
#ifndef FPPROF_SRC_STAT_USAGE_H
#define FPPROF_SRC_STAT_USAGE_H

#include "src/stat/report.h"

/* duration_time, and with a command user_time and system_time: nanoseconds. The caller frees `rows`. */
void stat_time_rows(const struct stat_report *report, struct stat_row_vec *rows);

/* What GNU time tells; none without a command. The caller frees `rows`. */
void stat_rusage_rows(const struct stat_report *report, struct stat_row_vec *rows);

#endif
