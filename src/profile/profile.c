/*
 * Everything is an index into a vector, never a pointer: a recording grows its vectors for hours, and a writer can keep
 * what it knows about a location or a string in an array beside them.
 */
#include "src/profile/profile.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void profile_init(struct profile *p)
{
	*p = (struct profile){ 0 };
	intern_init(&p->strings);
	profile_labels(p, NULL, 0);
}

void profile_free(struct profile *p)
{
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
	table_free(&p->location_table);
	table_free(&p->function_table);
	table_free(&p->stack_table);
	table_free(&p->label_table);
	table_free(&p->sample_table);
	*p = (struct profile){ 0 };
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

size_t profile_default_type(const struct profile *p)
{
	for (size_t i = 0; p->default_type && i < p->n_types; i++)
		if (p->types[i].type == p->default_type)
			return i;
	return p->n_types - 1;
}

void profile_comment(struct profile *p, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	*vec_push(&p->comments) = profile_str(p, text);
	free(text);
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

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
	const struct function *a = want->function, *b = &want->p->functions.at[value];

	return a->name == b->name && a->system_name == b->system_name && a->filename == b->filename &&
	       a->start_line == b->start_line;
}

uint32_t profile_function(struct profile *p, const struct function *function)
{
	struct function_lookup want = { p, function };
	uint64_t names = hash_pair(function->name, function->system_name);
	uint64_t hash = hash_pair(names, hash_pair(function->filename, (uint64_t)function->start_line));
	uint32_t *found = table_find(&p->function_table, hash, same_function, &want);

	if (found)
		return *found;
	*vec_push(&p->functions) = *function;
	table_add(&p->function_table, hash, (uint32_t)p->functions.n - 1);
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
	const struct location *l = &want->p->locations.at[value];

	return l->address == want->address && l->mapping == want->mapping;
}

uint32_t profile_add_location(struct profile *p, const struct location *location)
{
	struct location *l = vec_push(&p->locations);

	*l = (struct location){
		.mapping = location->mapping, .is_folded = location->is_folded, .address = location->address
	};
	return (uint32_t)p->locations.n - 1;
}

uint32_t profile_location(struct profile *p, uint32_t mapping, uint64_t address)
{
	struct location_lookup want = { p, mapping, address };
	uint64_t hash = hash_pair(mapping, address);
	uint32_t *found = table_find(&p->location_table, hash, same_location, &want);
	uint32_t location;

	if (found)
		return *found;
	location = profile_add_location(p, &(struct location){ .mapping = mapping, .address = address });
	table_add(&p->location_table, hash, location);
	return location;
}

void profile_name_location(struct profile *p, uint32_t location, const struct line *lines, size_t n)
{
	struct location *l = &p->locations.at[location];

	l->first_line = (uint32_t)p->lines.n;
	l->n_lines = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		*vec_push(&p->lines) = lines[i];
}

const char *profile_base_name(const char *path, size_t *n)
{
	const char *end = path + strlen(path), *start;

	while (end > path + 1 && end[-1] == '/')
		end--;
	for (start = end; start > path && start[-1] != '/';)
		start--;
	if (start == end && end > path)
		start--; /* the path is "/" */
	*n = (size_t)(end - start);
	return start;
}

void profile_describe_location(const struct profile *p, uint32_t location, struct buf *out)
{
	const struct location *l = &p->locations.at[location];
	const struct mapping *m = l->mapping == PROFILE_NONE ? NULL : &p->mappings.at[l->mapping];
	uint64_t address = l->address;
	size_t n;

	if (m && m->filename) {
		const char *name = profile_base_name(profile_text(p, m->filename), &n);

		if (address >= m->start && address < m->limit)
			address += m->offset - m->start;
		buf_add(out, name, n);
		buf_putc(out, '+');
	}
	buf_printf(out, "0x%" PRIx64, address);
}
