/*
 * libdw interprets the CFI program of one address; what comes out is reduced to a rule and kept. The CFA expressions
 * that linkers write for PLT entries depend on nothing but the address, so they are worked out here.
 */
#include "symbolize/cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>

#include "symbolize/arch.h"

enum { EH_FRAME_BYTES_MAX = 512 << 20, HEADERS_MAX = 65536, CACHED_MAX = 1 << 18 };

void cfi_init(struct cfi *cfi, Elf *elf)
{
	*cfi = (struct cfi){ .elf = elf };
}

void cfi_free(struct cfi *cfi)
{
	if (cfi->eh)
		dwarf_cfi_end(cfi->eh);
	table_free(&cfi->table);
	vec_free(&cfi->cache);
	*cfi = (struct cfi){ 0 };
}

/*
 * libdw reads .eh_frame whole: no file may make us take more memory than a sane one needs. It finds the section through
 * PT_GNU_EH_FRAME and then takes it to reach to the end of the segment it lies in; or, without one, by its name.
 */
static bool size_is_sane(Elf *elf)
{
	GElf_Phdr ph, header = { 0 };
	GElf_Shdr sh;
	Elf_Scn *scn = NULL;
	size_t n = 0;

	if (elf_getphdrnum(elf, &n) != 0 || n > HEADERS_MAX)
		return false;
	for (size_t i = 0; i < n && gelf_getphdr(elf, (int)i, &ph); i++)
		if (ph.p_type == PT_GNU_EH_FRAME)
			header = ph;
	if (header.p_filesz > EH_FRAME_BYTES_MAX)
		return false;
	for (size_t i = 0; header.p_filesz && i < n && gelf_getphdr(elf, (int)i, &ph); i++)
		if (ph.p_type == PT_LOAD && header.p_offset - ph.p_offset < ph.p_filesz)
			return ph.p_filesz - (header.p_offset - ph.p_offset) <= EH_FRAME_BYTES_MAX;
	for (n = 0; n < HEADERS_MAX && (scn = elf_nextscn(elf, scn)); n++)
		if (!gelf_getshdr(scn, &sh) || (sh.sh_type == SHT_PROGBITS && sh.sh_size > EH_FRAME_BYTES_MAX))
			return false;
	return true;
}

static Dwarf_CFI *open_cfi(struct cfi *cfi)
{
	if (!cfi->tried && cfi->elf && size_is_sane(cfi->elf))
		cfi->eh = dwarf_getcfi_elf(cfi->elf);
	cfi->tried = true;
	return cfi->eh;
}

/* breg7 8, breg16 0, lit15, and, litN, ge, lit3, shl, plus: sp + 8, and 8 more from byte N of the entry on. */
static bool is_plt_expression(const Dwarf_Op *ops, size_t n)
{
	static const uint8_t atoms[] = {
		DW_OP_breg7, DW_OP_breg16, DW_OP_lit15, DW_OP_and, 0, DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus,
	};

	if (n != sizeof(atoms) || ops[4].atom < DW_OP_lit0 || ops[4].atom > DW_OP_lit31)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i != 4 && ops[i].atom != atoms[i])
			return false;
	return true;
}

static bool set_base(struct rule *rule, uint64_t reg, int64_t offset)
{
	if (offset > INT32_MAX || offset < INT32_MIN)
		return false;
	rule->kind = reg == ARCH_DWARF_SP ? RULE_CFA_SP : reg == ARCH_DWARF_FP ? RULE_CFA_FP : RULE_NONE;
	rule->cfa_offset = (int32_t)offset;
	return rule->kind != RULE_NONE;
}

static bool reduce_cfa(Dwarf_Frame *frame, uint64_t vaddr, struct rule *rule)
{
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_frame_cfa(frame, &ops, &n) != 0 || !n)
		return false;
	if (n == 1 && ops[0].atom == DW_OP_bregx)
		return set_base(rule, ops[0].number, (int64_t)ops[0].number2);
	if (is_plt_expression(ops, n))
		return set_base(rule, ARCH_DWARF_SP,
				(int64_t)ops[0].number + ((int)(vaddr & 15) >= ops[4].atom - DW_OP_lit0 ? 8 : 0));
	if (n == 2 && ops[0].atom == DW_OP_breg0 + ARCH_DWARF_FP && ops[1].atom == DW_OP_deref &&
	    set_base(rule, ARCH_DWARF_FP, (int64_t)ops[0].number)) {
		rule->kind = RULE_CFA_AT_FP;
		return true;
	}
	return false;
}

enum where { WHERE_UNDEFINED, WHERE_SAME, WHERE_AT_CFA, WHERE_AT_FP, WHERE_ELSE };

static enum where register_rule(Dwarf_Frame *frame, int reg, int32_t *offset)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	*offset = 0;
	if (dwarf_frame_register(frame, reg, mem, &ops, &n) != 0)
		return WHERE_ELSE;
	if (!n)
		return ops ? WHERE_UNDEFINED : WHERE_SAME;
	if (n == 1 && ops[0].atom == DW_OP_breg0 + ARCH_DWARF_FP) {
		*offset = (int32_t)ops[0].number;
		return WHERE_AT_FP;
	}
	if (ops[0].atom != DW_OP_call_frame_cfa || n > 2)
		return WHERE_ELSE;
	if (n == 2 && ops[1].atom != DW_OP_plus_uconst)
		return WHERE_ELSE;
	*offset = n == 2 ? (int32_t)(int64_t)ops[1].number : 0;
	return WHERE_AT_CFA;
}

static bool reduce_fp(Dwarf_Frame *frame, struct rule *rule)
{
	switch (register_rule(frame, ARCH_DWARF_FP, &rule->fp_offset)) {
	case WHERE_SAME:
	case WHERE_UNDEFINED: /* nobody will ask for it: the caller's rule does not stand on it */
		rule->fp_is = RULE_FP_SAME;
		return true;
	case WHERE_AT_CFA:
		rule->fp_is = RULE_FP_AT_CFA;
		return true;
	case WHERE_AT_FP:
		rule->fp_is = RULE_FP_AT_FP;
		return true;
	default:
		return false;
	}
}

static struct rule reduce(Dwarf_Frame *frame, uint64_t vaddr)
{
	struct rule rule = { 0 }, none = { 0 };
	bool is_signal = false;
	enum where ra;

	int ra_register = dwarf_frame_info(frame, NULL, NULL, &is_signal);

	if (is_signal)
		return (struct rule){ .kind = RULE_SIGNAL };
	ra = register_rule(frame, ra_register, &rule.ra_offset);
	if (ra == WHERE_UNDEFINED)
		return (struct rule){ .kind = RULE_OUTERMOST };
	if (ra != WHERE_AT_CFA || !reduce_cfa(frame, vaddr, &rule) || !reduce_fp(frame, &rule))
		return none;
	return rule;
}

static struct rule read_rule(struct cfi *cfi, uint64_t vaddr)
{
	struct rule rule = { .kind = RULE_NONE };
	Dwarf_CFI *eh = open_cfi(cfi);
	Dwarf_Frame *frame = NULL;

	if (eh && dwarf_cfi_addrframe(eh, vaddr, &frame) == 0)
		rule = reduce(frame, vaddr);
	free(frame);
	return rule;
}

struct lookup {
	const struct cfi *cfi;
	uint64_t vaddr;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;

	return want->cfi->cache.at[value].vaddr == want->vaddr;
}

struct rule cfi_rule(struct cfi *cfi, uint64_t vaddr)
{
	struct lookup want = { cfi, vaddr };
	uint64_t hash = hash_u64(vaddr);
	uint32_t *found = table_find(&cfi->table, hash, same, &want);

	if (found)
		return cfi->cache.at[*found].rule;
	if (cfi->cache.n >= CACHED_MAX) {
		table_free(&cfi->table);
		cfi->cache.n = 0;
	}
	table_add(&cfi->table, hash, (uint32_t)cfi->cache.n);
	*vec_push(&cfi->cache) = (struct cached_rule){ vaddr, read_rule(cfi, vaddr) };
	return cfi->cache.at[cfi->cache.n - 1].rule;
}
