/*
 * Every step goes through the same guards, whichever rule proposed it: a wrong frame is worse than a missing one. Memory
 * is only ever the dump; a read outside of it ends the walk.
 */
#include "symbolize/unwind.h"

#include <string.h>
#include <ucontext.h>

enum { STACK_SPAN_MAX = 8 << 20, SIGNAL_FRAMES_MAX = 16 };

/* Where the walk stands: registers of the frame at hand. */
struct walk {
	struct images *images;
	const struct process *process;
	enum unwind_mode mode;
	const struct stack_dump *dump;
	struct unwind_result *out;
	struct regs regs;
	bool is_exact;     /* regs.ip is an instruction that was interrupted, not a return address */
	unsigned int signals;
};

/* What one step found; `end` is UNWIND_END_COUNT while the walk goes on. */
struct step {
	struct regs regs;
	bool is_exact;
	enum unwind_end end;
};

const char *unwind_end_name(enum unwind_end end)
{
	static const char *const names[UNWIND_END_COUNT] = {
		[UNWIND_ROOT] = "root",
		[UNWIND_CUT_DUMP] = "dump too short",
		[UNWIND_CUT_FP] = "no frame pointer",
		[UNWIND_CUT_ADDRESS] = "bad return address",
		[UNWIND_CUT_DEPTH] = "too many frames",
		[UNWIND_CUT_NO_REGS] = "no registers",
		[UNWIND_CUT_ABI] = "32-bit program",
		[UNWIND_CUT_OUTSIDE] = "outside this PID namespace",
	};

	return names[end];
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static bool read_word(const struct stack_dump *dump, uint64_t addr, uint64_t *out)
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

	return cut(!by_fp || is_plausible ? UNWIND_CUT_DUMP : UNWIND_CUT_FP);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static uint64_t lookup_address(const struct walk *w)
{
	return w->is_exact ? w->regs.ip : w->regs.ip - 1;
}

static struct rule rule_here(const struct walk *w, const struct map *map)
{
	struct rule none = { .kind = RULE_NONE };
	struct image_where where;
	uint64_t vaddr;

	if (!map)
		return none;
	where = (struct image_where){ w->process->pid, map->start, map->end };
	if (!image_open(w->images, map->image, &where) || w->mode == UNWIND_FP)
		return none;
	if (!image_vaddr(map->image, lookup_address(w) - map->start + map->pgoff, &vaddr))
		return none;
	return cfi_rule(&map->image->cfi, vaddr);
}

/*
 * A chain of frame pointers ends in a zero that the first function found there. A zero in the register of the innermost
 * frame is no such end: any function built without frame pointers may have put it there.
 */
static struct step step_by_fp(const struct walk *w)
{
	struct step s = { .end = UNWIND_END_COUNT };
	uint64_t fp = w->regs.fp;

	if (!fp)
		return cut(w->out->n > 1 ? UNWIND_ROOT : UNWIND_CUT_FP);
	if (fp % 8 || fp < w->regs.sp)
		return cut(UNWIND_CUT_FP);
	if (!read_word(w->dump, fp, &s.regs.fp) || !read_word(w->dump, fp + 8, &s.regs.ip))
		return cut_at(w, fp + 8, true);
	if (!s.regs.ip && s.regs.fp)
		return cut(UNWIND_CUT_FP);
	s.regs.sp = fp + 16;
	return s;
}

static bool find_cfa(const struct walk *w, const struct rule *rule, uint64_t *cfa)
{
	uint64_t base = rule->kind == RULE_CFA_SP ? w->regs.sp : w->regs.fp;

	*cfa = base + (uint64_t)(int64_t)rule->cfa_offset;
	return rule->kind != RULE_CFA_AT_FP || read_word(w->dump, *cfa, cfa);
}

static struct step step_by_rule(const struct walk *w, const struct rule *rule)
{
	struct step s = { .regs = w->regs, .end = UNWIND_END_COUNT };
	bool by_fp = rule->kind != RULE_CFA_SP;
	uint64_t cfa, saved_fp;

	if (by_fp && w->regs.fp % 8)
		return cut(UNWIND_CUT_FP);
	if (!find_cfa(w, rule, &cfa) || !read_word(w->dump, cfa + (uint64_t)(int64_t)rule->ra_offset, &s.regs.ip))
		return cut_at(w, cfa, by_fp);
	saved_fp = (rule->fp_is == RULE_FP_AT_CFA ? cfa : w->regs.fp) + (uint64_t)(int64_t)rule->fp_offset;
	/* An epilogue has popped it already: CFI goes on naming the place below sp where it was. */
	if (rule->fp_is != RULE_FP_SAME && saved_fp >= w->regs.sp && !read_word(w->dump, saved_fp, &s.regs.fp))
		return cut_at(w, saved_fp, by_fp);
	s.regs.sp = cfa;
	return s;
}

/*
 * The kernel's struct rt_sigframe (arch/x86/include/asm/sigframe.h): once its return address is popped, sp is at the
 * ucontext.
 */
static struct step step_by_signal(const struct walk *w)
{
	const size_t gregs = offsetof(ucontext_t, uc_mcontext.gregs);
	struct step s = { .is_exact = true, .end = UNWIND_END_COUNT };
	uint64_t at = w->regs.sp + gregs;

	if (!read_word(w->dump, at + REG_RIP * 8, &s.regs.ip) || !read_word(w->dump, at + REG_RSP * 8, &s.regs.sp) ||
	    !read_word(w->dump, at + REG_RBP * 8, &s.regs.fp))
		return cut_at(w, at, false);
	return s;
}

static bool is_trampoline(struct map *map, uint64_t pc)
{
	uint8_t code[16];
	size_t n = image_read(map->image, pc - map->start + map->pgoff, code, sizeof(code));

	return arch_is_signal_trampoline(code, n);
}

static struct step step_once(const struct walk *w, struct map *map)
{
	struct rule rule = rule_here(w, map);

	switch (rule.kind) {
	case RULE_OUTERMOST:
		return cut(UNWIND_ROOT);
	case RULE_SIGNAL:
		return step_by_signal(w);
	case RULE_CFA_SP:
	case RULE_CFA_FP:
	case RULE_CFA_AT_FP:
		return step_by_rule(w, &rule);
	default:
		return w->is_exact && map && is_trampoline(map, w->regs.ip) ? step_by_signal(w) : step_by_fp(w);
	}
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

/* Go starts a goroutine as if runtime.goexit had called it: the "return address" is behind its first no-op. */
static bool is_goroutine_root(struct map *map, uint64_t pc)
{
	uint64_t offset = pc - map->start + map->pgoff;
	uint8_t code[2];

	return offset && image_read(map->image, offset - 1, code, 2) == 2 && code[0] == 0x90 && code[1] == 0xe8;
}

struct map *unwind_return_map(struct images *images, const struct process *process, uint64_t pc, bool *behind_call)
{
	struct map *map = process_find_map(process, pc - 1);
	struct image_where where;

	*behind_call = false;
	if (!map)
		return NULL;
	where = (struct image_where){ process->pid, map->start, map->end };
	image_open(images, map->image, &where);
	*behind_call = image_follows_call(map->image, pc - map->start + map->pgoff) || is_goroutine_root(map, pc);
	return map;
}

/* A return address lies in executable memory, behind a call; a signal's trampoline is entered without one. */
static bool is_return_address(const struct walk *w, struct step *s, struct map **map)
{
	bool behind_call;

	if (s->is_exact) {
		*map = process_find_map(w->process, s->regs.ip);
		return *map;
	}
	*map = unwind_return_map(w->images, w->process, s->regs.ip, &behind_call);
	if (*map && !behind_call)
		s->is_exact = is_trampoline(*map, s->regs.ip);
	return *map && (behind_call || s->is_exact);
}

/* The stack only ever shrinks towards its root; a signal may have come in on another stack, but not without end. */
static bool makes_progress(struct walk *w, const struct step *s)
{
	if (s->is_exact && s->regs.sp != 0)
		return w->signals++ < SIGNAL_FRAMES_MAX;
	return s->regs.sp > w->regs.sp;
}

static void push_frame(struct walk *w, struct map *map)
{
	w->out->frames[w->out->n++] = (struct frame){ w->regs.ip, lookup_address(w), map };
}

static void count_repair(struct walk *w, const struct step *s)
{
	uint64_t by_fp;

	if (!s->is_exact && (!read_word(w->dump, w->regs.fp + 8, &by_fp) || by_fp != s->regs.ip))
		w->out->repaired++;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

static enum unwind_end walk_stack(struct walk *w)
{
	struct map *map = process_find_map(w->process, w->regs.ip);

	push_frame(w, map);
	while (w->out->n < UNWIND_FRAMES_MAX) {
		struct step s = step_once(w, map);

		if (s.end != UNWIND_END_COUNT)
			return s.end;
		if (!s.regs.ip)
			return UNWIND_ROOT;
		if (!makes_progress(w, &s))
			return UNWIND_CUT_FP;
		if (!is_return_address(w, &s, &map))
			return UNWIND_CUT_ADDRESS;
		count_repair(w, &s);
		w->regs = s.regs;
		w->is_exact = s.is_exact;
		push_frame(w, map);
	}
	return UNWIND_CUT_DEPTH;
}

void unwind(struct images *images, const struct process *process, enum unwind_mode mode, const struct regs *regs,
	    const struct stack_dump *dump, struct unwind_result *out)
{
	struct walk w = {
		.images = images, .process = process, .mode = mode, .dump = dump, .out = out, .regs = *regs, .is_exact = true,
	};

	out->n = 0;
	out->repaired = out->spliced = 0;
	out->end = walk_stack(&w);
}
