/*
 * Forwards, not backwards: from any instruction it is known how to read on, and at a given place of compiled code the
 * stack is as deep whichever way the program came there. So any way out will do. Conditional jumps are taken only where
 * going on behind them has led nowhere; jumps are followed, and a tail call is no more than that. A call comes back with
 * the stack as it was.
 */
#include "symbolize/scan.h"

#include "symbolize/arch.h"
#include "symbolize/image.h"
#include "symbolize/insn.h"

enum { INSNS_MAX = 256, BRANCHES_MAX = 8, WORD = 8 };

/* Somewhere on the way. */
struct state {
	uint64_t offset;      /* of the next instruction */
	bool lost_sp;
	int64_t sp;           /* where sp is, from where it was at the start */
	bool knows_fp;        /* the frame pointer was set on the way: to `fp` */
	int64_t fp;
	bool restores_fp;     /* it was popped from `saved` */
	int64_t saved;
};

struct scan {
	struct image *image;
	struct rule rule;     /* RULE_GAP until it is found */
	struct state now;
	struct state branches[BRANCHES_MAX]; /* that were not taken, the last ones */
	unsigned int n_branches;
	uint8_t bytes[256];
	uint64_t bytes_at;
	size_t bytes_n;
};

/* ---- code -------------------------------------------------------------------------------------------------------- */

static bool next_insn(struct scan *s, struct insn *insn)
{
	uint64_t at = s->now.offset - s->bytes_at;

	if (s->now.offset < s->bytes_at || at + INSN_BYTES_MAX > s->bytes_n) {
		s->bytes_n = image_read(s->image, s->now.offset, s->bytes, sizeof(s->bytes));
		s->bytes_at = s->now.offset;
		at = 0;
	}
	return at < s->bytes_n && insn_decode(s->bytes + at, s->bytes_n - at, insn);
}

/* ---- the way out ------------------------------------------------------------------------------------------------- */

/* Each returns whether there is more to read on this way. */

static bool out_by_fp(struct scan *s)
{
	s->rule = (struct rule){
		.kind = RULE_CFA_FP, .ra_is = PLACE_AT_CFA, .saved_is = PLACE_AT_CFA, .has_frame = true,
		.cfa = ARCH_FRAME_BYTES, .ra = ARCH_FRAME_RA - ARCH_FRAME_BYTES, .saved = ARCH_FRAME_FP - ARCH_FRAME_BYTES,
	};
	return false;
}

static bool out_by_return(struct scan *s)
{
	const struct state *now = &s->now;
	int64_t cfa = now->sp + WORD;

	if (now->lost_sp || now->sp < 0 || cfa > INT32_MAX)
		return false;
	s->rule = (struct rule){ .kind = RULE_CFA_SP, .ra_is = PLACE_AT_CFA, .cfa = (int32_t)cfa, .ra = -WORD };
	if (now->restores_fp && now->saved >= 0) {
		s->rule.saved_is = PLACE_AT_CFA;
		s->rule.saved = (int32_t)(now->saved - cfa);
	}
	return false;
}

/* Where the frame pointer was not set on the way, it was before: then it tells where the frame is. */
static bool take_sp_from_fp(struct scan *s, int32_t number)
{
	if (!s->now.knows_fp)
		return out_by_fp(s);
	s->now.lost_sp = false;
	s->now.sp = s->now.fp + number;
	return true;
}

/* ---- one instruction --------------------------------------------------------------------------------------------- */

static bool move_sp(struct state *now, int64_t by)
{
	now->sp += by;
	return true;
}

/* Where sp was lost, it has been put back to where the frame pointer was pushed. */
static bool pop_fp(struct scan *s)
{
	if (s->now.lost_sp && !take_sp_from_fp(s, 0))
		return false;
	s->now.restores_fp = true;
	s->now.saved = s->now.sp;
	return move_sp(&s->now, WORD);
}

static bool set_fp(struct state *now, int32_t number)
{
	now->knows_fp = !now->lost_sp;
	now->fp = now->sp + number;
	return true;
}

static bool jump(struct state *now, int32_t by)
{
	now->offset += (uint64_t)(int64_t)by;
	return true;
}

static bool branch(struct scan *s, int32_t by)
{
	struct state *taken = &s->branches[s->n_branches++ % BRANCHES_MAX];

	*taken = s->now;
	return jump(taken, by);
}

static bool apply(struct scan *s, const struct insn *insn, bool is_first)
{
	struct state *now = &s->now;

	switch (insn->effect) {
	case INSN_PUSH: return move_sp(now, -WORD);
	case INSN_POP: return move_sp(now, WORD);
	case INSN_POP_FP: return pop_fp(s);
	case INSN_ADD_SP: return move_sp(now, insn->number);
	case INSN_FP_IS_SP: return set_fp(now, insn->number);
	case INSN_SP_IS_FP: return take_sp_from_fp(s, insn->number);
	case INSN_LOSE_SP: return now->lost_sp = true;
	case INSN_LEAVE: return take_sp_from_fp(s, 0) && pop_fp(s);
	case INSN_RETURN: return out_by_return(s);
	case INSN_JUMP: return jump(now, insn->number);
	case INSN_JUMP_IF: return branch(s, insn->number);
	case INSN_ENTRY: return is_first; /* we have run into the next function */
	default: return insn->effect == INSN_NONE;
	}
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool take_branch(struct scan *s, unsigned int *untried)
{
	if (s->rule.kind != RULE_GAP || !s->n_branches || !*untried)
		return false;
	--*untried;
	s->now = s->branches[--s->n_branches % BRANCHES_MAX];
	return true;
}

struct rule scan_rule(struct image *image, uint64_t offset)
{
	struct scan s = { .image = image, .rule = { .kind = RULE_GAP }, .now = { .offset = offset } };
	unsigned int untried = BRANCHES_MAX;
	struct insn insn;

	for (int i = 0; i < INSNS_MAX; i++) {
		bool goes_on = next_insn(&s, &insn);

		s.now.offset += goes_on ? insn.length : 0;
		if ((!goes_on || !apply(&s, &insn, i == 0)) && !take_branch(&s, &untried))
			break;
	}
	return s.rule;
}
