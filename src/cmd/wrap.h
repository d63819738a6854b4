/*
 * Text for people: broken into lines of at most WRAP_WIDTH columns.
 */
#ifndef FPPROF_SRC_CMD_WRAP_H
#define FPPROF_SRC_CMD_WRAP_H

#include <stddef.h>

enum { WRAP_WIDTH = 80 };

/* Prints the words of at[0..n) and a line break. The first word goes to `column`, where the cursor is; later lines are
 * indented. */
void wrap_text(const char *at, size_t n, int indent, int column);

#endif
