/*
 * Allocation that does not fail: when the machine has no memory left the program says so and ends,
 * as every caller would have had to. Sizes that come from input are checked against a limit by the
 * parser before they get here; these calls only guard the multiplication.
 */
#ifndef FPPROF_BASE_ALLOC_H
#define FPPROF_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* libiberty, which the demangler links, has functions of the usual names. */
#define xmalloc base_xmalloc
#define xcalloc base_xcalloc
#define xreallocarray base_xreallocarray
#define xstrdup base_xstrdup
#define xstrndup base_xstrndup
#define xasprintf base_xasprintf
#define xvasprintf base_xvasprintf

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *xvasprintf(const char *fmt, va_list args) __attribute__((format(printf, 1, 0), returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

#endif
