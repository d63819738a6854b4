/*
 * Lists of events, as they come out of scripts, on a made-up machine that has everything: kinds of cores, instances,
 * tracepoints, and damaged files. What is understood must be whole, and what is not must be said.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "collectors/event_list.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/machines.h"

enum { MACHINES = 2 };

/* With one kind of core, and with two. */
static char *roots[MACHINES];

static void remove_machines(void)
{
	for (size_t i = 0; i < MACHINES; i++)
		made_machine_remove(roots[i]);
}

static void make_machines(void)
{
	roots[0] = made_machine(MADE_ALL & ~MADE_HYBRID);
	roots[1] = made_machine(MADE_ALL & ~MADE_INTEL);
	atexit(remove_machines);
}

static void check_event(const struct event_list *list, size_t i)
{
	const struct listed_event *e = &list->at.at[i];

	must_hold(e->event.name[0] && strlen(e->event.name) < EVENT_NAME_MAX);
	must_hold(event_base_length(e->event.name) <= strlen(e->event.name));
	must_hold(e->row < list->rows);
	must_hold(e->group >= EVENT_NO_GROUP && e->group < list->groups);
	must_hold(e->event.precise <= 3);
	must_hold(e->event.scale > 0);
	must_hold(!e->pmu || strcmp(e->pmu->name, e->event.pmu) == 0);
	must_hold(utf8_is_clean(e->event.scale_unit, strlen(e->event.scale_unit)));
}

/* The members of a group are side by side. */
static void check_groups(const struct event_list *list)
{
	for (size_t i = 1; i < list->at.n; i++) {
		int group = list->at.at[i].group;

		for (size_t k = 0; group != EVENT_NO_GROUP && group != list->at.at[i - 1].group && k < i; k++)
			must_hold(list->at.at[k].group != group);
	}
}

static void check_failure(const struct event_list *list, const struct error *err)
{
	must_hold(err->code && strlen(err->text) > 0);
	must_hold(list->at.n == 0 && list->rows == 0 && list->groups == 0);
}

static void parse(const char *root, const char *text)
{
	struct event_list list = { .machine = { .open = made_open, .pmus = { .root = root } } };
	struct error err = ERROR_INIT;
	struct event single;

	if (events_parse(text, &list, &err) < 0)
		check_failure(&list, &err);
	for (size_t i = 0; i < list.at.n; i++)
		check_event(&list, i);
	if (list.at.n < 64)
		check_groups(&list);
	if (event_parse_on(&list.machine, text, &single, NULL) == 0)
		must_hold(list.at.n >= 1 && single.tool == EVENT_TOOL_NONE);
	events_set_filter(&list, text, NULL);
	events_done(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	cleanup_free char *text = xmalloc(n + 1);

	if (!roots[0])
		make_machines();
	memcpy(text, bytes, n);
	text[n] = '\0';
	for (size_t i = 0; i < MACHINES; i++)
		parse(roots[i], text);
	return 0;
}
