/*
 * What the unwinder must know of a machine: the seam behind which x86-64 stands now, and aarch64 can stand later.
 *
 * The mask and the order of registers are those of the kernel's asm/perf_regs.h; the numbers of the DWARF registers
 * are those of the psABI ("DWARF Register Number Mapping").
 */
#ifndef FPPROF_SYMBOLIZE_ARCH_H
#define FPPROF_SYMBOLIZE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers of registers in call-frame information. */
enum { ARCH_DWARF_FP = 6, ARCH_DWARF_SP = 7, ARCH_DWARF_RA = 16, ARCH_REGS = 16 };

/* Registers of an interrupted thread. ip, sp and fp are what most frames are made of; the others are seldom needed. */
struct regs {
	uint64_t ip, sp, fp;
	uint64_t at[ARCH_REGS]; /* by DWARF number */
	uint32_t known;         /* bit N: at[N] */
};

enum regs_abi { REGS_ABI_NONE, REGS_ABI_32, REGS_ABI_64 }; /* PERF_SAMPLE_REGS_ABI_* */

uint64_t arch_regs_mask(void); /* for perf_event_attr.sample_regs_user */

/* Takes the registers out of the kernel's array, which holds one value for each bit of `mask`, lowest first. */
bool arch_regs_from_sample(uint64_t mask, const uint64_t *values, size_t n, struct regs *out);

/* A frame that the frame pointer leads to: the caller's frame pointer, and the return address. */
enum { ARCH_FRAME_FP = 0, ARCH_FRAME_RA = 8, ARCH_FRAME_BYTES = 16 };

/* A return address as the processor will use it, without what some machines keep in its upper bits. */
uint64_t arch_return_address(uint64_t word);

/* Does the psABI have a function give it back to its caller as it was? */
bool arch_is_callee_saved(unsigned int reg);

/*
 * Where a signal frame keeps an interrupted register, in bytes from sp in the trampoline; ARCH_DWARF_RA stands for the
 * instruction. Negative: nowhere.
 */
int arch_signal_offset(unsigned int reg);

/* e_machine of the ELF files whose frames we can walk. */
uint16_t arch_elf_machine(void);

/* Do these bytes, which stand right before a return address, end in a call instruction? n is at most 8. */
bool arch_ends_in_call(const uint8_t *before, size_t n);
enum { ARCH_CALL_BYTES_MAX = 8 };

/* Is this the code of a signal trampoline (the C library's __restore_rt)? */
bool arch_is_signal_trampoline(const uint8_t *code, size_t n);

/* Go starts a goroutine as if runtime.goexit had called it: is this, from a byte before the "return address" on, its code? */
bool arch_is_goroutine_exit(const uint8_t *code, size_t n);

#endif
