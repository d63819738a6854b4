/*
 * The function symbols of one image, sorted by address: own arrays, because libdwfl's look-up walks the whole table.
 *
 * Sources: .symtab and .dynsym (gABI chapter 4, "Symbol Table"), and the entries of linkage tables, as "read@plt".
 * Where several names stand at one address the one a developer would expect is chosen: global before weak before local,
 * then the one with a size, then fewer leading underscores, then the shorter. Names are without versions.
 */
#ifndef FPPROF_SYMBOLIZE_SYMTAB_H
#define FPPROF_SYMBOLIZE_SYMTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

struct Elf;

struct symbol {
	uint64_t start, end; /* [start, end) in the file's virtual addresses */
	uint32_t name;       /* offset in symtab.names */
	bool is_libc;        /* by one of its names, which are reserved, or by its source: the C library's own */
};

struct symtab {
	struct symbol_vec VEC_OF(struct symbol) at; /* ascending, no two with the same start */
	struct name_vec VEC_OF(char) names;         /* NUL-terminated strings, one after another */
	bool has_symtab;                            /* false: only .dynsym, so inner functions are missing */
	bool is_cut;                                /* the tables are larger than is read: there are no symbols */
};

/*
 * Fills `out` from open ELF files of one program: itself, and those that know more of it; NULL ones are passed over. Bad
 * entries are skipped. Sizes are bounded (see symtab.c).
 */
void symtab_load(struct Elf *const *elfs, size_t n, struct symtab *out);
void symtab_free(struct symtab *symtab);

/* The symbol that covers vaddr, or NULL. A symbol without a size reaches to the next one. */
const struct symbol *symtab_find(const struct symtab *symtab, uint64_t vaddr);

/* The first symbol that starts behind vaddr, or NULL. */
const struct symbol *symtab_find_next(const struct symtab *symtab, uint64_t vaddr);
const char *symtab_name(const struct symtab *symtab, const struct symbol *symbol);

#endif
