/*
 * What an x86-64 instruction does to the stack of calls. Encodings are those of the Intel SDM, volume 2.
 */
#ifndef FPPROF_TESTS_ORACLE_INSN_H
#define FPPROF_TESTS_ORACLE_INSN_H

#include <stddef.h>
#include <stdint.h>

enum insn_kind {
	INSN_OTHER,    /* returns and jumps as well: what they do is seen by where sp is afterwards */
	INSN_CALL,     /* pushes a return address */
	INSN_POP,      /* into a register; the return address may be what it takes */
	INSN_SYSCALL,
	INSN_LOADS_SP, /* sp comes from elsewhere: a longjmp, a coroutine, another goroutine's stack */
};

enum { INSN_BYTES_MAX = 15 };

enum insn_kind insn_kind(const uint8_t *code, size_t n);

#endif
