/*
 * Rules for Go's code: its runtime has to walk its own stacks, and carries a table of how far sp is from the return
 * address at each instruction, .gopclntab. strip leaves it.
 *
 * Formats: src/runtime/symtab.go and src/cmd/link/internal/ld/pcln.go of Go 1.18 and 1.20; older programs are walked along
 * frame pointers. The table is read where it lies in the file, a few words for each address.
 */
#ifndef FPPROF_SYMBOLIZE_GOSTACK_H
#define FPPROF_SYMBOLIZE_GOSTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "symbolize/rule.h"

struct image;

struct gostack {
	bool tried;
	uint64_t at, n;            /* file offset and size of the table; n is 0 when there is none */
	uint64_t text;             /* the address that functions are counted from; all are the file's own */
	uint64_t n_functions;
	uint64_t index, values;    /* offsets in the table: of functions, and of programs of values by pc */
	unsigned int flag_at;      /* where in a function's description its flags are */
};

/*
 * The rule at an address; where the frame pointer is saved comes with it, as in no other register anything is kept. False:
 * no function of Go's is there. Not cached.
 */
bool gostack_rule(struct image *image, uint64_t vaddr, struct rule *out);

#endif
