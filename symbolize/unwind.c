/*
 * Every step goes through the same guards, whichever rule proposed it: a wrong frame is worse than a missing one.
 */
#include "symbolize/unwind.h"

#include <string.h>

#include "symbolize/step.h"

enum { SIGNAL_FRAMES_MAX = 16, LOOKS_MAX = 1024 };

bool unwind_mode_parse(const char *text, enum unwind_mode *out)
{
	static const char *const names[] = {
		[UNWIND_HYBRID] = "hybrid", [UNWIND_FP] = "fp", [UNWIND_KERNEL] = "kernel",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = (enum unwind_mode)i;
		return true;
	}
	return false;
}

const char *unwind_end_name(enum unwind_end end)
{
	static const char *const names[UNWIND_END_COUNT] = {
		[UNWIND_ROOT] = "root",
		[UNWIND_CUT_DUMP] = "dump too short",
		[UNWIND_CUT_RULE] = "no rule",
		[UNWIND_CUT_FP] = "no frame pointer",
		[UNWIND_CUT_ADDRESS] = "bad return address",
		[UNWIND_CUT_UNMAPPED] = "unmapped code",
		[UNWIND_CUT_DEPTH] = "too many frames",
		[UNWIND_CUT_NO_REGS] = "no registers",
		[UNWIND_CUT_ABI] = "32-bit program",
		[UNWIND_CUT_OUTSIDE] = "outside this PID namespace",
	};

	return names[end];
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

static bool is_goroutine_root(struct map *map, uint64_t pc)
{
	uint64_t offset = pc - map->start + map->pgoff;
	uint8_t code[2];

	return offset && arch_is_goroutine_exit(code, image_read(map->image, offset - 1, code, sizeof(code)));
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
static enum unwind_end check_address(const struct walk *w, struct step *s, struct map **map)
{
	bool behind_call;

	if (s->is_exact) {
		*map = process_find_map(w->process, s->ip);
		return *map ? UNWIND_END_COUNT : UNWIND_CUT_UNMAPPED;
	}
	*map = unwind_return_map(w->images, w->process, s->ip, &behind_call);
	if (!*map)
		return UNWIND_CUT_UNMAPPED;
	s->is_trampoline = s->is_exact = !behind_call && is_trampoline(*map, s->ip);
	return behind_call || s->is_trampoline ? UNWIND_END_COUNT : UNWIND_CUT_ADDRESS;
}

/*
 * The stack only ever shrinks towards its root; a signal may have come in on another stack, but not without end. The
 * innermost function may have its return address in a register, and nothing on the stack.
 */
static bool makes_progress(struct walk *w, const struct step *s)
{
	uint64_t sp = w->at[w->out->n - 1].sp;

	if (s->by == BY_SIGNAL && s->sp != 0)
		return w->signals++ < SIGNAL_FRAMES_MAX;
	return s->sp > sp || (s->sp == sp && w->out->n == 1);
}

static void push_frame(struct walk *w, const struct step *s, struct map *map)
{
	w->at[w->out->n] = (struct walked){ s->sp, s->fp, BY_NOTHING, s->is_trampoline };
	w->out->frames[w->out->n++] = (struct frame){ s->ip, s->is_exact ? s->ip : s->ip - 1, map };
}

static void count_repair(struct walk *w, const struct step *s)
{
	uint64_t by_fp;

	if (s->by != BY_SIGNAL && (!dump_word(w->dump, w->at[w->out->n - 1].fp + ARCH_FRAME_RA, &by_fp) || by_fp != s->ip))
		w->out->repaired++;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

/* Why the proposal cannot be followed; UNWIND_END_COUNT when it can. */
static enum unwind_end judge(struct walk *w, struct step *s, struct map **map)
{
	if (s->end != UNWIND_END_COUNT)
		return s->end;
	if (!s->ip)
		return UNWIND_ROOT;
	if (!makes_progress(w, s))
		return s->by == BY_FP ? UNWIND_CUT_FP : UNWIND_CUT_RULE;
	return check_address(w, s, map);
}

static enum unwind_end walk_stack(struct walk *w)
{
	struct step s = { .ip = w->sample->ip, .sp = w->sample->sp, .fp = w->sample->fp, .is_exact = true };
	struct map *map = process_find_map(w->process, s.ip);
	enum unwind_end end;

	push_frame(w, &s, map);
	while (w->out->n < UNWIND_FRAMES_MAX) {
		s = step_once(w);
		end = judge(w, &s, &map);
		if (end != UNWIND_END_COUNT)
			return s.wants_fp && end != UNWIND_ROOT ? splice(w, end, w->at[w->out->n - 1].fp) : end;
		count_repair(w, &s);
		w->at[w->out->n - 1].by = s.by;
		push_frame(w, &s, map);
	}
	return UNWIND_CUT_DEPTH;
}

void unwind(struct images *images, const struct process *process, enum unwind_mode mode, const struct regs *regs,
	    const struct stack_dump *dump, struct unwind_result *out)
{
	struct walk w; /* without initialising its many frames */

	w.images = images;
	w.process = process;
	w.mode = mode;
	w.dump = dump;
	w.sample = regs;
	w.out = out;
	w.signals = 0;
	w.looks_left = LOOKS_MAX;
	out->n = 0;
	out->repaired = out->spliced = 0;
	out->end = walk_stack(&w);
}
