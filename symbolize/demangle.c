/*
 * libiberty knows every scheme; what it is given is bounded, because a mangled name of a few kilobytes can stand for a
 * readable one of gigabytes. The callback interfaces write piece by piece, so the output can be bounded as well.
 */
#include "symbolize/demangle.h"

#ifdef HAVE_LIBIBERTY_DEMANGLE_H
#include <libiberty/demangle.h>
#else
#include <demangle.h>
#endif
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MANGLED_MAX = 2048, READABLE_MAX = 8192, OPTIONS = DMGL_PARAMS | DMGL_ANSI };

static void add_piece(const char *piece, size_t n, void *opaque)
{
	struct buf *out = opaque;

	if (out->n + n <= READABLE_MAX)
		buf_add(out, piece, n);
}

/* "core::fmt::write::h0123456789abcdef": the hash tells compilations apart, it is no part of the name. */
static void cut_rust_hash(struct buf *name)
{
	const size_t hash = 3 + 16;

	if (name->n > hash && strncmp(name->at + name->n - hash, "::h", 3) == 0 &&
	    strspn(name->at + name->n - 16, "0123456789abcdef") == 16) {
		name->n -= hash;
		name->at[name->n] = '\0';
	}
}

static bool is_mangled(const char *name)
{
	return strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0 || strncmp(name, "__Z", 3) == 0;
}

static char *demangle_d(const char *name)
{
	return strncmp(name, "_D", 2) == 0 ? dlang_demangle(name, OPTIONS) : NULL;
}

char *demangle(const char *name)
{
	struct buf out = { 0 };
	size_t n = strlen(name);
	char *d;

	if (n > MANGLED_MAX)
		return xstrdup(name);
	d = demangle_d(name);
	if (d)
		return d;
	if (!is_mangled(name))
		return xstrdup(name);
	if (rust_demangle_callback(name, OPTIONS, add_piece, &out) && out.n) {
		cut_rust_hash(&out);
		return out.at;
	}
	buf_clear(&out);
	if (cplus_demangle_v3_callback(name, OPTIONS, add_piece, &out) && out.n)
		return out.at;
	buf_free(&out);
	return xstrdup(name);
}
