/*
 * Opening is a ladder, and each rung is found by trying: what a kernel knows, what a user may, and how much memory may
 * be locked cannot be read off anywhere reliably. A rung that fails closes everything and the next one starts clean.
 */
#include "collectors/sampler.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "collectors/advice.h"

/* Linux 6.0; newer than the headers of the distributions we build on. */
#define READ_FORMAT_LOST (1U << 4)

enum {
	RING_MIN = 512 << 10,
	RING_MAX = 16 << 20,
	RINGS_MAX = 256 << 20, /* all sampling rings together */
	SIDE_RING = 512 << 10,
	SIDE_RING_MIN = 64 << 10,
	RING_BUFFERED_MS = 240, /* how long a ring lasts at the asked-for rate */
	DUMPS_PER_RING = 32,
	STACK_MIN = 1024,
};

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}


/* ---- what to open ------------------------------------------------------------------------------------------------ */

static void set_exclusions(const struct sampler *s, struct perf_event_attr *attr)
{
	const struct event *event = &s->config.event;

	attr->exclude_user = event->no_user;
	attr->exclude_kernel = event->no_kernel || s->kernel_hidden;
	attr->exclude_hv = event->no_hypervisor || s->kernel_hidden;
	attr->exclude_idle = 1;
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

static void set_common(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	attr->sample_id_all = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->watermark = 1;
}

static void fill_attr(struct sampler *s)
{
	struct perf_event_attr *attr = &s->attr;
	uint64_t read_format = attr->read_format;

	*attr = (struct perf_event_attr){ .type = s->config.event.type, .config = s->config.event.config };
	set_common(attr);
	set_rate(s, attr);
	set_exclusions(s, attr);
	attr->sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			    PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN;
	if (s->config.regs_mask && s->config.stack_bytes) {
		attr->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		attr->sample_regs_user = s->config.regs_mask;
		attr->sample_stack_user = s->config.stack_bytes;
	}
	attr->precise_ip = s->config.event.precise & 3;
	attr->read_format = read_format;
	attr->wakeup_watermark = (uint32_t)(s->ring_bytes / 4);
	attr->inherit = s->scope == SAMPLER_PER_TASK && s->config.target->kind != TARGET_THREADS;
	attr->enable_on_exec = s->scope == SAMPLER_PER_TASK && s->config.target->kind == TARGET_COMMAND;
	s->layout = (struct record_layout){
		.sample_type = attr->sample_type, .read_format = read_format, .regs_user = attr->sample_regs_user,
		.sample_id_all = true,
	};
}

static struct perf_event_attr side_attr(const struct sampler *s)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY };

	set_common(&attr);
	attr.sample_period = 1;
	attr.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
	attr.exclude_kernel = attr.exclude_hv = 1; /* it counts nothing, and asks for no privilege */
	attr.mmap = attr.mmap2 = attr.comm = attr.comm_exec = attr.task = 1;
	attr.read_format = s->attr.read_format;
	attr.wakeup_watermark = (uint32_t)(s->side_bytes / 4);
	attr.inherit = s->attr.inherit;
	attr.enable_on_exec = s->attr.enable_on_exec;
	return attr;
}

/* A ring holds RING_BUFFERED_MS of samples at the asked-for rate, within bounds. */
static size_t wanted_ring_bytes(const struct sampler_config *config, size_t cpus)
{
	double hz = config->hz > 0 ? config->hz : 1000;
	double want = (config->stack_bytes + 512.0) * hz * RING_BUFFERED_MS / 1000;
	size_t bytes = RING_MIN;

	while (bytes < want && bytes < RING_MAX && bytes * 2 * cpus <= RINGS_MAX)
		bytes *= 2;
	return bytes;
}

/* ---- opening on one CPU ------------------------------------------------------------------------------------------ */

static void cpu_close_fds(struct fd_vec *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		close(fds->at[i]);
	vec_free(fds);
}

static void cpu_free(struct sampler_cpu *c)
{
	ring_close(&c->samples);
	ring_close(&c->side);
	cpu_close_fds(&c->sample_fds);
	cpu_close_fds(&c->side_fds);
	free(c);
}

/* Adds one event on this CPU; the first one gets the ring, later ones write into it. 0 or -errno. */
static int add_event(struct sampler *s, struct fd_vec *fds, struct ring *ring, size_t bytes,
		     const struct perf_event_attr *attr, pid_t pid, int cpu, unsigned long flags)
{
	int fd = event_open(attr, pid, cpu, -1, flags), rc = 0;

	if (fd < 0)
		return fd;
	*vec_push(fds) = fd;
	if (fds->n == 1) {
		rc = ring_open(ring, fd, bytes);
		s->memory_is_short = rc == -EPERM; /* which from perf_event_open() means something else */
	} else if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, fds->at[0]) < 0) {
		rc = -errno;
	}
	return rc;
}

/* pid: -1 for all tasks, a cgroup's descriptor, or a thread. The side-band of a cgroup is that of all tasks. */
static int cpu_add(struct sampler *s, struct sampler_cpu *c, pid_t pid, unsigned long flags)
{
	struct perf_event_attr side = side_attr(s);
	pid_t side_pid = flags & PERF_FLAG_PID_CGROUP ? -1 : pid;
	int rc = add_event(s, &c->sample_fds, &c->samples, s->ring_bytes, &s->attr, pid, c->cpu, flags);

	if (rc < 0)
		return rc;
	return add_event(s, &c->side_fds, &c->side, s->side_bytes, &side, side_pid, c->cpu, 0);
}

/* A thread that has ended meanwhile is no failure. */
static int cpu_add_threads(struct sampler *s, struct sampler_cpu *c, const struct pid_vec *threads, size_t from)
{
	for (size_t i = from; i < threads->n; i++) {
		int rc = cpu_add(s, c, threads->at[i], 0);

		if (rc < 0 && !(rc == -ESRCH && s->config.target->kind != TARGET_COMMAND))
			return rc;
	}
	return 0;
}

static int cpu_fill(struct sampler *s, struct sampler_cpu *c, const struct pid_vec *threads)
{
	if (s->scope == SAMPLER_PER_TASK)
		return cpu_add_threads(s, c, threads, 0);
	if (s->config.target->kind == TARGET_CGROUP)
		return cpu_add(s, c, s->config.target->cgroup_fd, PERF_FLAG_PID_CGROUP);
	return cpu_add(s, c, -1, 0);
}

/* An offline CPU (ENODEV) is passed over: the list may be older than the machine's state. */
static int open_cpu(struct sampler *s, int cpu, const struct pid_vec *threads)
{
	struct sampler_cpu *c = xcalloc(1, sizeof(*c));
	int rc;

	c->cpu = cpu;
	rc = cpu_fill(s, c, threads);
	if (rc < 0 || !c->sample_fds.n || !c->side_fds.n) {
		cpu_free(c);
		return rc == -ENODEV && s->config.event.type == PERF_TYPE_SOFTWARE ? 0 : rc;
	}
	*vec_push(&s->cpus) = c;
	return 0;
}

/* ---- opening on all CPUs ----------------------------------------------------------------------------------------- */

static void close_cpus(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		cpu_free(s->cpus.at[i]);
	vec_free(&s->cpus);
}

static bool list_has(const struct cpu_list *list, int cpu)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i] == cpu)
			return true;
	return false;
}

static int list_cpus(struct sampler *s, struct cpu_list *out, struct error *err)
{
	const struct target *t = s->config.target;
	struct cpu_list online = { 0 };
	int rc = cpus_online(&online, err);

	if (rc < 0 || t->kind != TARGET_CPUS) {
		*out = online;
		return rc;
	}
	for (size_t i = 0; i < t->cpus.n; i++) {
		if (list_has(&online, t->cpus.at[i]))
			*vec_push(out) = t->cpus.at[i];
		else
			log_note("CPU %d is not online and is left out", t->cpus.at[i]);
	}
	vec_free(&online);
	return out->n ? 0 : error_set(err, ENODEV, "none of the CPUs given with -C is online");
}

static void list_threads(const struct sampler *s, struct pid_vec *out)
{
	const struct target *t = s->config.target;

	for (size_t i = 0; i < t->ids.n; i++) {
		if (t->kind == TARGET_PROCESSES)
			target_list_threads(t->ids.at[i], out);
		else
			*vec_push(out) = t->ids.at[i];
	}
}

static int open_all(struct sampler *s, const struct cpu_list *cpus)
{
	struct pid_vec threads = { 0 };
	int rc = 0;

	if (s->scope == SAMPLER_PER_TASK)
		list_threads(s, &threads);
	for (size_t i = 0; i < cpus->n && rc == 0; i++)
		rc = open_cpu(s, cpus->at[i], &threads);
	vec_free(&threads);
	if (rc == 0 && !s->cpus.n)
		rc = s->scope == SAMPLER_PER_TASK ? -ESRCH : -ENODEV;
	if (rc < 0)
		close_cpus(s);
	return rc;
}

/* ---- the ladder -------------------------------------------------------------------------------------------------- */

static bool is_denied(int rc)
{
	return rc == -EACCES || rc == -EPERM;
}

static bool can_follow_tasks(const struct sampler *s)
{
	enum target_kind kind = s->config.target->kind;

	return kind == TARGET_PROCESSES || kind == TARGET_THREADS || kind == TARGET_COMMAND;
}

/* Locked memory is scarce: halve the rings, and let the dumps shrink so that a ring still holds some of them. */
static bool shrink_rings(struct sampler *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	bool samples_can = s->ring_bytes > 4 * page, side_can = s->side_bytes > 2 * page;

	if (!samples_can && !side_can)
		return false;
	if (side_can && (s->side_bytes > SIDE_RING_MIN || !samples_can))
		s->side_bytes /= 2;
	if (samples_can)
		s->ring_bytes /= 2;
	while (s->config.stack_bytes > STACK_MIN && (size_t)s->config.stack_bytes * DUMPS_PER_RING > s->ring_bytes)
		s->config.stack_bytes /= 2;
	return true;
}

/* Opens everything, leaving out what this kernel is too old for. */
static int open_known(struct sampler *s, const struct cpu_list *cpus)
{
	int rc;

	s->memory_is_short = false;
	s->attr.read_format = READ_FORMAT_LOST;
	fill_attr(s);
	rc = open_all(s, cpus);
	if (rc == -EINVAL || rc == -E2BIG) {
		s->attr.read_format = 0;
		fill_attr(s);
		rc = open_all(s, cpus);
	}
	return rc;
}

static int open_in_memory(struct sampler *s, const struct cpu_list *cpus)
{
	bool is_shrunk = false;
	int rc;

	s->ring_bytes = wanted_ring_bytes(&s->config, cpus->n);
	s->side_bytes = SIDE_RING;
	while ((rc = open_known(s, cpus)) < 0 && s->memory_is_short && shrink_rings(s))
		is_shrunk = true;
	if (rc == 0 && is_shrunk)
		log_once("mlock", "little memory may be locked here: the rings are %zu KiB and stack dumps %u bytes; for more, "
				  "run 'sudo sysctl kernel.perf_event_mlock_kb=%zu'", s->ring_bytes >> 10,
			 s->config.stack_bytes, (wanted_ring_bytes(&s->config, cpus->n) + SIDE_RING) >> 10);
	return rc;
}

static int open_event(struct sampler *s, const struct cpu_list *cpus)
{
	int rc = open_in_memory(s, cpus);

	if (s->config.may_fall_back && event_is_missing(-rc)) {
		log_once("no-pmu", "no hardware counters here: sampling the CPU clock instead of %s", s->config.event.name);
		s->config.event = event_clock(&s->config.event);
		rc = open_in_memory(s, cpus);
	}
	return rc;
}

static int open_per_task(struct sampler *s, const struct cpu_list *cpus, int denied)
{
	int rc;

	s->scope = SAMPLER_PER_TASK;
	rc = open_event(s, cpus);
	if (is_denied(rc) && !s->memory_is_short && !s->config.event.no_kernel) {
		s->kernel_hidden = true;
		rc = open_event(s, cpus);
	}
	if (rc == 0)
		log_once("per-task", "sampling the whole system is not permitted (%s), so the target's threads are followed one "
				     "by one: processes that live for less than a sampling period are mostly missed",
			 strerror(-denied));
	if (rc == 0 && s->kernel_hidden)
		log_once("kernel-hidden", "kernel time is NOT in this profile: it is not permitted to sample it; "
					  "'fpprof doctor' says how to mend that");
	return rc;
}

static int explain(const struct sampler *s, int rc, struct error *err)
{
	static const char limit_path[] = "/proc/sys/kernel/perf_event_max_sample_rate";
	long limit = file_read_long(limit_path, 0);
	const char *what = s->scope == SAMPLER_PER_TASK ? "sample the target" : "sample whole CPUs";

	if (rc == -EINVAL && limit && s->config.hz > (double)limit)
		return error_set(err, EINVAL, "%.0f samples a second are more than this machine allows (%ld): use -F %ld, or "
					      "run 'sudo sysctl kernel.perf_event_max_sample_rate=%.0f'",
				 s->config.hz, limit, limit, s->config.hz);
	if (s->memory_is_short)
		return error_set(err, EPERM, "not even the smallest ring buffers fit into the memory that may be locked here: "
					     "raise the limit with 'ulimit -l 1024', or run "
					     "'sudo sysctl kernel.perf_event_mlock_kb=1024'");
	if (rc == -ESRCH)
		return error_set(err, ESRCH, "the target has ended before it could be observed");
	advice_open_failed(-rc, what, err);
	return event_is_missing(-rc) ? error_wrap(err, "event %s", s->config.event.name) : -err->code;
}

/* At once, before /proc is read: what is mapped or forked from here on must be in the rings. */
static void start_side_band(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n && !s->attr.enable_on_exec; i++)
		for (size_t k = 0; k < s->cpus.at[i]->side_fds.n; k++)
			ioctl(s->cpus.at[i]->side_fds.at[k], PERF_EVENT_IOC_ENABLE, 0);
}

int sampler_open(struct sampler *s, const struct sampler_config *config, struct error *err)
{
	struct cpu_list cpus = { 0 };
	int rc;

	*s = (struct sampler){ .config = *config };
	rc = list_cpus(s, &cpus, err);
	if (rc < 0)
		return rc;
	rc = open_event(s, &cpus);
	if (is_denied(rc) && !s->memory_is_short && can_follow_tasks(s))
		rc = open_per_task(s, &cpus, rc);
	vec_free(&cpus);
	if (rc < 0) {
		explain(s, rc, err);
		sampler_close(s);
		return rc;
	}
	s->side_layout = (struct record_layout){
		.sample_type = side_attr(s).sample_type, .read_format = s->attr.read_format, .sample_id_all = true,
	};
	for (size_t i = 0; i < s->cpus.n; i++)
		merge_add(&s->merge, &s->cpus.at[i]->side, &s->side_layout);
	for (size_t i = 0; i < s->cpus.n; i++)
		merge_add(&s->merge, &s->cpus.at[i]->samples, &s->layout);
	start_side_band(s);
	return 0;
}

void sampler_close(struct sampler *s)
{
	merge_free(&s->merge);
	close_cpus(s);
	buf_free(&s->online);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static void unwatch(struct sampler_watch *w)
{
	if (w->loop)
		loop_remove(w->loop, &w->source);
	w->loop = NULL;
}

/* Nothing to do but wake: records are read in rounds over all rings. A ring whose events have ended is never quiet. */
static int ring_ready(struct loop_source *source, uint32_t events, struct error *err)
{
	struct sampler_watch *w = container_of(source, struct sampler_watch, source);

	(void)err;
	if (events & (EPOLLHUP | EPOLLERR))
		unwatch(w);
	return 0;
}

static int watch(struct sampler *s, struct sampler_watch *w, int fd, struct error *err)
{
	int rc;

	w->source = (struct loop_source){ .fd = fd, .ready = ring_ready };
	rc = loop_add(s->loop, &w->source, EPOLLIN, err);
	w->loop = rc == 0 ? s->loop : NULL;
	return rc;
}

static int watch_cpu(struct sampler *s, struct sampler_cpu *c, struct error *err)
{
	int rc = watch(s, &c->sample_watch, c->sample_fds.at[0], err);

	return rc < 0 ? rc : watch(s, &c->side_watch, c->side_fds.at[0], err);
}

int sampler_watch(struct sampler *s, struct loop *loop, struct error *err)
{
	int rc = 0;

	s->loop = loop;
	for (size_t i = 0; i < s->cpus.n && rc == 0; i++)
		rc = watch_cpu(s, s->cpus.at[i], err);
	return rc;
}

static int switch_cpu(const struct sampler_cpu *c, unsigned long request)
{
	for (size_t i = 0; i < c->side_fds.n; i++)
		if (ioctl(c->side_fds.at[i], request, 0) < 0)
			return -errno;
	for (size_t i = 0; i < c->sample_fds.n; i++)
		if (ioctl(c->sample_fds.at[i], request, 0) < 0)
			return -errno;
	return 0;
}

int sampler_start(struct sampler *s, struct error *err)
{
	for (size_t i = 0; i < s->cpus.n && !s->attr.enable_on_exec; i++) {
		int rc = switch_cpu(s->cpus.at[i], PERF_EVENT_IOC_ENABLE);

		if (rc < 0)
			return error_errno(err, -rc, "cannot start sampling on CPU %d", s->cpus.at[i]->cpu);
	}
	file_read("/sys/devices/system/cpu/online", 65536, &s->online, NULL);
	return 0;
}

void sampler_stop(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		switch_cpu(s->cpus.at[i], PERF_EVENT_IOC_DISABLE);
}

void sampler_begin(struct sampler *s, bool is_last)
{
	merge_begin(&s->merge, is_last ? UINT64_MAX : monotonic_ns() - MERGE_SLACK_NS);
}

const struct merge_source *sampler_next(struct sampler *s)
{
	return merge_next(&s->merge);
}

void sampler_end(struct sampler *s)
{
	merge_end(&s->merge);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

/* PERF_FORMAT_LOST (Linux 6.0) also knows of losses that no LOST record has told yet. */
static uint64_t lost_by(const struct sampler *s, const struct fd_vec *fds)
{
	uint64_t values[2], sum = 0;

	if (!(s->attr.read_format & READ_FORMAT_LOST))
		return 0;
	for (size_t i = 0; i < fds->n; i++)
		if (read(fds->at[i], values, sizeof(values)) == sizeof(values))
			sum += values[1];
	return sum;
}

struct sampler_losses sampler_losses(const struct sampler *s)
{
	struct sampler_losses losses = s->gone;

	for (size_t i = 0; i < s->cpus.n; i++) {
		losses.samples += lost_by(s, &s->cpus.at[i]->sample_fds);
		losses.side_band += lost_by(s, &s->cpus.at[i]->side_fds);
	}
	return losses;
}

double sampler_interval_ns(const struct sampler *s)
{
	return s->config.hz > 0 ? 1e9 / s->config.hz : 0;
}

/* ---- CPUs that come and go --------------------------------------------------------------------------------------- */

/* The kernel switches an event off when its CPU goes, and leaves it off when the CPU returns. */
static void retire_cpu(struct sampler *s, struct sampler_cpu *c)
{
	s->gone.samples += lost_by(s, &c->sample_fds);
	s->gone.side_band += lost_by(s, &c->side_fds);
	unwatch(&c->sample_watch);
	unwatch(&c->side_watch);
	c->is_gone = true;
	cpu_close_fds(&c->sample_fds);
	cpu_close_fds(&c->side_fds);
}

static bool is_open(const struct sampler *s, int cpu)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		if (s->cpus.at[i]->cpu == cpu && !s->cpus.at[i]->is_gone)
			return true;
	return false;
}

static void adopt_cpu(struct sampler *s, int cpu)
{
	size_t before = s->cpus.n;

	if (open_cpu(s, cpu, &(struct pid_vec){ 0 }) < 0 || s->cpus.n == before) {
		log_note("CPU %d came online, but cannot be sampled", cpu);
		return;
	}
	struct sampler_cpu *c = s->cpus.at[before];
	merge_add(&s->merge, &c->side, &s->side_layout);
	merge_add(&s->merge, &c->samples, &s->layout);
	switch_cpu(c, PERF_EVENT_IOC_ENABLE);
	if (s->loop)
		watch_cpu(s, c, NULL);
	log_note("CPU %d came online and is sampled from now on", cpu);
}

static void apply_online(struct sampler *s, const struct cpu_list *online)
{
	for (size_t i = 0; i < s->cpus.n; i++) {
		struct sampler_cpu *c = s->cpus.at[i];

		if (!c->is_gone && !list_has(online, c->cpu)) {
			log_note("CPU %d went offline", c->cpu);
			retire_cpu(s, c);
		}
	}
	for (size_t i = 0; i < online->n; i++)
		if (!is_open(s, online->at[i]))
			adopt_cpu(s, online->at[i]);
}

void sampler_follow_cpus(struct sampler *s)
{
	struct buf now = { 0 };
	struct cpu_list online = { 0 };
	bool is_same;

	if (s->scope != SAMPLER_PER_CPU || s->config.target->kind == TARGET_CPUS)
		return;
	if (file_read("/sys/devices/system/cpu/online", 65536, &now, NULL) < 0 || !now.n) {
		buf_free(&now);
		return;
	}
	is_same = s->online.n == now.n && memcmp(s->online.at, now.at, now.n) == 0;
	buf_free(&s->online);
	s->online = now;
	if (!is_same && cpus_parse(now.at, &online, NULL) == 0)
		apply_online(s, &online);
	vec_free(&online);
}
