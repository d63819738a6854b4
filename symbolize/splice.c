/*
 * Two walks of one stack: ours, which is right about the innermost frames but ends with the dump, and the kernel's, which
 * may have skipped frames there but reaches further. They are joined where several frames in a row are the same, so that
 * a function that calls itself is not joined at the wrong depth for a chance likeness of one.
 */
#include "symbolize/unwind.h"

enum { FRAMES_ALIKE_MIN = 2 };

/* How many of our outermost frames stand in the chain, in a row that ends at chain[at]. */
static size_t count_alike(const struct unwind_result *out, const uint64_t *chain, size_t at)
{
	size_t n = 0;

	while (n < out->n && n <= at && out->frames[out->n - 1 - n].pc == chain[at - n])
		n++;
	return n;
}

/* Where in the chain our outermost frame is, or `n`. Of equally long likenesses the innermost. */
static size_t find_join(const struct unwind_result *out, const uint64_t *chain, size_t n)
{
	size_t best = n, best_alike = FRAMES_ALIKE_MIN - 1;

	for (size_t at = 0; at < n; at++) {
		size_t alike = count_alike(out, chain, at);

		if (alike > best_alike) {
			best = at;
			best_alike = alike;
		}
	}
	return best;
}

/* A frame at a time, each behind a call in executable memory. */
static void append_chain(struct images *images, const struct process *process, const uint64_t *chain, size_t n,
			 struct unwind_result *out)
{
	for (size_t i = 0; i < n && out->n < UNWIND_FRAMES_MAX; i++) {
		bool behind_call;
		struct map *map = unwind_return_map(images, process, chain[i], &behind_call);

		if (!map || !behind_call) {
			out->end = UNWIND_CUT_ADDRESS;
			return;
		}
		out->frames[out->n++] = (struct frame){ chain[i], chain[i] - 1, map };
		out->spliced++;
	}
}

void unwind_splice(struct images *images, const struct process *process, const uint64_t *chain, size_t n,
		   struct unwind_result *out)
{
	size_t join;

	if (out->end != UNWIND_CUT_DUMP && out->end != UNWIND_CUT_FP && out->end != UNWIND_CUT_RULE)
		return;
	join = find_join(out, chain, n);
	if (join >= n || join + 1 == n)
		return;
	out->end = UNWIND_CUT_FP;
	append_chain(images, process, chain + join + 1, n - join - 1, out);
}
