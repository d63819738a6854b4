/*
 * A hash table from a 64-bit hash to a 32-bit value, for keys that live elsewhere (in a vector, by index).
 *
 *	uint32_t *slot = table_find(&t, hash, same, ctx);   the value whose key `same` accepts, or NULL
 *	table_add(&t, hash, value);                         the caller knows that it is not there yet
 *
 * Open addressing, linear probing, at most 3/4 full. A zeroed struct is an empty table.
 * Hashes of input that others choose are mixed with a per-process seed, see hash_bytes().
 */
#ifndef FPPROF_BASE_TABLE_H
#define FPPROF_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_entry {
	uint64_t hash; /* 0 is a free slot */
	uint32_t value;
};

struct table {
	struct table_entry *at;
	size_t n, cap; /* cap is 0 or a power of two */
};

typedef bool table_same_fn(const void *ctx, uint32_t value);

uint32_t *table_find(const struct table *t, uint64_t hash, table_same_fn *same, const void *ctx);
void table_add(struct table *t, uint64_t hash, uint32_t value);
bool table_remove(struct table *t, uint64_t hash, uint32_t value); /* was it there? */
void table_free(struct table *t);

uint64_t hash_bytes(const void *bytes, size_t n);
uint64_t hash_u64(uint64_t value);
uint64_t hash_pair(uint64_t a, uint64_t b);

#endif
