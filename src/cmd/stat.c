/*
 * `fpprof stat`: from the words on the command line to a job. Whatever can be wrong with them, with the events or with
 * the output file is found before the command is started.
 */
#include "src/cmd/stat.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cpus.h"
#include "base/log.h"
#include "src/cmd/commands.h"

#define FIELD(name) offsetof(struct stat_options, name)

/* -e and --filter share a field, as a filter belongs to the event before it; this is how they are told apart. */
enum { FILTER_LETTER = 0, EVENT_LETTER = 'e' };

static const struct option stat_options[] = {
	{ .kind = OPTION_HEADING, .help = "What to observe (default: the whole system)" },
	{ 'a', "all-cpus", NULL, OPTION_FLAG, FIELD(system), 0, 0,
	  "The whole system, until Ctrl-C or --timeout, or while COMMAND runs." },
	{ 'C', "cpu", "CPUS", OPTION_TEXT, FIELD(cpus), 0, 0, "Only these CPUs, such as 0,2-5." },
	{ 'A', "no-aggr", NULL, OPTION_FLAG, FIELD(per_cpu), 0, 0, "A row for each CPU. Goes with -a, -C and --for-each-cgroup." },
	{ 'p', "pid", "PID[,PID..]", OPTION_TEXT, FIELD(processes), 0, 0,
	  "Running processes, with all their threads and what they start, until they end." },
	{ 't', "tid", "TID[,TID..]", OPTION_TEXT, FIELD(threads), 0, 0, "Single threads." },
	{ 0, "per-thread", NULL, OPTION_FLAG, FIELD(per_thread), 0, 0,
	  "A row for each thread. Goes with -p and -t. What a thread starts is counted with it." },
	{ 0, "cgroup", "PATH", OPTION_TEXT, FIELD(cgroup), 0, 0, "The processes of a cgroup, by its path below the mount point." },
	{ 0, "for-each-cgroup", "PATH[,PATH..]", OPTION_TEXT, FIELD(each_cgroup), 0, 0,
	  "The same for several, each with rows of its own." },
	{ 'i', "no-inherit", NULL, OPTION_FLAG, FIELD(no_inherit), 0, 0, "Leave out what the command or the processes start." },
	{ 0, "wait-all", NULL, OPTION_FLAG, FIELD(wait_all), 0, 0,
	  "Count until also what the command has left behind in the background has ended (and any other child that whoever "
	  "started fpprof has left to it)." },
	{ .kind = OPTION_HEADING, .help = "What to count" },
	{ EVENT_LETTER, "event", "EVENT[,EVENT..]", OPTION_EACH, FIELD(events), 0, 0,
	  "perf's events: names and aliases, rNNN, PMU/TERM=VALUE,../, SYSTEM:TRACEPOINT, {groups}, with modifiers behind a "
	  "colon (:u for user code, :k for the kernel). May be given again." },
	{ FILTER_LETTER, "filter", "TEXT", OPTION_EACH, FIELD(events), 0, 0,
	  "Of the tracepoint before it, count only what this is true of, such as 'count > 4096'." },
	{ 'd', "detailed", NULL, OPTION_COUNT, FIELD(detailed), 0, 0,
	  "Also first-level and last-level cache events; -dd and -ddd for more of them." },
	{ 0, "rusage", NULL, OPTION_FLAG, FIELD(rusage), 0, 0,
	  "Also what the kernel says of the command when it ends: memory, faults, switches, block I/O." },
	{ 'n', "null", NULL, OPTION_FLAG, FIELD(null), 0, 0, "No events: only the times." },
	{ 0, "no-scale", NULL, OPTION_FLAG, FIELD(no_scale), 0, 0,
	  "Do not scale up events that shared the hardware with others." },
	{ 0, "list", NULL, OPTION_FLAG, FIELD(list), 0, 0,
	  "List the events of this machine; with a word, those whose name contains or matches it." },
	{ .kind = OPTION_HEADING, .help = "How long, and how often" },
	{ 'r', "repeat", "N", OPTION_WHOLE, FIELD(runs), 1, 100000, "Run the command N times; show means, and how sure they are." },
	{ 0, "table", NULL, OPTION_FLAG, FIELD(table), 0, 0, "With -r: also the time of each run." },
	{ 0, "vs", "'COMMAND B'", OPTION_TEXT, FIELD(versus), 0, 0,
	  "Compare COMMAND with this one: both run in turn, -r times (default: 10) after a warm-up, and each figure is given as "
	  "a ratio with its confidence interval, and a verdict." },
	{ 'I', "interval-print", "MS", OPTION_NUMBER, FIELD(interval), 10, 1e9,
	  "Print what was counted every so many milliseconds." },
	{ 0, "interval-count", "N", OPTION_WHOLE, FIELD(interval_count), 1, 1e9, "With -I: only the first N intervals." },
	{ 'D', "delay", "MS", OPTION_NUMBER, FIELD(delay), -1, 1e9,
	  "Begin to count so many milliseconds after the start; -1: only when --control says so." },
	{ 0, "timeout", "MS", OPTION_NUMBER, FIELD(timeout), 10, 1e9, "Stop after so long; the command gets a SIGTERM." },
	{ 0, "control", "fifo:FILE[,FILE]", OPTION_TEXT, FIELD(control), 0, 0,
	  "Obey enable, disable, ping and stop, one a line, and answer 'ack' in the second file. fd:NUMBER[,NUMBER], too." },
	{ .kind = OPTION_HEADING, .help = "What to write" },
	{ 'x', "field-separator", "SEP", OPTION_TEXT, FIELD(separator), 0, 0, "perf's CSV, with SEP between the fields." },
	{ 'j', "json", NULL, OPTION_FLAG, FIELD(json), 0, 0, "JSON, an object a line." },
	{ 'o', "output", "FILE", OPTION_TEXT, FIELD(path), 0, 0, "To FILE and not to standard error; '-' is standard output." },
	{ 0, "append", NULL, OPTION_FLAG, FIELD(append), 0, 0, "Behind what is in FILE already." },
	{ 0, "log-fd", "N", OPTION_WHOLE, FIELD(log_fd), 1, 1048576, "To descriptor N." },
	{ 0, "no-big-num", NULL, OPTION_FLAG, FIELD(no_big_num), 0, 0, "1234567 and not 1,234,567." },
	{ 'q', "quiet", NULL, OPTION_FLAG, FIELD(quiet), 0, 0, "No notes and no progress." },
	{ 0 },
};

/* ---- notes ------------------------------------------------------------------------------------------------------- */

void stat_note(struct stat_job *job, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	for (size_t i = 0; i < job->notes.n; i++)
		if (strcmp(job->notes.at[i], text) == 0)
			return;
	*vec_push(&job->notes) = take_ptr(text);
}

/* ---- what to observe --------------------------------------------------------------------------------------------- */

static int count_targets(const struct stat_options *o, bool has_command)
{
	int system_wide = o->system || o->cpus || o->cgroup || o->each_cgroup;

	return system_wide + !!o->processes + !!o->threads + (has_command && !system_wide && !o->processes && !o->threads);
}

static int add_cgroups(struct stat_job *job, struct error *err)
{
	cleanup_free char *list = xstrdup(job->options.each_cgroup);
	char *save = NULL;

	for (char *path = strtok_r(list, ",", &save); path; path = strtok_r(NULL, ",", &save)) {
		struct target *t = vec_push(&job->cgroups);
		int rc;

		*t = (struct target)TARGET_INIT;
		rc = target_set_cgroup(t, path, err);
		if (rc < 0)
			return rc;
		*vec_push(&job->cgroup_names) = xstrdup(path);
	}
	return job->cgroups.n ? 0 : error_set(err, EINVAL, "--for-each-cgroup takes a list of cgroups");
}

static int set_target(struct stat_job *job, struct error *err)
{
	const struct stat_options *o = &job->options;
	struct target *t = &job->target;
	int rc = 0;

	if (count_targets(o, job->argv) > 1)
		return error_set(err, EINVAL, "stat takes one of -a or -C, -p, -t, --cgroup and --for-each-cgroup; a command "
					      "beside them says how long");
	if (o->processes)
		return target_set_ids(t, TARGET_PROCESSES, o->processes, err);
	if (o->threads)
		return target_set_ids(t, TARGET_THREADS, o->threads, err);
	if (o->cgroup)
		return target_set_cgroup(t, o->cgroup, err);
	if (o->each_cgroup)
		rc = add_cgroups(job, err);
	t->kind = job->argv && !o->system && !o->cpus && !o->each_cgroup ? TARGET_COMMAND : TARGET_SYSTEM;
	if (rc < 0 || !o->cpus)
		return rc;
	t->kind = TARGET_CPUS;
	return cpus_parse(o->cpus, &t->cpus, err);
}

static int set_rows(struct stat_job *job, struct error *err)
{
	const struct stat_options *o = &job->options;
	const struct tally_config config = {
		.key = o->per_cpu ? TALLY_CPU : o->per_thread ? TALLY_THREAD : TALLY_TOTAL,
		.is_unscaled = o->no_scale,
		.hides_missing = job->is_default && !o->json && !o->separator,
		.cgroups = (const char *const *)job->cgroup_names.at,
	};

	if (o->per_cpu && target_is_tasks(&job->target))
		return error_set(err, EINVAL, "-A makes a row for each CPU, and events follow a command or process wherever it "
					      "runs: add -a");
	if (o->per_thread && job->target.kind != TARGET_PROCESSES && job->target.kind != TARGET_THREADS)
		return error_set(err, EINVAL, "--per-thread goes with -p and -t, whose threads are known beforehand");
	tally_init(&job->tally, &config);
	return 0;
}

static char *joined(const char *before, const char *text, const char *behind)
{
	return xasprintf("%s%s%s", before, text, behind);
}

char *stat_join(char *const *argv)
{
	struct buf text = { 0 };

	for (; *argv; argv++)
		buf_printf(&text, "%s%s", text.n ? " " : "", *argv);
	return text.at ? text.at : xstrdup("");
}

static void set_heading(struct stat_job *job)
{
	const struct stat_options *o = &job->options;
	cleanup_free char *command = job->argv ? stat_join(job->argv) : NULL;

	if (o->processes)
		job->what = joined("process id '", o->processes, "'");
	else if (o->threads)
		job->what = joined("thread id '", o->threads, "'");
	else if (o->cgroup)
		job->what = joined("cgroup '", o->cgroup, "'");
	else if (o->cpus)
		job->what = joined("'CPU(s) ", o->cpus, "'");
	else if (job->target.kind == TARGET_COMMAND)
		job->what = joined("'", command, "'");
	else
		job->what = xstrdup("'system wide'");
}

/* ---- what to count ----------------------------------------------------------------------------------------------- */

/* perf's; the whole system's clock is the CPUs', a command's its own. */
static void add_defaults(const struct stat_job *job, struct buf *out)
{
	buf_printf(out, "%s,context-switches,cpu-migrations,page-faults,cycles,instructions,branches,branch-misses",
		   target_is_tasks(&job->target) ? "task-clock" : "cpu-clock");
}

/* Beside the defaults, or beside what -e asks for. */
static void add_details(const struct stat_job *job, struct buf *out)
{
	static const char *const detailed[] = {
		"L1-dcache-loads,L1-dcache-load-misses,LLC-loads,LLC-load-misses",
		"L1-icache-loads,L1-icache-load-misses,dTLB-loads,dTLB-load-misses,iTLB-loads,iTLB-load-misses",
		"L1-dcache-prefetches,L1-dcache-prefetch-misses",
	};

	for (size_t i = 0; i < job->options.detailed && i < sizeof(detailed) / sizeof(detailed[0]); i++)
		buf_printf(out, "%s%s", out->n ? "," : "", detailed[i]);
}

static int add_word(struct stat_job *job, const struct option_word *word, struct error *err)
{
	if (word->option->letter == EVENT_LETTER)
		return events_parse(word->text, &job->events, err);
	return events_set_filter(&job->events, word->text, err);
}

static int set_events(struct stat_job *job, struct error *err)
{
	const struct option_words *words = &job->options.events;
	cleanup_buf struct buf ours = { 0 };
	int rc = 0;

	if (job->options.null && words->n)
		return error_set(err, EINVAL, "-n (no events) and -e exclude each other");
	for (size_t i = 0; i < words->n && rc == 0; i++)
		rc = add_word(job, &words->at[i], err);
	if (rc < 0 || job->options.null)
		return rc;
	job->is_default = !words->n;
	if (job->is_default)
		add_defaults(job, &ours);
	add_details(job, &ours);
	if (ours.n)
		rc = events_parse(ours.at, &job->events, err);
	return rc;
}

/* ---- how long, and what to write --------------------------------------------------------------------------------- */

static int check_times(struct stat_job *job, struct error *err)
{
	const struct stat_options *o = &job->options;

	if (o->interval_count && !o->interval)
		return error_set(err, EINVAL, "--interval-count goes with -I");
	if (o->delay < 0 && !o->control)
		return error_set(err, EINVAL, "-D -1 waits for a word from --control, and there is none");
	if ((o->runs > 1 || o->versus) && !job->argv)
		return error_set(err, EINVAL, "%s runs a command again and again, and there is none", o->versus ? "--vs" : "-r");
	if (o->interval && (o->runs > 1 || o->versus))
		return error_set(err, EINVAL, "-I shows one run as it goes, and %s many at their end", o->versus ? "--vs" : "-r");
	if (o->versus && job->target.kind != TARGET_COMMAND)
		return error_set(err, EINVAL, "--vs compares two commands, and not what else happens meanwhile");
	if (o->wait_all && !job->argv)
		return error_set(err, EINVAL, "--wait-all waits for what a command leaves behind, and there is none");
	if (o->rusage && (job->target.kind != TARGET_COMMAND || o->interval || o->versus))
		return error_set(err, EINVAL, "--rusage shows what the kernel says of one command when it ends: it goes with a "
					      "command alone, without -I and --vs");
	if (o->table && (o->runs <= 1 || o->versus))
		return error_set(err, EINVAL, "--table shows each of many runs: add -r N");
	return o->control ? control_open(&job->control, o->control, err) : 0;
}

static int set_output(struct stat_job *job, struct error *err)
{
	const struct stat_options *o = &job->options;
	enum sink_mode mode = o->append ? SINK_APPEND : o->interval ? SINK_STREAM : SINK_REPLACE;

	if (o->json && o->separator)
		return error_set(err, EINVAL, "-j (JSON) and -x (CSV) exclude each other");
	if (o->path && !*o->path)
		return error_set(err, EINVAL, "-o takes a file's name, and was given none");
	if (o->separator && strpbrk(o->separator, "\"\n\r"))
		return error_set(err, EINVAL, "-x takes a separator that is no quote and no line break: fields are quoted with "
					      "those");
	if (o->separator && (!*o->separator || strlen(o->separator) >= sizeof(job->style.separator)))
		return error_set(err, EINVAL, "-x takes a separator of 1 to %zu bytes", sizeof(job->style.separator) - 1);
	if (o->append && !o->path)
		return error_set(err, EINVAL, "--append goes with -o FILE");
	if (o->path && o->log_fd)
		return error_set(err, EINVAL, "-o and --log-fd exclude each other");
	snprintf(job->style.separator, sizeof(job->style.separator), "%s", o->separator ? o->separator : ",");
	job->style.no_grouping = o->no_big_num;
	return o->log_fd ? sink_open_fd(&job->sink, (int)o->log_fd, err) : sink_open(&job->sink, o->path, mode, err);
}

static int configure(struct stat_job *job, struct error *err)
{
	static int (*const steps[])(struct stat_job *, struct error *) = {
		set_target, set_events, set_rows, check_times, set_output,
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
		rc = steps[i](job, err);
	if (rc == 0)
		set_heading(job);
	return rc;
}

static void job_done(struct stat_job *job)
{
	for (size_t i = 0; i < job->cgroups.n; i++)
		target_done(&job->cgroups.at[i]);
	vec_free(&job->cgroups);
	for (size_t i = 0; i < job->cgroup_names.n; i++)
		free(job->cgroup_names.at[i]);
	vec_free(&job->cgroup_names);
	for (size_t i = 0; i < job->notes.n; i++)
		free(job->notes.at[i]);
	vec_free(&job->notes);
	sink_done(&job->sink);
	control_close(&job->control);
	signals_close(&job->signals);
	tally_free(&job->tally);
	target_done(&job->target);
	events_done(&job->events);
	vec_free(&job->options.events);
	free(job->what);
}

static int perform(struct stat_job *job, struct error *err)
{
	if (job->options.list)
		return stat_list(job, err);
	if (configure(job, err) < 0)
		return err->code == EINVAL ? EXIT_USAGE : EXIT_FAILED;
	if (signals_open(&job->signals, err) < 0)
		return EXIT_FAILED;
	return job->options.versus ? stat_versus(job, err) : stat_count(job, err);
}

static int run_stat(int argc, char **argv, struct error *err)
{
	struct stat_job job = {
		.target = TARGET_INIT, .events = EVENT_LIST_INIT, .signals = SIGNALS_INIT,
		.control = CONTROL_INIT, .sink = SINK_INIT,
	};
	int rest, status, rc = options_parse(&command_stat, argc, argv, &job.options, &rest, err);

	if (rc == 0 && rest < argc)
		job.argv = argv + rest;
	if (job.options.quiet)
		log_set_sink(NULL);
	status = rc > 0 ? EXIT_OK : rc < 0 ? EXIT_USAGE : perform(&job, err);
	job_done(&job);
	return status;
}

const struct command command_stat = {
	.name = "stat",
	.summary = "count events while a command runs, and compare commands",
	.usage = "[OPTIONS] [-- COMMAND [ARG..]]",
	.about = "Counts what the kernel and the hardware count while a command, a process or the whole system runs: CPU time, "
		 "context switches, page faults, cycles, instructions, tracepoints. The table is perf stat's, of perf 6.1.\n\n"
		 "  fpprof stat -- make                       a command and everything it starts\n"
		 "  fpprof stat -r 10 -- ./prog               ten times, with means\n"
		 "  fpprof stat --vs './old' -- ./new         which is faster, and how sure is that?\n"
		 "  fpprof stat -a -I 1000                    the whole system, every second\n"
		 "  fpprof stat -e syscalls:sys_enter_read -p 1234\n\n"
		 "A command's exit status is returned (128+N when signal N ended it; 127 when it does not exist, 126 when it "
		 "cannot be run); with -r the first that is not 0. Otherwise the status is 0, 1 when counting failed, 2 when the "
		 "words were wrong; then the command has not run. SIGTERM and SIGHUP are passed on to the command, and the report "
		 "is printed all the same; a second Ctrl-C prints it without waiting for the command.\n\n"
		 "An event that this machine lacks, or that may not be counted, does not keep the others from being counted.",
	.options = stat_options,
	.takes_command_line = true,
	.run = run_stat,
};
