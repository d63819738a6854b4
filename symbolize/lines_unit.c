/*
 * One unit: its functions first, which is one pass over its outermost entries, and the calls inlined into a function when
 * an address falls into it. Compilers put functions at the top or in namespaces; only where an address is in none of those
 * is all of the unit searched, as for functions that are nested in others.
 */
#include <dwarf.h>
#include <stdlib.h>

#include "symbolize/lines.h"

enum { DEPTH_MAX = 256, RANGES_MAX = 1 << 16, SCOPES_MAX = 1 << 24 };

/* ---- intervals --------------------------------------------------------------------------------------------------- */

static int compare_intervals(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->high != y->high)
		return x->high > y->high ? -1 : 1; /* the outer one first */
	return x->of < y->of ? -1 : x->of > y->of;
}

void intervals_settle(struct interval_vec *intervals)
{
	uint32_t top = UINT32_MAX;

	if (intervals->n)
		qsort(intervals->at, intervals->n, sizeof(*intervals->at), compare_intervals);
	for (uint32_t i = 0; i < intervals->n; i++) {
		while (top != UINT32_MAX && intervals->at[top].high <= intervals->at[i].low)
			top = intervals->at[top].up;
		intervals->at[i].up = top;
		top = i;
	}
}

const struct interval *intervals_find(const struct interval_vec *intervals, uint64_t vaddr)
{
	size_t n = vec_count_until(intervals, low, vaddr);
	uint32_t i = n ? (uint32_t)n - 1 : UINT32_MAX;

	while (i != UINT32_MAX && intervals->at[i].high <= vaddr)
		i = intervals->at[i].up;
	return i == UINT32_MAX ? NULL : &intervals->at[i];
}

/* Code that the linker threw away is left with ranges that start at 0 or 1, or end where the address space does. */
bool intervals_add(struct interval_vec *intervals, Dwarf_Die *die, uint32_t of)
{
	Dwarf_Addr base = 0, low, high;
	ptrdiff_t at = 0;
	bool any = false;

	for (size_t i = 0; i < RANGES_MAX && (at = dwarf_ranges(die, at, &base, &low, &high)) > 0; i++) {
		any = true;
		if (low > 1 && low < high)
			*vec_push(intervals) = (struct interval){ .low = low, .high = high, .of = of };
	}
	return any;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static uint32_t add_scope(struct unit *unit, const Dwarf_Die *die, uint32_t parent)
{
	*vec_push(&unit->scopes) = (struct scope){ .die = *die, .parent = parent };
	return (uint32_t)unit->scopes.n - 1;
}

static bool may_hold_functions(int tag, bool everywhere)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
		return everywhere;
	default:
		return false;
	}
}

static void collect_functions(struct lines *lines, struct unit *unit, Dwarf_Die *parent, bool everywhere, int depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram && unit->scopes.n < SCOPES_MAX &&
		    intervals_add(&unit->functions, &die, (uint32_t)unit->scopes.n))
			add_scope(unit, &die, UINT32_MAX);
		if (may_hold_functions(tag, everywhere))
			collect_functions(lines, unit, &die, everywhere, depth + 1);
	} while (lines_may_go_on(lines) && dwarf_siblingof(&die, &die) == 0);
}

static void forget_functions(struct unit *unit)
{
	for (size_t i = 0; i < unit->scopes.n; i++)
		vec_free(&unit->scopes.at[i].calls);
	unit->scopes.n = unit->functions.n = 0;
}

static const struct interval *find_function(struct lines *lines, struct unit *unit, uint64_t vaddr)
{
	const struct interval *found;

	if (!unit->is_read) {
		unit->is_read = true;
		collect_functions(lines, unit, &unit->die, false, 0);
		intervals_settle(&unit->functions);
	}
	found = intervals_find(&unit->functions, vaddr);
	if (found || unit->is_searched)
		return found;
	unit->is_searched = true;
	forget_functions(unit);
	collect_functions(lines, unit, &unit->die, true, 0);
	intervals_settle(&unit->functions);
	return intervals_find(&unit->functions, vaddr);
}

/* ---- inlined calls ----------------------------------------------------------------------------------------------- */

static void collect_calls(struct lines *lines, struct unit *unit, Dwarf_Die *parent, uint32_t scope,
			  struct interval_vec *calls, int depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		uint32_t inner = scope;

		switch (dwarf_tag(&die)) {
		case DW_TAG_inlined_subroutine:
			if (unit->scopes.n >= SCOPES_MAX || !intervals_add(calls, &die, (uint32_t)unit->scopes.n))
				break;
			inner = add_scope(unit, &die, scope);
			collect_calls(lines, unit, &die, inner, calls, depth + 1);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
			collect_calls(lines, unit, &die, scope, calls, depth + 1);
			break;
		default:
			break;
		}
	} while (lines_may_go_on(lines) && dwarf_siblingof(&die, &die) == 0);
}

struct scope *unit_find(struct lines *lines, struct unit *unit, uint64_t vaddr)
{
	const struct interval *function = find_function(lines, unit, vaddr), *call;
	uint32_t number = function ? function->of : 0;

	if (!function)
		return NULL;
	if (!unit->scopes.at[number].is_expanded) {
		struct interval_vec calls = { 0 };
		Dwarf_Die die = unit->scopes.at[number].die;

		collect_calls(lines, unit, &die, number, &calls, 0);
		intervals_settle(&calls);
		unit->scopes.at[number].calls = calls;
		unit->scopes.at[number].is_expanded = true;
	}
	call = intervals_find(&unit->scopes.at[number].calls, vaddr);
	return &unit->scopes.at[call ? call->of : number];
}

/* ---- what a scope is --------------------------------------------------------------------------------------------- */

static int64_t number_of(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;

	if (!dwarf_attr_integrate(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0 || value > INT32_MAX)
		return 0;
	return (int64_t)value;
}

static const char *name_of(Dwarf_Die *die)
{
	static const unsigned int names[] = { DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name };
	Dwarf_Attribute attribute;
	const char *name;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		name = dwarf_attr_integrate(die, names[i], &attribute) ? dwarf_formstring(&attribute) : NULL;
		if (name && name[0])
			return name;
	}
	return NULL;
}

void unit_describe(struct unit *unit, struct scope *scope)
{
	if (scope->is_described)
		return;
	scope->is_described = true;
	scope->name = name_of(&scope->die);
	scope->start_line = number_of(&scope->die, DW_AT_decl_line);
	if (scope->parent == UINT32_MAX)
		return;
	scope->call_line = number_of(&scope->die, DW_AT_call_line);
	scope->call_column = number_of(&scope->die, DW_AT_call_column);
	if (unit->files)
		scope->call_file = dwarf_filesrc(unit->files, (size_t)number_of(&scope->die, DW_AT_call_file), NULL, NULL);
}

void unit_free(struct unit *unit)
{
	forget_functions(unit);
	vec_free(&unit->scopes);
	vec_free(&unit->functions);
}
