/*
 * From an event to what the kernel is asked. Where a processor has several kinds of cores, a generic event is counted
 * by one kind alone unless it is asked of each: the number of the PMU goes into the upper half of config
 * (PERF_PMU_TYPE_SHIFT, Linux 5.13), and takes the place of the type in a raw event.
 */
#include "collectors/event.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collectors/event_expression.h"
#include "collectors/event_syntax.h"

/* Not in the headers of the distributions we build on. */
enum { PMU_TYPE_SHIFT = 32 };

/* ---- the machine ----------------------------------------------------------------------------------------------- */

void event_machine_done(struct event_machine *m)
{
	vec_free(&m->cores);
	m->is_examined = false;
	pmus_done(&m->pmus);
}

/* Older kernels of machines other than x86 do not let an event be asked of one kind. */
static bool can_ask(struct event_machine *m, const struct pmu *core)
{
	struct event cycles = { .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES };

	event_ask_of(&cycles, core);
	return event_is_there(m, &cycles);
}

const struct pmu_ref_vec *event_machine_cores(struct event_machine *m)
{
	if (m->is_examined)
		return &m->cores;
	m->is_examined = true;
	pmus_core(&m->pmus, &m->cores);
	if (m->cores.n && !can_ask(m, m->cores.at[0]))
		vec_free(&m->cores);
	return &m->cores;
}

void event_ask_of(struct event *event, const struct pmu *core)
{
	if (event->type == PERF_TYPE_RAW)
		event->type = core->type;
	else
		event->config |= (uint64_t)core->type << PMU_TYPE_SHIFT;
}

/* ---- attributes ------------------------------------------------------------------------------------------------ */

void event_fill_attr(const struct event *event, struct perf_event_attr *attr)
{
	attr->type = event->type;
	attr->config = event->config;
	attr->config1 = event->config1;
	attr->config2 = event->config2;
	attr->bp_type = event->bp_type;
	attr->exclude_user = event->no_user;
	attr->exclude_kernel = event->no_kernel;
	attr->exclude_hv = event->no_hypervisor;
	attr->exclude_host = event->no_host;
	attr->exclude_guest = event->no_guest;
	attr->exclude_idle = event->no_idle;
	attr->pinned = event->is_pinned;
	attr->exclusive = event->is_exclusive;
	attr->precise_ip = event->precise & 3;
}

static bool has_cpu(const struct pmu *pmu, int cpu)
{
	return !pmu->is_bound || cpus_has(&pmu->cpus, cpu);
}

static bool is_shared_out(const struct event *event)
{
	bool is_generic = event->type == PERF_TYPE_HARDWARE || event->type == PERF_TYPE_HW_CACHE;

	return event->type == PERF_TYPE_RAW || (is_generic && event->config >> PMU_TYPE_SHIFT == 0);
}

static bool bind_to_core(const struct event *event, const struct pmu_ref_vec *cores, int cpu,
			 struct perf_event_attr *attr)
{
	for (size_t i = 0; i < cores->n; i++) {
		struct event here = *event;

		if (!has_cpu(cores->at[i], cpu))
			continue;
		event_ask_of(&here, cores->at[i]);
		attr->type = here.type;
		attr->config = here.config;
		return true;
	}
	return false;
}

static void count_nothing(struct perf_event_attr *attr)
{
	attr->type = PERF_TYPE_SOFTWARE;
	attr->config = PERF_COUNT_SW_DUMMY;
	attr->config1 = attr->config2 = 0;
	attr->bp_type = 0;
	attr->precise_ip = 0;
}

bool event_bind(const struct event *event, struct event_machine *m, int cpu, struct perf_event_attr *attr)
{
	struct pmu *pmu = event->pmu[0] ? pmus_find(&m->pmus, event->pmu) : NULL;
	bool is_counted = true;

	if (pmu && pmu_load(pmu, NULL) == 0)
		is_counted = has_cpu(pmu, cpu);
	else if (!pmu && is_shared_out(event) && event_machine_cores(m)->n)
		is_counted = bind_to_core(event, event_machine_cores(m), cpu, attr);
	if (!is_counted)
		count_nothing(attr);
	return is_counted;
}

/* A PMU that serves many CPUs counts on a CPU, and for no task. */
static int try_open(const struct perf_event_attr *attr, event_open_fn *open)
{
	int fd = open(attr, 0, -1, -1, 0);

	if (fd == -EINVAL || fd == -EOPNOTSUPP)
		fd = open(attr, -1, 0, -1, 0);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* The kernel's own code may be what is forbidden; but not all PMUs can leave it out. */
static int try_allowed(struct perf_event_attr *attr, event_open_fn *open)
{
	int rc = try_open(attr, open), without;

	if (!event_is_denied(-rc))
		return rc;
	attr->exclude_kernel = attr->exclude_hv = 1;
	without = try_open(attr, open);
	return without == 0 || event_is_missing(-without) ? without : rc;
}

enum event_trouble event_find_trouble(const struct event *event, event_open_fn *open)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .disabled = 1 };
	int rc;

	event_fill_attr(event, &attr);
	rc = try_allowed(&attr, open);
	if (rc < 0)
		return event_is_denied(-rc) ? EVENT_TROUBLE_PERMISSION : EVENT_TROUBLE_ITSELF;
	attr.sample_period = 1000000;
	return try_open(&attr, open) < 0 ? EVENT_TROUBLE_SAMPLING : EVENT_TROUBLE_NONE;
}

bool event_is_missing(int code)
{
	return code == ENOENT || code == ENODEV || code == ENXIO || code == EOPNOTSUPP;
}

bool event_is_unfit(int code)
{
	return event_is_missing(code) || code == EINVAL;
}

bool event_is_denied(int code)
{
	return code == EACCES || code == EPERM;
}

bool event_is_there(struct event_machine *m, const struct event *event)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .disabled = 1 };
	int fd;

	event_fill_attr(event, &attr);
	attr.exclude_kernel = 1;
	fd = m->open(&attr, 0, -1, -1, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || !event_is_unfit(-fd);
}

int event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	long fd = syscall(SYS_perf_event_open, attr, pid, cpu, group, flags | PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* ---- one event to be sampled ----------------------------------------------------------------------------------- */

static int check_single(const struct event_parser *p, const struct found_event_vec *found)
{
	const struct event *event = &found->at[0].event;

	if (found->n > 1)
		return event_fault(p, p->all, "'%.*s' is %zu events, and one at a time is sampled: name a single one",
				   QUOTED(p->all), found->n);
	if (event->tool != EVENT_TOOL_NONE)
		return event_fault(p, p->all, "%s is a time that 'fpprof stat' takes, and nothing that can be sampled",
				   event->name);
	return 0;
}

int event_parse_on(struct event_machine *m, const char *name, struct event *out, struct error *err)
{
	struct event_parser p = { .machine = m, .all = span_of(name), .keeps_generic = true, .err = err };
	struct found_event_vec found = { 0 };
	size_t length = expression_length(p.all);
	int rc;

	if (length < p.all.n)
		return event_fault(&p, (struct span){ name + length, 1 },
				   "one event at a time is sampled: '%c' does not belong to it", name[length]);
	rc = expression_parse(&p, p.all, NULL, &found);
	if (rc == 0)
		rc = check_single(&p, &found);
	if (rc == 0)
		*out = found.at[0].event;
	vec_free(&found);
	return rc;
}

int event_parse(const char *name, struct event *out, struct error *err)
{
	struct event_machine here = EVENT_MACHINE_INIT;
	int rc = event_parse_on(&here, name, out, err);

	event_machine_done(&here);
	return rc;
}

struct event event_clock(const struct event *instead_of)
{
	struct event clock = *instead_of;
	char letters[MODIFIERS_MAX];

	clock.type = PERF_TYPE_SOFTWARE;
	clock.config = PERF_COUNT_SW_CPU_CLOCK;
	clock.config1 = clock.config2 = 0;
	clock.unit = EVENT_UNIT_NANOSECONDS;
	clock.precise = 0;
	clock.pmu[0] = '\0';
	modifiers_describe(&clock, letters);
	snprintf(clock.name, sizeof(clock.name), "cpu-clock%s%s", letters[0] ? ":" : "", letters);
	return clock;
}
