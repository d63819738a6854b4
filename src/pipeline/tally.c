/*
 * Counts are scaled unit by unit, before they are summed: how long an event shared the hardware differs between CPUs.
 * Scaling the sum would let a busy CPU's share speak for an idle one's.
 */
#include "src/pipeline/tally.h"

#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_KEY = -2 };

static const double msec_per_ns = 1e-6;

void tally_init(struct tally *t, const struct tally_config *config)
{
	*t = (struct tally){ .config = *config };
}

void tally_free(struct tally *t)
{
	vec_free(&t->rows);
	table_free(&t->places);
}

/* ---- which row --------------------------------------------------------------------------------------------------- */

/* Of what is not counted by units. */
static const struct counter_unit no_unit = { .tid = -1, .cpu = -1 };

static long key_of(const struct tally *t, const struct counter_unit *unit)
{
	if (unit == &no_unit)
		return NO_KEY;
	switch (t->config.key) {
	case TALLY_CPU:
		return unit->cpu;
	case TALLY_THREAD:
		return unit->tid;
	default:
		return 0;
	}
}

static void name_key(const struct tally *t, struct tally_row *row, const struct counter_unit *unit)
{
	if (row->key == NO_KEY)
		return;
	if (t->config.key == TALLY_CPU)
		snprintf(row->key_name, sizeof(row->key_name), "CPU%ld", row->key);
	if (t->config.key == TALLY_THREAD)
		snprintf(row->key_name, sizeof(row->key_name), "%s-%ld", unit->comm, row->key);
}

/* Without the kernel's side it is another event, and its name says so. */
static void name_event(struct tally_row *row, const struct counter *counter)
{
	const char *name = row->listed->event.name;
	bool has_modifiers = name[event_base_length(name)] || name[strlen(name) - 1] == '/';

	snprintf(row->event_name, sizeof(row->event_name), "%s%s", name,
		 !counter->is_user_only ? "" : has_modifiers ? "u" : ":u");
}

/* What keeps a row apart from others. */
struct place {
	const struct tally *tally;
	size_t row, cgroup;
	long key;
};

static bool is_place_of(const void *ctx, uint32_t index)
{
	const struct place *place = ctx;
	const struct tally_row *row = &place->tally->rows.at[index];

	return row->row == place->row && row->cgroup == place->cgroup && row->key == place->key;
}

static size_t add_row(struct tally *t, const struct counters *c, size_t event, const struct counter_unit *unit, long key)
{
	const struct listed_event *listed = &c->config.events->at.at[event];
	struct tally_row *row = vec_push(&t->rows);

	*row = (struct tally_row){ .row = listed->row, .cgroup = unit->cgroup, .key = key, .listed = listed };
	row->missing = c->at[event].state != COUNTER_OPEN;
	name_key(t, row, unit);
	name_event(row, &c->at[event]);
	return t->rows.n - 1;
}

static size_t find_row(struct tally *t, const struct counters *c, size_t event, const struct counter_unit *unit)
{
	const struct place place = { t, c->config.events->at.at[event].row, unit->cgroup, key_of(t, unit) };
	uint64_t hash = hash_pair(hash_pair(place.row, place.cgroup), (uint64_t)place.key);
	const uint32_t *found = table_find(&t->places, hash, is_place_of, &place);
	size_t row;

	if (found)
		return *found;
	row = add_row(t, c, event, unit, place.key);
	table_add(&t->places, hash, (uint32_t)row);
	return row;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

static double scaled(const struct tally *t, const struct reading *r)
{
	if (!r->running)
		return 0;
	if (t->config.is_unscaled || r->running >= r->enabled)
		return (double)r->value;
	return (double)r->value * ((double)r->enabled / (double)r->running);
}

/* Valid until the next one is asked for. */
static struct tally_sum *sum_of(struct tally *t, const struct counters *c, size_t event, const struct counter_unit *unit)
{
	size_t row = find_row(t, c, event, unit);

	return &t->rows.at[row].last;
}

static void add_readings(struct tally *t, const struct tally_run *run, size_t event)
{
	const struct counters *c = run->counters;

	for (size_t unit = 0; unit < c->units.n; unit++) {
		const struct reading *r = &run->readings[event * c->units.n + unit];
		struct tally_sum *sum = sum_of(t, c, event, &c->units.at[unit]);

		sum->value += scaled(t, r);
		sum->raw += r->value;
		sum->enabled += (double)r->enabled;
		sum->running += (double)r->running;
	}
}

/* One row, whatever keeps the rows of counters apart. */
static void add_tool(struct tally *t, const struct tally_run *run, size_t event)
{
	const double seconds[] = {
		[EVENT_TOOL_DURATION_TIME] = run->elapsed,
		[EVENT_TOOL_USER_TIME] = run->user,
		[EVENT_TOOL_SYSTEM_TIME] = run->sys,
	};
	double value = seconds[run->counters->config.events->at.at[event].event.tool];
	struct tally_sum *sum = sum_of(t, run->counters, event, &no_unit);

	if (isnan(value))
		return;
	sum->value = value * 1e9;
	sum->raw = (uint64_t)(value * 1e9);
	sum->enabled = sum->running = run->elapsed * 1e9;
}

void tally_add(struct tally *t, const struct tally_run *run)
{
	for (size_t i = 0; i < t->rows.n; i++)
		t->rows.at[i].last = (struct tally_sum){ 0 };
	for (size_t event = 0; event < run->counters->config.events->at.n; event++)
		if (run->counters->config.events->at.at[event].event.tool)
			add_tool(t, run, event);
		else
			add_readings(t, run, event);
	for (size_t i = 0; i < t->rows.n; i++) {
		struct tally_row *row = &t->rows.at[i];

		if (row->last.running > 0)
			stat_figures_add(&row->value, row->last.value);
		stat_figures_add(&row->enabled, row->last.enabled);
		stat_figures_add(&row->running, row->last.running);
	}
}

void tally_clear(struct tally *t)
{
	for (size_t i = 0; i < t->rows.n; i++) {
		struct tally_row *row = &t->rows.at[i];

		row->last = (struct tally_sum){ 0 };
		row->value = row->enabled = row->running = (struct stat_figures){ 0 };
	}
}

/* ---- reporting --------------------------------------------------------------------------------------------------- */

static enum stat_role hardware_role(uint64_t config)
{
	static const enum stat_role roles[] = {
		[PERF_COUNT_HW_CPU_CYCLES] = STAT_ROLE_CYCLES,
		[PERF_COUNT_HW_INSTRUCTIONS] = STAT_ROLE_INSTRUCTIONS,
		[PERF_COUNT_HW_CACHE_REFERENCES] = STAT_ROLE_CACHE_REFERENCES,
		[PERF_COUNT_HW_CACHE_MISSES] = STAT_ROLE_CACHE_MISSES,
		[PERF_COUNT_HW_BRANCH_INSTRUCTIONS] = STAT_ROLE_BRANCHES,
		[PERF_COUNT_HW_BRANCH_MISSES] = STAT_ROLE_BRANCH_MISSES,
		[PERF_COUNT_HW_STALLED_CYCLES_FRONTEND] = STAT_ROLE_STALLED_FRONTEND,
		[PERF_COUNT_HW_STALLED_CYCLES_BACKEND] = STAT_ROLE_STALLED_BACKEND,
	};
	uint64_t number = config & 0xffffffff; /* above it stands the PMU of a hybrid CPU */
	enum stat_role role = number < sizeof(roles) / sizeof(roles[0]) ? roles[number] : STAT_ROLE_NONE;

	return role == STAT_ROLE_NONE ? STAT_ROLE_OTHER_HARDWARE : role;
}

/* config of PERF_TYPE_HW_CACHE: the cache, the operation << 8, the result << 16 (perf_event_open(2)) */
static enum stat_role cache_role(uint64_t config)
{
	static const enum stat_role accesses[] = {
		[PERF_COUNT_HW_CACHE_L1D] = STAT_ROLE_L1D,   [PERF_COUNT_HW_CACHE_L1I] = STAT_ROLE_L1I,
		[PERF_COUNT_HW_CACHE_LL] = STAT_ROLE_LLC,    [PERF_COUNT_HW_CACHE_DTLB] = STAT_ROLE_DTLB,
		[PERF_COUNT_HW_CACHE_ITLB] = STAT_ROLE_ITLB,
	};
	uint64_t cache = config & 0xff, operation = config >> 8 & 0xff, result = config >> 16 & 0xff;

	if (cache >= sizeof(accesses) / sizeof(accesses[0]) || operation != PERF_COUNT_HW_CACHE_OP_READ)
		return STAT_ROLE_OTHER_HARDWARE;
	return result == PERF_COUNT_HW_CACHE_RESULT_MISS ? accesses[cache] + 1 : accesses[cache];
}

static enum stat_role role_of(const struct event *event)
{
	if (event->tool)
		return STAT_ROLE_NONE;
	switch (event->type) {
	case PERF_TYPE_SOFTWARE:
		return event->unit == EVENT_UNIT_NANOSECONDS ? STAT_ROLE_CLOCK : STAT_ROLE_EVENT;
	case PERF_TYPE_TRACEPOINT:
		return STAT_ROLE_EVENT;
	case PERF_TYPE_HARDWARE:
		return hardware_role(event->config);
	case PERF_TYPE_HW_CACHE:
		return cache_role(event->config);
	default:
		return STAT_ROLE_OTHER_HARDWARE;
	}
}

/* What the count leaves out, so that only counts of the same are set against one another. */
static unsigned int domain_of(const struct event *event)
{
	return event->no_user | (unsigned int)event->no_kernel << 1 | (unsigned int)event->no_hypervisor << 2 |
	       (unsigned int)event->no_host << 3 | (unsigned int)event->no_guest << 4 | (unsigned int)event->no_idle << 5;
}

static struct stat_mean times(struct stat_mean mean, double factor)
{
	return (struct stat_mean){ mean.value * factor, mean.error * factor };
}

static void report_row(const struct tally *t, const struct tally_row *row, struct stat_row *out)
{
	const struct event *event = &row->listed->event;
	bool is_clock = event->unit == EVENT_UNIT_NANOSECONDS && !event->tool;
	double factor = is_clock ? msec_per_ns : event->tool ? 1 : event->scale;

	*out = (struct stat_row){
		.key = row->key_name[0] ? row->key_name : NULL,
		.cgroup = t->config.cgroups ? t->config.cgroups[row->cgroup] : NULL,
		.event = row->event_name,
		.unit = event->tool ? "ns" : is_clock ? "msec" : event->scale_unit,
		.role = role_of(event),
		.group = (unsigned int)(row->listed->group + 1),
		.domain = domain_of(event),
		.state = row->missing ? STAT_NOT_SUPPORTED : row->value.n ? STAT_COUNTED : STAT_NOT_COUNTED,
		.is_exact = factor == 1,
		.value = times(stat_figures_mean(&row->value), factor),
		.raw = row->last.raw,
		.enabled_ns = stat_figures_mean(&row->enabled).value,
		.running_ns = stat_figures_mean(&row->running).value,
	};
}

static bool is_shown(const struct tally *t, const struct tally_row *row)
{
	return !(row->missing && t->config.hides_missing);
}

/* By cgroup, then by event, then by key; which is not the order in which rows turned up. */
static int by_place(const void *a, const void *b)
{
	const struct tally_row *x = *(const struct tally_row *const *)a, *y = *(const struct tally_row *const *)b;

	if (x->cgroup != y->cgroup)
		return x->cgroup < y->cgroup ? -1 : 1;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

void tally_report(const struct tally *t, struct stat_report *report)
{
	struct { const struct tally_row **at; size_t n, cap; } order = { 0 };

	for (size_t i = 0; i < t->rows.n; i++)
		if (is_shown(t, &t->rows.at[i]))
			*vec_push(&order) = &t->rows.at[i];
	if (order.n)
		qsort(order.at, order.n, sizeof(*order.at), by_place);
	for (size_t i = 0; i < order.n; i++)
		report_row(t, order.at[i], vec_push(&report->rows));
	vec_free(&order);
}
