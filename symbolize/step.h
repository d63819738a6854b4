/*
 * One step of a walk: from a frame to where its caller's frame might be. What a step finds is a proposal; unwind.c
 * guards it. For unwind.c alone.
 */
#ifndef FPPROF_SYMBOLIZE_STEP_H
#define FPPROF_SYMBOLIZE_STEP_H

#include "symbolize/unwind.h"

enum stepped_by { BY_NOTHING, BY_RULE, BY_FP, BY_SIGNAL };

/* What is known of a frame besides its pc. */
struct walked {
	uint64_t sp, fp;
	enum stepped_by by;  /* how its caller was found */
	bool is_trampoline;  /* here a signal handler returns to */
};

struct walk {
	struct images *images;
	const struct process *process;
	enum unwind_mode mode;
	const struct stack_dump *dump;
	const struct regs *sample;
	struct unwind_result *out;
	struct walked at[UNWIND_FRAMES_MAX]; /* parallel to out->frames */
	unsigned int signals;
	unsigned int looks_left; /* into registers that rules of inner frames have to be asked for */
};

struct step {
	uint64_t ip, sp, fp;
	bool is_exact;       /* ip is an instruction that was interrupted, not a return address */
	bool is_trampoline;
	bool wants_fp;       /* it needed what is behind the frame pointer */
	enum stepped_by by;
	enum unwind_end end; /* UNWIND_END_COUNT while the walk goes on */
};

/* From the last frame of w->out. */
struct step step_once(struct walk *w);

/* The rule at frame i, and where it leaves a register of that frame's caller. */
struct rule rule_of(const struct walk *w, size_t i, unsigned int reg);

/* splice.c: goes on at frame pointer `fp` with the kernel's frames. Says why that ended; `end` if there are none. */
enum unwind_end splice(struct walk *w, enum unwind_end end, uint64_t fp);

/* A word of the dump. */
bool dump_word(const struct stack_dump *dump, uint64_t addr, uint64_t *out);

/* Is this the code that a signal handler returns to? */
bool is_trampoline(struct map *map, uint64_t pc);

#endif
