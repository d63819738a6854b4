/*
 * Rules: how to get from a frame to its caller at one code address, reduced from the image's call-frame information to
 * 16 bytes.
 *
 * Made one address at a time with libdw's CFI reader and cached by address with the image; never a walk over a whole
 * file. .eh_frame is asked first, then .debug_frame.
 */
#ifndef FPPROF_SYMBOLIZE_CFI_H
#define FPPROF_SYMBOLIZE_CFI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "base/vec.h"
#include "symbolize/expr.h"

enum rule_kind {
	RULE_NONE,      /* the file has no call-frame information at all */
	RULE_GAP,       /* it has, but says nothing of this address, or nothing that can be followed */
	RULE_CFA_SP,    /* the CFA is sp + cfa */
	RULE_CFA_FP,    /* the CFA is fp + cfa */
	RULE_CFA_EXPR,  /* the CFA is what program `cfa` computes: another register, or a word in memory */
	RULE_SIGNAL,    /* a signal frame: the interrupted registers are in the ucontext at sp */
	RULE_OUTERMOST, /* the return address is undefined: this is the root */
};

/* Where a register of the caller is. */
enum saved_place {
	PLACE_SAME,    /* it was not touched */
	PLACE_AT_CFA,  /* in memory, that many bytes from the CFA */
	PLACE_EXPR,    /* where that program says */
	PLACE_LOST,    /* nowhere, or nothing is said of it */
	PLACE_UNKNOWN, /* something is said that we cannot follow */
};

/* `saved` is of the register that was asked for. */
struct rule {
	uint8_t kind;              /* enum rule_kind */
	uint8_t ra_is, saved_is;   /* enum saved_place */
	int32_t cfa, ra, saved;    /* bytes, or the index of a program */
};

struct cfi {
	struct Elf *elf;           /* borrowed; NULL: no CFI */
	Dwarf_CFI *eh;             /* .eh_frame */
	Dwarf_CFI *debug;          /* .debug_frame */
	struct Dwarf *dwarf;       /* that `debug` belongs to, over `copy` */
	struct Elf *copy;          /* a file of nothing but .debug_frame, in `copy_bytes` */
	char *copy_bytes;
	bool tried;
	struct table table;        /* by address and register */
	struct cached_rule_vec VEC_OF(struct cached_rule {
		uint64_t vaddr;
		uint32_t reg;
		struct rule rule;
	}) cache;
	struct exprs exprs;        /* the programs of cached rules */
};

void cfi_init(struct cfi *cfi, struct Elf *elf);
void cfi_free(struct cfi *cfi);

/* The rule at an address of the file's own, and where it leaves that register (a DWARF number) of the caller. Cached. */
struct rule cfi_rule(struct cfi *cfi, uint64_t vaddr, unsigned int reg);

/* cfi_open.c: finds the sections, at the first rule that is wanted. */
void cfi_open(struct cfi *cfi);
void cfi_close(struct cfi *cfi);

#endif
