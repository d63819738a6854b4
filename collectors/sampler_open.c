/*
 * Opening is a ladder, and each rung is found by trying: what a kernel knows, what a user may, and how much memory may
 * be locked cannot be read off anywhere reliably. A rung that fails closes everything and the next one starts clean.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/alloc.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/log.h"
#include "collectors/advice.h"
#include "collectors/sampler_parts.h"

/* ---- on one CPU -------------------------------------------------------------------------------------------------- */

static struct sampler_cpu *add_cpu(struct sampler *s, int cpu)
{
	struct sampler_cpu *c = xcalloc(1, sizeof(*c));

	c->cpu = cpu;
	*vec_push(&s->cpus) = c;
	return c;
}

/*
 * pid: -1 for all tasks, a cgroup's descriptor, or a thread. The side-band of a cgroup is that of all tasks. Both events or
 * neither: samples without mappings would have no names.
 */
static int open_pair(struct sampler *s, struct sampler_cpu *c, pid_t pid, unsigned long flags)
{
	int rc = channel_add(&c->side, &s->side, flags & PERF_FLAG_PID_CGROUP ? -1 : pid, c->cpu, 0);
	struct channel_config samples = s->samples;

	if (rc < 0 || !target_has_cpu(s->config.target, c->cpu))
		return rc;
	if (!event_bind(&s->config.event, &s->machine, c->cpu, &samples.attr))
		return 0; /* another CPU's PMU counts it */
	rc = channel_add(&c->samples, &samples, pid, c->cpu, flags);
	if (rc < 0)
		channel_undo(&c->side);
	return rc;
}

/* A PMU may say ENODEV, too, for a counter that it does not have. */
static bool is_offline(int cpu)
{
	struct cpu_list online = { 0 };
	bool is_off = cpus_online(&online, NULL) == 0 && !cpus_has(&online, cpu);

	vec_free(&online);
	return is_off;
}

/* A list of CPUs may be older than the machine's state. */
static int open_whole_cpu(struct sampler *s, int cpu)
{
	struct sampler_cpu *c = add_cpu(s, cpu);
	bool is_cgroup = s->config.target->kind == TARGET_CGROUP;
	int rc = open_pair(s, c, is_cgroup ? s->config.target->cgroup_fd : -1, is_cgroup ? PERF_FLAG_PID_CGROUP : 0);

	c->is_gone = rc == -ENODEV && is_offline(cpu);
	return c->is_gone ? 0 : rc;
}

static void merge_channel(struct sampler *s, struct channel *c, const struct record_layout *layout)
{
	if (channel_is_open(c))
		merge_add(&s->merge, &c->ring, layout);
}

int sampler_adopt_cpu(struct sampler *s, int cpu)
{
	int rc = open_whole_cpu(s, cpu);
	struct sampler_cpu *c = s->cpus.at[s->cpus.n - 1];

	merge_channel(s, &c->side, &s->side_layout);
	merge_channel(s, &c->samples, &s->layout);
	return rc;
}

/* ---- on all CPUs ------------------------------------------------------------------------------------------------- */

static void close_cpus(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n; i++) {
		channel_close(&s->cpus.at[i]->samples);
		channel_close(&s->cpus.at[i]->side);
		free(s->cpus.at[i]);
	}
	vec_free(&s->cpus);
}

static int open_whole_cpus(struct sampler *s, const struct cpu_list *online)
{
	int rc = 0;

	for (size_t i = 0; i < online->n && rc == 0; i++)
		rc = open_whole_cpu(s, online->at[i]);
	return rc;
}

/* A thread that has ended meanwhile is no failure, but a command that has not even begun is. */
static int open_thread(struct sampler *s, pid_t tid)
{
	int rc = 0;

	for (size_t i = 0; i < s->cpus.n && rc == 0; i++)
		rc = open_pair(s, s->cpus.at[i], tid, 0);
	return rc == -ESRCH && s->config.target->kind != TARGET_COMMAND ? 0 : rc;
}

/*
 * A thread that appeared while others were opened inherits our events or, where the one that started it had none yet, does
 * not. Which of the two cannot be told, and an event of its own would count the first kind twice.
 */
static void say_who_may_be_missed(const struct sampler *s, const struct pid_vec *threads)
{
	struct pid_vec now = { 0 };
	size_t appeared = 0;

	target_list_tasks(s->config.target, &now);
	for (size_t i = 0; i < now.n; i++)
		appeared += !pids_have(threads, now.at[i]);
	if (appeared)
		log_note("threads that were started just while the target was opened, and may be missing: %zu", appeared);
	vec_free(&now);
}

/* Thread by thread, not CPU by CPU: what a thread starts meanwhile should inherit all of its events, or none. */
static int open_threads(struct sampler *s, const struct cpu_list *online)
{
	struct pid_vec threads = { 0 };
	int rc = 0;

	for (size_t i = 0; i < online->n; i++)
		add_cpu(s, online->at[i]);
	target_list_tasks(s->config.target, &threads);
	for (size_t i = 0; i < threads.n && rc == 0; i++)
		rc = open_thread(s, threads.at[i]);
	if (rc == 0)
		say_who_may_be_missed(s, &threads);
	vec_free(&threads);
	return rc;
}

static bool takes_samples(const struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		if (channel_is_open(&s->cpus.at[i]->samples))
			return true;
	return false;
}

static int open_all(struct sampler *s, const struct cpu_list *online)
{
	bool is_per_task = s->scope == SAMPLER_PER_TASK;
	int rc = is_per_task ? open_threads(s, online) : open_whole_cpus(s, online);

	if (rc == 0 && !takes_samples(s))
		rc = is_per_task ? -ESRCH : -ENODEV;
	if (rc < 0)
		close_cpus(s);
	return rc;
}

/* ---- the ladder -------------------------------------------------------------------------------------------------- */

/* Opens everything, leaving out what this kernel is too old for. */
static int open_known(struct sampler *s, const struct cpu_list *online)
{
	static const struct sampler_extras extras[] = { { READ_FORMAT_LOST, true }, { 0, true }, { 0, false } };
	int rc = -EINVAL;

	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]) && (rc == -EINVAL || rc == -E2BIG); i++) {
		sampler_set_attrs(s, &extras[i]);
		rc = open_all(s, online);
	}
	return rc;
}

static size_t count_observed(const struct sampler *s, const struct cpu_list *online)
{
	size_t n = 0;

	for (size_t i = 0; i < online->n; i++)
		n += target_has_cpu(s->config.target, online->at[i]);
	return n;
}

static int open_in_memory(struct sampler *s, const struct cpu_list *online)
{
	uint32_t stack_bytes = s->config.stack_bytes;
	bool is_shrunk = false;
	size_t wanted_kb;
	int rc;

	sampler_size_rings(s, count_observed(s, online));
	wanted_kb = sampler_locked_kb(s);
	while ((rc = open_known(s, online)) == -ENOBUFS && sampler_shrink_rings(s))
		is_shrunk = true;
	if (rc < 0)
		s->config.stack_bytes = stack_bytes;
	else if (is_shrunk)
		log_once("mlock", "little memory may be locked here: the rings are %zu KiB and stack dumps %u bytes; for more, "
				  "run 'sudo sysctl kernel.perf_event_mlock_kb=%zu'", s->samples.ring_bytes >> 10,
			 s->config.stack_bytes, wanted_kb);
	return rc;
}

/* A PMU that is not as precise as asked for refuses, each in its own way, and one without such an event does the same. */
static int open_precise(struct sampler *s, const struct cpu_list *online)
{
	struct event *event = &s->config.event;
	unsigned int asked = event->precise;
	int rc = open_in_memory(s, online);

	while (event->precise > 0 && event_is_unfit(-rc)) {
		event->precise--;
		rc = open_in_memory(s, online);
	}
	if (rc < 0)
		event->precise = asked;
	else if (event->precise < asked && !event->precise_max)
		log_once("precise", "this machine is not as precise as %s asks for: it is sampled with precise_ip %u", event->name,
			 event->precise);
	return rc;
}

static int open_event(struct sampler *s, const struct cpu_list *online)
{
	int rc;

	sampler_slow_down(&s->config);
	rc = open_precise(s, online);
	if (!s->config.may_fall_back || !event_is_missing(-rc))
		return rc;
	log_once("no-pmu", "no hardware counters here: sampling the CPU clock instead of %s", s->config.event.name);
	s->config.event = event_clock(&s->config.event);
	sampler_slow_down(&s->config);
	return open_in_memory(s, online);
}

static int open_per_task(struct sampler *s, const struct cpu_list *online, int denied)
{
	int rc;

	s->scope = SAMPLER_PER_TASK;
	rc = open_event(s, online);
	if (event_is_denied(-rc) && !s->config.event.no_kernel && !s->config.event.no_user) {
		s->kernel_hidden = true;
		rc = open_event(s, online);
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

/* 0: the event is not the reason, or the machine lacks it. */
static int explain_event(const struct sampler *s, int rc, struct error *err)
{
	const struct event *event = &s->config.event;

	switch (event_find_trouble(event, s->machine.open)) {
	case EVENT_TROUBLE_SAMPLING:
		return error_set(err, -rc, "event %s can be counted here, but takes no samples (%s): count it with "
					   "'fpprof stat -e %s', or sample another one", event->name, strerror(-rc), event->name);
	case EVENT_TROUBLE_PERMISSION:
		if (!s->kernel_hidden) /* the kernel did not mind */
			return 0;
		advice_open_failed(EACCES, "open it", err);
		error_wrap(err, "event %s", event->name);
		return rc;
	case EVENT_TROUBLE_ITSELF:
		if (event_is_missing(-rc))
			return 0;
		return error_set(err, -rc, "event %s: the kernel refuses it (%s), as a PMU does with a value that it does not "
					   "know, and with modifiers that it cannot heed: try another value, or leave the "
					   "modifiers out", event->name, strerror(-rc));
	default:
		return 0;
	}
}

static int explain(const struct sampler *s, int rc, struct error *err)
{
	static const char limit_path[] = "/proc/sys/kernel/perf_event_max_sample_rate";
	long limit = file_read_long(limit_path, 0);
	const char *what = s->scope == SAMPLER_PER_CPU ? "sample whole CPUs" :
			   s->config.event.no_user     ? "sample what the kernel does for the target" :
							 "sample the target";

	if (rc == -EINVAL && limit && s->config.hz > (double)limit)
		return error_set(err, EINVAL, "%.0f samples a second are more than this machine allows (%ld): use -F %ld, or "
					      "run 'sudo sysctl kernel.perf_event_max_sample_rate=%.0f'",
				 s->config.hz, limit, limit, s->config.hz);
	if (rc == -ENOBUFS)
		return error_set(err, EPERM, "not even the smallest ring buffers fit into the memory that may be locked here: "
					     "raise the limit with 'ulimit -l 1024', or run "
					     "'sudo sysctl kernel.perf_event_mlock_kb=1024'");
	if (rc == -ESRCH)
		return error_set(err, ESRCH, "the target has ended before it could be observed");
	if (rc == -ENODEV && s->config.event.pmu[0])
		return error_set(err, ENODEV, "PMU %s counts %s on CPUs of its own, and none of them is observed",
				 s->config.event.pmu, s->config.event.name);
	if ((rc == -EINVAL || rc == -EFAULT || event_is_missing(-rc)) && explain_event(s, rc, err) < 0)
		return rc;
	advice_open_failed(-rc, what, err);
	if (event_is_missing(-rc))
		error_wrap(err, "event %s", s->config.event.name);
	return rc;
}

/* ---- open and close ---------------------------------------------------------------------------------------------- */

static int check_cpus(const struct sampler *s, const struct cpu_list *online, struct error *err)
{
	const struct target *t = s->config.target;

	for (size_t i = 0; t->kind == TARGET_CPUS && i < t->cpus.n; i++)
		if (!cpus_has(online, t->cpus.at[i]))
			log_note("CPU %d is not online, and is sampled only when it comes", t->cpus.at[i]);
	return count_observed(s, online) ? 0 : error_set(err, ENODEV, "none of the CPUs given with -C is online");
}

static void merge_cpus(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n; i++)
		merge_channel(s, &s->cpus.at[i]->side, &s->side_layout);
	for (size_t i = 0; i < s->cpus.n; i++)
		merge_channel(s, &s->cpus.at[i]->samples, &s->layout);
}

static void start_side_band(struct sampler *s)
{
	for (size_t i = 0; i < s->cpus.n && !s->side.attr.enable_on_exec; i++)
		channel_switch(&s->cpus.at[i]->side, PERF_EVENT_IOC_ENABLE);
}

static int open_on(struct sampler *s, const struct cpu_list *online, struct error *err)
{
	int rc = check_cpus(s, online, err);

	if (rc < 0)
		return rc;
	rc = open_event(s, online);
	if (event_is_denied(-rc) && target_is_tasks(s->config.target))
		rc = open_per_task(s, online, rc);
	return rc < 0 ? explain(s, rc, err) : 0;
}

int sampler_open(struct sampler *s, const struct sampler_config *config, struct error *err)
{
	struct cpu_list online = { 0 };
	int rc;

	*s = (struct sampler){ .config = *config, .machine = EVENT_MACHINE_INIT };
	rc = cpus_online(&online, err);
	if (rc == 0)
		rc = open_on(s, &online, err);
	vec_free(&online);
	if (rc < 0) {
		event_machine_done(&s->machine);
		return rc;
	}
	merge_cpus(s);
	start_side_band(s);
	return 0;
}

void sampler_close(struct sampler *s)
{
	merge_free(&s->merge);
	close_cpus(s);
	event_machine_done(&s->machine);
}
