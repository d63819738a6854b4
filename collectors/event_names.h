/*
 * The names that are the same on every machine: of hardware, cache and software events, of raw ones, and of stat's own
 * times. What a name means is the kernel's header; whether this machine has it is not known here.
 */
#ifndef FPPROF_COLLECTORS_EVENT_NAMES_H
#define FPPROF_COLLECTORS_EVENT_NAMES_H

#include "collectors/event.h"

struct known_event {
	const char *name, *alias; /* alias: perf's other name, or NULL */
	uint32_t type;
	uint64_t config;
	enum event_tool tool;
};

/* All but those of the caches; the last one's name is NULL. */
extern const struct known_event known_events[];

enum { CACHE_NAME_MAX = 32 };

/* The caches' events that perf knows, under their first names: the i-th, until it returns false. */
bool cache_event(size_t i, char name[CACHE_NAME_MAX], uint64_t *config);

/* Fills in tool, type and config. */
bool event_find_name(const char *name, struct event *out);

/* "r1a8"; with `may_have_prefix` also "r0x1a8", as it is written between slashes. */
bool event_find_raw(const char *name, bool may_have_prefix, uint64_t *config);

/* Writes the name of a type and config that have one in all machines. */
bool event_name_of(uint32_t type, uint64_t config, char out[EVENT_NAME_MAX]);

/* Of the event's type and config. */
enum event_unit event_unit_of(const struct event *event);

#endif
