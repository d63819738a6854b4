/*
 * Values with units as pprof prints them: 1.23s, 450ms, 512kB, 98.20%. Units of bytes, time and GCU are converted into
 * one another; all others are left alone, and "count" is not even printed.
 */
#ifndef FPPROF_SRC_CMD_MEASURE_H
#define FPPROF_SRC_CMD_MEASURE_H

#include <stdint.h>

#include "base/buf.h"

/* The unit "auto" is the largest one in which the value is at least 1. *unit is static or `to`; "" is not printed. */
double measure_scale(int64_t value, const char *from, const char *to, const char **unit);

void measure_value(int64_t value, const char *from, const char *to, struct buf *out);

/* At least two digits, right-aligned in six columns. */
void measure_percent(int64_t value, int64_t total, struct buf *out);

#endif
