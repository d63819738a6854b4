/*
 * Where a caller's frame is: by the rule at the code address, where there is one; else along the frame pointer. Memory is
 * only ever the dump; a read outside of it ends the walk.
 *
 * Most rules stand on sp or fp, which every step carries along. Where one stands on another register, the rules of the
 * inner frames are asked where they have left that, from the outermost to the sample itself.
 */
#include "symbolize/step.h"

#include <string.h>

enum { STACK_SPAN_MAX = 8 << 20, ENTRY_BYTES = 96 };

/* ---- memory ------------------------------------------------------------------------------------------------------ */

bool dump_word(const struct stack_dump *dump, uint64_t addr, uint64_t *out)
{
	uint64_t at = addr - dump->sp;

	if (addr < dump->sp || at > dump->n || dump->n - at < sizeof(*out))
		return false;
	memcpy(out, dump->at + at, sizeof(*out));
	return true;
}

static struct step cut(enum unwind_end end)
{
	return (struct step){ .end = end };
}

/*
 * The dump does not hold addr. If we were led there by the stack pointer, a longer dump would have. A frame pointer may
 * as well be no frame pointer: it is believed where the dump was cut short, and the address is as near as a stack is.
 */
static struct step cut_at(const struct walk *w, uint64_t addr, bool by_fp)
{
	const struct stack_dump *dump = w->dump;
	bool is_plausible = dump->n == dump->asked && addr >= dump->sp && addr - dump->sp < STACK_SPAN_MAX;

	return (struct step){ .end = !by_fp || is_plausible ? UNWIND_CUT_DUMP : UNWIND_CUT_FP, .wants_fp = by_fp };
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

struct rule rule_of(const struct walk *w, size_t i, unsigned int reg)
{
	const struct frame *frame = &w->out->frames[i];
	struct map *map = frame->map;
	struct image_where where;
	uint64_t vaddr;

	if (!map || w->mode == UNWIND_FP)
		return (struct rule){ .kind = RULE_NONE };
	where = (struct image_where){ w->process->pid, map->start, map->end };
	if (!image_open(w->images, map->image, &where) ||
	    !image_vaddr(map->image, frame->lookup - map->start + map->pgoff, &vaddr))
		return (struct rule){ .kind = RULE_NONE };
	return rules_at(map->image, vaddr, reg);
}

/* What a program of a rule looks at: the registers of one frame, and the dump. */
struct look {
	struct walk *w;
	size_t frame;
	uint64_t missed; /* an address that the dump does not hold; 0: none */
};

static bool look_at_register(void *ctx, unsigned int reg, uint64_t *out);

static bool look_at_word(void *ctx, uint64_t addr, uint64_t *out)
{
	struct look *look = ctx;

	if (dump_word(look->w->dump, addr, out))
		return true;
	look->missed = addr;
	return false;
}

static bool run_program(struct look *look, int32_t program, uint64_t cfa, uint64_t *out)
{
	const struct exprs *exprs = &look->w->out->frames[look->frame].map->image->rules.exprs;
	struct expr_env env = { look, look_at_register, look_at_word, cfa };

	return expr_run(exprs, program, &env, out);
}

/*
 * A caller's register, `same` if it was not touched. An epilogue has popped it already where its place is below sp: CFI
 * goes on naming that place.
 */
static bool find_saved(struct look *look, enum saved_place is, int32_t number, uint64_t cfa, uint64_t same, uint64_t *out)
{
	uint64_t addr = cfa + (uint64_t)(int64_t)number;

	*out = same;
	switch (is) {
	case PLACE_SAME:
		return true;
	case PLACE_AT_CFA:
		return addr < look->w->at[look->frame].sp || look_at_word(look, addr, out);
	case PLACE_EXPR:
		return run_program(look, number, cfa, out);
	default:
		return false;
	}
}

/* ---- registers --------------------------------------------------------------------------------------------------- */

enum kept { KEPT_SAME, KEPT_FOUND, KEPT_LOST };

/* What frame i has done with a register of its caller's. */
static enum kept look_into(struct look *look, size_t i, unsigned int reg, uint64_t *out)
{
	struct walk *w = look->w;
	struct look inner = { w, i, 0 };
	struct rule rule;

	if (w->at[i].by == BY_SIGNAL)
		return look_at_word(look, w->at[i].sp + (uint64_t)arch_signal_offset(reg), out) ? KEPT_FOUND : KEPT_LOST;
	if (w->at[i].by != BY_RULE || !w->looks_left)
		return KEPT_LOST;
	w->looks_left--;
	rule = rule_of(w, i, reg);
	if (rule.saved_is == PLACE_SAME ||
	    (rule.saved_is == PLACE_AT_CFA && w->at[i + 1].sp + (uint64_t)(int64_t)rule.saved < w->at[i].sp))
		return KEPT_SAME;
	return find_saved(&inner, rule.saved_is, rule.saved, w->at[i + 1].sp, 0, out) ? KEPT_FOUND : KEPT_LOST;
}

static bool look_at_register(void *ctx, unsigned int reg, uint64_t *out)
{
	struct look *look = ctx;
	struct walk *w = look->w;

	if (reg == ARCH_DWARF_SP || reg == ARCH_DWARF_FP || reg == ARCH_DWARF_RA) {
		const struct walked *at = &w->at[look->frame];

		*out = reg == ARCH_DWARF_SP ? at->sp : reg == ARCH_DWARF_FP ? at->fp : w->out->frames[look->frame].pc;
		return true;
	}
	for (size_t i = look->frame; i-- > 0;) {
		enum kept kept = look_into(look, i, reg, out);

		if (kept != KEPT_SAME)
			return kept == KEPT_FOUND;
	}
	if (reg >= ARCH_REGS || !(w->sample->known >> reg & 1))
		return false;
	*out = w->sample->at[reg];
	return true;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/*
 * A chain of frame pointers ends in a zero that the first function found there. A zero in the register of the innermost
 * frame is no such end: any function built without frame pointers may have put it there.
 */
static struct step step_by_fp(const struct walk *w)
{
	struct step s = { .by = BY_FP, .end = UNWIND_END_COUNT, .wants_fp = true };
	const struct walked *at = &w->at[w->out->n - 1];
	uint64_t fp = at->fp;

	if (!fp)
		return cut(w->out->n > 1 ? UNWIND_ROOT : UNWIND_CUT_FP);
	if (fp % 8 || fp < at->sp)
		return (struct step){ .end = UNWIND_CUT_FP, .wants_fp = fp % 8 == 0 };
	if (!dump_word(w->dump, fp + ARCH_FRAME_FP, &s.fp) || !dump_word(w->dump, fp + ARCH_FRAME_RA, &s.ip))
		return cut_at(w, fp + ARCH_FRAME_RA, true);
	s.ip = arch_return_address(s.ip);
	if (!s.ip && s.fp)
		return cut(UNWIND_CUT_FP);
	s.sp = fp + ARCH_FRAME_BYTES;
	return s;
}

static bool find_cfa(struct look *look, const struct rule *rule, uint64_t *cfa)
{
	const struct walked *at = &look->w->at[look->frame];

	if (rule->kind == RULE_CFA_EXPR)
		return run_program(look, rule->cfa, 0, cfa);
	*cfa = (rule->kind == RULE_CFA_SP ? at->sp : at->fp) + (uint64_t)(int64_t)rule->cfa;
	return true;
}

static struct step step_by_rule(struct walk *w, const struct rule *rule)
{
	struct look look = { w, w->out->n - 1, 0 };
	const struct walked *at = &w->at[look.frame];
	struct step s = { .by = BY_RULE, .end = UNWIND_END_COUNT }, missed;

	if (rule->kind == RULE_CFA_FP && at->fp % 8)
		return cut(UNWIND_CUT_FP);
	if (find_cfa(&look, rule, &s.sp) && find_saved(&look, rule->ra_is, rule->ra, s.sp, 0, &s.ip) &&
	    (rule->saved_is == PLACE_LOST || find_saved(&look, rule->saved_is, rule->saved, s.sp, at->fp, &s.fp))) {
		s.ip = arch_return_address(s.ip);
		return s;
	}
	if (!look.missed)
		return cut(UNWIND_CUT_RULE);
	missed = cut_at(w, look.missed, rule->kind == RULE_CFA_FP);
	missed.wants_fp = at->fp + ARCH_FRAME_BYTES == s.sp && rule->ra_is == PLACE_AT_CFA &&
			  rule->ra == ARCH_FRAME_RA - ARCH_FRAME_BYTES;
	return missed;
}

static struct step step_by_signal(const struct walk *w)
{
	struct step s = { .by = BY_SIGNAL, .is_exact = true, .end = UNWIND_END_COUNT };
	uint64_t sp = w->at[w->out->n - 1].sp, ip_at = sp + (uint64_t)arch_signal_offset(ARCH_DWARF_RA);

	if (!dump_word(w->dump, ip_at, &s.ip) ||
	    !dump_word(w->dump, sp + (uint64_t)arch_signal_offset(ARCH_DWARF_SP), &s.sp) ||
	    !dump_word(w->dump, sp + (uint64_t)arch_signal_offset(ARCH_DWARF_FP), &s.fp))
		return cut_at(w, ip_at, false);
	return s;
}

bool is_trampoline(struct map *map, uint64_t pc)
{
	uint8_t code[16];
	size_t n = image_read(map->image, pc - map->start + map->pgoff, code, sizeof(code));

	return arch_is_signal_trampoline(code, n);
}

/* What was only read out of the code must lead behind a call, or it counts for nothing. */
static bool step_by_code(struct walk *w, struct step *s)
{
	const struct frame *frame = &w->out->frames[w->out->n - 1];
	struct map *map = frame->map, *caller;
	bool behind_call;
	struct rule rule;

	if (w->mode == UNWIND_FP || !map || !map->image->rules.cfi.elf)
		return false;
	rule = rules_from_code(map->image, frame->pc - map->start + map->pgoff);
	if (rule.kind != RULE_CFA_SP)
		return false;
	*s = step_by_rule(w, &rule);
	if (s->end != UNWIND_END_COUNT)
		return false;
	caller = unwind_return_map(w->images, w->process, s->ip, &behind_call);
	return caller && (behind_call || is_trampoline(caller, s->ip));
}

static struct step step_from_top(struct walk *w, const struct rule *rule)
{
	struct step s = step_by_rule(w, rule);
	struct map *caller = s.end == UNWIND_END_COUNT ? process_find_map(w->process, s.ip) : NULL;

	return caller && is_trampoline(caller, s.ip) ? s : cut(UNWIND_ROOT);
}

static bool is_exact(const struct frame *frame)
{
	return frame->lookup == frame->pc;
}

/* Some of a program's first instructions, which nothing has called: the dynamic linker says nothing of its own. */
static bool is_entry(const struct frame *frame)
{
	const struct map *map = frame->map;
	uint64_t vaddr;

	return map && image_vaddr(map->image, frame->lookup - map->start + map->pgoff, &vaddr) && map->image->entry &&
	       vaddr - map->image->entry < ENTRY_BYTES;
}

static struct step step_without_rule(struct walk *w)
{
	const struct frame *frame = &w->out->frames[w->out->n - 1];
	struct step s;

	if (is_exact(frame) && frame->map && is_trampoline(frame->map, frame->pc))
		return step_by_signal(w);
	if (step_by_code(w, &s))
		return s;
	if (w->mode != UNWIND_FP && is_entry(frame))
		return cut(UNWIND_ROOT);
	s = step_by_fp(w);
	if (s.end == UNWIND_CUT_FP && w->mode != UNWIND_FP)
		s.end = UNWIND_CUT_RULE;
	return s;
}

/* The way out may be so near that it does not matter any more. */
static struct step step_from_other_stack(struct walk *w)
{
	struct step s;

	return is_exact(&w->out->frames[w->out->n - 1]) && step_by_code(w, &s) ? s : step_by_fp(w);
}

struct step step_once(struct walk *w)
{
	struct rule rule = rule_of(w, w->out->n - 1, ARCH_DWARF_FP);

	if (rule.kind == RULE_SIGNAL || w->at[w->out->n - 1].is_trampoline)
		return step_by_signal(w);
	if (rule.is_top)
		return step_from_top(w, &rule);
	switch (rule.kind) {
	case RULE_OUTERMOST:
		return cut(UNWIND_ROOT);
	case RULE_BY_FP:
		return step_from_other_stack(w);
	case RULE_CFA_SP:
	case RULE_CFA_FP:
	case RULE_CFA_EXPR:
		return step_by_rule(w, &rule);
	default:
		return step_without_rule(w);
	}
}
