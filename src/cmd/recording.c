/*
 * The loop is woken by rings that fill up, by signals, and ten times a second; each time all rings are drained in time
 * order. So a short-lived process is unwound at most a tenth of a second after it was sampled.
 */
#include "src/cmd/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "src/cmd/limits.h"

enum { ROUND_MS = 100, SAMPLING_NICE = -10 };

static const uint64_t second_ns = 1000000000;

static double elapsed(const struct recording *r)
{
	uint64_t until = r->ended_ns ? r->ended_ns : clock_ns(CLOCK_MONOTONIC);

	return r->started_ns ? (double)(until - r->started_ns) / 1e9 : 0;
}

static bool has_ended(const struct recording *r)
{
	if (r->signals->is_over || (r->seconds > 0 && elapsed(r) >= r->seconds))
		return true;
	if (r->child)
		return child_poll(r->child);
	return awaited_has_ended(&r->awaited);
}

/* ---- what it knows of itself ------------------------------------------------------------------------------------- */

struct origin recording_origin(const struct recording *r)
{
	struct sampler_losses losses = sampler_losses(&r->sampler);

	return (struct origin){
		.how = r->sampler.scope == SAMPLER_PER_CPU ? "by CPU" : "by task, inherited",
		.is_this_machine = true,
		.kernel_hidden = r->sampler.kernel_hidden,
		.seconds = elapsed(r),
		.lost = losses.samples,
		.side_band_lost = losses.side_band,
		.late = r->sampler.merge.late,
		.corrupt = losses.emptied,
		.bad_maps = r->missed.bad_lines,
		.unreadable_maps = r->missed.unreadable,
	};
}

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

static void drain(struct recording *r, bool is_last)
{
	const struct merge_source *source;

	sampler_begin(&r->sampler, is_last);
	while ((source = sampler_next(&r->sampler)))
		pipeline_feed(&r->pipeline, source->record, source->size, source->layout);
	sampler_end(&r->sampler);
}

static void show_progress(const struct recording *r)
{
	struct origin origin = recording_origin(r);

	summary_progress(&r->pipeline, &origin);
}

static void every_second(struct recording *r)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now - r->followed_ns < second_ns)
		return;
	r->followed_ns = now;
	sampler_follow_cpus(&r->sampler);
	if (r->shows_progress)
		show_progress(r);
}

static int wait_ms(const struct recording *r)
{
	double left = r->seconds - elapsed(r);

	return r->seconds > 0 && left < ROUND_MS / 1000.0 ? (int)(left > 0 ? left * 1000 : 0) + 1 : ROUND_MS;
}

static int run_rounds(struct recording *r, struct error *err)
{
	int rc = 0;

	while (rc == 0 && !has_ended(r)) {
		rc = loop_wait(&r->loop, wait_ms(r), err);
		drain(r, false);
		every_second(r);
	}
	return rc;
}

/*
 * Rings are emptied in time also where many others want the CPU: while it samples, and where it may, fpprof goes before
 * ordinary work. It needs little. Returns what to go back to.
 */
static int set_nice(int nice)
{
	int before = getpriority(PRIO_PROCESS, 0);

	setpriority(PRIO_PROCESS, 0, nice);
	return before;
}

int recording_run(struct recording *r, struct error *err)
{
	int rc = sampler_start(&r->sampler, err), nice = set_nice(SAMPLING_NICE);

	r->started_ns = r->followed_ns = clock_ns(CLOCK_MONOTONIC);
	r->started_at = (int64_t)clock_ns(CLOCK_REALTIME);
	if (rc == 0 && r->child)
		rc = child_release(r->child, err);
	if (rc == 0)
		rc = run_rounds(r, err);
	r->ended_ns = clock_ns(CLOCK_MONOTONIC);
	sampler_stop(&r->sampler);
	drain(r, true);
	set_nice(nice);
	if (r->shows_progress)
		summary_progress_clear();
	return rc;
}

/* ---- open and close ---------------------------------------------------------------------------------------------- */

static void apply_record(void *ctx, const struct record *record)
{
	pipeline_apply(ctx, record);
}

/* What the rings will not tell, because it happened before: who is there, and what they map. */
static void add_what_was_there(struct recording *r)
{
	const struct target *t = r->target;

	for (size_t i = 0; i < t->ids.n; i++)
		if (t->kind == TARGET_PROCESSES)
			synth_process(t->ids.at[i], apply_record, &r->pipeline, &r->missed);
		else if (t->kind == TARGET_THREADS)
			synth_process(target_thread_process(t->ids.at[i]), apply_record, &r->pipeline, &r->missed);
	if (!target_is_tasks(t))
		synth_system(apply_record, &r->pipeline, &r->missed);
}

static void choose_kept(struct recording *r)
{
	struct filter *filter = &r->pipeline.filter;

	for (size_t i = 0; i < r->target->ids.n; i++)
		filter_add(filter, r->target->ids.at[i], r->child != NULL);
	if (r->target->kind == TARGET_PROCESSES || r->target->kind == TARGET_COMMAND)
		pipeline_set_main(&r->pipeline, r->target->ids.at[0]);
	if (r->target->kind == TARGET_THREADS)
		pipeline_set_main(&r->pipeline, target_thread_process(r->target->ids.at[0]));
}

/* Of the attribute that was opened, which may leave out more than the event's name says. */
static void configure(const struct sampler *s, struct pipeline_config *pipeline)
{
	const struct perf_event_attr *attr = &s->samples.attr;

	pipeline->event = s->config.event;
	pipeline->interval_ns = sampler_interval_ns(s);
	pipeline->period = s->config.period;
	pipeline->by_cpu = s->scope == SAMPLER_PER_CPU;
	pipeline->excludes_idle = attr->exclude_idle;
	pipeline->is_one_sided = attr->exclude_user || attr->exclude_kernel;
}

int recording_open(struct recording *r, struct sampler_config *sampler, struct pipeline_config *pipeline,
		   struct error *err)
{
	int rc;

	raise_file_limit();
	rc = sampler_open(&r->sampler, sampler, err);

	if (rc < 0)
		return rc;
	configure(&r->sampler, pipeline);
	pipeline_init(&r->pipeline, pipeline);
	r->is_open = true;
	choose_kept(r);
	add_what_was_there(r);
	rc = loop_init(&r->loop, err);
	if (rc == 0)
		rc = signals_watch(r->signals, &r->loop, err);
	if (rc == 0)
		rc = awaited_watch(&r->awaited, r->target, &r->loop, err);
	return rc < 0 ? rc : sampler_watch(&r->sampler, &r->loop, err);
}

void recording_close(struct recording *r)
{
	awaited_done(&r->awaited);
	if (r->is_open) {
		pipeline_done(&r->pipeline);
		sampler_close(&r->sampler);
	}
	loop_done(&r->loop);
}
