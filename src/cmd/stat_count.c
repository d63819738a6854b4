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
	struct stat_figures elapsed, user, sys;
	struct each_vec VEC_OF(double) each; /* seconds of each run */
	struct stat_rusage rusage;
	int status; /* of the first run that failed, else 0 */
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
	struct stat_rusage *sum = &o->rusage;

	stat_figures_add(&o->user, seconds_of(&u.ru_utime));
	stat_figures_add(&o->sys, seconds_of(&u.ru_stime));
	sum->user = stat_figures_mean(&o->user).value;
	sum->sys = stat_figures_mean(&o->sys).value;
	if (u.ru_maxrss > sum->max_rss_kib)
		sum->max_rss_kib = u.ru_maxrss;
	sum->minor_faults += u.ru_minflt;
	sum->major_faults += u.ru_majflt;
	sum->voluntary_switches += u.ru_nvcsw;
	sum->involuntary_switches += u.ru_nivcsw;
	sum->blocks_in += u.ru_inblock;
	sum->blocks_out += u.ru_oublock;
}

static struct stat_rusage mean_usage(const struct outcome *o)
{
	struct stat_rusage mean = o->rusage;
	long n = (long)o->each.n;

	if (n > 1) {
		mean.minor_faults /= n;
		mean.major_faults /= n;
		mean.voluntary_switches /= n;
		mean.involuntary_switches /= n;
		mean.blocks_in /= n;
		mean.blocks_out /= n;
	}
	return mean;
}

static void add_run(struct outcome *o, const struct counting *c, struct stat_job *job)
{
	struct rusage u = counting_usage(c);
	bool has_command = c->child.pid;
	const struct tally_run run = {
		.counters = &c->counters, .readings = c->readings, .elapsed = counting_elapsed(c),
		.user = has_command ? seconds_of(&u.ru_utime) : NAN, .sys = has_command ? seconds_of(&u.ru_stime) : NAN,
	};

	if (!job->options.interval)
		tally_add(&job->tally, &run);
	stat_figures_add(&o->elapsed, run.elapsed);
	*vec_push(&o->each) = run.elapsed;
	if (has_command)
		add_usage(o, c);
	if (has_command && c->child.has_ended && !o->status)
		o->status = child_exit_status(&c->child);
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

static int write_interval(struct counting *c, struct error *err)
{
	struct stat_job *job = c->config.owner;
	struct stat_report report = new_report(job);
	const struct tally_run run = {
		.counters = &c->counters, .readings = c->deltas, .elapsed = counting_interval(c), .user = NAN, .sys = NAN,
	};
	int rc;

	tally_clear(&job->tally);
	tally_add(&job->tally, &run);
	tally_report(&job->tally, &report);
	report.time = counting_elapsed(c);
	report.elapsed.value = run.elapsed;
	job->style.has_heading = c->intervals == 0;
	rc = stat_write(job, &report, err);
	free_report(&report);
	return rc;
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

static int write_outcome(struct stat_job *job, const struct outcome *o, bool has_ended, struct error *err)
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
	report.rusage = job->target.kind == TARGET_COMMAND ? &usage : NULL; /* else the figures are of others */
	report.shows_rusage = job->options.rusage;
	report.exit_status = job->argv && has_ended ? o->status : -1;
	tell_notes(job, &report);
	if (!job->options.interval || job->options.json)
		rc = stat_write(job, &report, err);
	free_report(&report);
	return rc < 0 ? rc : sink_commit(&job->sink, err);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* Whoever interrupts one run wants no more of them. */
bool stat_is_interrupted(const struct stat_job *job, const struct counting *c)
{
	return job->signals.is_over || job->signals.interrupts ||
	       (c->child.has_ended && WIFSIGNALED(c->child.wait_status) && WTERMSIG(c->child.wait_status) == SIGINT);
}

/* The exit status for a run that did not come about: of the command, of the words, or ours. */
static int failed(const struct counting *c, const struct error *err)
{
	if (c->child.has_ended)
		return child_exit_status(&c->child);
	return err->code == EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

static int one_run(struct stat_job *job, struct outcome *o, bool *goes_on, bool *has_ended, struct error *err)
{
	struct counting_config config = stat_counting(job);
	struct counting c = COUNTING_INIT;
	int status = EXIT_OK;

	config.each_interval = write_interval;
	if (counting_run(&c, &config, err) < 0) {
		status = failed(&c, err);
	} else {
		add_run(o, &c, job);
		stat_explain(job, &c);
		*goes_on = !stat_is_interrupted(job, &c);
		*has_ended = c.child.has_ended;
	}
	counting_done(&c);
	return status;
}

int stat_count(struct stat_job *job, struct error *err)
{
	double runs = job->options.runs > 0 ? job->options.runs : 1;
	struct outcome o = { 0 };
	bool goes_on = true, has_ended = false;
	int status = EXIT_OK;

	for (double i = 0; i < runs && goes_on && status == EXIT_OK; i++)
		status = one_run(job, &o, &goes_on, &has_ended, err);
	if (status == EXIT_OK)
		status = write_outcome(job, &o, has_ended, err) < 0 ? EXIT_FAILED : o.status;
	vec_free(&o.each);
	return status;
}
