/* libdw interprets the CFI program of one address; what comes out is reduced to a rule and kept. */
#include "symbolize/cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

#include "symbolize/arch.h"

enum { CACHED_MAX = 1 << 18 };

void cfi_init(struct cfi *cfi, Elf *elf)
{
	*cfi = (struct cfi){ .elf = elf };
}

static void forget_rules(struct cfi *cfi)
{
	table_free(&cfi->table);
	vec_free(&cfi->cache);
	exprs_free(&cfi->exprs);
}

void cfi_free(struct cfi *cfi)
{
	cfi_close(cfi);
	forget_rules(cfi);
	*cfi = (struct cfi){ 0 };
}

/* ---- reducing ---------------------------------------------------------------------------------------------------- */

static bool reduce_cfa(struct cfi *cfi, Dwarf_Frame *frame, struct rule *rule)
{
	Dwarf_Op *ops;
	size_t n;
	bool is_plain;

	if (dwarf_frame_cfa(frame, &ops, &n) != 0 || !n)
		return false;
	is_plain = n == 1 && ops[0].atom == DW_OP_bregx && (int64_t)ops[0].number2 == (int32_t)ops[0].number2;
	if (is_plain && (ops[0].number == ARCH_DWARF_SP || ops[0].number == ARCH_DWARF_FP)) {
		rule->kind = ops[0].number == ARCH_DWARF_SP ? RULE_CFA_SP : RULE_CFA_FP;
		rule->cfa = (int32_t)ops[0].number2;
		return true;
	}
	rule->kind = RULE_CFA_EXPR;
	rule->cfa = expr_add(&cfi->exprs, ops, n, true);
	return rule->cfa >= 0;
}

/* Memory at an offset from the CFA comes as: CFA, plus that offset. */
static bool is_at_cfa(const Dwarf_Op *ops, size_t n, int32_t *offset)
{
	*offset = n == 2 ? (int32_t)(int64_t)ops[1].number : 0;
	return ops[0].atom == DW_OP_call_frame_cfa && (n == 1 || (n == 2 && ops[1].atom == DW_OP_plus_uconst &&
								  (int64_t)ops[1].number == *offset));
}

static enum saved_place reduce_register(struct cfi *cfi, Dwarf_Frame *frame, int reg, int32_t *number)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	*number = 0;
	if (dwarf_frame_register(frame, reg, mem, &ops, &n) != 0)
		return PLACE_UNKNOWN;
	if (!n)
		return ops ? PLACE_LOST : PLACE_SAME;
	if (is_at_cfa(ops, n, number))
		return PLACE_AT_CFA;
	*number = expr_add(&cfi->exprs, ops, n, false);
	return *number >= 0 ? PLACE_EXPR : PLACE_UNKNOWN;
}

/* A caller's sp is the CFA. Where longjmp says otherwise, it describes where it will be, not where it was called. */
static bool sp_is_cfa(Dwarf_Frame *frame)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	return dwarf_frame_register(frame, ARCH_DWARF_SP, mem, &ops, &n) == 0 &&
	       (!n || (n == 2 && ops[0].atom == DW_OP_call_frame_cfa && ops[1].atom == DW_OP_stack_value));
}

static struct rule reduce(struct cfi *cfi, Dwarf_Frame *frame, unsigned int reg)
{
	struct rule rule = { 0 };
	bool is_signal = false;
	int ra = dwarf_frame_info(frame, NULL, NULL, &is_signal);

	if (is_signal)
		return (struct rule){ .kind = RULE_SIGNAL };
	rule.ra_is = reduce_register(cfi, frame, ra, &rule.ra);
	if (rule.ra_is == PLACE_LOST)
		return (struct rule){ .kind = RULE_OUTERMOST };
	if (rule.ra_is == PLACE_SAME || rule.ra_is == PLACE_UNKNOWN || !sp_is_cfa(frame) || !reduce_cfa(cfi, frame, &rule))
		return (struct rule){ .kind = RULE_GAP };
	rule.saved_is = reduce_register(cfi, frame, (int)reg, &rule.saved);
	/* Nothing is said of most registers that stay as they are. */
	if (rule.saved_is == PLACE_LOST && arch_is_callee_saved(reg))
		rule.saved_is = PLACE_SAME;
	return rule;
}

static struct rule read_rule(struct cfi *cfi, uint64_t vaddr, unsigned int reg)
{
	struct rule rule = { .kind = RULE_NONE };
	Dwarf_Frame *frame = NULL;

	cfi_open(cfi);
	if ((cfi->eh && dwarf_cfi_addrframe(cfi->eh, vaddr, &frame) == 0) ||
	    (cfi->debug && dwarf_cfi_addrframe(cfi->debug, vaddr, &frame) == 0))
		rule = reduce(cfi, frame, reg);
	else if (cfi->eh || cfi->debug)
		rule.kind = RULE_GAP;
	free(frame);
	return rule;
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

struct lookup {
	const struct cfi *cfi;
	uint64_t vaddr;
	unsigned int reg;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;
	const struct cached_rule *cached = &want->cfi->cache.at[value];

	return cached->vaddr == want->vaddr && cached->reg == want->reg;
}

struct rule cfi_rule(struct cfi *cfi, uint64_t vaddr, unsigned int reg)
{
	struct lookup want = { cfi, vaddr, reg };
	uint64_t hash = hash_u64(vaddr ^ (uint64_t)reg << 56);
	uint32_t *found = table_find(&cfi->table, hash, same, &want);

	if (found)
		return cfi->cache.at[*found].rule;
	if (cfi->cache.n >= CACHED_MAX)
		forget_rules(cfi);
	table_add(&cfi->table, hash, (uint32_t)cfi->cache.n);
	*vec_push(&cfi->cache) = (struct cached_rule){ vaddr, reg, read_rule(cfi, vaddr, reg) };
	return cfi->cache.at[cfi->cache.n - 1].rule;
}
