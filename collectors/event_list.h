/*
 * The events of a counting run: what all -e say together, taken apart into events to open.
 *
 *	struct event_list list = EVENT_LIST_INIT;
 *	events_parse("cycles:u,{instructions,branches}:k,sched:sched_switch", &list, err);
 *	...
 *	events_done(&list);
 *
 * One expression can be several events: of each kind of core, of each instance of a PMU, of each tracepoint that a glob
 * matches. Events that are shown as one share their row; rows are in the order of the user's text. The members of a
 * group stand side by side, the leader first: events of PMUs that cannot share a group are each in a group of their
 * own. perf's modifier W, that a group may be taken apart where it does not fit on its PMU, says what happens to all.
 */
#ifndef FPPROF_COLLECTORS_EVENT_LIST_H
#define FPPROF_COLLECTORS_EVENT_LIST_H

#include <stddef.h>

#include "base/error.h"
#include "base/vec.h"
#include "collectors/event.h"

enum { EVENTS_MAX = 4096, EVENT_NO_GROUP = -1 };

struct listed_event {
	struct event event;     /* its name is what is shown */
	const struct pmu *pmu;  /* that it was asked of, with the CPUs to open it on; NULL: none. The machine's */
	size_t row;             /* the counts of equal rows are added up */
	int group;              /* EVENT_NO_GROUP: opened on its own */
	char *filter;           /* of a tracepoint, for PERF_EVENT_IOC_SET_FILTER; NULL: none. Owned */
	size_t expression;      /* events that came out of the same one have equal numbers */
};

struct event_list {
	struct event_machine machine; /* whose events are meant */
	struct listed_event_vec VEC_OF(struct listed_event) at;
	size_t rows;
	int groups;
	size_t expressions;
};

#define EVENT_LIST_INIT { .machine = EVENT_MACHINE_INIT }

/* Appends events. On failure the list is as it was. A list may be parsed into several times: each -e adds. */
int events_parse(const char *text, struct event_list *list, struct error *err);

/*
 * Filters what the last expression matches, which must be tracepoints, as perf's --filter behind its -e does. A second
 * filter is added with "and". The kernel judges the text when the event is opened.
 */
int events_set_filter(struct event_list *list, const char *text, struct error *err);

void events_done(struct event_list *list);

#endif
