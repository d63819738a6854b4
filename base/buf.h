/*
 * A growing run of bytes, owned. A zeroed struct is empty. `at` is always NUL-terminated once
 * anything was added, so text can be handed to libc as it is; the NUL is not counted in n.
 */
#ifndef FPPROF_BASE_BUF_H
#define FPPROF_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *at;
	size_t n, cap;
};

void buf_free(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */

/* Makes room for `more` further bytes and returns where they start; the caller adds to b->n. */
char *buf_grow(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define cleanup_buf __attribute__((__cleanup__(buf_free)))

#endif
