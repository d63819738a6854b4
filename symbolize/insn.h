/*
 * As much of an x86-64 instruction as matters to a frame: how long it is, and what it does to the stack and frame
 * pointers.
 */
#ifndef FPPROF_SYMBOLIZE_INSN_H
#define FPPROF_SYMBOLIZE_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSN_BYTES_MAX = 15 };

enum insn_effect {
	INSN_NONE,        /* neither pointer is touched; so it is with calls, which come back */
	INSN_PUSH,
	INSN_POP,
	INSN_POP_FP,
	INSN_ADD_SP,      /* sp += number */
	INSN_FP_IS_SP,    /* fp = sp + number */
	INSN_SP_IS_FP,    /* sp = fp + number */
	INSN_LOSE_SP,     /* sp is realigned, or comes from elsewhere */
	INSN_LEAVE,       /* sp = fp, pop fp */
	INSN_RETURN,      /* or a jump to another function, which will return in its place */
	INSN_JUMP,        /* to `number` bytes behind its end */
	INSN_JUMP_IF,
	INSN_ENTRY,       /* endbr64: something is entered here from elsewhere */
	INSN_STRANGE,     /* it does not go on behind it: a jump to an address in a register, a trap */
};

struct insn {
	uint8_t length; /* 1 .. 15 */
	uint8_t effect; /* enum insn_effect */
	int32_t number;
};

/* False: these bytes are no instruction, or there are not enough of them. */
bool insn_decode(const uint8_t *code, size_t n, struct insn *out);

#endif
