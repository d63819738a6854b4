/*
 * What a table says of one place in a program: the function, and the line of source. Borrowed from the table that gave it.
 */
#ifndef FPPROF_SYMBOLIZE_SOURCE_H
#define FPPROF_SYMBOLIZE_SOURCE_H

#include <stdint.h>

/* Deeper chains of inlined calls are cut: the innermost ones go. */
enum { SOURCE_FRAMES_MAX = 64 };

struct source_frame {
	const char *function;  /* the linker's name; NULL: not known */
	const char *file;      /* NULL: not known */
	const char *directory; /* that a relative path starts from; NULL: not known */
	int64_t line, column;  /* 0: not known */
	int64_t start_line;    /* where the function is declared; 0: not known */
};

#endif
