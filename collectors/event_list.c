/*
 * A group is opened under one leader, and the kernel schedules it as a whole on one PMU. So what is between braces is
 * taken apart by PMU where that must be: {cycles,instructions} on a processor with two kinds of cores is two groups.
 * Software events and tracepoints go with any PMU, and stay with the first.
 */
#include "collectors/event_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "collectors/event_expression.h"

/* What is left of a list's text. */
struct reader {
	struct event_parser p;
	struct event_list *list;
	struct span rest;
};

static void skip(struct reader *r, size_t n)
{
	r->rest = (struct span){ r->rest.at + n, r->rest.n - n };
}

static void skip_blanks(struct reader *r)
{
	skip(r, (size_t)(span_trim(r->rest).at - r->rest.at));
}

static char peek(const struct reader *r)
{
	return r->rest.n ? r->rest.at[0] : '\0';
}

static struct span here(const struct reader *r)
{
	return (struct span){ r->rest.at, 1 };
}

static struct span take_expression(struct reader *r)
{
	struct span text = { r->rest.at, expression_length(r->rest) };

	skip(r, text.n);
	return text;
}

/* ---- one expression -------------------------------------------------------------------------------------------- */

static int check_size(struct reader *r, struct span text, size_t more)
{
	if (r->list->at.n + more <= EVENTS_MAX)
		return 0;
	return event_fault(&r->p, span_trim(text), "no more than %d events are counted at once: name fewer",
			   EVENTS_MAX);
}

static void append(struct event_list *list, const struct found_event_vec *found)
{
	size_t rows = 0;

	for (size_t i = 0; i < found->n; i++) {
		const struct found_event *f = &found->at[i];

		*vec_push(&list->at) = (struct listed_event){
			.event = f->event, .pmu = f->pmu, .row = list->rows + f->row, .group = EVENT_NO_GROUP,
			.expression = list->expressions,
		};
		if (f->row >= rows)
			rows = f->row + 1;
	}
	list->rows += rows;
	list->expressions++;
}

static int read_expression(struct reader *r, const struct event_modifiers *group)
{
	struct span text = take_expression(r);
	struct found_event_vec found = { 0 };
	int rc = expression_parse(&r->p, text, group, &found);

	if (rc == 0)
		rc = check_size(r, text, found.n);
	if (rc == 0)
		append(r->list, &found);
	vec_free(&found);
	return rc;
}

/* ---- groups ---------------------------------------------------------------------------------------------------- */

/* The reader behind the brace that closes the group. False when there is none. */
static bool find_end(const struct reader *start, struct reader *out)
{
	struct reader r = *start;

	for (;;) {
		take_expression(&r);
		if (peek(&r) != ',')
			break;
		skip(&r, 1);
	}
	if (peek(&r) != '}')
		return false;
	skip(&r, 1);
	*out = r;
	return true;
}

/* The modifiers behind the brace; `tail` ends behind them. */
static int read_group_modifiers(struct reader *tail, struct event_modifiers *out)
{
	if (peek(tail) != ':')
		return 0;
	skip(tail, 1);
	return modifiers_parse(&tail->p, span_trim(take_expression(tail)), true, out);
}

static int read_members(struct reader *r, const struct event_modifiers *modifiers)
{
	for (;;) {
		int rc;

		skip_blanks(r);
		if (peek(r) == '{')
			return event_fault(&r->p, here(r), "groups are not put into groups");
		rc = read_expression(r, modifiers);
		if (rc < 0)
			return rc;
		if (peek(r) != ',')
			return 0;
		skip(r, 1);
	}
}

/* What is wrong with a group that has no end: something in it, most likely. */
static int refuse_endless(struct reader *r, struct span brace)
{
	int rc = read_members(r, NULL);

	if (rc < 0)
		return rc;
	return event_fault(&r->p, brace, "the group that begins here is not closed by a }");
}

/* NULL: an event that goes with those of any PMU. */
static const struct pmu *bound_pmu(const struct listed_event *e)
{
	return e->pmu && e->pmu->is_bound ? e->pmu : NULL;
}

/* The number of the event's PMU among those of the members before it. */
static int subgroup(const struct event_list *list, size_t start, size_t i)
{
	const struct pmu *pmu = bound_pmu(&list->at.at[i]);
	int highest = -1;

	for (size_t k = start; k < i; k++) {
		const struct listed_event *before = &list->at.at[k];

		if (pmu && bound_pmu(before) == pmu)
			return before->group;
		if (bound_pmu(before) && before->group > highest)
			highest = before->group;
	}
	return pmu && highest >= 0 ? highest + 1 : list->groups;
}

static int by_group(const void *a, const void *b)
{
	const struct listed_event *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Only a leader may be pinned or exclusive: so the kernel has it, and so a group's modifiers mean it. */
static void settle_leaders(struct event_list *list, size_t start)
{
	for (size_t i = start + 1; i < list->at.n; i++) {
		struct listed_event *e = &list->at.at[i];

		if (e->group != list->at.at[i - 1].group)
			continue;
		e->event.is_pinned = false;
		e->event.is_exclusive = false;
	}
}

static int check_member(struct reader *r, struct span text, const struct listed_event *e, bool is_leader,
			const struct event_modifiers *group)
{
	if (e->event.tool != EVENT_TOOL_NONE)
		return event_fault(&r->p, text, "%s is a time that is taken, not counted, and cannot be in a group",
				   e->event.name);
	if ((e->event.is_pinned && !is_leader && !strchr(group->letters, 'D')) ||
	    (e->event.is_exclusive && !is_leader && !strchr(group->letters, 'e')))
		return event_fault(&r->p, text, "only the first event of a group can be pinned or exclusive: "
				   "write the modifier of %s there, or behind the }", e->event.name);
	return 0;
}

static int form_groups(struct reader *r, struct span text, size_t start, const struct event_modifiers *modifiers)
{
	struct event_list *list = r->list;
	size_t leading = start < list->at.n ? list->at.at[start].expression : 0;
	int first = list->groups, last = first;

	for (size_t i = start; i < list->at.n; i++) {
		struct listed_event *e = &list->at.at[i];
		int rc = check_member(r, text, e, e->expression == leading, modifiers);

		if (rc < 0)
			return rc;
		e->group = subgroup(list, start, i);
		last = e->group > last ? e->group : last;
	}
	qsort(&list->at.at[start], list->at.n - start, sizeof(list->at.at[0]), by_group);
	settle_leaders(list, start);
	list->groups = last + 1;
	if (last > first)
		log_note("the group %.*s is counted as %d groups, one for each PMU in it", QUOTED(text),
			 last - first + 1);
	return 0;
}

static int read_group(struct reader *r)
{
	struct event_modifiers modifiers = { 0 };
	struct span brace = here(r);
	size_t start = r->list->at.n;
	struct reader tail;
	int rc;

	skip(r, 1);
	if (!find_end(r, &tail))
		return refuse_endless(r, brace);
	rc = read_group_modifiers(&tail, &modifiers);
	if (rc == 0)
		rc = read_members(r, &modifiers);
	if (rc < 0)
		return rc;
	*r = tail;
	return form_groups(r, span_between(brace.at, r->rest.at), start, &modifiers);
}

/* ---- the list -------------------------------------------------------------------------------------------------- */

static int read_list(struct reader *r)
{
	for (;;) {
		int rc;

		skip_blanks(r);
		rc = peek(r) == '{' ? read_group(r) : read_expression(r, NULL);
		skip_blanks(r);
		if (rc < 0 || !r->rest.n)
			return rc;
		if (peek(r) != ',')
			return event_fault(&r->p, here(r), "a comma is missing in front of '%.*s'", QUOTED(r->rest));
		skip(r, 1);
	}
}

int events_parse(const char *text, struct event_list *list, struct error *err)
{
	struct event_list before = *list;
	struct event_parser p = { .machine = &list->machine, .all = span_of(text), .err = err };
	struct reader r = { .p = p, .list = list, .rest = p.all };
	int rc = read_list(&r);

	if (rc < 0) {
		list->at.n = before.at.n;
		list->rows = before.rows;
		list->groups = before.groups;
		list->expressions = before.expressions;
	}
	return rc;
}

static void add_filter(struct listed_event *e, const char *text)
{
	char *filter = e->filter ? xasprintf("(%s) && (%s)", e->filter, text) : xstrdup(text);

	free(e->filter);
	e->filter = filter;
}

int events_set_filter(struct event_list *list, const char *text, struct error *err)
{
	size_t last = list->expressions - 1;

	if (!list->expressions)
		return error_set(err, EINVAL, "a filter belongs behind the tracepoint (-e SYSTEM:NAME) that it is for");
	for (size_t i = 0; i < list->at.n; i++)
		if (list->at.at[i].expression == last && list->at.at[i].event.type != PERF_TYPE_TRACEPOINT)
			return error_set(err, EINVAL, "filter '%.100s' is behind %s, and only tracepoints have filters",
					 text, list->at.at[i].event.name);
	for (size_t i = 0; i < list->at.n; i++)
		if (list->at.at[i].expression == last)
			add_filter(&list->at.at[i], text);
	return 0;
}

void events_done(struct event_list *list)
{
	for (size_t i = 0; i < list->at.n; i++)
		free(list->at.at[i].filter);
	vec_free(&list->at);
	event_machine_done(&list->machine);
}
