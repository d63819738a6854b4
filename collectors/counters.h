/*
 * Counting events: opens each event of a list on each unit of the target, and reads them all.
 *
 * A unit is a thread (an event that follows it, and what it starts), a CPU (an event that counts whoever runs there), or
 * a cgroup on a CPU. Counts stay apart by unit; summing them is the caller's.
 *
 * One event that cannot be opened never takes others with it: it is marked, and why. A group is scheduled onto the
 * hardware together or not at all, so ratios of its members come from the same instants.
 *
 * The order of calls: open; enable, or let the exec of a command do it; any number of reads; close.
 */
#ifndef FPPROF_COLLECTORS_COUNTERS_H
#define FPPROF_COLLECTORS_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/vec.h"
#include "collectors/event_list.h"
#include "collectors/target.h"

struct counters_config {
	struct event_list *events;        /* borrowed, for the counters' life */
	const struct target *target;      /* borrowed; of a command the ids hold its pid */
	const struct target_vec *cgroups; /* count each of these apart, on the target's CPUs; NULL: no. Borrowed */
	bool inherits;                    /* what a thread starts is counted with it */
	bool enables_on_exec;             /* a command's counters start at its exec; else at counters_enable() */
};

enum counter_state {
	COUNTER_OPEN,
	COUNTER_MISSING, /* no such counter (`code` is ENOENT or the like), or not with these settings (EINVAL) */
	COUNTER_REFUSED, /* anything else, mostly a matter of permission */
};

/* One event of the list, after opening. */
struct counter {
	enum counter_state state;
	int code;            /* a positive errno, unless open */
	unsigned int precise; /* precise_ip, lower than asked for where the PMU is not as precise */
	bool is_user_only;   /* the kernel's side is not counted: privileges do not reach that far */
	bool left_its_group; /* the PMU cannot count the whole group at once: this member is counted apart */
	struct counter_fd_vec VEC_OF(int) fds; /* by unit; -1 where this one could not be opened */
};

struct counter_unit {
	pid_t tid;     /* -1: whoever runs on the CPU */
	int cpu;       /* -1: wherever the thread runs */
	size_t cgroup; /* index in the configuration's cgroups; 0 where there are none */
	char comm[16]; /* of a thread, when its events were opened: later it may have ended */
};

/* What the kernel says of one event on one unit since it was opened. Times are in ns. */
struct reading {
	uint64_t value, enabled, running; /* running < enabled: it shared the hardware. All 0: it never ran */
};

struct counters {
	struct counters_config config;
	struct counter *at; /* as many as there are events */
	struct counter_unit_vec VEC_OF(struct counter_unit) units;
};

/*
 * Fails when nothing at all can be counted for want of permission or of perf events, when a filter is malformed (with
 * the kernel's own words), or when the target is gone. Events that the machine lacks are no failure.
 */
int counters_open(struct counters *c, const struct counters_config *config, struct error *err);
void counters_close(struct counters *c);

int counters_enable(const struct counters *c, struct error *err);
void counters_disable(const struct counters *c);

/* Fills out[event * units.n + unit]. What is not open reads as zeros. */
void counters_read(const struct counters *c, struct reading *out);

#endif
