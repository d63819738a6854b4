/*
 * A sample arrives some thousand times a second for as long as a recording lasts, so its way is three look-ups (its
 * stack, its labels, the pair of both) and nothing is allocated unless it is new. Labels are sorted into the end of
 * their pool before they are looked up: when they turn out to be known, the end is simply not moved.
 */
#include <string.h>

#include "src/profile/profile.h"

struct stack_lookup {
	const struct profile *p;
	const uint32_t *locations;
	size_t n;
};

static bool same_stack(const void *ctx, uint32_t value)
{
	const struct stack_lookup *want = ctx;
	const struct run *run = &want->p->stacks.at[value];

	return run->n == want->n &&
	       (!run->n || memcmp(want->p->stack_pool.at + run->first, want->locations, run->n * sizeof(uint32_t)) == 0);
}

uint32_t profile_stack(struct profile *p, const uint32_t *locations, size_t n)
{
	struct stack_lookup want = { p, locations, n };
	uint64_t hash = hash_bytes(locations, n * sizeof(*locations));
	uint32_t *found = table_find(&p->stack_table, hash, same_stack, &want);

	if (found)
		return *found;
	*vec_push(&p->stacks) = (struct run){ (uint32_t)p->stack_pool.n, (uint32_t)n };
	if (n) {
		vec_reserve(&p->stack_pool, p->stack_pool.n + n);
		memcpy(p->stack_pool.at + p->stack_pool.n, locations, n * sizeof(*locations));
		p->stack_pool.n += n;
	}
	table_add(&p->stack_table, hash, (uint32_t)p->stacks.n - 1);
	return (uint32_t)p->stacks.n - 1;
}

static bool same_label(const struct label *a, const struct label *b)
{
	return a->key == b->key && a->str == b->str && a->num == b->num && a->num_unit == b->num_unit;
}

struct label_lookup {
	const struct profile *p;
	const struct label *labels;
	size_t n;
};

static bool same_labels(const void *ctx, uint32_t value)
{
	const struct label_lookup *want = ctx;
	const struct run *run = &want->p->label_sets.at[value];

	if (run->n != want->n)
		return false;
	for (size_t i = 0; i < want->n; i++)
		if (!same_label(&want->p->label_pool.at[run->first + i], &want->labels[i]))
			return false;
	return true;
}

/* Writes the labels at `to`, by key and each key once; returns how many there are. */
static size_t sort_labels(const struct label *labels, size_t n, struct label *to)
{
	size_t sorted = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = sorted;

		while (at && to[at - 1].key > labels[i].key)
			at--;
		if (at && to[at - 1].key == labels[i].key) {
			to[at - 1] = labels[i];
			continue;
		}
		memmove(&to[at + 1], &to[at], (sorted - at) * sizeof(*to));
		to[at] = labels[i];
		sorted++;
	}
	return sorted;
}

uint32_t profile_labels(struct profile *p, const struct label *labels, size_t n)
{
	struct label_lookup want = { .p = p };
	uint64_t hash = 1;
	uint32_t *found;

	vec_reserve(&p->label_pool, p->label_pool.n + n + 1);
	want.labels = p->label_pool.at + p->label_pool.n;
	want.n = sort_labels(labels, n, p->label_pool.at + p->label_pool.n);
	for (size_t i = 0; i < want.n; i++) {
		const struct label *l = &want.labels[i];

		hash = hash_pair(hash ^ (uint64_t)l->num, (uint64_t)l->key << 32 | l->str) + l->num_unit;
	}
	hash = hash_u64(hash);
	found = table_find(&p->label_table, hash, same_labels, &want);
	if (found)
		return *found;
	*vec_push(&p->label_sets) = (struct run){ (uint32_t)p->label_pool.n, (uint32_t)want.n };
	p->label_pool.n += want.n;
	table_add(&p->label_table, hash, (uint32_t)p->label_sets.n - 1);
	return (uint32_t)p->label_sets.n - 1;
}

struct sample_lookup {
	const struct profile *p;
	uint32_t stack, labels;
};

static bool same_sample(const void *ctx, uint32_t value)
{
	const struct sample_lookup *want = ctx;
	const struct sample *s = &want->p->samples.at[value];

	return s->stack == want->stack && s->labels == want->labels;
}

static struct sample *find_sample(const struct profile *p, uint32_t stack, uint32_t labels)
{
	struct sample_lookup want = { p, stack, labels };
	uint32_t *found = table_find(&p->sample_table, hash_pair(stack, labels), same_sample, &want);

	return found ? &p->samples.at[*found] : NULL;
}

static void sum_values(const struct profile *p, int64_t *to, const int64_t *values)
{
	for (size_t i = 0; i < p->n_types; i++)
		to[i] = profile_sum(to[i], values[i]);
}

void profile_add(struct profile *p, uint32_t stack, uint32_t labels, const int64_t *values)
{
	struct sample *s = find_sample(p, stack, labels);

	if (s) {
		sum_values(p, s->values, values);
		return;
	}
	s = vec_push(&p->samples);
	*s = (struct sample){ .stack = stack, .labels = labels };
	memcpy(s->values, values, p->n_types * sizeof(*values));
	table_add(&p->sample_table, hash_pair(stack, labels), (uint32_t)p->samples.n - 1);
}

void profile_regroup(struct profile *p)
{
	size_t n = p->samples.n;

	table_free(&p->sample_table);
	p->samples.n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct sample s = p->samples.at[i]; /* what is added goes to where it was, or before */

		profile_add(p, s.stack, s.labels, s.values);
	}
}
