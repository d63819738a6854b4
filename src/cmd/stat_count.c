/* One command counted once, in intervals, or many times; or what runs already. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collectors/advice.h"
#include "src/cmd/stat.h"
#include "src/stat/figures.h"

/* What all runs so far came to. */
struct outcome {
	struct stat_figures elapsed;
	struct stat_figures user, sys, minor_faults, major_faults, voluntary, involuntary, blocks_in, blocks_out;
	double max_rss_kib;
	struct each_vec VEC_OF(double) each; /* seconds of each run */
	bool has_ended; /* the command, the last time */
	int status;     /* of the first run that failed, else 0 */
};

/* ---- one run ----------------------------------------------------------------------------------------------------- */

struct counting_config stat_counting(struct stat_job *job)
{
	const struct stat_options *o = &job->options;

	return (struct counting_config){
		.events = &job->events, .target = &job->target,
		.cgroups = job->cgroups.n ? &job->cgroups : NULL,
		.argv = job->argv, .inherits = !o->no_inherit, .waits_for_all = o->wait_all,
		.waits_to_be_told = o->delay < 0, .delay = o->delay > 0 ? o->delay / 1000 : 0,
		.timeout = o->timeout / 1000, .interval = o->interval / 1000, .interval_count = o->interval_count,
		.signals = &job->signals, .control = o->control ? &job->control : NULL, .owner = job,
	};
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void add_usage(struct outcome *o, const struct counting *c)
{
	struct rusage u = counting_usage(c);

	stat_figures_add(&o->user, seconds_of(&u.ru_utime));
	stat_figures_add(&o->sys, seconds_of(&u.ru_stime));
	stat_figures_add(&o->minor_faults, (double)u.ru_minflt);
	stat_figures_add(&o->major_faults, (double)u.ru_majflt);
	stat_figures_add(&o->voluntary, (double)u.ru_nvcsw);
	stat_figures_add(&o->involuntary, (double)u.ru_nivcsw);
	stat_figures_add(&o->blocks_in, (double)u.ru_inblock);
	stat_figures_add(&o->blocks_out, (double)u.ru_oublock);
	if ((double)u.ru_maxrss > o->max_rss_kib)
		o->max_rss_kib = (double)u.ru_maxrss;
}

static double mean(const struct stat_figures *f)
{
	return stat_figures_mean(f).value;
}

static struct stat_rusage mean_usage(const struct outcome *o)
{
	return (struct stat_rusage){
		.user = mean(&o->user), .sys = mean(&o->sys), .max_rss_kib = o->max_rss_kib,
		.minor_faults = mean(&o->minor_faults), .major_faults = mean(&o->major_faults),
		.voluntary_switches = mean(&o->voluntary), .involuntary_switches = mean(&o->involuntary),
		.blocks_in = mean(&o->blocks_in), .blocks_out = mean(&o->blocks_out),
	};
}

static void add_run(struct outcome *o, const struct counting *c, struct stat_job *job)
{
	struct rusage u = counting_usage(c);
	bool has_usage = c->child.has_ended;
	const struct tally_run run = {
		.counters = &c->counters, .readings = c->readings, .elapsed = counting_elapsed(c),
		.user = has_usage ? seconds_of(&u.ru_utime) : NAN, .sys = has_usage ? seconds_of(&u.ru_stime) : NAN,
	};

	if (!job->options.interval)
		tally_add(&job->tally, &run);
	stat_figures_add(&o->elapsed, run.elapsed);
	*vec_push(&o->each) = run.elapsed;
	o->has_ended = c->child.has_ended;
	if (has_usage)
		add_usage(o, c);
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

int stat_write(struct stat_job *job, const struct stat_report *report, struct error *err)
{
	cleanup_buf struct buf bytes = { 0 };

	if (job->options.json)
		stat_write_json(report, &job->style, &bytes);
	else if (job->options.separator)
		stat_write_csv(report, &job->style, &bytes);
	else
		stat_write_text(report, &job->style, &bytes);
	return sink_write(&job->sink, &bytes, err);
}

static struct stat_report new_report(struct stat_job *job)
{
	return (struct stat_report){
		.what = job->what, .time = -1, .runs = 1, .exit_status = -1, .command = job->argv,
		.keyed = job->options.per_cpu ? STAT_KEYED_BY_CPU : job->options.per_thread ? STAT_KEYED_BY_THREAD : STAT_NOT_KEYED,
	};
}

static void free_report(struct stat_report *report)
{
	vec_free(&report->rows);
	vec_free(&report->notes);
}

/* A report that cannot be written is no reason to leave the command alone: it is said in the end. */
static void write_interval(struct counting *c)
{
	struct stat_job *job = c->config.owner;
	struct stat_report report = new_report(job);
	const struct tally_run run = {
		.counters = &c->counters, .readings = c->deltas, .elapsed = counting_interval(c), .user = NAN, .sys = NAN,
	};

	tally_clear(&job->tally);
	tally_add(&job->tally, &run);
	tally_report(&job->tally, &report);
	report.time = counting_interval_end(c);
	report.elapsed.value = run.elapsed;
	job->style.has_heading = c->intervals == 0;
	if (!job->write_error.code)
		stat_write(job, &report, &job->write_error);
	free_report(&report);
}

/* Notes stand in the text and in the JSON; CSV has no place for them, and intervals have none either. */
static void tell_notes(struct stat_job *job, struct stat_report *report)
{
	bool has_place = job->options.json || (!job->options.separator && !job->options.interval);

	for (size_t i = 0; i < job->notes.n; i++)
		if (has_place && !job->options.quiet)
			*vec_push(&report->notes) = job->notes.at[i];
		else
			log_note("%s", job->notes.at[i]);
}

static int write_outcome(struct stat_job *job, const struct outcome *o, struct error *err)
{
	struct stat_report report = new_report(job);
	struct stat_rusage usage = mean_usage(o);
	int rc = 0;

	if (!job->options.interval)
		tally_report(&job->tally, &report);
	report.runs = (unsigned int)o->each.n;
	report.elapsed = stat_figures_mean(&o->elapsed);
	report.each = o->each.at;
	report.shows_table = job->options.table;
	if (job->target.kind == TARGET_COMMAND && o->has_ended) /* else the figures are of others, or not there yet */
		report.rusage = &usage;
	report.shows_rusage = job->options.rusage;
	report.exit_status = job->argv && o->has_ended ? o->status : -1;
	tell_notes(job, &report);
	if (job->write_error.code) {
		*err = job->write_error;
		rc = -err->code;
	} else if (!job->options.interval || job->options.json) {
		rc = stat_write(job, &report, err);
	}
	free_report(&report);
	return rc < 0 ? rc : sink_commit(&job->sink, err);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* Whoever ends one run wants no more of them. */
bool stat_is_interrupted(const struct stat_job *job, const struct counting *c)
{
	int status = c->child.wait_status;

	return job->signals.last || (c->child.has_ended && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

/* The exit status for a run that did not come about: of the command, of the words, or ours. */
int stat_failed(const struct counting *c, const struct error *err)
{
	if (c->child.has_ended)
		return child_exit_status(&c->child);
	return err->code == EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

static void note_end(struct stat_job *job, const struct counting *c)
{
	if (job->argv && !c->child.has_ended)
		stat_note(job, "The command (process %d) still runs: these are its counts so far.", c->child.pid);
	if (c->is_timed_out && c->child.has_ended)
		stat_note(job, "After %.3f s, the time limit, the command was told to end (SIGTERM).", job->options.timeout / 1000);
	if (job->argv && !c->started_ns)
		stat_note(job, "The command ended before the delay was over, so nothing was counted.");
}

/* What a signal has cut short is no run like the others. */
static void take_run(struct stat_job *job, struct outcome *o, const struct counting *c, bool is_cut)
{
	if (c->child.has_ended && !o->status)
		o->status = child_exit_status(&c->child);
	if (is_cut && !o->status && job->options.runs > 1)
		o->status = 128 + job->signals.last;
	if (!c->child.has_ended && job->argv && !o->status)
		o->status = 128 + job->signals.last;
	if (is_cut && o->each.n)
		stat_note(job, "The run that was cut short is left out.");
	else
		add_run(o, c, job);
	stat_explain(job, c);
	note_end(job, c);
}

static int one_run(struct stat_job *job, struct outcome *o, bool *goes_on, struct error *err)
{
	struct counting_config config = stat_counting(job);
	struct counting c = COUNTING_INIT;
	int status = EXIT_OK;

	config.each_interval = write_interval;
	if (counting_run(&c, &config, err) < 0) {
		status = stat_failed(&c, err);
	} else {
		*goes_on = !stat_is_interrupted(job, &c);
		take_run(job, o, &c, !*goes_on);
	}
	counting_done(&c);
	return status;
}

int stat_count(struct stat_job *job, struct error *err)
{
	double runs = job->options.runs > 0 ? job->options.runs : 1;
	struct outcome o = { 0 };
	bool goes_on = true;
	int status = EXIT_OK;

	for (double i = 0; i < runs && goes_on && status == EXIT_OK; i++)
		status = one_run(job, &o, &goes_on, err);
	if (o.each.n || status == EXIT_OK) { /* also when a later run could not be started */
		int rc = write_outcome(job, &o, err);

		if (status == EXIT_OK)
			status = o.status ? o.status : rc < 0 ? EXIT_FAILED : EXIT_OK;
	}
	vec_free(&o.each);
	return status;
}
