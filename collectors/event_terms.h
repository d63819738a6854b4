/*
 * The terms between the slashes of "PMU/event=0xc0,umask=1,name='X'/". Private to event_*.c.
 */
#ifndef FPPROF_COLLECTORS_EVENT_TERMS_H
#define FPPROF_COLLECTORS_EVENT_TERMS_H

#include "collectors/event_expression.h"

struct term {
	struct span whole, name, value;
	bool has_value;
};

struct term_vec VEC_OF(struct term);

void terms_free(struct term_vec *terms);

#define cleanup_terms __attribute__((__cleanup__(terms_free)))

/* Takes the text apart: "a=1,name='b,c',d". */
void terms_split(struct span text, struct term_vec *out);

/* Splits the terms of the expression, and sees to what does not depend on a PMU: its own name. */
int terms_parse(struct expression *x, struct term_vec *out);

/* The event that one PMU takes the terms for. `p` has the place for the sentence. */
int terms_ask(const struct expression *x, const struct event_parser *p, struct pmu *pmu, const struct term_vec *terms,
	      struct event *out);

#endif
