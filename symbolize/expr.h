/*
 * The small programs that call-frame information has where "register plus offset" does not do: a PLT entry, a stack that
 * was realigned, a register kept in another one. DWARF 5, section 2.5, without branches: a program runs through once and
 * ends.
 */
#ifndef FPPROF_SYMBOLIZE_EXPR_H
#define FPPROF_SYMBOLIZE_EXPR_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

enum { EXPR_OPS_MAX = 64, EXPR_STACK_MAX = 64 };

struct expr_op {
	uint8_t atom; /* DW_OP_*; of those that carry a number in their code the general one */
	uint8_t reg;
	int64_t number;
};

struct expr {
	uint32_t first; /* in exprs.ops */
	uint8_t n;
	bool is_value; /* what it computes is what was asked for, not the address where that is */
};

struct exprs {
	struct expr_vec VEC_OF(struct expr) at;
	struct expr_op_vec VEC_OF(struct expr_op) ops;
};

void exprs_free(struct exprs *exprs);

/* A program as libdw hands it out: its index, or -1 when it has an operation that we do not know. */
int32_t expr_add(struct exprs *exprs, const Dwarf_Op *ops, size_t n, bool is_value);

/* What a program may look at. Both functions say whether they could. */
struct expr_env {
	void *ctx;
	bool (*read_register)(void *ctx, unsigned int reg, uint64_t *out);
	bool (*read_word)(void *ctx, uint64_t addr, uint64_t *out);
	uint64_t cfa; /* on the stack at the start */
};

/* False: something could not be looked at, or the program makes no sense. */
bool expr_run(const struct exprs *exprs, int32_t index, const struct expr_env *env, uint64_t *out);

#endif
