/*
 * Which events a machine has, for people to choose from: the names that it would understand, one to a line.
 */
#ifndef FPPROF_COLLECTORS_EVENT_CATALOG_H
#define FPPROF_COLLECTORS_EVENT_CATALOG_H

#include "base/vec.h"
#include "collectors/event.h"

struct catalog_entry {
	char *name;        /* "page-faults", "msr/tsc/"; what is in capitals is for the user to fill in. Owned */
	const char *alias; /* "faults"; NULL: none */
	const char *kind;  /* "hardware", "software", "cache", "tool", "PMU", "raw", "breakpoint", "tracepoint" */
};

struct catalog_vec VEC_OF(struct catalog_entry); /* release with catalog_free() */

/*
 * Appends the events that match, kind by kind. `pattern` is NULL for all, one of the kinds (or perf's word for it: hw,
 * sw, hwcache, pmu), a glob, or a part of a name. Hardware, cache and software events are listed when they open, or
 * when it is only forbidden to try.
 */
void event_catalog(struct event_machine *m, const char *pattern, struct catalog_vec *out);
void catalog_free(struct catalog_vec *catalog);

#endif
