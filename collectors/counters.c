/*
 * Each event is read by itself: a read of a whole group is not to be had together with inheritance on older kernels, and
 * what makes a group is its leader, not the way it is read.
 *
 * perf gives up a group when one member is missing. Here the first member that opens leads, so that a software event
 * keeps its count also where the hardware events beside it do not exist.
 */
#include "collectors/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cpus.h"
#include "base/file.h"
#include "collectors/advice.h"
#include "collectors/filter.h"

/* ---- units ------------------------------------------------------------------------------------------------------- */

static void add_unit(struct counters *c, pid_t tid, int cpu, size_t cgroup)
{
	*vec_push(&c->units) = (struct counter_unit){ .tid = tid, .cpu = cpu, .cgroup = cgroup };
}

static size_t cgroup_count(const struct counters_config *config)
{
	return config->cgroups ? config->cgroups->n : 1;
}

static int list_cpu_units(struct counters *c, struct error *err)
{
	const struct target *t = c->config.target;
	struct cpu_list cpus = { 0 };
	int rc = target_list_cpus(t, &cpus, err);

	for (size_t g = 0; rc == 0 && g < cgroup_count(&c->config); g++)
		for (size_t i = 0; i < cpus.n; i++)
			add_unit(c, -1, cpus.at[i], g);
	vec_free(&cpus);
	return rc;
}

static void read_comm(struct counter_unit *unit)
{
	cleanup_buf struct buf comm = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", unit->tid);
	if (file_read(path, 64, &comm, NULL) == 0 && comm.n)
		snprintf(unit->comm, sizeof(unit->comm), "%.*s", (int)strcspn(comm.at, "\n"), comm.at);
}

static void list_thread_units(struct counters *c)
{
	struct pid_vec threads = { 0 };

	target_list_tasks(c->config.target, &threads);
	for (size_t i = 0; i < threads.n; i++)
		add_unit(c, threads.at[i], -1, 0);
	for (size_t i = 0; i < c->units.n; i++)
		read_comm(&c->units.at[i]);
	vec_free(&threads);
}

static int list_units(struct counters *c, struct error *err)
{
	if (!target_is_tasks(c->config.target))
		return list_cpu_units(c, err);
	list_thread_units(c);
	return c->units.n ? 0 : error_set(err, ESRCH, "the target has ended before it could be counted");
}

static const struct event *event_at(const struct counters *c, size_t index)
{
	return &c->config.events->at.at[index].event;
}

/* ---- one event on one unit --------------------------------------------------------------------------------------- */

/* False when the event's PMU does not count on that CPU. */
static bool fill_attr(const struct counters *c, size_t index, const struct counter_unit *unit, bool leads,
		      struct perf_event_attr *attr)
{
	const struct event *event = event_at(c, index);
	bool hides_kernel = c->at[index].is_user_only;

	*attr = (struct perf_event_attr){ .size = sizeof(*attr) };
	event_fill_attr(event, attr);
	attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	attr->disabled = leads;
	attr->enable_on_exec = leads && c->config.enables_on_exec;
	attr->inherit = c->config.inherits && target_is_tasks(c->config.target);
	attr->precise_ip = c->at[index].precise & 3;
	attr->exclude_kernel |= hides_kernel;
	attr->exclude_hv |= hides_kernel;
	return unit->cpu < 0 || event_bind(event, &c->config.events->machine, unit->cpu, attr);
}

/* The kernel asks for a cgroup's directory in place of a thread. */
static int open_on(const struct counters *c, const struct perf_event_attr *attr, const struct counter_unit *unit, int leader)
{
	event_open_fn *open = c->config.events->machine.open;
	const struct target *t = c->config.target;
	int cgroup = c->config.cgroups ? c->config.cgroups->at[unit->cgroup].cgroup_fd : t->cgroup_fd;

	if (cgroup >= 0)
		return open(attr, cgroup, unit->cpu, leader, PERF_FLAG_PID_CGROUP);
	return open(attr, unit->tid, unit->cpu, leader, 0);
}

/* A thread or CPU that went between listing and opening leaves a gap, and is no failure. */
static bool is_gone(int rc, const struct counter_unit *unit)
{
	return unit->tid >= 0 ? rc == -ESRCH : rc == -ENODEV;
}

static void note_failure(struct counter *counter, int rc)
{
	counter->state = event_is_unfit(-rc) ? COUNTER_MISSING : COUNTER_REFUSED;
	counter->code = -rc;
}

/* Without the privilege to see the kernel's side of it an event of one's own threads may still be had. */
static int open_unit(struct counters *c, size_t index, size_t unit, int leader)
{
	const struct event *event = event_at(c, index);
	const struct counter_unit *u = &c->units.at[unit];
	struct perf_event_attr attr;
	int fd;

	if (!fill_attr(c, index, u, leader < 0, &attr))
		return -ENODEV;
	fd = open_on(c, &attr, u, leader);
	if (event_is_denied(-fd) && !event->no_kernel && !event->no_user && u->cpu < 0) {
		attr.exclude_kernel = attr.exclude_hv = 1;
		fd = open_on(c, &attr, u, leader);
		c->at[index].is_user_only |= fd >= 0;
	}
	return fd;
}

/* A PMU that is not as precise as asked for refuses, each in its own way, and one without such an event does the same. */
static int open_precise(struct counters *c, size_t index, size_t unit, int leader)
{
	struct counter *counter = &c->at[index];
	unsigned int asked = counter->precise;
	int fd = open_unit(c, index, unit, leader);

	while (counter->precise > 0 && event_is_unfit(-fd)) {
		counter->precise--;
		fd = open_unit(c, index, unit, leader);
	}
	if (fd < 0)
		counter->precise = asked;
	return fd;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

/* The first open member of the event's group on this unit; -1: the event leads. */
static int leader_of(const struct counters *c, size_t index, size_t unit)
{
	int group = c->config.events->at.at[index].group;

	for (size_t i = 0; group != EVENT_NO_GROUP && i < index; i++)
		if (c->config.events->at.at[i].group == group && !c->at[i].left_its_group && c->at[i].fds.at[unit] >= 0)
			return c->at[i].fds.at[unit];
	return -1;
}

/* A group that is larger than the PMU is refused by the kernel with EINVAL as soon as it is full. */
static int open_member(struct counters *c, size_t index, size_t unit)
{
	int leader = leader_of(c, index, unit), fd = open_precise(c, index, unit, leader);

	if (fd != -EINVAL || leader < 0)
		return fd;
	fd = open_precise(c, index, unit, -1);
	c->at[index].left_its_group |= fd >= 0;
	return fd;
}

static void open_event_on_units(struct counters *c, size_t index)
{
	struct counter *counter = &c->at[index];
	size_t opened = 0;
	int failure = 0;

	counter->precise = event_at(c, index)->precise;
	if (event_at(c, index)->tool)
		return;
	for (size_t unit = 0; unit < c->units.n; unit++) {
		int fd = open_member(c, index, unit);

		*vec_push(&counter->fds) = fd < 0 ? -1 : fd;
		opened += fd >= 0;
		if (fd < 0 && (!failure || !is_gone(fd, &c->units.at[unit])))
			failure = fd;
	}
	if (!opened && failure)
		note_failure(counter, failure);
}

/* ---- filters ----------------------------------------------------------------------------------------------------- */

static int set_filter(const struct counters *c, size_t index, struct error *err)
{
	const struct listed_event *r = &c->config.events->at.at[index];

	for (size_t unit = 0; r->filter && unit < c->units.n; unit++) {
		int fd = c->at[index].fds.at[unit];

		if (fd >= 0 && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, r->filter) < 0)
			return filter_explain(r->event.name, r->filter, errno, err);
	}
	return 0;
}

/* ---- the front --------------------------------------------------------------------------------------------------- */

/* Nothing is open: because it is not permitted, because the target is gone, or because this machine has no such counter. */
static int judge(const struct counters *c, struct error *err)
{
	int refused = 0;

	for (size_t i = 0; i < c->config.events->at.n; i++) {
		if (c->at[i].state == COUNTER_OPEN)
			return 0;
		if (c->at[i].state == COUNTER_REFUSED && !refused)
			refused = c->at[i].code;
	}
	if (!refused)
		return 0;
	return advice_counting_failed(refused, target_is_tasks(c->config.target) ? "count events of the target" :
										   "count events of whole CPUs", err);
}

int counters_open(struct counters *c, const struct counters_config *config, struct error *err)
{
	int rc;

	*c = (struct counters){ .config = *config };
	c->at = xcalloc(config->events->at.n + 1, sizeof(*c->at));
	rc = config->events->at.n ? list_units(c, err) : 0;
	for (size_t i = 0; rc == 0 && i < config->events->at.n; i++) {
		open_event_on_units(c, i);
		rc = set_filter(c, i, err);
	}
	if (rc == 0)
		rc = judge(c, err);
	if (rc < 0)
		counters_close(c);
	return rc;
}

void counters_close(struct counters *c)
{
	for (size_t i = 0; c->at && i < c->config.events->at.n; i++) {
		for (size_t k = 0; k < c->at[i].fds.n; k++)
			if (c->at[i].fds.at[k] >= 0)
				close(c->at[i].fds.at[k]);
		vec_free(&c->at[i].fds);
	}
	free(c->at);
	vec_free(&c->units);
	*c = (struct counters){ 0 };
}

/* Members of a group follow their leader, and do not mind being switched once more. */
static int switch_all(const struct counters *c, unsigned long request)
{
	for (size_t i = 0; i < c->config.events->at.n; i++)
		for (size_t k = 0; k < c->at[i].fds.n; k++)
			if (c->at[i].fds.at[k] >= 0 && ioctl(c->at[i].fds.at[k], request, 0) < 0)
				return -errno;
	return 0;
}

int counters_enable(const struct counters *c, struct error *err)
{
	int rc = switch_all(c, PERF_EVENT_IOC_ENABLE);

	return rc < 0 ? error_errno(err, -rc, "cannot start counting") : 0;
}

void counters_disable(const struct counters *c)
{
	switch_all(c, PERF_EVENT_IOC_DISABLE);
}

void counters_read(const struct counters *c, struct reading *out)
{
	memset(out, 0, c->config.events->at.n * c->units.n * sizeof(*out));
	for (size_t i = 0; i < c->config.events->at.n; i++)
		for (size_t k = 0; k < c->at[i].fds.n; k++) {
			struct reading *r = &out[i * c->units.n + k];

			if (c->at[i].fds.at[k] >= 0 && read(c->at[i].fds.at[k], r, sizeof(*r)) != sizeof(*r))
				*r = (struct reading){ 0 };
		}
}
