/* Most of a walk is the look-up here: one hash of the address, for whichever source the rule came from. */
#include "symbolize/rules.h"

#include "symbolize/arch.h"
#include "symbolize/image.h"
#include "symbolize/scan.h"

enum { CACHED_MAX = 1 << 18, FROM_CODE = ARCH_DWARF_RA + 1 /* no register's number */ };

void rules_init(struct rules *rules, struct Elf *elf)
{
	*rules = (struct rules){ .cfi = { .elf = elf } };
}

static void forget(struct rules *rules)
{
	table_free(&rules->table);
	vec_free(&rules->cache);
	exprs_free(&rules->exprs);
}

void rules_free(struct rules *rules)
{
	cfi_close(&rules->cfi);
	forget(rules);
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

struct lookup {
	const struct rules *rules;
	uint64_t at;
	unsigned int reg;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;
	const struct cached_rule *cached = &want->rules->cache.at[value];

	return cached->at == want->at && cached->reg == want->reg;
}

static uint64_t hash_of(uint64_t at, unsigned int reg)
{
	return hash_u64(at ^ (uint64_t)reg << 56);
}

static const struct rule *recall(const struct rules *rules, uint64_t at, unsigned int reg)
{
	struct lookup want = { rules, at, reg };
	const uint32_t *found = table_find(&rules->table, hash_of(at, reg), same, &want);

	return found ? &rules->cache.at[*found].rule : NULL;
}

static struct rule remember(struct rules *rules, uint64_t at, unsigned int reg, struct rule rule)
{
	table_add(&rules->table, hash_of(at, reg), (uint32_t)rules->cache.n);
	*vec_push(&rules->cache) = (struct cached_rule){ at, reg, rule };
	return rule;
}

/* ---- making them ------------------------------------------------------------------------------------------------- */

static struct rule make(struct image *image, uint64_t vaddr, unsigned int reg)
{
	struct rules *rules = &image->rules;
	struct rule rule;

	if (!gostack_rule(image, vaddr, &rule))
		return cfi_rule(&rules->cfi, &rules->exprs, vaddr, reg);
	if (reg != ARCH_DWARF_FP)
		rule.saved_is = PLACE_LOST; /* Go's functions leave no register as it was */
	return rule;
}

struct rule rules_at(struct image *image, uint64_t vaddr, unsigned int reg)
{
	struct rules *rules = &image->rules;
	const struct rule *known = recall(rules, vaddr, reg);

	if (known)
		return *known;
	/* Another register is asked for in the midst of a program, which must stay. */
	if (reg == ARCH_DWARF_FP && rules->cache.n >= CACHED_MAX)
		forget(rules);
	return remember(rules, vaddr, reg, make(image, vaddr, reg));
}

struct rule rules_from_code(struct image *image, uint64_t offset)
{
	const struct rule *known = recall(&image->rules, offset, FROM_CODE);

	return known ? *known : remember(&image->rules, offset, FROM_CODE, scan_rule(image, offset));
}
