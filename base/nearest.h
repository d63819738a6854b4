/*
 * What did they mean? The names nearest to a mistyped one, by edit distance.
 */
#ifndef FPPROF_BASE_NEAREST_H
#define FPPROF_BASE_NEAREST_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends "; did you mean A, B?" with at most three of names[0..n) that are near enough to `wrong`; nothing when none
 * is. NULL names are passed over.
 */
void nearest_names(const char *wrong, const char *const *names, size_t n, struct buf *out);

#endif
