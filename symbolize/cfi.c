/* libdw interprets the CFI program of one address; what comes out is reduced to a rule. */
#include "symbolize/cfi.h"

#include <dwarf.h>
#include <stdlib.h>

#include "symbolize/arch.h"

/* ---- reducing ---------------------------------------------------------------------------------------------------- */

static bool reduce_cfa(struct exprs *exprs, Dwarf_Frame *frame, struct rule *rule)
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
	rule->cfa = expr_add(exprs, ops, n, true);
	return rule->cfa >= 0;
}

/* Memory at an offset from the CFA comes as: CFA, plus that offset. */
static bool is_at_cfa(const Dwarf_Op *ops, size_t n, int32_t *offset)
{
	*offset = n == 2 ? (int32_t)(int64_t)ops[1].number : 0;
	return ops[0].atom == DW_OP_call_frame_cfa && (n == 1 || (n == 2 && ops[1].atom == DW_OP_plus_uconst &&
								  (int64_t)ops[1].number == *offset));
}

static enum saved_place reduce_register(struct exprs *exprs, Dwarf_Frame *frame, int reg, int32_t *number)
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
	*number = expr_add(exprs, ops, n, false);
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

static struct rule reduce(struct exprs *exprs, Dwarf_Frame *frame, unsigned int reg)
{
	struct rule rule = { 0 };
	bool is_signal = false;
	int ra = dwarf_frame_info(frame, NULL, NULL, &is_signal);

	if (is_signal)
		return (struct rule){ .kind = RULE_SIGNAL };
	rule.ra_is = reduce_register(exprs, frame, ra, &rule.ra);
	if (rule.ra_is == PLACE_LOST)
		return (struct rule){ .kind = RULE_OUTERMOST };
	if (rule.ra_is == PLACE_SAME || rule.ra_is == PLACE_UNKNOWN || !sp_is_cfa(frame) || !reduce_cfa(exprs, frame, &rule))
		return (struct rule){ .kind = RULE_GAP };
	rule.saved_is = reduce_register(exprs, frame, (int)reg, &rule.saved);
	/* Nothing is said of most registers that stay as they are. */
	if (rule.saved_is == PLACE_LOST && arch_is_callee_saved(reg))
		rule.saved_is = PLACE_SAME;
	rule.has_frame = rule.kind == RULE_CFA_FP && rule.cfa == ARCH_FRAME_BYTES && rule.ra_is == PLACE_AT_CFA &&
			 rule.ra == ARCH_FRAME_RA - ARCH_FRAME_BYTES;
	return rule;
}

struct rule cfi_rule(struct cfi *cfi, struct exprs *exprs, uint64_t vaddr, unsigned int reg)
{
	struct rule rule = { .kind = RULE_NONE };
	Dwarf_Frame *frame = NULL;

	cfi_open(cfi);
	if ((cfi->eh && dwarf_cfi_addrframe(cfi->eh, vaddr, &frame) == 0) ||
	    (cfi->debug && dwarf_cfi_addrframe(cfi->debug, vaddr, &frame) == 0))
		rule = reduce(exprs, frame, reg);
	else if (cfi->eh || cfi->debug)
		rule.kind = RULE_GAP;
	free(frame);
	return rule;
}
