/*
 * Opens the sampling event and its rings on every CPU, and hands out all their records as one stream in time order.
 *
 * One sampling event and one dummy event per CPU, each with a ring of its own: the dummy carries the side-band (which
 * process maps what, who forked, who exited), so that a flood of samples cannot push a mapping out. Scope:
 *
 *  SAMPLER_PER_CPU   events follow CPUs and see every process. Used wherever privileges allow, also for one command:
 *                    a per-task clock starts anew with each process, so one that lives for less than a period is
 *                    never sampled. Whose samples count is the caller's to say.
 *  SAMPLER_PER_TASK  events follow the target's threads and are inherited by what they start: the fall-back.
 *
 * The order of calls: open, start, any number of (begin, next..., end) rounds, stop, one last round, close.
 */
#ifndef FPPROF_COLLECTORS_SAMPLER_H
#define FPPROF_COLLECTORS_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "collectors/channel.h"
#include "collectors/event.h"
#include "collectors/merge.h"
#include "collectors/record.h"
#include "collectors/target.h"

struct sampler_config {
	struct event event;
	bool may_fall_back;    /* to the CPU clock where the event is not to be had, which is then said */
	double hz;             /* samples a second and CPU; 0: by period */
	uint64_t period;       /* one sample each so many events */
	uint64_t regs_mask;    /* PERF_SAMPLE_REGS_USER; 0: none */
	uint32_t stack_bytes;  /* of each user stack dump; 0: none. A multiple of 8 */
	const struct target *target; /* borrowed, for the sampler's life */
};

enum sampler_scope { SAMPLER_PER_CPU, SAMPLER_PER_TASK };

/* What is open on one CPU: nothing where it could not be opened, or where every thread had ended. */
struct sampler_cpu {
	int cpu;
	struct channel side;    /* of all CPUs: what runs on one may have been started on another */
	struct channel samples; /* of those that are observed */
	bool is_gone;           /* the CPU went offline */
};

struct sampler_losses {
	uint64_t samples;   /* that did not fit into a ring */
	uint64_t side_band; /* mappings and the like, without which frames have no file */
	uint64_t emptied;   /* times that a ring held what is no record, and all that was in it was dropped */
};

struct sampler {
	struct event_machine machine; /* whose PMUs share the event out by CPU */
	struct sampler_config config; /* as opened: another event, rate or size of dumps where the wish was not to be had */
	enum sampler_scope scope;
	bool kernel_hidden;           /* kernel time is not sampled: privileges do not reach that far */
	struct channel_config samples, side;
	struct record_layout layout, side_layout;
	struct sampler_cpu_vec VEC_OF(struct sampler_cpu *) cpus;
	struct merge merge;
	struct loop *loop;            /* where the rings are watched; NULL: nowhere */
	struct sampler_losses gone;   /* of events that are closed already */
};

/* From here on the side-band is gathered, so that what is read in /proc behind this call has no gap behind it. */
int sampler_open(struct sampler *s, const struct sampler_config *config, struct error *err);
void sampler_close(struct sampler *s);

/* Ends loop_wait() when a ring is filling up. Drain at least every 100 ms all the same. */
int sampler_watch(struct sampler *s, struct loop *loop, struct error *err);

/* Starts sampling. The events of a command that is followed per task start by themselves at its exec. */
int sampler_start(struct sampler *s, struct error *err);
void sampler_stop(struct sampler *s);

/* A round of records; `is_last` after sampler_stop(): hands out everything that is left. */
void sampler_begin(struct sampler *s, bool is_last);
const struct merge_source *sampler_next(struct sampler *s);
void sampler_end(struct sampler *s);

/*
 * Opens events on CPUs that came online since sampler_open() read which there are, and gives up those that went. Call
 * about once a second.
 */
void sampler_follow_cpus(struct sampler *s);

struct sampler_losses sampler_losses(const struct sampler *s);

/* Nanoseconds that one sample stands for where the rate is fixed by frequency; 0 where it is by period. */
double sampler_interval_ns(const struct sampler *s);

#endif
