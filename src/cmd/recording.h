/*
 * One recording: a sampler, the pipeline it feeds, and what ends it (a command, the target's processes, a time, a signal).
 */
#ifndef FPPROF_SRC_CMD_RECORDING_H
#define FPPROF_SRC_CMD_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "collectors/sampler.h"
#include "collectors/synth.h"
#include "src/cmd/awaited.h"
#include "src/cmd/child.h"
#include "src/cmd/signals.h"
#include "src/cmd/summary.h"
#include "src/pipeline/pipeline.h"

struct recording {
	struct loop loop;
	struct sampler sampler;
	struct pipeline pipeline;
	struct target *target; /* borrowed */
	struct child *child;   /* borrowed; NULL: no command */
	struct signals *signals; /* borrowed */
	struct awaited awaited; /* the target's end */
	struct synth_losses missed; /* of what was there before */
	double seconds;        /* ends after so long; 0: no limit */
	bool shows_progress;
	bool is_open;
	uint64_t started_ns, ended_ns, followed_ns; /* CLOCK_MONOTONIC */
	int64_t started_at;    /* ns since the epoch */
};

#define RECORDING_INIT { .loop = LOOP_INIT }

/* Opens everything; nothing is sampled yet. */
int recording_open(struct recording *r, struct sampler_config *sampler, struct pipeline_config *pipeline,
		   struct error *err);

/* Samples until the end. Fails when starting does, when the command cannot be executed, or when waiting fails. */
int recording_run(struct recording *r, struct error *err);
void recording_close(struct recording *r);

/* How it was recorded and what was lost, as far as it is known by now. */
struct origin recording_origin(const struct recording *r);

#endif
