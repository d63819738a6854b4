/*
 * Where functions start and end in a file that has no name for them: each has a frame description entry, which unwinding
 * needs and strip(1) leaves. Found through .eh_frame_hdr (Linux Standard Base, "Exception Frames"), whose table is sorted.
 */
#ifndef FPPROF_SYMBOLIZE_FDES_H
#define FPPROF_SYMBOLIZE_FDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

struct fdes {
	uint64_t header;  /* address of .eh_frame_hdr, from which the table counts */
	uint8_t *table;   /* pairs of 32-bit distances: of the code, of its entry; owned */
	size_t n;
};

/* Reads the table of an open file; it is empty when there is none that we can read. */
void fdes_load(struct image *image, struct fdes *out);
void fdes_free(struct fdes *fdes);

/* The range of the function that covers vaddr; false: none is known. */
bool fdes_find(const struct fdes *fdes, struct image *image, uint64_t vaddr, uint64_t *start, uint64_t *end);

#endif
