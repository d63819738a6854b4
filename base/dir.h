/*
 * The names in a directory, read whole under a limit.
 */
#ifndef FPPROF_BASE_DIR_H
#define FPPROF_BASE_DIR_H

#include <stddef.h>

#include "base/error.h"
#include "base/vec.h"

struct string_vec VEC_OF(char *); /* owned strings; release with strings_free() */

void strings_free(struct string_vec *names);

#define cleanup_strings __attribute__((__cleanup__(strings_free)))

/*
 * Appends the entries of a directory, numbers within names in their order (imc_2 before imc_10), hidden ones left out.
 * Fails with EFBIG when there are more than `limit`. The sentence names the path.
 */
int dir_names(const char *path, size_t limit, struct string_vec *out, struct error *err);

#endif
