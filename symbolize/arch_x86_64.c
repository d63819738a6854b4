/*
 * x86-64. Instruction encodings are those of the Intel SDM, volume 2: only as much is decoded as tells a call from
 * what is none, looking backwards from a return address.
 */
#include <asm/perf_regs.h>
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "symbolize/arch.h"

/* Names of one register: the kernel's in a sample, the C library's in a ucontext; by DWARF number. */
static const struct {
	uint8_t perf, greg;
} names[ARCH_REGS] = {
	{ PERF_REG_X86_AX, REG_RAX }, { PERF_REG_X86_DX, REG_RDX }, { PERF_REG_X86_CX, REG_RCX }, { PERF_REG_X86_BX, REG_RBX },
	{ PERF_REG_X86_SI, REG_RSI }, { PERF_REG_X86_DI, REG_RDI }, { PERF_REG_X86_BP, REG_RBP }, { PERF_REG_X86_SP, REG_RSP },
	{ PERF_REG_X86_R8, REG_R8 }, { PERF_REG_X86_R9, REG_R9 }, { PERF_REG_X86_R10, REG_R10 }, { PERF_REG_X86_R11, REG_R11 },
	{ PERF_REG_X86_R12, REG_R12 }, { PERF_REG_X86_R13, REG_R13 }, { PERF_REG_X86_R14, REG_R14 }, { PERF_REG_X86_R15, REG_R15 },
};

uint64_t arch_regs_mask(void)
{
	uint64_t mask = 1ULL << PERF_REG_X86_IP;

	for (size_t i = 0; i < ARCH_REGS; i++)
		mask |= 1ULL << names[i].perf;
	return mask;
}

static bool value_of(uint64_t mask, unsigned int reg, const uint64_t *values, size_t n, uint64_t *out)
{
	size_t index = (size_t)__builtin_popcountll(mask & ((1ULL << reg) - 1));

	if (!(mask & 1ULL << reg) || index >= n)
		return false;
	*out = values[index];
	return true;
}

bool arch_regs_from_sample(uint64_t mask, const uint64_t *values, size_t n, struct regs *out)
{
	*out = (struct regs){ 0 };
	for (unsigned int i = 0; i < ARCH_REGS; i++)
		if (value_of(mask, names[i].perf, values, n, &out->at[i]))
			out->known |= 1U << i;
	out->sp = out->at[ARCH_DWARF_SP];
	out->fp = out->at[ARCH_DWARF_FP];
	return out->known >> ARCH_DWARF_SP & out->known >> ARCH_DWARF_FP & 1 &&
	       value_of(mask, PERF_REG_X86_IP, values, n, &out->ip);
}

uint64_t arch_return_address(uint64_t word)
{
	return word;
}

/* rbx, rbp, r12 .. r15 */
bool arch_is_callee_saved(unsigned int reg)
{
	return reg == 3 || reg == ARCH_DWARF_FP || (reg >= 12 && reg <= 15);
}

/*
 * The kernel's struct rt_sigframe (arch/x86/include/asm/sigframe.h): once its return address is popped, sp is at the
 * ucontext.
 */
int arch_signal_offset(unsigned int reg)
{
	const int gregs = offsetof(ucontext_t, uc_mcontext.gregs);

	if (reg > ARCH_DWARF_RA)
		return -1;
	return gregs + 8 * (reg == ARCH_DWARF_RA ? REG_RIP : names[reg].greg);
}

uint16_t arch_elf_machine(void)
{
	return EM_X86_64;
}

/* ModRM of FF /2: how many bytes the operand takes behind it, or -1 when the byte says another instruction. */
static int indirect_call_operand(const uint8_t *modrm, const uint8_t *end)
{
	unsigned int mod = *modrm >> 6, rm = *modrm & 7;
	int sib = mod != 3 && rm == 4;

	if ((*modrm >> 3 & 7) != 2 || modrm + sib >= end)
		return -1;
	if (mod == 3)
		return 0;
	if (mod == 1)
		return sib + 1;
	if (mod == 2)
		return sib + 4;
	return rm == 5 || (sib && (modrm[1] & 7) == 5) ? sib + 4 : sib;
}

bool arch_ends_in_call(const uint8_t *before, size_t n)
{
	const uint8_t *end = before + n;

	if (n >= 5 && end[-5] == 0xe8)
		return true;
	for (size_t length = 2; length <= 7 && length <= n; length++) {
		const uint8_t *at = end - length;

		if (at[0] == 0xff && indirect_call_operand(at + 1, end) == (int)length - 2)
			return true;
	}
	return false;
}

/* mov $__NR_rt_sigreturn, %rax (or %eax); syscall */
bool arch_is_signal_trampoline(const uint8_t *code, size_t n)
{
	static const uint8_t wide[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };
	static const uint8_t narrow[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };

	return (n >= sizeof(wide) && memcmp(code, wide, sizeof(wide)) == 0) ||
	       (n >= sizeof(narrow) && memcmp(code, narrow, sizeof(narrow)) == 0);
}

/* nop; call */
bool arch_is_goroutine_exit(const uint8_t *code, size_t n)
{
	return n >= 2 && code[0] == 0x90 && code[1] == 0xe8;
}
