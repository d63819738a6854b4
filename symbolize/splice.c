/*
 * Two walks of one stack: ours, which is right about the innermost frames but ends with the dump, and the kernel's, which
 * may have skipped frames there but reaches all of memory. The kernel keeps no frame pointers, only what it found behind
 * them; as it began where we did, and the words it read first are in our dump, it is known which of its frames belongs to
 * the frame pointer that we could not follow.
 */
#include "symbolize/step.h"

enum { KERNEL_FRAMES_MAX = 127 /* kernel.perf_event_max_stack, if nobody has changed it */ };

/* Follows the kernel through the dump, to where it met `fp`: how many of its frames come before, or `n`. */
static size_t find_join(const struct walk *w, uint64_t fp)
{
	const struct stack_dump *dump = w->dump;
	uint64_t at = w->sample->fp, pc;
	size_t i = 1;

	while (i < dump->chain_n && at != fp) {
		if (!dump_word(dump, at + ARCH_FRAME_RA, &pc) || pc != dump->chain[i] ||
		    !dump_word(dump, at + ARCH_FRAME_FP, &at))
			return dump->chain_n;
		i++;
	}
	return i;
}

/* The frame behind is where the frame pointer says, if the code here keeps one, or says nothing else. */
static bool goes_on_by_fp(const struct walk *w, size_t i, enum unwind_end *end)
{
	struct rule rule = rule_of(w, i, ARCH_DWARF_FP);

	if (rule.kind == RULE_OUTERMOST || rule.is_top)
		*end = UNWIND_ROOT;
	if (rule.kind == RULE_OUTERMOST || rule.is_top || rule.kind == RULE_SIGNAL)
		return false;
	return rule.has_frame || rule.kind == RULE_NONE || rule.kind == RULE_GAP || rule.kind == RULE_BY_FP;
}

/* A frame at a time, each behind a call in executable memory. */
static enum unwind_end append_chain(struct walk *w, const uint64_t *chain, size_t n, enum unwind_end otherwise)
{
	struct unwind_result *out = w->out;

	for (size_t i = 0; i < n; i++) {
		bool behind_call;
		struct map *map = unwind_return_map(w->images, w->process, chain[i], &behind_call);

		if (!map)
			return chain[i] ? UNWIND_CUT_UNMAPPED : UNWIND_ROOT;
		if (!behind_call)
			return UNWIND_CUT_ADDRESS;
		if (out->n == UNWIND_FRAMES_MAX)
			return UNWIND_CUT_DEPTH;
		out->frames[out->n++] = (struct frame){ chain[i], chain[i] - 1, map };
		out->spliced++;
		if (!goes_on_by_fp(w, out->n - 1, &otherwise))
			return otherwise;
	}
	return w->dump->chain_n < KERNEL_FRAMES_MAX ? UNWIND_CUT_FP : otherwise;
}

enum unwind_end splice(struct walk *w, enum unwind_end end, uint64_t fp)
{
	size_t join = find_join(w, fp);

	if (join >= w->dump->chain_n)
		return end;
	return append_chain(w, w->dump->chain + join, w->dump->chain_n - join, end);
}
