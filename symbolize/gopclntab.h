/*
 * Go's own table of functions, files and lines, which its runtime needs and `strip` leaves: .gopclntab.
 *
 * Formats: src/debug/gosym/pclntab.go and src/runtime/symtab.go of Go 1.2, 1.16, 1.18 and 1.20, which changed it; inlined
 * calls (src/runtime/symtabinl.go) from 1.18 on. All addresses are the file's own.
 */
#ifndef FPPROF_SYMBOLIZE_GOPCLNTAB_H
#define FPPROF_SYMBOLIZE_GOPCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/source.h"

struct image;

/* Named after the first release that wrote it. */
enum go_format { GO_NONE, GO_1_2, GO_1_16, GO_1_18, GO_1_20 };

struct gopclntab {
	enum go_format format;
	uint8_t *at;            /* the table; owned */
	size_t n;
	uint8_t *inlined;       /* the runtime's go.func.*, where the inlined calls of 1.18 and later are; owned, or NULL */
	size_t n_inlined;
	uint64_t text;          /* what entries of 1.18 and later are counted from */
	uint64_t n_functions;
	uint8_t quantum;        /* bytes of the smallest instruction */
	/* Offsets in the table: of the names, of the units' files, of files, of values by pc, of functions and their index. */
	uint64_t names, units, files, values, functions, index;
};

/* Takes the table that starts at bytes, which go to it also when they are none. False: `out` is empty. */
bool gopclntab_parse(uint8_t *bytes, size_t n, struct gopclntab *out);

/* Could a table start with these eight bytes? */
bool gopclntab_is_start(const uint8_t *bytes);

/* The first function's entry, as far as it is known without `text`. */
uint64_t gopclntab_first_entry(const struct gopclntab *t);

/* Finds the table of an open file, by its section or else by its first bytes; `out` is empty when there is none. */
void gopclntab_load(struct image *image, struct gopclntab *out);
void gopclntab_free(struct gopclntab *t);

/* The functions at vaddr, innermost first; returns how many, at most SOURCE_FRAMES_MAX, 0 where none covers it. */
size_t gopclntab_frames(const struct gopclntab *t, uint64_t vaddr, struct source_frame *out);

#endif
