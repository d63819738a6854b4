/*
 * A file's call-frame information, .eh_frame and .debug_frame, and rules reduced from it: one address at a time with
 * libdw's CFI reader, never a walk over a whole file.
 */
#ifndef FPPROF_SYMBOLIZE_CFI_H
#define FPPROF_SYMBOLIZE_CFI_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbolize/expr.h"
#include "symbolize/rule.h"

struct cfi {
	Elf *elf;         /* borrowed; NULL: no CFI */
	Dwarf_CFI *eh;    /* .eh_frame */
	Dwarf_CFI *debug; /* .debug_frame */
	Dwarf *dwarf;     /* that `debug` belongs to, over `copy` */
	Elf *copy;        /* a file of nothing but .debug_frame, in `copy_bytes` */
	char *copy_bytes;
	bool tried;
};

/*
 * The rule at an address of the file's own, and where it leaves that register (a DWARF number) of the caller; its programs
 * are added to exprs. Not cached.
 */
struct rule cfi_rule(struct cfi *cfi, struct exprs *exprs, uint64_t vaddr, unsigned int reg);

/* cfi_open.c: finds the sections, at the first rule that is wanted. */
void cfi_open(struct cfi *cfi);
void cfi_close(struct cfi *cfi);

#endif
