/* What is asked of the kernel: the attributes of both events, and rings that hold what these will write. */
#include "collectors/sampler_parts.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum {
	RING_MIN = 512 << 10,
	RING_MAX = 16 << 20,
	RINGS_MAX = 256 << 20, /* all sampling rings together */
	SIDE_RING = 512 << 10,
	SIDE_RING_MIN = 64 << 10,
	RING_BUFFERED_MS = 240, /* how long a ring lasts at the asked-for rate */
	DUMPS_PER_RING = 32,
	STACK_MIN = 1024,
	CLOCK_PERIOD_MIN_NS = 10000, /* perf_swevent_start_hrtimer() waits for no less */
};

/* ---- attributes -------------------------------------------------------------------------------------------------- */

static void set_common(const struct sampler *s, struct perf_event_attr *attr)
{
	bool is_per_task = s->scope == SAMPLER_PER_TASK;

	attr->size = sizeof(*attr);
	attr->disabled = 1;
	attr->sample_id_all = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->watermark = 1;
	attr->inherit = is_per_task && s->config.target->kind != TARGET_THREADS;
	attr->enable_on_exec = is_per_task && s->config.target->kind == TARGET_COMMAND;
}

/* Only software events know exclude_idle, and PMUs that can exclude nothing refuse it. */
static void set_exclusions(const struct sampler *s, struct perf_event_attr *attr)
{
	attr->exclude_kernel |= s->kernel_hidden;
	attr->exclude_hv |= s->kernel_hidden;
	attr->exclude_idle |= s->config.event.type == PERF_TYPE_SOFTWARE;
	attr->exclude_callchain_kernel = attr->exclude_kernel;
}

static void set_rate(const struct sampler *s, struct perf_event_attr *attr)
{
	if (s->config.hz > 0) {
		attr->freq = 1;
		attr->sample_freq = (uint64_t)s->config.hz;
	} else {
		attr->sample_period = s->config.period;
	}
}

static struct perf_event_attr sample_attr(const struct sampler *s)
{
	struct perf_event_attr attr = { 0 };

	event_fill_attr(&s->config.event, &attr);
	set_common(s, &attr);
	set_rate(s, &attr);
	set_exclusions(s, &attr);
	attr.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
			   PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;
	if (s->config.regs_mask && s->config.stack_bytes) {
		attr.sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		attr.sample_regs_user = s->config.regs_mask;
		attr.sample_stack_user = s->config.stack_bytes;
	}
	return attr;
}

/* A file may be overwritten in place between two of its runs: inode and generation stay what they were. */
static void ask_for_build_ids(struct perf_event_attr *attr)
{
	char *at = (char *)attr + offsetof(struct perf_event_attr, read_format) + sizeof(attr->read_format);
	uint64_t flags;

	memcpy(&flags, at, sizeof(flags));
	flags |= ATTR_BUILD_ID;
	memcpy(at, &flags, sizeof(flags));
}

static struct perf_event_attr side_attr(const struct sampler *s, bool build_ids)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY };

	set_common(s, &attr);
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
	attr.exclude_kernel = attr.exclude_hv = 1; /* it counts nothing, and asks for no privilege */
	attr.mmap = attr.mmap2 = attr.comm = attr.comm_exec = attr.task = 1;
	if (build_ids)
		ask_for_build_ids(&attr);
	return attr;
}

static struct record_layout finish(struct channel_config *channel, uint64_t read_format)
{
	struct perf_event_attr *attr = &channel->attr;

	attr->read_format = read_format;
	attr->wakeup_watermark = (uint32_t)(channel->ring_bytes / 4);
	return (struct record_layout){
		.sample_type = attr->sample_type, .read_format = read_format, .regs_user = attr->sample_regs_user,
		.sample_id_all = true,
	};
}

void sampler_set_attrs(struct sampler *s, const struct sampler_extras *extras)
{
	s->samples.attr = sample_attr(s);
	s->side.attr = side_attr(s, extras->build_ids);
	s->layout = finish(&s->samples, extras->read_format);
	s->side_layout = finish(&s->side, extras->read_format);
}

/* A clock that was asked for more fires no more often, but gives each sample the shorter period that was asked for. */
void sampler_slow_down(struct sampler_config *config)
{
	static const double fastest_hz = 1e9 / CLOCK_PERIOD_MIN_NS;

	if (config->event.unit != EVENT_UNIT_NANOSECONDS)
		return;
	if (config->hz > fastest_hz) {
		log_once("clock-floor", "%s fires %.0f times a second at most: -F %.0f is taken for that", config->event.name,
			 fastest_hz, config->hz);
		config->hz = fastest_hz;
	} else if (config->hz <= 0 && config->period < CLOCK_PERIOD_MIN_NS) {
		log_once("clock-floor", "%s fires once in %d ns at most: -c %llu is taken for that", config->event.name,
			 CLOCK_PERIOD_MIN_NS, (unsigned long long)config->period);
		config->period = CLOCK_PERIOD_MIN_NS;
	}
}

/* ---- rings ------------------------------------------------------------------------------------------------------- */

/* A ring holds RING_BUFFERED_MS of samples at the asked-for rate, within bounds. */
void sampler_size_rings(struct sampler *s, size_t cpus)
{
	double hz = s->config.hz > 0 ? s->config.hz : 1000;
	double want = (s->config.stack_bytes + 512.0) * hz * RING_BUFFERED_MS / 1000;
	size_t bytes = RING_MIN;

	while (bytes < want && bytes < RING_MAX && bytes * 2 * cpus <= RINGS_MAX)
		bytes *= 2;
	s->samples.ring_bytes = bytes;
	s->side.ring_bytes = SIDE_RING;
}

bool sampler_shrink_rings(struct sampler *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t *samples = &s->samples.ring_bytes, *side = &s->side.ring_bytes;
	bool samples_can = *samples > 4 * page, side_can = *side > 2 * page;

	if (!samples_can && !side_can)
		return false;
	if (side_can && (*side > SIDE_RING_MIN || !samples_can))
		*side /= 2;
	if (samples_can)
		*samples /= 2;
	while (s->config.stack_bytes > STACK_MIN && (size_t)s->config.stack_bytes * DUMPS_PER_RING > *samples)
		s->config.stack_bytes = s->config.stack_bytes / 2 & ~7U;
	return true;
}

size_t sampler_locked_kb(const struct sampler *s)
{
	size_t control_pages = 2 * (size_t)sysconf(_SC_PAGESIZE);

	return (s->samples.ring_bytes + s->side.ring_bytes + control_pages) >> 10;
}
