/*
 * Names come from processes, which choose them. Before one is written anywhere it becomes valid UTF-8
 * without control characters.
 */
#ifndef FPPROF_BASE_UTF8_H
#define FPPROF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

bool utf8_is_clean(const char *text, size_t n); /* valid, and no C0, DEL or C1 control character */

/* Appends text; a control character becomes \xNN, a byte that is not UTF-8 becomes U+FFFD. */
void utf8_clean(const char *text, size_t n, struct buf *out);

#endif
