/*
 * What is counted: an event's name as perf writes it -> a perf_event_attr, and the opening of it.
 *
 * Names are perf-list(1)'s: hardware and software events and their aliases, rNNN, sys:name tracepoints, each with
 * modifiers behind a colon (u k h p). Where a machine has no PMU, `cycles` falls back to the CPU clock.
 */
#ifndef FPPROF_COLLECTORS_EVENT_H
#define FPPROF_COLLECTORS_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* What a period of the event is measured in. */
enum event_unit { EVENT_UNIT_COUNT, EVENT_UNIT_NANOSECONDS, EVENT_UNIT_CYCLES };

struct event {
	char name[128]; /* as the user gave it, modifiers included */
	uint32_t type;  /* PERF_TYPE_* */
	uint64_t config;
	enum event_unit unit;
	bool no_user, no_kernel, no_hypervisor; /* from the modifiers */
	unsigned int precise;                   /* precise_ip, 0 to 3 */
	bool precise_max;                       /* P: as precise as the PMU can, whatever that is */
};

/* Fails with EINVAL and the nearest names for an unknown one. */
int event_parse(const char *name, struct event *out, struct error *err);

/* The event that an attribute counts; one without a name of its own is called "event". */
struct event event_describe(const struct perf_event_attr *attr);

/* The event that stands in for cycles where there is no PMU: the CPU clock, with the same modifiers. */
struct event event_clock(const struct event *instead_of);

/* Is this what perf_event_open() answers where the machine lacks the counter? Not a matter of permission. */
bool event_is_missing(int code);

/* perf_event_open(2) itself, with PERF_FLAG_FD_CLOEXEC. The descriptor, or -errno. */
int event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags);

#endif
