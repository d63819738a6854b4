/*
 * The front door: from a place in an image to the names of the functions that are there.
 */
#ifndef FPPROF_SYMBOLIZE_SYMBOLIZE_H
#define FPPROF_SYMBOLIZE_SYMBOLIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "symbolize/image.h"

/* A function that is at a place: one that was inlined there, or the one that all of them were inlined into. */
struct function_name {
	char *name;            /* readable; owned */
	char *system_name;     /* the linker's; owned */
	char *file;            /* of its source; owned, NULL: not known */
	int64_t line, column;  /* in that file; 0: not known */
	int64_t start_line;    /* where the function is declared; 0: not known */
};

struct place_name {
	struct function_name_vec VEC_OF(struct function_name) at; /* innermost first; never empty */
	bool has_symbol;       /* false: the name is the file's, with an address */
	bool is_root;          /* a program or a thread begins here: nothing calls it */
};

/*
 * Names a place in an image, by file offset (for memory without a file: by whatever number the caller knows it by).
 * Always fills `out`: where nothing names the place it is "FILE!0xSTART" of the function that covers it, else
 * "FILE+0xADDRESS"; with addresses that addr2line takes (the file's own virtual ones), or with the offset as it was given
 * where the file is not open. Texts are valid UTF-8
 * without control characters. Release with place_name_free().
 */
void symbolize(struct image *image, uint64_t offset, struct place_name *out);
void place_name_free(struct place_name *place);

#endif
