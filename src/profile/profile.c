/*
 * Everything is interned by the hash of its content; the hash tables hold indices, so that the vectors can grow. The
 * way of a sample is three look-ups: its stack, its labels, and the pair of them.
 */
#include "src/profile/profile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- life -------------------------------------------------------------------------------------------------------- */

void profile_init(struct profile *p)
{
	*p = (struct profile){ 0 };
	intern_init(&p->strings);
	profile_labels(p, NULL, 0);
}

void profile_free(struct profile *p)
{
	struct table *tables[] = {
		&p->location_table, &p->function_table, &p->stack_table, &p->label_table, &p->sample_table,
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_free(tables[i]);
	intern_free(&p->strings);
	vec_free(&p->mappings);
	vec_free(&p->functions);
	vec_free(&p->lines);
	vec_free(&p->locations);
	vec_free(&p->stack_pool);
	vec_free(&p->label_pool);
	vec_free(&p->stacks);
	vec_free(&p->label_sets);
	vec_free(&p->samples);
	vec_free(&p->comments);
}

uint32_t profile_str(struct profile *p, const char *text)
{
	return intern_str(&p->strings, text);
}

const char *profile_text(const struct profile *p, uint32_t string)
{
	return p->strings.at[string];
}

size_t profile_add_type(struct profile *p, const char *type, const char *unit)
{
	p->types[p->n_types] = (struct value_type){ profile_str(p, type), profile_str(p, unit) };
	return p->n_types++;
}

void profile_comment(struct profile *p, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		*vec_push(&p->comments) = profile_str(p, text);
	free(text);
}

/* ---- mappings, functions, locations ------------------------------------------------------------------------------ */

uint32_t profile_add_mapping(struct profile *p, const struct mapping *mapping)
{
	*vec_push(&p->mappings) = *mapping;
	return (uint32_t)p->mappings.n - 1;
}

struct function_lookup {
	const struct profile *p;
	const struct function *function;
};

static bool same_function(const void *ctx, uint32_t value)
{
	const struct function_lookup *want = ctx;
	const struct function *have = &want->p->functions.at[value], *f = want->function;

	return have->name == f->name && have->system_name == f->system_name && have->filename == f->filename &&
	       have->start_line == f->start_line;
}

uint32_t profile_function(struct profile *p, const struct function *function)
{
	struct function_lookup want = { p, function };
	uint64_t hash = hash_pair((uint64_t)function->name << 32 | function->system_name,
				  (uint64_t)function->filename << 32 | (uint32_t)function->start_line);
	uint32_t *found = table_find(&p->function_table, hash, same_function, &want);

	if (found)
		return *found;
	table_add(&p->function_table, hash, (uint32_t)p->functions.n);
	*vec_push(&p->functions) = *function;
	return (uint32_t)p->functions.n - 1;
}

struct location_lookup {
	const struct profile *p;
	uint32_t mapping;
	uint64_t address;
};

static bool same_location(const void *ctx, uint32_t value)
{
	const struct location_lookup *want = ctx;
	const struct location *have = &want->p->locations.at[value];

	return have->mapping == want->mapping && have->address == want->address;
}

uint32_t profile_location(struct profile *p, uint32_t mapping, uint64_t address)
{
	struct location_lookup want = { p, mapping, address };
	uint64_t hash = hash_pair(mapping, address);
	uint32_t *found = table_find(&p->location_table, hash, same_location, &want);

	if (found)
		return *found;
	table_add(&p->location_table, hash, (uint32_t)p->locations.n);
	*vec_push(&p->locations) = (struct location){ .mapping = mapping, .address = address };
	return (uint32_t)p->locations.n - 1;
}

void profile_name_location(struct profile *p, uint32_t location, const struct line *lines, size_t n)
{
	struct location *l = &p->locations.at[location];

	l->first_line = (uint32_t)p->lines.n;
	l->n_lines = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		*vec_push(&p->lines) = lines[i];
}

/* ---- stacks and labels ------------------------------------------------------------------------------------------- */

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
	       (!want->n || memcmp(want->p->stack_pool.at + run->first, want->locations, want->n * 4) == 0);
}

uint32_t profile_stack(struct profile *p, const uint32_t *locations, size_t n)
{
	struct stack_lookup want = { p, locations, n };
	uint64_t hash = hash_bytes(locations, n * sizeof(*locations));
	uint32_t *found = table_find(&p->stack_table, hash, same_stack, &want);

	if (found)
		return *found;
	table_add(&p->stack_table, hash, (uint32_t)p->stacks.n);
	*vec_push(&p->stacks) = (struct run){ (uint32_t)p->stack_pool.n, (uint32_t)n };
	for (size_t i = 0; i < n; i++)
		*vec_push(&p->stack_pool) = locations[i];
	return (uint32_t)p->stacks.n - 1;
}

struct label_lookup {
	const struct profile *p;
	const struct label *labels;
	size_t n;
};

static bool same_label(const struct label *a, const struct label *b)
{
	return a->key == b->key && a->str == b->str && a->num == b->num && a->num_unit == b->num_unit;
}

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

/* In order of their keys, one value for each. Sets are small: insertion sort. */
static size_t sort_labels(const struct label *labels, size_t n, struct label *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < kept && out[at].key < labels[i].key)
			at++;
		if (at < kept && out[at].key == labels[i].key) {
			out[at] = labels[i];
			continue;
		}
		memmove(&out[at + 1], &out[at], (kept - at) * sizeof(*out));
		out[at] = labels[i];
		kept++;
	}
	return kept;
}

static uint64_t hash_labels(const struct label *labels, size_t n)
{
	uint64_t hash = n;

	for (size_t i = 0; i < n; i++)
		hash = hash_pair(hash_pair(hash, (uint64_t)labels[i].key << 32 | labels[i].str),
				 hash_pair((uint64_t)labels[i].num, labels[i].num_unit));
	return hash ? hash : 1;
}

uint32_t profile_labels(struct profile *p, const struct label *labels, size_t n)
{
	struct label few[16], *sorted = n < 16 ? few : xcalloc(n + 1, sizeof(*sorted));
	struct label_lookup want = { p, sorted, sort_labels(labels, n, sorted) };
	uint64_t hash = hash_labels(sorted, want.n);
	uint32_t *found = table_find(&p->label_table, hash, same_labels, &want), index;

	index = found ? *found : (uint32_t)p->label_sets.n;
	if (!found) {
		table_add(&p->label_table, hash, index);
		*vec_push(&p->label_sets) = (struct run){ (uint32_t)p->label_pool.n, (uint32_t)want.n };
		for (size_t i = 0; i < want.n; i++)
			*vec_push(&p->label_pool) = sorted[i];
	}
	if (sorted != few)
		free(sorted);
	return index;
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

struct sample_lookup {
	const struct profile *p;
	uint32_t stack, labels;
};

static bool same_sample(const void *ctx, uint32_t value)
{
	const struct sample_lookup *want = ctx;
	const struct sample *have = &want->p->samples.at[value];

	return have->stack == want->stack && have->labels == want->labels;
}

void profile_add(struct profile *p, uint32_t stack, uint32_t labels, const int64_t *values)
{
	struct sample_lookup want = { p, stack, labels };
	uint64_t hash = hash_pair(stack, labels);
	uint32_t *found = table_find(&p->sample_table, hash, same_sample, &want);
	struct sample *sample;

	if (!found) {
		table_add(&p->sample_table, hash, (uint32_t)p->samples.n);
		sample = vec_push(&p->samples);
		*sample = (struct sample){ .stack = stack, .labels = labels };
	} else {
		sample = &p->samples.at[*found];
	}
	for (size_t i = 0; i < p->n_types; i++)
		sample->values[i] += values[i];
}
