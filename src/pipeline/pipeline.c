/*
 * One switch over the record types. A sample is unwound while its process is most likely alive, and only its distinct
 * stack is kept; names are found once, at the end (naming.c).
 */
#include "src/pipeline/pipeline.h"

#include <ctype.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/arch.h"

enum { CPUS_MAX = 8192 }; /* the kernel's own limit */

/* How long a task may run behind its EXIT record: it gives back its memory, which takes a second for some 100 GB. */
static const uint64_t linger_ns = 5000000000;

static const char *const label_names[] = { "comm", "pid", "thread", "tid", "cpu" };

/* ---- life -------------------------------------------------------------------------------------------------------- */

/*
 * "page-faults:u" -> "page_faults", "msr/tsc/" -> "msr_tsc", "sched:sched_switch" -> "sched_sched_switch": Pyroscope
 * refuses dashes in the name of a type, and parts at colons.
 */
static void add_event_type(struct pipeline *p)
{
	const char *event = p->config.event.name;
	size_t length = event_base_length(event), n = 0;
	char name[sizeof(p->config.event.name)];

	for (size_t i = 0; i < length; i++)
		name[n++] = isalnum((unsigned char)event[i]) ? event[i] : '_';
	while (n > 1 && name[n - 1] == '_')
		n--;
	name[n] = '\0';
	p->period_type = profile_add_type(&p->profile, name, "count");
}

/* What one side took cannot be told by what passed between its samples, in which the other one worked, too. */
static bool cycles_tell_time(const struct pipeline_config *config)
{
	return config->event.unit == EVENT_UNIT_CYCLES && config->interval_ns > 0 && !config->is_one_sided;
}

static void add_types(struct pipeline *p)
{
	enum event_unit unit = p->config.event.unit;

	p->ns_type = p->period_type = PROFILE_TYPES_MAX;
	profile_add_type(&p->profile, "samples", "count");
	if (unit != EVENT_UNIT_NANOSECONDS)
		add_event_type(p);
	if (unit == EVENT_UNIT_NANOSECONDS || cycles_tell_time(&p->config))
		p->ns_type = profile_add_type(&p->profile, "cpu", "nanoseconds");
}

/* The period is told in the unit of the last type, as Go's profiles do. Of a fixed one that is the event's own. */
static void set_period(struct pipeline *p)
{
	struct profile *profile = &p->profile;

	profile->period_type = profile->types[profile->n_types - 1];
	if (p->config.interval_ns <= 0)
		profile->period = (int64_t)p->config.period;
	else if (p->ns_type < PROFILE_TYPES_MAX)
		profile->period = (int64_t)p->config.interval_ns;
}

void pipeline_init(struct pipeline *p, const struct pipeline_config *config)
{
	*p = (struct pipeline){ .config = *config };
	profile_init(&p->profile);
	images_init(&p->images, config->root);
	processes_init(&p->processes);
	places_init(&p->places, &p->profile, &p->images, config->title);
	p->places.is_live = config->is_live;
	p->filter.kind = config->keep;
	p->scratch = xmalloc(sizeof(*p->scratch));
	for (size_t i = 0; i < 5; i++)
		p->label_keys[i] = profile_str(&p->profile, label_names[i]);
	add_types(p);
	set_period(p);
}

void pipeline_done(struct pipeline *p)
{
	places_free(&p->places);
	filter_free(&p->filter);
	processes_free(&p->processes);
	images_free(&p->images);
	profile_free(&p->profile);
	vec_free(&p->cpus);
	vec_free(&p->ended);
	vec_free(&p->stack);
	free(p->unnamed_frames);
	free(p->scratch);
}

void pipeline_set_main(struct pipeline *p, pid_t pid)
{
	p->main_pid = pid;
}

/* ---- side-band --------------------------------------------------------------------------------------------------- */

/* Half an identity is none. */
static struct build_id build_id_of(const uint8_t *bytes, size_t n)
{
	struct build_id id = { .n = 0 };

	if (!bytes || n > sizeof(id.bytes))
		return id;
	memcpy(id.bytes, bytes, n);
	id.n = (uint8_t)n;
	return id;
}

void pipeline_tell_build(struct pipeline *p, const char *path, const uint8_t *bytes, size_t n)
{
	struct build_id id = build_id_of(bytes, n);

	if (id.n)
		images_tell_build(&p->images, path, &id);
}

/*
 * perf tells where the kernel is as a mapping that no process has: its name ends in that of the symbol whose address is in
 * pgoff (perf_event__synthesize_kernel_mmap()).
 */
static void apply_kernel_mmap(struct pipeline *p, const struct record_mmap *m)
{
	if (strncmp(m->path, "[kernel.kallsyms]", 17) == 0)
		p->kernel_anchor = m->pgoff;
}

/*
 * A task outside our PID namespace has the number 0 in our records, as the idle task has; the kernel itself, in files of
 * perf, has -1. What such records say belongs to nobody whom samples could be told to be of.
 */
static bool is_numbered(int32_t pid)
{
	return pid > 0;
}

static void apply_mmap(struct pipeline *p, const struct record_mmap *m)
{
	struct image_id id = {
		.path = m->path, .major = m->major, .minor = m->minor, .inode = m->inode, .generation = m->generation,
		.build_id = build_id_of(m->build_id, m->build_id_n),
	};
	struct image *image;

	if (m->pid < 0)
		apply_kernel_mmap(p, m);
	if (!is_numbered(m->pid) || !filter_follows(&p->filter, m->pid))
		return;
	image = images_get(&p->images, &id);
	process_map(&p->processes, processes_get(&p->processes, m->pid), m->start, m->start + m->length, m->pgoff, image);
	if (m->pid == p->main_pid && !p->main_is_known && image->kind == IMAGE_FILE) {
		places_set_main(&p->places, image);
		p->main_is_known = true;
	}
}

static void apply_comm(struct pipeline *p, const struct record_comm *comm)
{
	if (!is_numbered(comm->pid))
		return;
	if (comm->is_exec) {
		filter_exec(&p->filter, comm->pid);
		if (comm->pid == p->main_pid)
			p->main_is_known = false;
	}
	if (filter_follows(&p->filter, comm->pid))
		processes_comm(&p->processes, comm->pid, comm->tid, comm->name, comm->is_exec);
}

/* Whoever had the number before is gone for good. */
static void apply_fork(struct pipeline *p, const struct record_task *task)
{
	if (!is_numbered(task->pid))
		return;
	filter_forget(&p->filter, task->pid, task->tid, task->pid != task->parent_pid);
	filter_fork(&p->filter, task->pid, task->parent_pid);
	if (filter_follows(&p->filter, task->pid))
		processes_fork(&p->processes, task->pid, task->tid, task->parent_pid, task->parent_tid);
}

/* A number that no CPU has, out of a damaged file, is the last one's. */
static struct pipeline_cpu *cpu_at(struct pipeline *p, uint32_t number)
{
	size_t i = number < CPUS_MAX ? number : CPUS_MAX - 1;

	while (p->cpus.n <= i)
		*vec_push(&p->cpus) = (struct pipeline_cpu){ 0 };
	return &p->cpus.at[i];
}

static void remember_exit(struct pipeline *p, const struct record *r)
{
	const struct process *process = processes_find(&p->processes, r->task.pid);
	struct last_exit *last = &cpu_at(p, r->id.cpu)->exit;

	*last = (struct last_exit){ .pid = r->task.pid, .tid = r->task.tid };
	last->is_kept = filter_keeps(&p->filter, r->task.pid, r->task.tid);
	if (!process)
		return;
	last->name = profile_str(&p->profile, p->processes.names.at[process->name]);
	last->thread_name = profile_str(&p->profile, process_thread_name(&p->processes, process, r->task.tid));
}

/*
 * Numbers of tasks that have ended are kept until a FORK gives them out again, or for as long as the task may go on: since
 * Linux 6.16 it gives back its memory only behind the EXIT record, which is a good part of a short process' life.
 */
static void bury(struct pipeline *p, const struct ended_task *task)
{
	if (task->is_process)
		processes_forget(&p->processes, task->pid);
	filter_forget(&p->filter, task->pid, task->tid, task->is_process && !processes_find(&p->processes, task->pid));
}

static void bury_ended(struct pipeline *p, uint64_t now)
{
	while (p->buried < p->ended.n && p->ended.at[p->buried].time + linger_ns < now)
		bury(p, &p->ended.at[p->buried++]);
	if (p->buried * 2 <= p->ended.n)
		return;
	memmove(p->ended.at, p->ended.at + p->buried, (p->ended.n - p->buried) * sizeof(*p->ended.at));
	p->ended.n -= p->buried;
	p->buried = 0;
}

static void apply_exit(struct pipeline *p, const struct record *r)
{
	struct ended_task task = { .time = r->id.time, .pid = r->task.pid, .tid = r->task.tid };

	remember_exit(p, r);
	if (!is_numbered(task.pid))
		return;
	task.is_process = processes_exit(&p->processes, r->task.pid, r->task.tid);
	if (task.is_process || p->filter.kind == FILTER_THREADS)
		*vec_push(&p->ended) = task;
	bury_ended(p, r->id.time);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static void set_label(struct pipeline *p, struct label *labels, size_t *n, enum pipeline_label which, uint32_t text)
{
	if (p->config.labels & which && text)
		labels[(*n)++] = (struct label){ .key = p->label_keys[__builtin_ctz(which)], .str = text };
}

static uint32_t number_str(struct pipeline *p, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	return profile_str(&p->profile, text);
}

static uint32_t sample_labels(struct pipeline *p, const struct record *r, const struct last_exit *gone)
{
	const struct process *process = gone ? NULL : processes_find(&p->processes, r->id.pid);
	uint32_t name = gone ? gone->name : 0, thread_name = gone ? gone->thread_name : 0;
	struct label labels[5];
	size_t n = 0;

	if (process) {
		name = profile_str(&p->profile, p->processes.names.at[process->name]);
		thread_name = profile_str(&p->profile, process_thread_name(&p->processes, process, r->id.tid));
	}
	if (!r->id.pid)
		name = thread_name = profile_str(&p->profile, "[outside this PID namespace]");
	set_label(p, labels, &n, LABEL_COMM, name);
	set_label(p, labels, &n, LABEL_THREAD, thread_name);
	if (p->config.labels & LABEL_PID && r->id.pid)
		set_label(p, labels, &n, LABEL_PID, number_str(p, gone ? gone->pid : r->id.pid));
	if (p->config.labels & LABEL_TID && r->id.pid)
		set_label(p, labels, &n, LABEL_TID, number_str(p, gone ? gone->tid : r->id.tid));
	if (p->config.labels & LABEL_CPU)
		set_label(p, labels, &n, LABEL_CPU, number_str(p, r->id.cpu));
	return profile_labels(&p->profile, labels, n);
}

/* The kernel's part of the chain: the interrupted instruction, then return addresses. */
static void push_kernel_frames(struct pipeline *p, const struct record *r)
{
	bool in_kernel = (r->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL, is_first = true;

	if (in_kernel && !r->sample.chain_n)
		*vec_push(&p->stack) = places_kernel(&p->places, r->sample.ip);
	for (size_t i = 0; i < r->sample.chain_n; i++) {
		uint64_t addr = r->sample.chain[i];

		if (addr >= (uint64_t)PERF_CONTEXT_MAX) {
			in_kernel = addr == (uint64_t)PERF_CONTEXT_KERNEL;
			continue;
		}
		if (!in_kernel)
			continue;
		*vec_push(&p->stack) = places_kernel(&p->places, is_first ? addr : addr - 1);
		is_first = false;
	}
}

static void push_user_leaf(struct pipeline *p, const struct process *process, const struct record *r, uint64_t ip)
{
	struct map *map = process ? process_find_map(process, ip) : NULL;

	*vec_push(&p->stack) = places_user(&p->places, r->id.pid, map, ip);
}

/* The user part of the kernel's chain: what follows its mark, up to the end or another mark. */
static const uint64_t *user_chain(const struct record *r, size_t *n)
{
	const uint64_t *chain = r->sample.chain;
	size_t at = 0;

	*n = 0;
	if (!chain)
		return NULL;
	while (at < r->sample.chain_n && chain[at] != (uint64_t)PERF_CONTEXT_USER)
		at++;
	at += at < r->sample.chain_n;
	while (at + *n < r->sample.chain_n && chain[at + *n] < (uint64_t)PERF_CONTEXT_MAX)
		++*n;
	return chain + at;
}

static enum unwind_end push_unwound(struct pipeline *p, const struct process *process, const struct record *r,
				    const struct regs *regs)
{
	struct stack_dump dump = { r->sample.stack, r->sample.stack_n, regs->sp, r->sample.stack_asked, NULL, 0 };

	dump.chain = user_chain(r, &dump.chain_n);
	unwind(&p->images, process, p->config.unwind, regs, &dump, p->scratch);
	for (size_t i = 0; i < p->scratch->n; i++) {
		const struct frame *frame = &p->scratch->frames[i];

		*vec_push(&p->stack) = places_user(&p->places, r->id.pid, frame->map, frame->lookup);
	}
	p->stats.repaired += p->scratch->repaired > 0;
	p->stats.spliced += p->scratch->spliced > 0;
	return p->scratch->end;
}

/* Without registers the kernel's own walk is all there is, as perf record -g keeps it. It does not say why it ended. */
static bool push_kernels_user_chain(struct pipeline *p, const struct process *process, const struct record *r)
{
	size_t n;
	const uint64_t *chain = user_chain(r, &n);

	for (size_t i = 0; i < n; i++)
		push_user_leaf(p, process, r, i ? chain[i] - 1 : chain[i]);
	return n > 0;
}

/* Has the task a side in user mode? Neither kernel threads nor the idle task have. */
static bool has_user_side(const struct record *r)
{
	size_t n;

	user_chain(r, &n);
	return n > 0 || r->sample.regs_abi || (r->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_USER;
}

/* A task without registers is a kernel thread, or one whose memory is gone already: its stack is the kernel's alone. */
static enum unwind_end push_user_frames(struct pipeline *p, const struct record *r)
{
	bool in_user = (r->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_USER;
	const struct process *process = processes_find(&p->processes, r->id.pid);
	struct regs regs;

	if (!r->id.pid)
		return has_user_side(r) ? UNWIND_CUT_OUTSIDE : UNWIND_ROOT;
	if (p->config.unwind == UNWIND_KERNEL || !r->sample.regs ||
	    !arch_regs_from_sample(p->config.regs_mask, r->sample.regs, r->sample.regs_n, &regs)) {
		if (push_kernels_user_chain(p, process, r))
			return UNWIND_CUT_FP;
		if (in_user)
			push_user_leaf(p, process, r, r->sample.ip);
		return !in_user ? UNWIND_ROOT : p->config.unwind == UNWIND_KERNEL ? UNWIND_CUT_FP : UNWIND_CUT_NO_REGS;
	}
	if (r->sample.regs_abi == PERF_SAMPLE_REGS_ABI_32) {
		push_user_leaf(p, process, r, regs.ip);
		return UNWIND_CUT_ABI;
	}
	if (!process) {
		push_user_leaf(p, NULL, r, regs.ip);
		return UNWIND_CUT_ADDRESS;
	}
	return push_unwound(p, process, r, &regs);
}

/* Cycles become time by the CPU's clock, which wants to see all of its samples: also those that are not kept. */
static int64_t sample_ns(struct pipeline *p, const struct record *r)
{
	struct cpu_clock *clock;

	if (p->ns_type >= PROFILE_TYPES_MAX)
		return 0;
	if (p->config.event.unit == EVENT_UNIT_NANOSECONDS)
		return (int64_t)r->sample.period;
	clock = &cpu_at(p, r->id.cpu)->clock;
	return (int64_t)(cpu_clock_advance(clock, p->config.interval_ns, p->config.by_cpu ? r->id.time : 0,
					   r->sample.period) + 0.5);
}

static void weigh(struct pipeline *p, const struct record *r, int64_t ns, int64_t *values)
{
	values[0] = 1;
	if (p->period_type < PROFILE_TYPES_MAX)
		values[p->period_type] = (int64_t)r->sample.period;
	if (p->ns_type < PROFILE_TYPES_MAX)
		values[p->ns_type] = ns;
}

static void add_sample(struct pipeline *p, const struct record *r, const struct last_exit *gone, int64_t ns)
{
	int64_t values[PROFILE_TYPES_MAX] = { 0 };
	enum unwind_end end;

	p->stack.n = 0;
	push_kernel_frames(p, r);
	end = gone ? UNWIND_ROOT : push_user_frames(p, r);
	if (end != UNWIND_ROOT)
		*vec_push(&p->stack) = places_cut(&p->places, end);
	weigh(p, r, ns, values);
	profile_add(&p->profile, profile_stack(&p->profile, p->stack.at, p->stack.n), sample_labels(p, r, gone), values);
	p->stats.kept++;
	p->stats.outside += !r->id.pid;
}

/*
 * Of the tasks that have no number here one is idle: it has no user side, and clocks can leave it out (other software
 * events do not heed exclude_idle). What is left may also be a kernel thread outside our PID namespace.
 */
static bool is_idle(const struct pipeline *p, const struct record *r)
{
	bool is_left_out = p->config.excludes_idle && p->config.event.unit == EVENT_UNIT_NANOSECONDS;

	return !r->id.pid && !is_left_out && !has_user_side(r);
}

static void apply_sample(struct pipeline *p, const struct record *r)
{
	const struct last_exit *gone = NULL;
	int64_t ns = sample_ns(p, r);

	if (is_idle(p, r)) {
		p->stats.idle++;
		return;
	}
	if (r->id.pid < 0) {
		gone = &cpu_at(p, r->id.cpu)->exit;
		if (!gone->pid)
			gone = NULL;
	}
	if (gone ? gone->is_kept : filter_keeps(&p->filter, r->id.pid, r->id.tid))
		add_sample(p, r, gone, ns);
	else
		p->stats.others++;
}

/* ---- the switch -------------------------------------------------------------------------------------------------- */

void pipeline_apply(struct pipeline *p, const struct record *r)
{
	switch (r->type) {
	case PERF_RECORD_SAMPLE:
		apply_sample(p, r);
		break;
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		apply_mmap(p, &r->mmap);
		break;
	case PERF_RECORD_COMM:
		apply_comm(p, &r->comm);
		break;
	case PERF_RECORD_FORK:
		apply_fork(p, &r->task);
		break;
	case PERF_RECORD_EXIT:
		apply_exit(p, r);
		break;
	case PERF_RECORD_THROTTLE:
		p->stats.throttled++;
		break;
	default:
		break;
	}
}

/* Samples of other processes are most of a busy machine's: they are dropped on their heads alone. */
static bool drop_others_sample(struct pipeline *p, const void *record, size_t size, const struct record_layout *layout)
{
	struct record r;

	if (p->filter.kind == FILTER_ALL || !record_head(record, size, layout, &r) || r.type != PERF_RECORD_SAMPLE)
		return false;
	if (r.id.pid <= 0 || filter_keeps(&p->filter, r.id.pid, r.id.tid))
		return false;
	sample_ns(p, &r);
	p->stats.others++;
	return true;
}

/*
 * What the rings lost is told by LOST records, and in files of perf 6.1 and later once more at the end, as LOST_SAMPLES
 * from the events' counters. The event that only carries the side-band has no addresses.
 */
static void count_lost(struct pipeline *p, const struct record *r, const struct record_layout *layout)
{
	uint64_t *telling = r->type == PERF_RECORD_LOST ? &p->lost_told : &p->lost_counted;

	if (!(layout->sample_type & PERF_SAMPLE_IP)) {
		p->stats.side_band_lost += r->lost;
		return;
	}
	*telling += r->lost;
	p->stats.lost = p->lost_told > p->lost_counted ? p->lost_told : p->lost_counted;
}

void pipeline_feed(struct pipeline *p, const void *record, size_t size, const struct record_layout *layout)
{
	struct record r;

	if (drop_others_sample(p, record, size, layout))
		return;
	if (!record_parse(record, size, layout, &r))
		p->stats.malformed++;
	else if (r.type == PERF_RECORD_LOST || r.type == PERF_RECORD_LOST_SAMPLES)
		count_lost(p, &r, layout);
	else
		pipeline_apply(p, &r);
}
