/*
 * A growing array of any type:
 *
 *	struct map_vec VEC_OF(struct map);      declares struct map_vec { struct map *at; size_t n, cap; }
 *	*vec_push(&v) = x;                      the new slot is uninitialised
 *	vec_free(&v);
 *
 * `at[0..n)` are the elements. A zeroed struct is an empty vector. Pointers into it die with the next push.
 */
#ifndef FPPROF_BASE_VEC_H
#define FPPROF_BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define VEC_OF(type)                                                                               \
	{                                                                                          \
		type *at;                                                                          \
		size_t n, cap;                                                                     \
	}

/* Makes room for `want` elements in all. */
#define vec_reserve(v, want)                                                                       \
	do {                                                                                       \
		size_t _want = (want);                                                             \
		if (_want > (v)->cap) {                                                            \
			size_t _cap = (v)->cap ? (v)->cap * 2 : 8;                                 \
			(v)->cap = _cap > _want ? _cap : _want;                                    \
			(v)->at = xreallocarray((v)->at, (v)->cap, sizeof(*(v)->at));              \
		}                                                                                  \
	} while (0)

#define vec_push(v)                                                                                \
	({                                                                                         \
		vec_reserve((v), (v)->n + 1);                                                      \
		&(v)->at[(v)->n++];                                                                \
	})

/* Opens a gap of one element at index i (0 <= i <= n) and returns the uninitialised slot. */
#define vec_insert(v, i)                                                                           \
	({                                                                                         \
		size_t _i = (i);                                                                   \
		vec_reserve((v), (v)->n + 1);                                                      \
		memmove(&(v)->at[_i + 1], &(v)->at[_i], ((v)->n - _i) * sizeof(*(v)->at));         \
		(v)->n++;                                                                          \
		&(v)->at[_i];                                                                      \
	})

/* How many elements come first in a vector that ascends by `field`: those with field <= value. */
#define vec_count_until(v, field, value)                                                           \
	({                                                                                         \
		size_t _low = 0, _high = (v)->n;                                                   \
		while (_low < _high) {                                                             \
			size_t _middle = _low + (_high - _low) / 2;                                \
			if ((v)->at[_middle].field <= (value))                                     \
				_low = _middle + 1;                                                \
			else                                                                       \
				_high = _middle;                                                   \
		}                                                                                  \
		_low;                                                                              \
	})

#define vec_remove(v, i)                                                                           \
	do {                                                                                       \
		size_t _i = (i);                                                                   \
		memmove(&(v)->at[_i], &(v)->at[_i + 1], ((v)->n - _i - 1) * sizeof(*(v)->at));     \
		(v)->n--;                                                                          \
	} while (0)

#define vec_free(v)                                                                                \
	do {                                                                                       \
		free((v)->at);                                                                     \
		memset((v), 0, sizeof(*(v)));                                                      \
	} while (0)

#endif
