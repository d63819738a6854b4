/*
 * libiberty knows every scheme. A mangled name can point back into itself, so two hundred bytes of it can stand for
 * gigabytes, and libiberty would write them out. Its callback interface can be left in one way only, which is longjmp():
 * that interface takes no memory from the heap for what it writes, so nothing is lost by it.
 */
#include "symbolize/demangle.h"

#ifdef HAVE_LIBIBERTY_DEMANGLE_H
#include <libiberty/demangle.h>
#else
#include <demangle.h>
#endif
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MANGLED_MAX = 4096, READABLE_MAX = 8192, D_REFERENCES_MAX = 12, OPTIONS = DMGL_PARAMS | DMGL_ANSI };

struct sink {
	struct buf text;
	jmp_buf full;
};

static void add_piece(const char *piece, size_t n, void *opaque)
{
	struct sink *sink = opaque;

	if (sink->text.n + n > READABLE_MAX)
		longjmp(sink->full, 1);
	buf_add(&sink->text, piece, n);
}

typedef int write_fn(const char *name, int options, demangle_callbackref callback, void *opaque);

/* The readable name, cut with "..." when it is too long; NULL when the name is of another scheme. */
static char *write_out(write_fn *write, const char *name)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));
	char *text = NULL;

	if (setjmp(sink->full))
		buf_puts(&sink->text, "...");
	else if (!write(name, OPTIONS, add_piece, sink))
		buf_clear(&sink->text);
	if (sink->text.n)
		text = xstrdup(sink->text.at);
	buf_free(&sink->text);
	free(sink);
	return text;
}

/* There is no callback for D, so the names that could grow without bound, those with many references, stay as they are. */
static char *demangle_d(const char *name)
{
	size_t references = 0;

	for (const char *at = name; (at = strchr(at, 'Q')); at++)
		references++;
	return references <= D_REFERENCES_MAX ? dlang_demangle(name, OPTIONS) : NULL;
}

static char *try_schemes(const char *name)
{
	char *readable = NULL;

	if (strncmp(name, "_D", 2) == 0)
		return demangle_d(name);
	if (strncmp(name, "_R", 2) == 0 || strncmp(name, "_ZN", 3) == 0)
		readable = write_out(rust_demangle_callback, name);
	if (!readable && strncmp(name, "_Z", 2) == 0)
		readable = write_out(cplus_demangle_v3_callback, name);
	return readable;
}

char *demangle(const char *name)
{
	char *readable = strnlen(name, MANGLED_MAX) < MANGLED_MAX ? try_schemes(name) : NULL;

	return readable ? readable : xstrdup(name);
}
