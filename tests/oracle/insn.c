/* Only the opcode and ModRM matter here, never how long an instruction is: the next one is where the step has ended. */
#include "tests/oracle/insn.h"

#include <stdbool.h>

enum { REX_R = 4, REX_B = 1, SP = 4 };

/* Operand size, address size, lock, rep and segments; in front of calls compilers put some of them as padding. */
static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
		return true;
	default:
		return false;
	}
}

static bool loads_sp(uint8_t opcode, uint8_t modrm, uint8_t rex)
{
	bool reg_is_sp = (modrm >> 3 & 7) == SP && !(rex & REX_R);
	bool rm_is_sp = modrm >> 6 == 3 && (modrm & 7) == SP && !(rex & REX_B);

	switch (opcode) {
	case 0x8b: /* mov r/m, reg */
		return reg_is_sp;
	case 0x89: /* mov reg, r/m */
		return rm_is_sp;
	case 0x87: /* xchg */
		return reg_is_sp || rm_is_sp;
	case 0x5c: /* pop sp */
	case 0x94: /* xchg ax, sp */
		return !(rex & REX_B);
	default:
		return false;
	}
}

enum insn_kind insn_kind(const uint8_t *code, size_t n)
{
	uint8_t rex = 0, opcode, modrm;
	size_t i = 0;

	while (i < n && is_prefix(code[i]))
		i++;
	if (i < n && (code[i] & 0xf0) == 0x40)
		rex = code[i++];
	if (i >= n)
		return INSN_OTHER;
	opcode = code[i];
	modrm = i + 1 < n ? code[i + 1] : 0;
	if (opcode == 0xe8 || (opcode == 0xff && (modrm >> 3 & 7) == 2))
		return INSN_CALL;
	if (opcode == 0x0f && modrm == 0x05)
		return INSN_SYSCALL;
	if (loads_sp(opcode, modrm, rex))
		return INSN_LOADS_SP;
	return opcode >= 0x58 && opcode <= 0x5f ? INSN_POP : INSN_OTHER;
}
