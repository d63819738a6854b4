/*
 * The Intel SDM, volume 2: chapter 2 for the shape of an instruction, appendix A for the maps of opcodes. The tables say
 * per opcode whether a ModRM byte follows, and how many bytes of immediate.
 */
#include <string.h>

#include "symbolize/insn.h"

enum { SP = 4, FP = 5 };
enum { REX_B = 1, REX_R = 4, REX_W = 8 };
enum map { MAP_ONE_BYTE, MAP_0F, MAP_0F38, MAP_0F3A };

/* The parts of one instruction. */
struct parts {
	const uint8_t *code, *end, *at;
	bool is_narrow; /* operand size prefix */
	bool is_short;  /* address size prefix */
	uint8_t rex;
	enum map map;
	uint8_t opcode;
	bool has_modrm;
	uint8_t modrm;
	bool has_sib;
	uint8_t sib;
	int32_t displacement;
	int64_t immediate;
};

/* A bit for each opcode, lowest first. */
static bool has_bit(const uint32_t *bits, uint8_t opcode)
{
	return bits[opcode / 32] >> opcode % 32 & 1;
}

static const uint32_t one_byte_modrm[8] = {
	0x0f0f0f0f, 0x0f0f0f0f, 0x00000000, 0x00000a08, /* ALU; movsxd, imul */
	0x0000fffb, 0x00000000, 0xff0f00c3, 0xc0c00000, /* groups, mov, lea; shifts, x87; unary */
};

static const uint32_t one_byte_imm8[8] = {
	0x10101010, 0x10101010, 0x00000000, 0xffff0c00, /* al, imm; push, imul, jcc */
	0x00000009, 0x00ff0100, 0x00002043, 0x000008ff, /* groups; mov, test; shifts, mov, int; loops, in, out, jmp */
};

static const uint32_t one_byte_imm32[8] = {
	0x20202020, 0x20202020, 0x00000000, 0x00000300, /* eax, imm; push, imul */
	0x00000002, 0xff000200, 0x00000080, 0x00000300, /* group; mov, test; mov; call, jmp */
};

static const uint32_t two_byte_plain[8] = { /* no ModRM */
	0x00004be0, 0x00ff0000, 0x00000000, 0x00800000,
	0x0000ffff, 0x00000707, 0x0000ff00, 0x00000000,
};

static const uint32_t two_byte_imm8[8] = {
	0x00008000, 0x00000000, 0x00000000, 0x000f0000,
	0x00000000, 0x04001010, 0x00000074, 0x00000000,
};

/* ---- shape ------------------------------------------------------------------------------------------------------- */

static uint8_t take_byte(struct parts *p)
{
	return p->at < p->end ? *p->at++ : (p->at++, 0);
}

static int64_t take_number(struct parts *p, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)take_byte(p) << 8 * i;
	return bytes && bytes < 8 ? (int64_t)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes) : (int64_t)value;
}

static void take_prefixes(struct parts *p)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 };

	while (p->at < p->end && memchr(prefixes, *p->at, sizeof(prefixes))) {
		p->is_narrow |= *p->at == 0x66;
		p->is_short |= *p->at == 0x67;
		p->at++;
	}
	if (p->at < p->end && (*p->at & 0xf0) == 0x40)
		p->rex = *p->at++;
}

/* VEX in two and three bytes, EVEX in four: what they say of registers concerns vectors alone. */
static bool take_vector_prefix(struct parts *p, uint8_t first)
{
	uint8_t map = first == 0xc5 ? 1 : take_byte(p) & (first == 0x62 ? 7 : 31);

	take_number(p, first == 0x62 ? 2 : 1);
	p->map = (enum map)map;
	p->opcode = take_byte(p);
	p->has_modrm = !(map == MAP_0F && p->opcode == 0x77 && first != 0x62);
	return map >= MAP_0F && map <= MAP_0F3A;
}

static bool take_opcode(struct parts *p)
{
	p->opcode = take_byte(p);
	if (p->opcode == 0xc4 || p->opcode == 0xc5 || p->opcode == 0x62)
		return take_vector_prefix(p, p->opcode);
	if (p->opcode != 0x0f) {
		p->has_modrm = has_bit(one_byte_modrm, p->opcode);
		return true;
	}
	p->map = MAP_0F;
	p->opcode = take_byte(p);
	p->has_modrm = !has_bit(two_byte_plain, p->opcode);
	if (p->opcode == 0x38 || p->opcode == 0x3a) {
		p->map = p->opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
		p->opcode = take_byte(p);
	}
	return true;
}

static void take_modrm(struct parts *p)
{
	uint8_t mod, rm;

	if (!p->has_modrm)
		return;
	p->modrm = take_byte(p);
	mod = p->modrm >> 6;
	rm = p->modrm & 7;
	p->has_sib = mod != 3 && rm == 4;
	if (p->has_sib)
		p->sib = take_byte(p);
	if (mod == 1)
		p->displacement = (int32_t)take_number(p, 1);
	else if (mod == 2 || (mod == 0 && (rm == 5 || (p->has_sib && (p->sib & 7) == 5))))
		p->displacement = (int32_t)take_number(p, 4);
}

static size_t one_byte_immediate(const struct parts *p)
{
	size_t word = p->is_narrow && !(p->rex & REX_W) ? 2 : 4;
	bool is_unary_test = p->opcode >> 1 == 0x7b && (p->modrm >> 3 & 7) < 2;

	if (p->opcode == 0xe8 || p->opcode == 0xe9)
		return 4;
	if (p->opcode >= 0xb8 && p->opcode <= 0xbf && p->rex & REX_W)
		return 8;
	if (p->opcode >= 0xa0 && p->opcode <= 0xa3)
		return p->is_short ? 4 : 8;
	if (p->opcode == 0xc2 || p->opcode == 0xca)
		return 2;
	if (p->opcode == 0xc8)
		return 3;
	if (is_unary_test)
		return p->opcode & 1 ? word : 1;
	if (has_bit(one_byte_imm32, p->opcode))
		return word;
	return has_bit(one_byte_imm8, p->opcode);
}

static size_t immediate_bytes(const struct parts *p)
{
	switch (p->map) {
	case MAP_ONE_BYTE:
		return one_byte_immediate(p);
	case MAP_0F:
		return !p->has_modrm && p->opcode >> 4 == 8 ? 4 : has_bit(two_byte_imm8, p->opcode);
	case MAP_0F38:
		return 0;
	default:
		return 1;
	}
}

/* ---- effect ------------------------------------------------------------------------------------------------------ */

static bool reg_is(const struct parts *p, uint8_t reg)
{
	return (p->modrm >> 3 & 7) == reg && !(p->rex & REX_R);
}

static bool rm_is(const struct parts *p, uint8_t reg)
{
	return p->modrm >> 6 == 3 && (p->modrm & 7) == reg && !(p->rex & REX_B);
}

/* An address that is one register and a displacement. */
static bool address_is(const struct parts *p, uint8_t reg)
{
	uint8_t mod = p->modrm >> 6;

	if (p->rex & REX_B || mod == 3 || (mod == 0 && reg == FP))
		return false;
	return p->has_sib ? reg == SP && p->sib == 0x24 : (p->modrm & 7) == reg;
}

static enum insn_effect lea_effect(const struct parts *p, int32_t *number)
{
	*number = p->displacement;
	if (reg_is(p, SP))
		return address_is(p, SP) ? INSN_ADD_SP : address_is(p, FP) ? INSN_SP_IS_FP : INSN_LOSE_SP;
	return reg_is(p, FP) && address_is(p, SP) ? INSN_FP_IS_SP : INSN_NONE;
}

/* 89: mov reg, r/m; 8b: mov r/m, reg. */
static enum insn_effect mov_effect(const struct parts *p)
{
	bool to_rm = p->opcode == 0x89;
	bool from_sp = to_rm ? reg_is(p, SP) : rm_is(p, SP), to_sp = to_rm ? rm_is(p, SP) : reg_is(p, SP);
	bool from_fp = to_rm ? reg_is(p, FP) : rm_is(p, FP), to_fp = to_rm ? rm_is(p, FP) : reg_is(p, FP);

	if (to_sp)
		return from_fp ? INSN_SP_IS_FP : INSN_LOSE_SP;
	return to_fp && from_sp ? INSN_FP_IS_SP : INSN_NONE;
}

/* Group 1 with an immediate: add and sub are followed; cmp leaves sp alone; the others realign. */
static enum insn_effect group1_effect(const struct parts *p, int32_t *number)
{
	uint8_t operation = p->modrm >> 3 & 7;

	if (!rm_is(p, SP) || operation == 7)
		return INSN_NONE;
	*number = operation == 0 ? (int32_t)p->immediate : -(int32_t)p->immediate;
	return (operation == 0 || operation == 5) && p->immediate > INT32_MIN ? INSN_ADD_SP : INSN_LOSE_SP;
}

/* inc, dec, call, call far, jmp, jmp far, push */
static enum insn_effect group5_effect(const struct parts *p)
{
	switch (p->modrm >> 3 & 7) {
	case 4: /* by a word at a fixed place it goes to another function, as a PLT entry does; else within this one */
		return p->modrm >> 6 == 0 && (p->modrm & 7) == 5 ? INSN_RETURN : INSN_STRANGE;
	case 5: case 7:
		return INSN_STRANGE;
	case 6:
		return INSN_PUSH;
	default:
		return INSN_NONE;
	}
}

/* The ALU's instructions between registers, and xchg: none of ours when they write sp. */
static bool writes_sp(const struct parts *p)
{
	uint8_t form = p->opcode & 7;

	if (p->opcode < 0x38)
		return (form == 1 && rm_is(p, SP)) || (form == 3 && reg_is(p, SP));
	return p->opcode == 0x87 && (rm_is(p, SP) || reg_is(p, SP));
}

static enum insn_effect pop_effect(const struct parts *p, uint8_t reg)
{
	if (p->rex & REX_B || (reg != SP && reg != FP))
		return INSN_POP;
	return reg == FP ? INSN_POP_FP : INSN_LOSE_SP;
}

static enum insn_effect one_byte_effect(const struct parts *p, int32_t *number)
{
	switch (p->opcode) {
	case 0x68: case 0x6a: case 0x9c:
		return INSN_PUSH;
	case 0x8f: case 0x9d:
		return INSN_POP;
	case 0x81: case 0x83:
		return group1_effect(p, number);
	case 0x89: case 0x8b:
		return mov_effect(p);
	case 0x8d:
		return lea_effect(p, number);
	case 0xc9:
		return INSN_LEAVE;
	case 0xc2: case 0xc3:
		return INSN_RETURN;
	case 0xe9: case 0xeb:
		*number = (int32_t)p->immediate;
		return INSN_JUMP;
	case 0xff:
		return group5_effect(p);
	case 0xc8: case 0xca: case 0xcb: case 0xcc: case 0xcd: case 0xcf: case 0xf1: case 0xf4:
		return INSN_STRANGE;
	default:
		break;
	}
	if (p->opcode >= 0x50 && p->opcode <= 0x57)
		return INSN_PUSH;
	if (p->opcode >= 0x58 && p->opcode <= 0x5f)
		return pop_effect(p, p->opcode - 0x58);
	if (p->opcode >> 4 == 7 || (p->opcode >= 0xe0 && p->opcode <= 0xe3)) {
		*number = (int32_t)p->immediate;
		return INSN_JUMP_IF;
	}
	return writes_sp(p) || (p->opcode == 0x94 && !(p->rex & REX_B)) ? INSN_LOSE_SP : INSN_NONE;
}

static enum insn_effect effect(const struct parts *p, int32_t *number)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	*number = 0;
	if (p->map == MAP_ONE_BYTE)
		return one_byte_effect(p, number);
	if (p->map == MAP_0F && p->opcode >> 4 == 8 && !p->has_modrm) {
		*number = (int32_t)p->immediate;
		return INSN_JUMP_IF;
	}
	if (p->map == MAP_0F && (p->opcode == 0x0b || p->opcode == 0xff || p->opcode == 0xb9)) /* ud2, ud0, ud1 */
		return INSN_STRANGE;
	return p->at - p->code == sizeof(endbr64) && memcmp(p->code, endbr64, sizeof(endbr64)) == 0 ? INSN_ENTRY : INSN_NONE;
}

bool insn_decode(const uint8_t *code, size_t n, struct insn *out)
{
	struct parts p = { .code = code, .end = code + n, .at = code };

	take_prefixes(&p);
	if (!take_opcode(&p))
		return false;
	take_modrm(&p);
	if (p.map == MAP_ONE_BYTE && p.opcode == 0x8f && p.modrm >> 3 & 7)
		return false; /* XOP, which one family of processors had for a while */
	p.immediate = take_number(&p, immediate_bytes(&p));
	if (p.at > p.end || p.at - code > INSN_BYTES_MAX)
		return false;
	out->effect = (uint8_t)effect(&p, &out->number);
	out->length = (uint8_t)(p.at - code);
	return true;
}
