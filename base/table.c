/*
 * Values are indices, not pointers, so that the keys can live in a vector that moves when it grows,
 * and an entry is 16 bytes. Deletion shifts back instead of leaving tombstones: processes come and go
 * for as long as a daemon runs.
 */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"

static uint64_t seed(void)
{
	static uint64_t value;

	if (!value) {
		if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
			value = 0x9e3779b97f4a7c15;
		value |= 1;
	}
	return value;
}

/* The finalizer of MurmurHash3: every input bit changes every output bit with probability 1/2. */
static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccd;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53;
	return h ^ h >> 33;
}

uint64_t hash_u64(uint64_t value)
{
	uint64_t h = mix(value ^ seed());

	return h ? h : 1;
}

uint64_t hash_pair(uint64_t a, uint64_t b)
{
	return hash_u64(mix(a ^ seed()) + b);
}

uint64_t hash_bytes(const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	uint64_t h = n, word;

	for (; n >= 8; n -= 8, at += 8) {
		memcpy(&word, at, 8);
		h = mix(h ^ word ^ seed());
	}
	word = 0;
	if (n)
		memcpy(&word, at, n);
	return hash_u64(h ^ word);
}

uint32_t *table_find(const struct table *t, uint64_t hash, table_same_fn *same, const void *ctx)
{
	if (!t->cap)
		return NULL;
	for (size_t i = hash & (t->cap - 1); t->at[i].hash; i = (i + 1) & (t->cap - 1))
		if (t->at[i].hash == hash && same(ctx, t->at[i].value))
			return &t->at[i].value;
	return NULL;
}

static void place(struct table *t, uint64_t hash, uint32_t value)
{
	size_t i = hash & (t->cap - 1);

	while (t->at[i].hash)
		i = (i + 1) & (t->cap - 1);
	t->at[i] = (struct table_entry){ .hash = hash, .value = value };
	t->n++;
}

static void grow(struct table *t)
{
	struct table old = *t;

	t->cap = old.cap ? old.cap * 2 : 16;
	t->at = xcalloc(t->cap, sizeof(*t->at));
	t->n = 0;
	for (size_t i = 0; i < old.cap; i++)
		if (old.at[i].hash)
			place(t, old.at[i].hash, old.at[i].value);
	free(old.at);
}

void table_add(struct table *t, uint64_t hash, uint32_t value)
{
	if ((t->n + 1) * 4 > t->cap * 3)
		grow(t);
	place(t, hash, value);
}

/* Moves later entries of the run back over the hole, each at most to its own first choice. */
static void close_hole(struct table *t, size_t hole)
{
	size_t mask = t->cap - 1;

	for (size_t i = (hole + 1) & mask; t->at[i].hash; i = (i + 1) & mask) {
		size_t home = t->at[i].hash & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			t->at[hole] = t->at[i];
			hole = i;
		}
	}
	t->at[hole].hash = 0;
}

bool table_remove(struct table *t, uint64_t hash, uint32_t value)
{
	if (!t->cap)
		return false;
	for (size_t i = hash & (t->cap - 1); t->at[i].hash; i = (i + 1) & (t->cap - 1)) {
		if (t->at[i].hash == hash && t->at[i].value == value) {
			close_hole(t, i);
			t->n--;
			return true;
		}
	}
	return false;
}

void table_free(struct table *t)
{
	free(t->at);
	*t = (struct table){ 0 };
}
