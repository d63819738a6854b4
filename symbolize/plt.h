/*
 * Names for the entries of a procedure linkage table, which no symbol table has: "read@plt" jumps to where `read` is. An
 * entry is a jump through a word of memory, and a relocation says what the dynamic linker puts there (System V ABI,
 * AMD64 supplement, "Procedure Linkage Table").
 */
#ifndef FPPROF_SYMBOLIZE_PLT_H
#define FPPROF_SYMBOLIZE_PLT_H

#include <stddef.h>
#include <stdint.h>

struct Elf;

/* One entry: the name is borrowed, and NULL where there is only the address of a function that finds the target. */
struct plt_entry {
	uint64_t start, size;
	const char *name;
	uint64_t resolver;
};

typedef void plt_visit_fn(void *ctx, const struct plt_entry *entry);

/* Calls `visit` for each entry whose target is known. Sections larger than any linker's are not read. */
void plt_visit(struct Elf *elf, plt_visit_fn *visit, void *ctx);

#endif
