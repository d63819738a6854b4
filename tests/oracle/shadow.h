/*
 * The calls of one thread that have not returned: what is true of its stack, kept from the instructions it executes.
 *
 * An entry is a return address and the place in memory that holds it. It lives until sp rises above that place, by
 * whatever instruction: a return, a longjmp, an exception. A tail call changes nothing. A return address that was popped
 * into a register lives on in it (vfork does that), until sp rises further. A signal is two entries: the
 * handler's return address, and the instruction that was interrupted. A thread may have several stacks (coroutines,
 * goroutines); those that it is not on are kept as they were.
 */
#ifndef FPPROF_TESTS_ORACLE_SHADOW_H
#define FPPROF_TESTS_ORACLE_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

enum shadow_kind {
	SHADOW_RETURN,      /* pushed by a call */
	SHADOW_TRAMPOLINE,  /* where a signal handler returns to, pushed by the kernel */
	SHADOW_HELD,        /* pushed by a call, and now in a register; slot is where it was */
	SHADOW_INTERRUPTED, /* the instruction that a signal interrupted; slot is sp at that moment */
};

struct shadow_entry {
	enum shadow_kind kind;
	uint64_t slot, pc;
	uint64_t low, high; /* of SHADOW_INTERRUPTED: the stack that the handler runs on */
};

struct shadow_stack {
	struct shadow_entry_vec VEC_OF(struct shadow_entry) entries; /* outermost first */
	uint64_t base; /* sp when it was first seen */
	uint64_t left_at; /* sp when the thread went to another stack */
	bool is_open;  /* what lies above its base was not seen being made */
	size_t link_at; /* so many entries there were when the thread came here ... */
	size_t linked;  /* ... from that stack; SIZE_MAX: from none */
};

struct shadow {
	struct shadow_stack_vec VEC_OF(struct shadow_stack) stacks;
	size_t current;
};

/* A program or a thread begins, with nothing behind it. */
void shadow_begin(struct shadow *s, uint64_t sp);
void shadow_copy(struct shadow *to, const struct shadow *from); /* `to` is zeroed or was freed */
void shadow_free(struct shadow *s);

const struct shadow_stack *shadow_now(const struct shadow *s);

void shadow_call(struct shadow *s, uint64_t slot, uint64_t pc);

/* The word at sp goes to a register. An exception has put another one there, and then jumps to it. */
void shadow_pop(struct shadow *s, uint64_t sp, uint64_t word);

/* `interrupted` is a SHADOW_INTERRUPTED entry; the handler's return address is `pc`, at `slot`. */
void shadow_signal(struct shadow *s, const struct shadow_entry *interrupted, uint64_t slot, uint64_t pc);

/* The handler is done: the interrupted entry, which is gone with it. False when there was none. */
bool shadow_sigreturn(struct shadow *s, struct shadow_entry *interrupted);

/* The stack that the thread has come from, while nothing that was here before has returned; else NULL. */
const struct shadow_stack *shadow_link(const struct shadow *s);

/*
 * sp has come from elsewhere, and may be on another stack now: the one that begins in [low, high), or, where that is not
 * known (high is 0), the one whose entries are nearest. Says whether no stack was known there.
 */
bool shadow_switch(struct shadow *s, uint64_t from, uint64_t sp, uint64_t low, uint64_t high);

/* sp has moved: what is below it is gone. */
void shadow_settle(struct shadow *s, uint64_t sp);

#endif
