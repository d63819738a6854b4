/*
 * x86-64. Instruction encodings are those of the Intel SDM, volume 2: only as much is decoded as tells a call from
 * what is none, looking backwards from a return address.
 */
#include <asm/perf_regs.h>
#include <elf.h>
#include <string.h>

#include "symbolize/arch.h"

uint64_t arch_regs_mask(void)
{
	return 1ULL << PERF_REG_X86_IP | 1ULL << PERF_REG_X86_SP | 1ULL << PERF_REG_X86_BP;
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
	return value_of(mask, PERF_REG_X86_IP, values, n, &out->ip) &&
	       value_of(mask, PERF_REG_X86_SP, values, n, &out->sp) &&
	       value_of(mask, PERF_REG_X86_BP, values, n, &out->fp);
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
