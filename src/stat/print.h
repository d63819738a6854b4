/*
 * What the writers of counts do alike.
 */
#ifndef FPPROF_SRC_STAT_PRINT_H
#define FPPROF_SRC_STAT_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "src/stat/report.h"

/* One field as RFC 4180 has it: in quotes where needed. The text is made clean first, so a field never has a line break. */
void stat_csv_field(const char *text, const char *separator, struct buf *out);

/* With ',' between thousands if `group`. */
void stat_group_number(double value, int decimals, bool group, struct buf *out);

int stat_row_decimals(const struct stat_report *report, const struct stat_row *row);
/* The part of its time that an event was on the hardware, in percent. */
double stat_row_percent_running(const struct stat_row *row);
bool stat_has_cgroups(const struct stat_report *report);

#endif
