/*
 * `fpprof record`: from the words on the command line to a recording, and from a recording to a file. Whatever can be
 * wrong with the words or the output file is found before the command is started.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "src/cmd/child.h"
#include "src/cmd/commands.h"
#include "src/cmd/recording.h"
#include "src/cmd/result.h"
#include "src/cmd/signals.h"
#include "symbolize/arch.h"

enum {
	SYSTEM_HZ = 99,
	TARGET_HZ = 999,
	STACK_BYTES = 20480, /* a buffer of 16 KiB on the stack, and its callers */
};

struct record_options {
	bool system;
	const char *processes, *threads, *cpus, *cgroup;
	const char *event;
	double hz, period, seconds;
	double stack_bytes;
	struct result_options result;
};

#define FIELD(name) offsetof(struct record_options, name)

static const struct option record_options[] = {
	{ .kind = OPTION_HEADING, .help = "What to observe (default: the whole system)" },
	{ 'a', "all-cpus", NULL, OPTION_FLAG, FIELD(system), 0, 0, "The whole system, until Ctrl-C or -d, or while COMMAND runs." },
	{ 'p', "pid", "PID[,PID..]", OPTION_TEXT, FIELD(processes), 0, 0,
	  "Running processes, with all their threads and what they start, until they end." },
	{ 't', "tid", "TID[,TID..]", OPTION_TEXT, FIELD(threads), 0, 0, "Single threads." },
	{ 'C', "cpu", "CPUS", OPTION_TEXT, FIELD(cpus), 0, 0, "Only these CPUs, such as 0,2-5." },
	{ 0, "cgroup", "PATH", OPTION_TEXT, FIELD(cgroup), 0, 0,
	  "The processes of a cgroup, by its path below the mount point." },
	{ .kind = OPTION_HEADING, .help = "How to sample" },
	{ 'e', "event", "EVENT", OPTION_TEXT, FIELD(event), 0, 0,
	  "What to sample: an event by the name that perf has for it, such as cycles, LLC-load-misses, page-faults, rNNN, "
	  "PMU/TERM=VALUE,../, sched:sched_switch or mem:ADDRESS:w, with modifiers (:u for user code, :k for the kernel). "
	  "Default: cycles, or cpu-clock where there are no hardware counters." },
	{ 'F', "freq", "HZ", OPTION_WHOLE, FIELD(hz), 1, 1000000,
	  "Samples a second and CPU. Default: 999 for a command or process, 99 for the whole system." },
	{ 'c', "count", "N", OPTION_WHOLE, FIELD(period), 1, 1e15, "One sample for each N events, instead of -F." },
	{ 'd', "duration", "SECONDS", OPTION_NUMBER, FIELD(seconds), 0.01, 1e9, "Stop after so long." },
	RESULT_OPTION_UNWIND(FIELD(result)),
	{ 0, "stack-size", "BYTES", OPTION_WHOLE, FIELD(stack_bytes), 1024, 65208,
	  "How much of each user stack to look at. Default: 20480." },
	{ .kind = OPTION_HEADING, .help = "What to write" },
	RESULT_OPTIONS(FIELD(result)),
	{ 0 },
};

/* ---- from words to a configuration ------------------------------------------------------------------------------- */

struct record_job {
	struct record_options options;
	struct target target;
	struct sampler_config sampler;
	struct pipeline_config pipeline;
	struct result result;
	struct child child;
	struct signals signals;
	struct recording recording;
	char title[128];
	char **argv; /* of the command; NULL: none */
};

/* A command is a target of its own, or says how long the system is observed. */
static int count_targets(const struct record_options *o, bool has_command)
{
	int system_wide = o->system + !!o->cpus + !!o->cgroup;

	return system_wide + !!o->processes + !!o->threads + (has_command && !system_wide);
}

static int set_target(struct record_job *job, struct error *err)
{
	const struct record_options *o = &job->options;
	struct target *t = &job->target;

	if (count_targets(o, job->argv) > 1)
		return error_set(err, EINVAL, "record takes one of -a, -p, -t, -C and --cgroup, and a command alone or with "
					      "-a, -C or --cgroup");
	if (o->processes)
		return target_set_ids(t, TARGET_PROCESSES, o->processes, err);
	if (o->threads)
		return target_set_ids(t, TARGET_THREADS, o->threads, err);
	if (o->cgroup)
		return target_set_cgroup(t, o->cgroup, err);
	if (o->cpus) {
		t->kind = TARGET_CPUS;
		return cpus_parse(o->cpus, &t->cpus, err);
	}
	t->kind = job->argv && !o->system ? TARGET_COMMAND : TARGET_SYSTEM;
	return 0;
}

static int set_sampler(struct record_job *job, struct error *err)
{
	const struct record_options *o = &job->options;
	struct sampler_config *s = &job->sampler;

	if (o->hz > 0 && o->period > 0)
		return error_set(err, EINVAL, "-F (samples a second) and -c (events a sample) exclude each other");
	s->target = &job->target;
	s->may_fall_back = !o->event || strncmp(o->event, "cycles", 6) == 0 || strncmp(o->event, "cpu-cycles", 10) == 0;
	s->period = (uint64_t)o->period;
	s->hz = o->period > 0 ? 0 : o->hz > 0 ? o->hz : target_is_tasks(&job->target) ? TARGET_HZ : SYSTEM_HZ;
	s->stack_bytes = o->stack_bytes > 0 ? (uint32_t)o->stack_bytes & ~7U : STACK_BYTES;
	s->regs_mask = arch_regs_mask();
	return event_parse(o->event ? o->event : "cycles", &s->event, err);
}

static unsigned int default_labels(const struct target *t)
{
	if (!target_is_tasks(t) || (t->kind == TARGET_PROCESSES && t->ids.n > 1))
		return LABEL_COMM | LABEL_PID | LABEL_THREAD;
	return t->kind == TARGET_COMMAND ? LABEL_COMM | LABEL_THREAD : LABEL_THREAD;
}

static enum filter_kind kept(const struct target *t)
{
	if (!target_is_tasks(t))
		return FILTER_ALL;
	return t->kind == TARGET_THREADS ? FILTER_THREADS : FILTER_TREE;
}

static int set_pipeline(struct record_job *job, struct error *err)
{
	struct pipeline_config *p = &job->pipeline;
	char host[64] = "";

	gethostname(host, sizeof(host) - 1);
	if (!target_is_tasks(&job->target))
		snprintf(job->title, sizeof(job->title), "[system %s]", host);
	else
		snprintf(job->title, sizeof(job->title), "[process]");
	p->title = job->title;
	p->is_live = true;
	p->regs_mask = job->sampler.regs_mask;
	p->keep = kept(&job->target);
	p->labels = default_labels(&job->target);
	if (result_configure(&job->result, &job->options.result, p, err) < 0)
		return -err->code;
	if (p->unwind == UNWIND_KERNEL) /* then nobody looks at a dump */
		job->sampler.regs_mask = job->sampler.stack_bytes = 0;
	return 0;
}

static int configure(struct record_job *job, struct error *err)
{
	static int (*const steps[])(struct record_job *, struct error *) = {
		set_target, set_sampler, set_pipeline,
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
		rc = steps[i](job, err);
	return rc;
}

/* ---- from a configuration to a file ------------------------------------------------------------------------------ */

static int start_command(struct record_job *job, struct error *err)
{
	int rc;

	if (!job->argv)
		return 0;
	if (out_file_shares(&job->result.out, STDOUT_FILENO)) {
		log_note("standard output leads into the profile, so what the command prints goes to standard error");
		job->child.stdout_fd = STDERR_FILENO;
	}
	rc = child_start(&job->child, job->argv, &job->signals, err);
	if (rc < 0)
		return rc;
	job->signals.command = job->child.pid;
	if (job->target.kind == TARGET_COMMAND)
		*vec_push(&job->target.ids) = job->child.pid;
	job->recording.child = &job->child;
	return 0;
}

static void explain_empty(const struct recording *r)
{
	const struct pipeline_stats *s = &r->pipeline.stats;

	if (s->kept)
		return;
	if (r->sampler.config.hz > 0)
		log_note("no samples: what was observed used no CPU time to speak of%s",
			 s->others ? ", while other processes did" : "");
	else
		log_note("no samples: %s did not happen %llu times", r->sampler.config.event.name,
			 (unsigned long long)r->sampler.config.period);
}

static void print_rings(const struct sampler *s)
{
	size_t bytes = 0;

	for (size_t i = 0; i < s->cpus.n; i++)
		bytes += s->cpus.at[i]->samples.ring.map_size + s->cpus.at[i]->side.ring.map_size;
	fprintf(stderr, "Rings: %zu KiB on %zu CPUs; stack dumps of %u bytes\n", bytes >> 10, s->cpus.n,
		s->config.stack_bytes);
}

static int write_profile(struct record_job *job, struct error *err)
{
	struct recording *r = &job->recording;
	struct origin origin = recording_origin(r);
	int rc;

	r->pipeline.profile.time_nanos = r->started_at;
	r->pipeline.profile.duration_nanos = (int64_t)(origin.seconds * 1e9);
	if (job->child.has_ended)
		job->signals.command = 0;
	signals_let_end_us(&job->signals, &job->result.out);
	rc = result_write(&job->result, &r->pipeline, &origin, err);
	signals_wait_again(&job->signals);
	if (rc < 0)
		return rc;
	explain_empty(r);
	if (job->options.result.verbose)
		print_rings(&r->sampler);
	return 0;
}

/* A command that ran has a status of its own, which says nothing of a recording that failed. */
static int failed(const struct record_job *job)
{
	return job->child.is_refused ? child_exit_status(&job->child) : EXIT_FAILED;
}

/* The profile is written, the command may still run (-d, or a second interrupt): signals go on being its to answer. */
static int finish_command(struct record_job *job)
{
	if (!job->argv)
		return EXIT_OK;
	while (!child_poll(&job->child))
		signals_wait(&job->signals);
	return child_exit_status(&job->child);
}

static int perform(struct record_job *job, struct error *err)
{
	struct recording *r = &job->recording;

	r->target = &job->target;
	r->signals = &job->signals;
	r->seconds = job->options.seconds;
	r->shows_progress = !job->options.result.quiet && isatty(STDERR_FILENO);
	if (result_open(&job->result, err) < 0 || signals_open(&job->signals, err) < 0 ||
	    start_command(job, err) < 0)
		return EXIT_FAILED;
	if (recording_open(r, &job->sampler, &job->pipeline, err) < 0 || recording_run(r, err) < 0)
		return failed(job);
	if (write_profile(job, err) < 0)
		return EXIT_FAILED;
	return finish_command(job);
}

static void job_done(struct record_job *job)
{
	recording_close(&job->recording);
	result_done(&job->result);
	child_done(&job->child);
	signals_close(&job->signals);
	target_done(&job->target);
}

static int run_record(int argc, char **argv, struct error *err)
{
	struct record_job job = {
		.target = TARGET_INIT, .result = RESULT_INIT, .child = CHILD_INIT, .signals = SIGNALS_INIT,
		.recording = RECORDING_INIT,
	};
	int rest, status, rc = options_parse(&command_record, argc, argv, &job.options, &rest, err);

	if (rc != 0)
		return rc > 0 ? EXIT_OK : EXIT_USAGE;
	if (rest < argc)
		job.argv = argv + rest;
	if (configure(&job, err) < 0) {
		target_done(&job.target);
		return err->code == EINVAL ? EXIT_USAGE : EXIT_FAILED;
	}
	status = perform(&job, err);
	job_done(&job);
	return status;
}

const struct command command_record = {
	.name = "record",
	.summary = "sample real work and write a pprof profile",
	.usage = "[OPTIONS] [-- COMMAND [ARG..]]",
	.about = "Samples where CPU time goes, in user code and in the kernel, of the whole system, of running processes, or "
		 "of a command and everything it starts, and writes a finished pprof profile: functions are named, nothing has "
		 "to be processed afterwards.\n\n"
		 "A command's exit status is returned (128+N when signal N ended it; 127 when it does not exist, 126 when it "
		 "cannot be run). Otherwise the status is 0, 1 when recording failed, 2 when the words were wrong. Nothing is "
		 "changed in the file before the profile is whole.\n\n"
		 "A signal that is sent to fpprof alone is passed on to the command. Ctrl-C reaches both, and is the command's to "
		 "answer; a second one ends the recording without it. With '-o -' the command's standard output is standard "
		 "error, so that what it prints is not in the profile.\n\n"
		 "Processes are told apart by who runs on a CPU when its clock strikes, so short-lived ones count in full. "
		 "Where sampling whole CPUs is not permitted, the target's threads are followed instead, and that is said.",
	.options = record_options,
	.takes_command_line = true,
	.run = run_record,
};
