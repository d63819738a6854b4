/*
 * One counting: from the start of a command, or of the observation of something that runs, to its end; with what comes
 * in between (a delay, intervals, a time limit, words from outside).
 */
#ifndef FPPROF_SRC_CMD_COUNTING_H
#define FPPROF_SRC_CMD_COUNTING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/loop.h"
#include "collectors/counters.h"
#include "src/cmd/awaited.h"
#include "src/cmd/child.h"
#include "src/cmd/control.h"
#include "src/cmd/signals.h"

struct counting;

struct counting_config {
	struct event_list *events;        /* borrowed; empty: nothing is counted, only timed */
	struct target *target;            /* of a command its ids are filled in */
	const struct target_vec *cgroups; /* NULL: none */
	char **argv;                      /* NULL: no command */
	bool inherits;
	bool waits_for_all;               /* also for what the command has left behind in the background */
	bool waits_to_be_told;            /* counts when told to by `control` */
	double delay, timeout, interval;  /* seconds; 0: none */
	double interval_count;            /* 0: no limit */
	struct signals *signals;          /* borrowed */
	struct control *control;          /* borrowed; NULL: none */
	void *owner;                      /* for each_interval() */
	/* Called at the end of each interval, and of the last, shorter one: see deltas, from_ns and read_ns. */
	void (*each_interval)(struct counting *c);
};

struct counting {
	struct counting_config config;
	struct loop loop;
	struct child child;
	struct counters counters;
	struct awaited awaited;
	struct reading *readings; /* now, as counters_read() fills them */
	struct reading *before;   /* at the beginning of the interval */
	struct reading *deltas;   /* of the interval */
	uint64_t released_ns;     /* CLOCK_MONOTONIC: when the command was let go */
	uint64_t started_ns;      /* when counting began; later than that by the delay */
	uint64_t ended_ns;        /* 0: not yet */
	uint64_t from_ns, read_ns; /* the interval: of the read before, and of the last one */
	uint64_t tick_ns;         /* when the next interval is to end */
	uint64_t intervals;       /* so far */
	bool is_enabled;
	bool is_open;
	double seconds_before;    /* CPU time of the command's process before it became the command */
	struct rusage earlier;    /* of children that had ended before this run */
	bool is_timed_out, is_stopped;
};

#define COUNTING_INIT { .loop = LOOP_INIT, .child = CHILD_INIT }

/*
 * Runs to the end; the results stay readable until counting_done(). A command that cannot be run fails, and
 * child_exit_status() is then 127 or 126. A second interrupt ends the counting without the command.
 */
int counting_run(struct counting *c, const struct counting_config *config, struct error *err);
void counting_done(struct counting *c);

/* Seconds since counting began, so far or in all; also those in which --control had switched it off. */
double counting_elapsed(const struct counting *c);
double counting_interval(const struct counting *c);    /* seconds of the interval that has just ended */
double counting_interval_end(const struct counting *c); /* when it did, in seconds since counting began */

/* Of the command and of all that it waited for; with waits_for_all of what it left behind, too. */
struct rusage counting_usage(const struct counting *c);

#endif
