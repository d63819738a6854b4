/*
 * A file has numbers of its own: only what samples use is in it, and the profile's own strings may be neither UTF-8 nor
 * free of control characters. Strings, functions and types are numbered when they are first asked for.
 */
#include "src/output/numbering.h"

#include <string.h>

#include "base/utf8.h"

static uint32_t number_text(struct numbering *n, const char *text)
{
	size_t length = strlen(text);

	if (utf8_is_clean(text, length))
		return intern_bytes(&n->strings, text, length);
	buf_clear(&n->text);
	utf8_clean(text, length, &n->text);
	return intern_str(&n->strings, n->text.at);
}

uint32_t number_string(struct numbering *n, uint32_t string)
{
	if (string && !n->string_ids[string])
		n->string_ids[string] = number_text(n, profile_text(n->p, string));
	return n->string_ids[string];
}

static void number_places(struct numbering *n)
{
	const struct profile *p = n->p;
	uint32_t mappings = 0;

	for (size_t i = 0; i < p->samples.n; i++) {
		const struct run *stack = &p->stacks.at[p->samples.at[i].stack];

		for (uint32_t k = 0; k < stack->n; k++)
			n->location_ids[p->stack_pool.at[stack->first + k]] = 1;
	}
	for (size_t i = 0; i < p->locations.n; i++) {
		if (!n->location_ids[i])
			continue;
		n->location_ids[i] = ++n->n_locations;
		if (p->locations.at[i].mapping != PROFILE_NONE)
			n->mapping_ids[p->locations.at[i].mapping] = 1;
	}
	for (size_t i = 0; i < p->mappings.n; i++)
		if (i == 0 || n->mapping_ids[i])
			n->mapping_ids[i] = ++mappings;
}

/*
 * pprof takes C++ parameters and templates out of a name that is the linker's as well. Names that are meant to be read
 * as they are, "<unknown>", come without a linker's name.
 */
static uint32_t number_system_name(struct numbering *n, const struct function *function)
{
	if (function->system_name == function->name && strpbrk(profile_text(n->p, function->name), "(<"))
		return 0;
	return number_string(n, function->system_name);
}

uint32_t number_function(struct numbering *n, uint32_t index)
{
	const struct function *function = &n->p->functions.at[index];

	if (!n->function_ids[index]) {
		*vec_push(&n->functions) = (struct function){
			.name = number_string(n, function->name),
			.system_name = number_system_name(n, function),
			.filename = number_string(n, function->filename),
			.start_line = function->start_line,
		};
		n->function_ids[index] = (uint32_t)n->functions.n;
	}
	return n->function_ids[index];
}

uint32_t invent_function(struct numbering *n, uint32_t location)
{
	struct buf name = { 0 };

	profile_describe_location(n->p, location, &name);
	*vec_push(&n->functions) = (struct function){ .name = number_text(n, name.at) };
	buf_free(&name);
	return (uint32_t)n->functions.n;
}

static bool is_taken(const struct numbering *n, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (n->types[k] == n->types[i])
			return true;
	return false;
}

/* Without a dash, for Pyroscope; no mere number, which pprof takes for an index; and unlike the others. */
static void number_type(struct numbering *n, size_t i)
{
	const char *name = profile_text(n->p, n->p->types[i].type);
	struct buf text = { 0 };

	if (name[strspn(name, "0123456789")] == '\0')
		buf_putc(&text, '_');
	utf8_clean(name, strlen(name), &text);
	for (size_t k = 0; k < text.n; k++)
		if (text.at[k] == '-')
			text.at[k] = '_';
	n->types[i] = intern_str(&n->strings, text.at);
	while (is_taken(n, i)) {
		buf_printf(&text, "_%zu", i + 1);
		n->types[i] = intern_str(&n->strings, text.at);
	}
	buf_free(&text);
}

void numbering_init(struct numbering *n, const struct profile *p)
{
	*n = (struct numbering){ .p = p };
	intern_init(&n->strings);
	n->string_ids = xcalloc(p->strings.n, sizeof(uint32_t));
	n->mapping_ids = xcalloc(p->mappings.n + 1, sizeof(uint32_t));
	n->location_ids = xcalloc(p->locations.n + 1, sizeof(uint32_t));
	n->function_ids = xcalloc(p->functions.n + 1, sizeof(uint32_t));
	number_places(n);
	for (size_t i = 0; i < p->n_types; i++)
		number_type(n, i);
}

void numbering_done(struct numbering *n)
{
	buf_free(&n->text);
	intern_free(&n->strings);
	free(n->string_ids);
	free(n->mapping_ids);
	free(n->location_ids);
	free(n->function_ids);
	vec_free(&n->functions);
}
