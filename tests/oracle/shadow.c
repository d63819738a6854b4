/*
 * Nothing here knows compilers or conventions: an entry is gone when sp is above it, and a stack is the one whose entries
 * are nearest. That is all that the processor itself knows of calls.
 */
#include "tests/oracle/shadow.h"

enum { NEAR = 256 << 10 }; /* one frame is smaller than that */

static struct shadow_stack *now(const struct shadow *s)
{
	return &s->stacks.at[s->current];
}

const struct shadow_stack *shadow_now(const struct shadow *s)
{
	return now(s);
}

static void begin_stack(struct shadow *s, uint64_t sp, bool is_open)
{
	*vec_push(&s->stacks) = (struct shadow_stack){ .base = sp, .is_open = is_open, .linked = SIZE_MAX };
	s->current = s->stacks.n - 1;
}

void shadow_begin(struct shadow *s, uint64_t sp)
{
	shadow_free(s);
	begin_stack(s, sp, false);
}

void shadow_free(struct shadow *s)
{
	for (size_t i = 0; i < s->stacks.n; i++)
		vec_free(&s->stacks.at[i].entries);
	vec_free(&s->stacks);
	s->current = 0;
}

void shadow_copy(struct shadow *to, const struct shadow *from)
{
	*to = (struct shadow){ .current = from->current };
	for (size_t i = 0; i < from->stacks.n; i++) {
		struct shadow_stack copy = from->stacks.at[i];

		memset(&copy.entries, 0, sizeof(copy.entries));
		for (size_t k = 0; k < from->stacks.at[i].entries.n; k++)
			*vec_push(&copy.entries) = from->stacks.at[i].entries.at[k];
		*vec_push(&to->stacks) = copy;
	}
}

void shadow_call(struct shadow *s, uint64_t slot, uint64_t pc)
{
	*vec_push(&now(s)->entries) = (struct shadow_entry){ .kind = SHADOW_RETURN, .slot = slot, .pc = pc };
}

static struct shadow_entry *innermost(const struct shadow *s)
{
	const struct shadow_stack *stack = now(s);

	return stack->entries.n ? &stack->entries.at[stack->entries.n - 1] : NULL;
}

void shadow_pop(struct shadow *s, uint64_t sp, uint64_t word)
{
	struct shadow_entry *entry = innermost(s);

	if (entry && entry->kind == SHADOW_RETURN && entry->slot == sp && entry->pc == word)
		entry->kind = SHADOW_HELD;
}

void shadow_signal(struct shadow *s, const struct shadow_entry *interrupted, uint64_t slot, uint64_t pc)
{
	*vec_push(&now(s)->entries) = *interrupted;
	*vec_push(&now(s)->entries) = (struct shadow_entry){ .kind = SHADOW_TRAMPOLINE, .slot = slot, .pc = pc };
}

/* The innermost interrupted entry's place, or NULL. */
static const struct shadow_entry *handler_at(const struct shadow_stack *stack)
{
	for (size_t i = stack->entries.n; i-- > 0;)
		if (stack->entries.at[i].kind == SHADOW_INTERRUPTED)
			return &stack->entries.at[i];
	return NULL;
}

bool shadow_sigreturn(struct shadow *s, struct shadow_entry *interrupted)
{
	struct shadow_stack *stack = now(s);
	const struct shadow_entry *at = handler_at(stack);

	if (!at)
		return false;
	*interrupted = *at;
	stack->entries.n = (size_t)(at - stack->entries.at);
	return true;
}

/* How far the nearest entry at or above sp is. */
static uint64_t distance(const struct shadow_stack *stack, uint64_t sp)
{
	uint64_t nearest = stack->base >= sp ? stack->base - sp : UINT64_MAX;

	for (size_t i = 0; i < stack->entries.n; i++) {
		uint64_t slot = stack->entries.at[i].slot;

		if (slot >= sp && slot - sp < nearest)
			nearest = slot - sp;
	}
	return nearest;
}

static bool is_gone(const struct shadow_entry *entry, uint64_t sp)
{
	return entry->kind == SHADOW_HELD ? entry->slot + 8 < sp : entry->slot < sp;
}

void shadow_settle(struct shadow *s, uint64_t sp)
{
	struct shadow_stack *stack = now(s);
	const struct shadow_entry *handler;
	struct shadow_entry *entry;

	while ((handler = handler_at(stack)) && (sp < handler->low || sp >= handler->high))
		stack->entries.n = (size_t)(handler - stack->entries.at);
	while ((entry = innermost(s)) && entry->kind != SHADOW_INTERRUPTED && is_gone(entry, sp))
		stack->entries.n--;
	if (entry && entry->kind == SHADOW_HELD && sp <= entry->slot)
		entry->kind = SHADOW_RETURN;
}

const struct shadow_stack *shadow_link(const struct shadow *s)
{
	const struct shadow_stack *stack = now(s);

	return stack->linked != SIZE_MAX && stack->entries.n >= stack->link_at ? &s->stacks.at[stack->linked] : NULL;
}

static size_t nearest_stack(const struct shadow *s, uint64_t sp)
{
	uint64_t nearest = distance(now(s), sp);
	size_t best = s->current;

	for (size_t i = 0; i < s->stacks.n; i++) {
		uint64_t d = distance(&s->stacks.at[i], sp);

		if (d < nearest) {
			nearest = d;
			best = i;
		}
	}
	return nearest <= NEAR ? best : s->stacks.n;
}

static size_t stack_within(const struct shadow *s, uint64_t low, uint64_t high)
{
	size_t i = 0;

	while (i < s->stacks.n && (s->stacks.at[i].base <= low || s->stacks.at[i].base > high))
		i++;
	return i;
}

bool shadow_switch(struct shadow *s, uint64_t from, uint64_t sp, uint64_t low, uint64_t high)
{
	size_t old = s->current, to = high ? stack_within(s, low, high) : nearest_stack(s, sp);
	bool is_new = to == s->stacks.n;

	if (to == old)
		return false;
	now(s)->left_at = from;
	if (is_new)
		begin_stack(s, sp, true);
	s->current = to;
	shadow_settle(s, sp);
	now(s)->link_at = now(s)->entries.n;
	now(s)->linked = old;
	return is_new;
}
