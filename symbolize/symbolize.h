/*
 * The front door: from a place in an image to the names of the function that is there.
 */
#ifndef FPPROF_SYMBOLIZE_SYMBOLIZE_H
#define FPPROF_SYMBOLIZE_SYMBOLIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "symbolize/image.h"

struct function_name {
	char *name;        /* readable; owned. Without a symbol: "FILE+0xADDRESS", see below */
	char *system_name; /* the linker's; owned */
	bool has_symbol;
	bool is_root;      /* the place where a program or a thread begins: nothing calls it */
};

/*
 * Names a place in an image, by file offset (for memory without a file: by whatever number the caller knows it by).
 * Always fills `out`: without a symbol the name is the file's with the address that addr2line takes (the file's own
 * virtual address), or with the offset as it was given where the file is not open. Names are valid UTF-8 without control
 * characters.
 * Release with function_name_free().
 */
void symbolize(struct image *image, uint64_t offset, struct function_name *out);
void function_name_free(struct function_name *name);

#endif
