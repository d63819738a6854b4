/*
 * One event expression, as it stands between two commas of a list, and the events that it means: one, or one for each
 * kind of core, instance of a PMU, or tracepoint that a glob matches. Private to event_*.c.
 */
#ifndef FPPROF_COLLECTORS_EVENT_EXPRESSION_H
#define FPPROF_COLLECTORS_EVENT_EXPRESSION_H

#include "collectors/event_syntax.h"

struct found_event {
	struct event event;
	const struct pmu *pmu; /* that it was asked of, borrowed from the machine; or NULL */
	size_t row;            /* within the expression: instances of one name share theirs */
};

struct found_event_vec VEC_OF(struct found_event);

/* What the parsers of the kinds of expressions share. */
struct expression {
	const struct event_parser *p;
	struct span base;        /* all but the modifiers: "cycles", "sched:sched_switch", "msr/tsc/" */
	struct span head, terms; /* "msr" and "tsc"; without slashes head is the base */
	bool has_slashes;
	struct event_modifiers modifiers; /* its own and its group's */
	char own_name[EVENT_NAME_MAX];    /* of a term name='X'; else "" */
	size_t rows;                      /* given out so far */
	struct found_event_vec *out;
};

/* How much of a list's text is its first expression: up to a comma or brace that is not within slashes. */
size_t expression_length(struct span text);

/* Appends the events. `group`: the modifiers behind a group's brace, or NULL. On failure `out` is as it was. */
int expression_parse(const struct event_parser *p, struct span text, const struct event_modifiers *group,
		     struct found_event_vec *out);

/* Takes the event's own modifiers, if there are any, and its group's. */
int expression_modifiers(struct expression *x, struct span text, bool are_given, const struct event_modifiers *group);

/* Completes the event by its modifiers and name, and appends it, in a row of its own or in the last one. */
enum expression_row { ROW_NEW, ROW_SAME };
int expression_add(struct expression *x, const struct event *event, const struct pmu *pmu, enum expression_row row);

/* event_pmu.c: "PMU/TERM=VALUE,.../", and the name of a PMU's event alone (-ENOENT when no PMU has it). */
int expression_pmu(struct expression *x);
int expression_pmu_event(struct expression *x);

/* event_terms.c: "cs/name='X'/", the terms of an event that is not asked of a PMU. */
int expression_named_terms(struct expression *x);

/* event_breakpoint.c */
#define BREAKPOINT "mem:"
int expression_breakpoint(struct expression *x, struct span text, const struct event_modifiers *group);

#endif
