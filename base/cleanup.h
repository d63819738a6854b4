/*
 * Owning locals: a variable declared with one of these is released when it leaves its scope.
 * A value that escapes to the caller leaves through take_ptr() or take_fd().
 */
#ifndef FPPROF_BASE_CLEANUP_H
#define FPPROF_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup(fn) __attribute__((__cleanup__(fn)))

static inline void cleanup_free_fn(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_fn(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose_fn(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define cleanup_free cleanup(cleanup_free_fn)
#define cleanup_close cleanup(cleanup_close_fn)
#define cleanup_fclose cleanup(cleanup_fclose_fn)

/* Defines `NAME_cleanup`, to be used as cleanup(NAME_cleanup), for a `void FREE(TYPE *)`. */
#define DEFINE_CLEANUP(name, type, release)                                                        \
	static inline void name##_cleanup(type **p)                                                \
	{                                                                                          \
		if (*p)                                                                            \
			release(*p);                                                               \
	}

#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *_take_from = &(p);                                                  \
		__typeof__(p) _taken = *_take_from;                                                \
		*_take_from = NULL;                                                                \
		_taken;                                                                            \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
