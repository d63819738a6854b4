/* One growth rule (doubling) for every text and byte string that fpprof builds. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buf_free(struct buf *b)
{
	free(b->at);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	if (b->at)
		b->at[0] = '\0';
}

char *buf_grow(struct buf *b, size_t more)
{
	size_t want = b->n + more + 1;

	if (want > b->cap) {
		b->cap = b->cap * 2 > want ? b->cap * 2 : want;
		b->at = xreallocarray(b->at, b->cap, 1);
	}
	return b->at + b->n;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *to = buf_grow(b, n);

	if (n)
		memcpy(to, bytes, n);
	to[n] = '\0';
	b->n += n;
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	char *to = buf_grow(b, (size_t)n);
	va_start(args, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, args);
	va_end(args);
	b->n += (size_t)n;
}
