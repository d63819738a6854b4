/* The string table of a pprof file is exactly this, which is why number 0 is the empty string. */
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct lookup {
	const struct intern *in;
	const char *text;
	size_t n;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;
	const char *have = want->in->at[value];

	return strncmp(have, want->text, want->n) == 0 && have[want->n] == '\0';
}

static uint32_t add(struct intern *in, const char *text, size_t n)
{
	if (in->n == in->cap) {
		in->cap = in->cap ? in->cap * 2 : 64;
		in->at = xreallocarray(in->at, in->cap, sizeof(*in->at));
	}
	in->at[in->n] = xstrndup(text, n);
	return in->n++;
}

uint32_t intern_bytes(struct intern *in, const char *text, size_t n)
{
	struct lookup want = { .in = in, .text = text, .n = strnlen(text, n) };
	uint64_t hash = hash_bytes(text, want.n);
	uint32_t *found = table_find(&in->table, hash, same, &want);
	uint32_t number;

	if (found)
		return *found;
	number = add(in, text, want.n);
	table_add(&in->table, hash, number);
	return number;
}

uint32_t intern_str(struct intern *in, const char *text)
{
	return intern_bytes(in, text, strlen(text));
}

void intern_init(struct intern *in)
{
	*in = (struct intern){ 0 };
	intern_bytes(in, "", 0);
}

void intern_free(struct intern *in)
{
	for (uint32_t i = 0; i < in->n; i++)
		free(in->at[i]);
	free(in->at);
	table_free(&in->table);
	*in = (struct intern){ 0 };
}
