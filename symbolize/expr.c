/* Which operations occur was looked up in the files of a distribution: those here, and no branch. */
#include "symbolize/expr.h"

#include <dwarf.h>

enum { REGS_MAX = 32 };

void exprs_free(struct exprs *exprs)
{
	vec_free(&exprs->at);
	vec_free(&exprs->ops);
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

static bool take_register(struct expr_op *out, uint64_t reg, int64_t offset)
{
	*out = (struct expr_op){ .atom = DW_OP_breg0, .reg = (uint8_t)reg, .number = offset };
	return reg < REGS_MAX;
}

static bool take_constant(struct expr_op *out, int64_t number)
{
	*out = (struct expr_op){ .atom = DW_OP_consts, .number = number };
	return true;
}

static bool is_plain(uint8_t atom)
{
	switch (atom) {
	case DW_OP_call_frame_cfa: case DW_OP_deref: case DW_OP_plus: case DW_OP_minus: case DW_OP_mul: case DW_OP_and:
	case DW_OP_or: case DW_OP_shl: case DW_OP_shr: case DW_OP_ge: case DW_OP_gt: case DW_OP_le: case DW_OP_lt:
	case DW_OP_eq: case DW_OP_ne: case DW_OP_neg: case DW_OP_not: case DW_OP_dup: case DW_OP_drop: case DW_OP_swap:
	case DW_OP_plus_uconst:
		return true;
	default:
		return false;
	}
}

static bool take_op(struct expr_op *out, const Dwarf_Op *op)
{
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		return take_register(out, op->atom - DW_OP_breg0, (int64_t)op->number);
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		return take_constant(out, op->atom - DW_OP_lit0);
	if (op->atom >= DW_OP_const1u && op->atom <= DW_OP_consts)
		return take_constant(out, (int64_t)op->number);
	if (op->atom == DW_OP_bregx)
		return take_register(out, op->number, (int64_t)op->number2);
	*out = (struct expr_op){ .atom = op->atom, .number = (int64_t)op->number };
	return is_plain(op->atom);
}

/* A register is where it is asked for: no address of it. */
static bool is_in_register(const Dwarf_Op *op, uint64_t *reg)
{
	*reg = op->atom == DW_OP_regx ? op->number : (uint64_t)op->atom - DW_OP_reg0;
	return op->atom == DW_OP_regx || (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31);
}

static bool take_ops(struct exprs *exprs, const Dwarf_Op *ops, size_t n)
{
	uint64_t reg;

	if (n == 1 && is_in_register(ops, &reg))
		return take_register(vec_push(&exprs->ops), reg, 0);
	for (size_t i = 0; i < n; i++)
		if (!take_op(vec_push(&exprs->ops), &ops[i]))
			return false;
	return true;
}

int32_t expr_add(struct exprs *exprs, const Dwarf_Op *ops, size_t n, bool is_value)
{
	size_t first = exprs->ops.n;
	uint64_t reg;

	if (n && (ops[n - 1].atom == DW_OP_stack_value || (n == 1 && is_in_register(ops, &reg)))) {
		n -= ops[n - 1].atom == DW_OP_stack_value;
		is_value = true;
	}
	if (!n || n > EXPR_OPS_MAX || first > INT32_MAX / 2 || !take_ops(exprs, ops, n)) {
		exprs->ops.n = first;
		return -1;
	}
	*vec_push(&exprs->at) = (struct expr){ (uint32_t)first, (uint8_t)n, is_value };
	return (int32_t)exprs->at.n - 1;
}

/* ---- running it -------------------------------------------------------------------------------------------------- */

struct run {
	const struct expr_env *env;
	uint64_t stack[EXPR_STACK_MAX];
	size_t n;
};

/* How many values an operation wants on the stack. */
static size_t wanted(uint8_t atom)
{
	switch (atom) {
	case DW_OP_breg0: case DW_OP_consts: case DW_OP_call_frame_cfa:
		return 0;
	case DW_OP_deref: case DW_OP_neg: case DW_OP_not: case DW_OP_dup: case DW_OP_drop: case DW_OP_plus_uconst:
		return 1;
	default:
		return 2;
	}
}

static bool push_op(struct run *run, const struct expr_op *op)
{
	uint64_t *top = &run->stack[run->n++];

	switch (op->atom) {
	case DW_OP_breg0:
		if (!run->env->read_register(run->env->ctx, op->reg, top))
			return false;
		*top += (uint64_t)op->number;
		return true;
	case DW_OP_consts:
		*top = (uint64_t)op->number;
		return true;
	default:
		*top = run->env->cfa;
		return true;
	}
}

static bool unary_op(struct run *run, const struct expr_op *op)
{
	uint64_t *top = &run->stack[run->n - 1];

	switch (op->atom) {
	case DW_OP_deref: return run->env->read_word(run->env->ctx, *top, top);
	case DW_OP_neg: *top = -*top; break;
	case DW_OP_not: *top = ~*top; break;
	case DW_OP_dup: run->stack[run->n++] = *top; break;
	case DW_OP_drop: run->n--; break;
	default: *top += (uint64_t)op->number; break;
	}
	return true;
}

static uint64_t binary_result(uint8_t atom, uint64_t a, uint64_t b)
{
	int64_t x = (int64_t)a, y = (int64_t)b;

	switch (atom) {
	case DW_OP_plus: return a + b;
	case DW_OP_minus: return a - b;
	case DW_OP_mul: return a * b;
	case DW_OP_and: return a & b;
	case DW_OP_or: return a | b;
	case DW_OP_shl: return b < 64 ? a << b : 0;
	case DW_OP_shr: return b < 64 ? a >> b : 0;
	case DW_OP_ge: return x >= y;
	case DW_OP_gt: return x > y;
	case DW_OP_le: return x <= y;
	case DW_OP_lt: return x < y;
	case DW_OP_eq: return a == b;
	default: return a != b;
	}
}

static bool binary_op(struct run *run, const struct expr_op *op)
{
	uint64_t *a = &run->stack[run->n - 2], *b = &run->stack[run->n - 1], swapped = *a;

	if (op->atom == DW_OP_swap) {
		*a = *b;
		*b = swapped;
		return true;
	}
	*a = binary_result(op->atom, *a, *b);
	run->n--;
	return true;
}

static bool run_op(struct run *run, const struct expr_op *op)
{
	static bool (*const by_wanted[])(struct run *, const struct expr_op *) = { push_op, unary_op, binary_op };
	size_t n = wanted(op->atom);

	return run->n >= n && run->n < EXPR_STACK_MAX && by_wanted[n](run, op);
}

bool expr_run(const struct exprs *exprs, int32_t index, const struct expr_env *env, uint64_t *out)
{
	/* By value: to look at a register may mean to add programs, and then these vectors move. */
	struct expr expr = exprs->at.at[index];
	struct run run = { .env = env, .n = 1 };

	run.stack[0] = env->cfa;
	for (size_t i = 0; i < expr.n; i++) {
		struct expr_op op = exprs->ops.at[expr.first + i];

		if (!run_op(&run, &op))
			return false;
	}
	if (!run.n)
		return false;
	*out = run.stack[run.n - 1];
	return expr.is_value || env->read_word(env->ctx, *out, out);
}
