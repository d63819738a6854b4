/*
 * What figures do not show: events that this machine lacks, that may not be counted, that never got their turn, and CPU
 * time that went by uncounted. Each is one sentence under the table.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "collectors/advice.h"
#include "src/cmd/stat.h"

/*
 * Programs use some time uncounted in becoming themselves; what their process has used before that is left out already. Where
 * nearly nothing was counted, little is enough.
 */
static const double uncounted_seconds = 0.002, uncounted_share = 0.25, nearly_all = 0.9;

static bool is_hardware(const struct event *event)
{
	return event->type == PERF_TYPE_HARDWARE || event->type == PERF_TYPE_HW_CACHE || event->type == PERF_TYPE_RAW;
}

static void note_missing(struct stat_job *job, const struct counting *c)
{
	cleanup_buf struct buf names = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < job->events.at.n; i++)
		if (c->counters.at[i].state == COUNTER_MISSING && is_hardware(&job->events.at.at[i].event))
			buf_printf(&names, "%s%s", n++ ? ", " : "", job->events.at.at[i].event.name);
	if (n)
		stat_note(job, "This machine has no hardware counters for %s, as is common in virtual machines.", names.at);
}

static void note_refused(struct stat_job *job, const struct counter *counter, const struct event *event)
{
	const struct advice_machine here = advice_this_machine();
	struct advice advice = { 0 };

	advice_explain(&here, counter->code, &advice);
	stat_note(job, "%s was not counted: %s%s%s.", event->name, advice.cause.at, advice.mend.n ? "; " : "",
		  advice.mend.n ? advice.mend.at : "");
	advice_done(&advice);
}

static void note_user_only(struct stat_job *job)
{
	const struct advice_machine here = advice_this_machine();
	struct advice advice = { 0 };

	advice_explain(&here, EACCES, &advice);
	stat_note(job, "What the kernel does for the command is not counted (:u): %s; %s.", advice.cause.at, advice.mend.at);
	advice_done(&advice);
}

static void note_counter(struct stat_job *job, const struct counting *c, size_t i)
{
	const struct counter *counter = &c->counters.at[i];
	const struct event *event = &job->events.at.at[i].event;

	if (counter->state == COUNTER_REFUSED || (counter->state == COUNTER_MISSING && !is_hardware(event)))
		note_refused(job, counter, event);
	if (counter->is_user_only)
		note_user_only(job);
	if (counter->left_its_group)
		stat_note(job, "%s was counted apart from its group: the hardware cannot count the whole group at once.",
			  event->name);
}

/* ---- groups that never had their turn ---------------------------------------------------------------------------- */

static bool is_starved(const struct counting *c, size_t event)
{
	const struct reading *r = c->readings + event * c->counters.units.n;
	uint64_t enabled = 0, running = 0;

	for (size_t unit = 0; unit < c->counters.units.n; unit++) {
		enabled += r[unit].enabled;
		running += r[unit].running;
	}
	return enabled && !running;
}

static void note_starved(struct stat_job *job, const struct counting *c, size_t i)
{
	const struct listed_event *r = &job->events.at.at[i];

	if (c->counters.at[i].state != COUNTER_OPEN || r->event.tool || !is_starved(c, i))
		return;
	if (r->group != EVENT_NO_GROUP)
		stat_note(job, "The group of %s never got onto the hardware: it needs more counters at once than are free. Take "
			       "smaller groups, or free the one that the kernel's watchdog holds: 'sudo sysctl "
			       "kernel.nmi_watchdog=0'.", r->event.name);
	else
		stat_note(job, "%s never got onto the hardware: another user holds the counter.", r->event.name);
}

/* ---- time that went by uncounted --------------------------------------------------------------------------------- */

/* A task's event is enabled while the task runs, so that its enabled time is the CPU time it has seen. */
static double seconds_seen(const struct stat_job *job, const struct counting *c)
{
	double most = -1;

	for (size_t i = 0; i < c->counters.config.events->at.n; i++) {
		double sum = 0;

		if (c->counters.at[i].state != COUNTER_OPEN || job->events.at.at[i].event.tool)
			continue;
		for (size_t unit = 0; unit < c->counters.units.n; unit++)
			sum += (double)c->readings[i * c->counters.units.n + unit].enabled / 1e9;
		most = sum > most ? sum : most;
	}
	return most;
}

/* For root nothing ends counting (begin_new_exec() and would_dump() in fs/exec.c). */
static void note_coverage(struct stat_job *job, const struct counting *c)
{
	struct rusage u = counting_usage(c);
	double used = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6 -
		      c->seconds_before;
	double seen = seconds_seen(job, c);

	if (!c->child.has_ended || job->target.kind != TARGET_COMMAND || seen < 0)
		return;
	if (job->options.no_inherit) {
		stat_note(job, "user and sys are the times of the command and of what it started; the counts are the command's "
			       "alone (-i).");
		return;
	}
	if (geteuid() == 0 || job->options.delay || job->options.control)
		return;
	if (used - seen < nearly_all * used && (used - seen < uncounted_seconds || used - seen < uncounted_share * used))
		return;
	stat_note(job, "Only %.0f of %.0f ms of CPU time were counted: counting ends where a program gains privileges (setuid), "
		       "or may not be read by this user; as root it goes on.", seen * 1000, used * 1000);
}

void stat_explain(struct stat_job *job, const struct counting *c)
{
	note_missing(job, c);
	for (size_t i = 0; i < job->events.at.n; i++) {
		note_counter(job, c, i);
		note_starved(job, c, i);
	}
	note_coverage(job, c);
}
