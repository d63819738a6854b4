/* Reports of counting runs that never were: fixed readings, so that what is written of them is known to the last byte. */
#ifndef FPPROF_TESTS_UNIT_REPORTS_H
#define FPPROF_TESTS_UNIT_REPORTS_H

#include "src/stat/report.h"

/* A run of 'make -j2' that took 1.25 s and has no rows. */
void report_init(struct stat_report *r);

/* A plain count that ran all the time; the caller changes what is otherwise. The pointer dies with the next row. */
struct stat_row *report_add(struct stat_report *r, const char *event, enum stat_role role, double value);
/* Of task-clock or cpu-clock. */
struct stat_row *report_add_clock(struct stat_report *r, const char *event, double msec);

/* The kinds of report that there are; NULL behind the last. */
const char *report_kind(size_t i);
/* Starts anew. Its style has "," as the separator. */
void report_make(const char *kind, struct stat_report *r, struct stat_style *style);
void report_free(struct stat_report *r);

#endif
