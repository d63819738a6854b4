/*
 * What is wrong with a tracepoint's filter, in the kernel's own words.
 */
#ifndef FPPROF_COLLECTORS_FILTER_H
#define FPPROF_COLLECTORS_FILTER_H

#include "base/error.h"

/* The filter of tracepoint SYS:NAME was refused with the positive errno `code`. Fills err, and returns -code. */
int filter_explain(const char *tracepoint, const char *filter, int code, struct error *err);

#endif
