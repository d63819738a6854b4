/* Counted when it is asked for, from the finished profile: a stack that was cut ends in a mark that says why. */
#include "src/pipeline/cuts.h"

#include <string.h>

static const char *file_of(const struct pipeline *p, uint32_t location)
{
	uint32_t mapping = p->profile.locations.at[location].mapping;
	const struct image *image = mapping < p->places.at.n ? p->places.at.at[mapping].image : NULL;

	return image ? image->path : "[unknown]";
}

static void count(struct cut_vec *out, const char *path, enum unwind_end end, uint64_t stacks)
{
	for (size_t i = 0; i < out->n; i++) {
		if (out->at[i].end != end || strcmp(out->at[i].path, path) != 0)
			continue;
		out->at[i].stacks += stacks;
		return;
	}
	*vec_push(out) = (struct cut_file){ path, end, stacks };
}

static int by_stacks(const void *a, const void *b)
{
	const struct cut_file *x = a, *y = b;

	return x->stacks < y->stacks ? 1 : x->stacks > y->stacks ? -1 : strcmp(x->path, y->path);
}

void pipeline_cuts(const struct pipeline *p, struct cut_vec *out)
{
	for (size_t i = 0; i < p->profile.samples.n; i++) {
		const struct sample *sample = &p->profile.samples.at[i];
		const struct run *run = &p->profile.stacks.at[sample->stack];
		const uint32_t *stack = p->profile.stack_pool.at + run->first;
		enum unwind_end end = run->n ? places_cut_reason(&p->places, stack[run->n - 1]) : UNWIND_ROOT;

		if (end != UNWIND_ROOT)
			count(out, run->n > 1 ? file_of(p, stack[run->n - 2]) : "[unknown]", end, (uint64_t)sample->values[0]);
	}
	if (out->n)
		qsort(out->at, out->n, sizeof(*out->at), by_stacks);
}
