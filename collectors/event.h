/*
 * What is counted: one event as plain values, its perf_event_attr, and the opening of it.
 *
 * Names are perf-list(1)'s. event_parse() is the front for one event that is sampled; lists of events, groups and globs
 * are event_list.h's. Where a machine has no PMU, `cycles` falls back to the CPU clock.
 */
#ifndef FPPROF_COLLECTORS_EVENT_H
#define FPPROF_COLLECTORS_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "collectors/pmu.h"

enum { EVENT_NAME_MAX = 256 };

/* What a period of the event is measured in. */
enum event_unit { EVENT_UNIT_COUNT, EVENT_UNIT_NANOSECONDS, EVENT_UNIT_CYCLES };

/* Figures of a counting run that no counter gives; all are times in nanoseconds. */
enum event_tool { EVENT_TOOL_NONE, EVENT_TOOL_DURATION_TIME, EVENT_TOOL_USER_TIME, EVENT_TOOL_SYSTEM_TIME };

/* Copied freely: it owns nothing. */
struct event {
	char name[EVENT_NAME_MAX]; /* what is shown: as the user gave it, modifiers included, or as name='X' says */
	enum event_tool tool;      /* if set, there is nothing to open */
	uint32_t type;             /* PERF_TYPE_*, or the number of a PMU */
	uint64_t config, config1, config2;
	uint32_t bp_type;          /* of PERF_TYPE_BREAKPOINT; its address is config1, its length config2 */
	char pmu[PMU_NAME_MAX];    /* the PMU that it was asked of; "": whichever the kernel chooses */
	double scale;              /* from a count to scale_unit; 1 where nothing is known */
	char scale_unit[PMU_UNIT_MAX];
	enum event_unit unit;
	bool no_user, no_kernel, no_hypervisor, no_host, no_guest, no_idle; /* from the modifiers */
	bool is_pinned, is_exclusive; /* on the PMU; for a group these are set in its leader alone */
	unsigned int precise;         /* precise_ip, 0 to 3 */
	bool precise_max;             /* P: as precise as the PMU can, whatever that is */
};

typedef int event_open_fn(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags);

/* perf_event_open(2) itself, with PERF_FLAG_FD_CLOEXEC. The descriptor, or -errno. */
event_open_fn event_open;

/* Of whose events we speak: tests put a made-up machine here. Release with event_machine_done(). */
struct event_machine {
	event_open_fn *open;
	struct pmus pmus; /* pmus.root: the machine's /sys is below; "" is this machine */
	bool is_examined; /* what follows is known */
	struct pmu_ref_vec cores; /* the PMUs that share the generic events out by CPU; empty: there is one, or none */
};

#define EVENT_MACHINE_INIT { .open = event_open, .pmus = { .root = "" } }

void event_machine_done(struct event_machine *m);

/*
 * The PMUs of the kinds of cores, where there are several and the kernel lets an event be asked of one of them. Then a
 * generic event that names none counts on one kind alone, whichever the kernel tries first.
 */
const struct pmu_ref_vec *event_machine_cores(struct event_machine *m);

/*
 * One event to be sampled, of this machine. An event that is on several kinds of cores stays one: see event_bind().
 * Fails with EINVAL and the nearest names for an unknown one.
 */
int event_parse(const char *name, struct event *out, struct error *err);
int event_parse_on(struct event_machine *m, const char *name, struct event *out, struct error *err);

/*
 * The event that an attribute counts; one without a name of its own is called "event". `m` is the machine that gave out
 * its numbers, or NULL when that is not known: then tracepoints and the events of a machine's own PMUs have no name.
 */
struct event event_describe(const struct perf_event_attr *attr, struct event_machine *m);

/* The event that stands in for cycles where there is no PMU: the CPU clock, with the same modifiers. */
struct event event_clock(const struct event *instead_of);

/* The length of an event's name without its modifiers. */
size_t event_base_length(const char *name);

/* Sets what to count and what not; all else of the attribute is the caller's. */
void event_fill_attr(const struct event *event, struct perf_event_attr *attr);

/* Asks a generic event of one kind of core. */
void event_ask_of(struct event *event, const struct pmu *core);

/*
 * Turns the attribute of an event into the one to open on this CPU: of a generic event, that of the CPU's own kind of
 * core. False, and an attribute that counts nothing, when the event's PMU does not count there.
 */
bool event_bind(const struct event *event, struct event_machine *m, int cpu, struct perf_event_attr *attr);

/* Why the kernel refuses to sample an event, as far as that is the event's own doing. */
enum event_trouble {
	EVENT_TROUBLE_NONE,       /* it can be sampled: what else was asked for is the reason */
	EVENT_TROUBLE_SAMPLING,   /* it can be counted, and takes no samples */
	EVENT_TROUBLE_PERMISSION,
	EVENT_TROUBLE_ITSELF,     /* its settings or modifiers mean nothing to its PMU */
};

/* Finds out by opening the event with nothing but what its name says. */
enum event_trouble event_find_trouble(const struct event *event, event_open_fn *open);

/* Is this what perf_event_open() answers where the machine lacks the counter? Not a matter of permission. */
bool event_is_missing(int code);

/* The same, or something does not fit: the machine cannot count it so. */
bool event_is_unfit(int code);

bool event_is_denied(int code);

/* Does it open, the kernel's side left out? Where that is forbidden it is taken to be there. */
bool event_is_there(struct event_machine *m, const struct event *event);

#endif
