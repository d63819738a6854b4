/*
 * The rules of one file, and the cache of them. They are made one address at a time, when a walk comes by: from Go's own
 * table where it covers the address, else from call-frame information, .eh_frame before .debug_frame. What neither knows
 * can be read out of the code.
 */
#ifndef FPPROF_SYMBOLIZE_RULES_H
#define FPPROF_SYMBOLIZE_RULES_H

#include <stdint.h>

#include "base/table.h"
#include "base/vec.h"
#include "symbolize/cfi.h"
#include "symbolize/expr.h"
#include "symbolize/gostack.h"
#include "symbolize/rule.h"

struct image;

struct rules {
	struct cfi cfi;
	struct gostack go;
	struct exprs exprs; /* the programs of cached rules */
	struct table table; /* by address and register */
	struct cached_rule_vec VEC_OF(struct cached_rule {
		uint64_t at;
		uint32_t reg;
		struct rule rule;
	}) cache;
};

/* No rules come of a file without ELF, or for another machine: elf is NULL then. Borrowed. */
void rules_init(struct rules *rules, struct Elf *elf);
void rules_free(struct rules *rules);

/* The rule at an address of the file's own, and where it leaves that register (a DWARF number) of the caller. */
struct rule rules_at(struct image *image, uint64_t vaddr, unsigned int reg);

/* The rule that the code itself tells, from the instruction at a file offset on; see scan.h. */
struct rule rules_from_code(struct image *image, uint64_t offset);

#endif
