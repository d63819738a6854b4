/*
 * Why the kernel refused, and the exact command that mends it. `record` and `doctor` say the same sentences.
 *
 * What is permitted is found out by opening an event, never by reading a number; the numbers (perf_event_paranoid and
 * so on) only choose the words once the kernel has refused.
 */
#ifndef FPPROF_COLLECTORS_ADVICE_H
#define FPPROF_COLLECTORS_ADVICE_H

#include "base/error.h"

/*
 * Fills err with the sentence for a perf_event_open() that failed with the positive errno `code`; `what` names what was
 * attempted ("sample the whole system"). Returns -code.
 */
int advice_open_failed(int code, const char *what, struct error *err);

/* The same, with the machine's /proc and /sys below `root` ("" is this machine). */
int advice_open_failed_at(const char *root, int code, const char *what, struct error *err);

#endif
