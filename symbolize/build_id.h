/*
 * The identity that the linker gives a file: a note of type NT_GNU_BUILD_ID, owner "GNU", in a PT_NOTE segment (gABI
 * chapter 5, "Note Section").
 */
#ifndef FPPROF_SYMBOLIZE_BUILD_ID_H
#define FPPROF_SYMBOLIZE_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct build_id {
	uint8_t bytes[20];
	uint8_t n; /* 0: has none */
};

/* Are these two the same, as far as is known? One that is empty may be any. */
bool build_id_fits(const struct build_id *a, const struct build_id *b);

/*
 * Looks for it in the notes of one segment, which are aligned to `align` bytes. Leaves *out as it is when there is none,
 * or one that is longer than fits: half an identity is none.
 */
bool build_id_find(const void *notes, size_t n, uint64_t align, struct build_id *out);

#endif
