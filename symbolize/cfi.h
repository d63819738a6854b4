/*
 * Rules: how to get from a frame to its caller at one code address, reduced from the image's .eh_frame to 16 bytes.
 *
 * Made one address at a time with libdw's CFI reader and cached by address with the image; never a walk over a whole
 * file. What a rule cannot express is RULE_NONE, and the unwinder falls back to the frame pointer.
 */
#ifndef FPPROF_SYMBOLIZE_CFI_H
#define FPPROF_SYMBOLIZE_CFI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "base/vec.h"

struct Elf;
struct Dwarf_CFI_s;

enum rule_kind {
	RULE_NONE,      /* no CFI covers the address, or it says what 16 bytes cannot */
	RULE_CFA_SP,    /* CFA = sp + cfa_offset */
	RULE_CFA_FP,    /* CFA = fp + cfa_offset */
	RULE_CFA_AT_FP, /* CFA is in memory at fp + cfa_offset: a function that realigned its stack */
	RULE_SIGNAL,    /* a signal frame: the interrupted registers are in the ucontext at sp */
	RULE_OUTERMOST, /* the return address is undefined: this is the root */
};

/* Where the caller's frame pointer is. */
enum rule_fp { RULE_FP_SAME, RULE_FP_AT_CFA, RULE_FP_AT_FP };

struct rule {
	uint8_t kind;       /* enum rule_kind */
	uint8_t fp_is;      /* enum rule_fp */
	int32_t cfa_offset; /* bytes */
	int32_t fp_offset;  /* from the CFA, or from fp */
	int32_t ra_offset;  /* where the return address is, from the CFA */
};

struct cfi {
	struct Elf *elf;           /* borrowed; NULL: no CFI */
	struct Dwarf_CFI_s *eh;    /* .eh_frame */
	bool tried;
	struct table table;        /* by address */
	struct cached_rule_vec VEC_OF(struct cached_rule {
		uint64_t vaddr;
		struct rule rule;
	}) cache;
};

void cfi_init(struct cfi *cfi, struct Elf *elf);
void cfi_free(struct cfi *cfi);

/* The rule at an address of the file's own. Cached. */
struct rule cfi_rule(struct cfi *cfi, uint64_t vaddr);

#endif
