/*
 * From the registers and the stack dump of one sample to the program counters of its user stack.
 *
 * Hybrid: where the rule at the code address says that the frame pointer is not set up there (a leaf, a prologue, an
 * epilogue, code built without frame pointers), one step is made by that rule; else along the frame pointer. Every
 * step is guarded: it must stay in the dump, go up the stack, land in an executable mapping, and right behind a call.
 * Where a guard fails the walk stops and says why.
 *
 * The kernel's own walk reaches where the dump does not: it follows frame pointers through all of the process' memory, also
 * onto another stack. Where ours was led by a frame pointer to a place that the dump does not hold, the kernel's frames
 * from that same place on are added, as long as the code there keeps frame pointers.
 */
#ifndef FPPROF_SYMBOLIZE_UNWIND_H
#define FPPROF_SYMBOLIZE_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/arch.h"
#include "symbolize/process.h"

enum unwind_mode {
	UNWIND_HYBRID,
	UNWIND_FP,     /* along frame pointers alone */
	UNWIND_KERNEL, /* not at all: what the kernel's own walk found is taken as it is */
};

/* "hybrid", "fp" or "kernel"; false for other words. */
bool unwind_mode_parse(const char *text, enum unwind_mode *out);

enum unwind_end {
	UNWIND_ROOT,         /* the outermost frame was reached */
	UNWIND_CUT_DUMP,     /* the dump ends before the stack does */
	UNWIND_CUT_RULE,     /* no rule that can be followed, and the frame pointer is none either */
	UNWIND_CUT_FP,       /* the frame pointer is not one: not aligned, not rising, or outside the stack */
	UNWIND_CUT_ADDRESS,  /* the return address is not behind a call */
	UNWIND_CUT_UNMAPPED, /* the return address is in no executable memory */
	UNWIND_CUT_DEPTH,    /* more frames than fit */
	UNWIND_CUT_NO_REGS,  /* the kernel handed over no registers, or no dump */
	UNWIND_CUT_ABI,      /* a 32-bit program */
	UNWIND_CUT_OUTSIDE,  /* its process is outside our PID namespace: nothing is known of it */
	UNWIND_END_COUNT,
};

/* Why the stack ended, in a few words: "dump too short". For UNWIND_ROOT "root". */
const char *unwind_end_name(enum unwind_end end);

enum { UNWIND_FRAMES_MAX = 512 };

struct frame {
	uint64_t pc;     /* as found: frame 0 and signal frames hold the instruction, the others their return address */
	uint64_t lookup; /* the address to look up: pc, or pc - 1 for a return address */
	struct map *map; /* NULL when pc is in no executable mapping (only possible for frame 0) */
};

/* The stack's bytes [sp, sp + n), and what the kernel's own walk found. Borrowed. */
struct stack_dump {
	const uint8_t *at;
	size_t n;
	uint64_t sp;
	size_t asked; /* what was asked for: n < asked means that the stack itself ended there, or was not paged in */
	const uint64_t *chain; /* the user part of the callchain, innermost first: an instruction, then return addresses */
	size_t chain_n;
};

struct unwind_result {
	struct frame frames[UNWIND_FRAMES_MAX]; /* innermost first */
	size_t n;
	enum unwind_end end;
	unsigned int repaired; /* frames that a rule found where the frame pointer would have been wrong */
	unsigned int spliced;  /* frames that only the kernel's own walk reached */
};

void unwind(struct images *images, const struct process *process, enum unwind_mode mode, const struct regs *regs,
	    const struct stack_dump *dump, struct unwind_result *out);

/* The mapping that return address pc leads back to, or NULL; and whether what stands before pc is a call. */
struct map *unwind_return_map(struct images *images, const struct process *process, uint64_t pc, bool *behind_call);

#endif
