/* Running: all events on and off, their records in order, and CPUs that come and go meanwhile. */
#include "collectors/sampler.h"

#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/log.h"
#include "collectors/sampler_parts.h"

static int watch_cpu(struct sampler_cpu *c, struct loop *loop, struct error *err)
{
	int rc = channel_watch(&c->samples, loop, err);

	return rc < 0 ? rc : channel_watch(&c->side, loop, err);
}

int sampler_watch(struct sampler *s, struct loop *loop, struct error *err)
{
	int rc = 0;

	s->loop = loop;
	for (size_t i = 0; i < s->cpus.n && rc == 0; i++)
		rc = watch_cpu(s->cpus.at[i], loop, err);
	return rc;
}

static int switch_cpu(const struct sampler_cpu *c, unsigned long request)
{
	int rc = channel_switch(&c->side, request);

	return rc < 0 ? rc : channel_switch(&c->samples, request);
}

int sampler_start(struct sampler *s, struct error *err)
{
	for (size_t i = 0; i < s->cpus.n && !s->samples.attr.enable_on_exec; i++) {
		int rc = switch_cpu(s->cpus.at[i], PERF_EVENT_IOC_ENABLE);

		if (rc < 0)
			return error_errno(err, -rc, "cannot start sampling on CPU %d", s->cpus.at[i]->cpu);
	}
	return 0;
}

void sampler_stop(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		switch_cpu(s->cpus.at[i], PERF_EVENT_IOC_DISABLE);
}

void sampler_begin(struct sampler *s, bool is_last)
{
	merge_begin(&s->merge, is_last ? UINT64_MAX : clock_ns(CLOCK_MONOTONIC) - MERGE_SLACK_NS);
}

const struct merge_source *sampler_next(struct sampler *s)
{
	return merge_next(&s->merge);
}

void sampler_end(struct sampler *s)
{
	merge_end(&s->merge);
}

struct sampler_losses sampler_losses(const struct sampler *s)
{
	struct sampler_losses losses = s->gone;

	for (size_t i = 0; i < s->cpus.n; i++) {
		const struct sampler_cpu *c = s->cpus.at[i];

		losses.samples += channel_lost(&c->samples);
		losses.side_band += channel_lost(&c->side);
		losses.emptied += c->samples.ring.corrupt + c->side.ring.corrupt;
	}
	return losses;
}

double sampler_interval_ns(const struct sampler *s)
{
	return s->samples.attr.freq ? 1e9 / (double)s->samples.attr.sample_freq : 0;
}

/* ---- CPUs that come and go --------------------------------------------------------------------------------------- */

/* The kernel switches an event off when its CPU goes, and leaves it off when the CPU returns. */
static void retire_cpu(struct sampler *s, struct sampler_cpu *c)
{
	s->gone.samples += channel_lost(&c->samples);
	s->gone.side_band += channel_lost(&c->side);
	channel_retire(&c->samples);
	channel_retire(&c->side);
	c->is_gone = true;
	log_note("CPU %d went offline", c->cpu);
}

static bool has_cpu(const struct sampler *s, int cpu)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		if (s->cpus.at[i]->cpu == cpu && !s->cpus.at[i]->is_gone)
			return true;
	return false;
}

static void adopt_cpu(struct sampler *s, int cpu)
{
	int rc = sampler_adopt_cpu(s, cpu);
	struct sampler_cpu *c = s->cpus.at[s->cpus.n - 1];

	if (rc == 0)
		rc = switch_cpu(c, PERF_EVENT_IOC_ENABLE);
	if (rc == 0 && s->loop)
		watch_cpu(c, s->loop, NULL);
	if (rc < 0)
		log_note("CPU %d came online, but cannot be sampled", cpu);
	else if (channel_is_open(&c->samples))
		log_note("CPU %d came online and is sampled from now on", cpu);
}

static void follow_whole_cpus(struct sampler *s, const struct cpu_list *online)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		if (!s->cpus.at[i]->is_gone && !cpus_has(online, s->cpus.at[i]->cpu))
			retire_cpu(s, s->cpus.at[i]);
	for (size_t i = 0; i < online->n; i++)
		if (!has_cpu(s, online->at[i]))
			adopt_cpu(s, online->at[i]);
}

/* Events of a task outlive its CPU's absence. On a new CPU nothing is inherited, and who has been started is not known. */
static void say_who_is_missed(const struct sampler *s, const struct cpu_list *online)
{
	for (size_t i = 0; i < online->n; i++)
		if (!has_cpu(s, online->at[i]))
			log_once("task-hot-plug", "CPU %d came online: what the target does there is NOT in this profile, because "
						  "its threads are followed one by one", online->at[i]);
}

void sampler_follow_cpus(struct sampler *s)
{
	struct cpu_list online = { 0 };

	if (cpus_online(&online, NULL) < 0)
		return;
	if (s->scope == SAMPLER_PER_CPU)
		follow_whole_cpus(s, &online);
	else
		say_who_is_missed(s, &online);
	vec_free(&online);
}
