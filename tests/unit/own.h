/*
 * The test program itself as the process that is looked at: its mappings are real, and what is in them is known.
 */
#ifndef FPPROF_TESTS_UNIT_OWN_H
#define FPPROF_TESTS_UNIT_OWN_H

#include "symbolize/process.h"

struct own {
	struct images images;
	struct processes processes;
	struct process *process; /* with the executable mappings of /proc/self/maps */
};

void own_load(struct own *own);
void own_free(struct own *own);

/* The image that holds one of our own addresses, opened, and the file offset of the address in it. */
struct image *own_image_at(struct own *own, const void *addr, uint64_t *offset);

#endif
