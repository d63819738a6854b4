/*
 * What figures do not show: events that this machine lacks, that may not be counted, that never got their turn, and CPU
 * time that went by uncounted. Each cause is one sentence under the table, with the events that it is the cause for.
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

/* ---- what was not opened ----------------------------------------------------------------------------------------- */

/* Events of which the same is to be said. */
struct names {
	struct buf text; /* "cycles, branches" */
	size_t n;
};

static void add_name(struct names *names, const struct event *event)
{
	buf_printf(&names->text, "%s%s", names->n++ ? ", " : "", event->name);
}

static const char *were(const struct names *names)
{
	return names->n > 1 ? "were" : "was";
}

struct cause {
	struct buf why;
	struct names names;
};

struct cause_vec VEC_OF(struct cause);

/* EINVAL says that something does not fit, and not what: found out by opening the event with nothing else. */
static void explain_misfit(struct stat_job *job, const struct listed_event *listed, struct buf *why)
{
	enum event_trouble trouble = event_find_trouble(&listed->event, job->events.machine.open);

	if (trouble == EVENT_TROUBLE_ITSELF)
		buf_puts(why, "the kernel refuses the event (Invalid argument), as a PMU does with a value that it does not "
			      "know, and with modifiers that it cannot heed; try another value, or leave the modifiers out");
	else if (target_is_tasks(&job->target) && listed->pmu && listed->pmu->is_bound)
		buf_puts(why, "its PMU counts whole CPUs, and not what single tasks do; add -a");
	else
		buf_puts(why, "it can be counted, and not in this way; try it alone, and without cgroups");
}

static void explain_code(int code, struct buf *why)
{
	const struct advice_machine here = advice_this_machine();
	struct advice advice = { 0 };

	advice_explain_counting(&here, code, &advice);
	buf_puts(why, advice.cause.at);
	if (advice.mend.n)
		buf_printf(why, "; %s", advice.mend.at);
	advice_done(&advice);
}

static void explain_failure(struct stat_job *job, const struct counter *counter, const struct listed_event *listed,
			    struct buf *why)
{
	if (counter->code == EINVAL)
		explain_misfit(job, listed, why);
	else if (counter->code == ENODEV && listed->event.pmu[0] && !target_is_tasks(&job->target))
		buf_printf(why, "PMU %s counts on CPUs of its own, and none of them is observed", listed->event.pmu);
	else
		explain_code(counter->code, why);
}

/* Takes `why` over. */
static struct cause *find_cause(struct cause_vec *causes, struct buf *why)
{
	for (size_t i = 0; i < causes->n; i++)
		if (strcmp(causes->at[i].why.at, why->at) == 0) {
			buf_free(why);
			return &causes->at[i];
		}
	*vec_push(causes) = (struct cause){ .why = *why };
	return &causes->at[causes->n - 1];
}

static void note_causes(struct stat_job *job, struct cause_vec *causes)
{
	for (size_t i = 0; i < causes->n; i++) {
		struct cause *cause = &causes->at[i];

		stat_note(job, "%s %s not counted: %s.", cause->names.text.at, were(&cause->names), cause->why.at);
		buf_free(&cause->why);
		buf_free(&cause->names.text);
	}
	vec_free(causes);
}

static void note_failures(struct stat_job *job, const struct counting *c)
{
	struct cause_vec causes = { 0 };

	for (size_t i = 0; i < job->events.at.n; i++) {
		const struct listed_event *listed = &job->events.at.at[i];
		struct buf why = { 0 };

		if (c->counters.at[i].state == COUNTER_OPEN)
			continue;
		explain_failure(job, &c->counters.at[i], listed, &why);
		add_name(&find_cause(&causes, &why)->names, &listed->event);
	}
	note_causes(job, &causes);
}

/* ---- what was opened in another way than asked for --------------------------------------------------------------- */

static void note_user_only(struct stat_job *job, const struct counting *c)
{
	cleanup_buf struct buf why = { 0 };
	bool is_any = false;

	for (size_t i = 0; i < job->events.at.n; i++)
		is_any |= c->counters.at[i].is_user_only;
	if (!is_any)
		return;
	explain_code(EACCES, &why);
	stat_note(job, "What the kernel does for the command is not counted (:u): %s.", why.at);
}

/* P asks for as much as there is, and got it. */
static void note_imprecise(struct stat_job *job, const struct counting *c)
{
	for (size_t i = 0; i < job->events.at.n; i++) {
		const struct event *event = &job->events.at.at[i].event;
		const struct counter *counter = &c->counters.at[i];

		if (counter->state == COUNTER_OPEN && counter->precise < event->precise && !event->precise_max)
			stat_note(job, "This machine is not as precise as %s asks for: it was counted with precise_ip %u.",
				  event->name, counter->precise);
	}
}

static void note_apart(struct stat_job *job, const struct counting *c)
{
	struct names names = { 0 };

	for (size_t i = 0; i < job->events.at.n; i++)
		if (c->counters.at[i].left_its_group)
			add_name(&names, &job->events.at.at[i].event);
	if (names.n)
		stat_note(job, "%s %s counted apart from the group: the hardware cannot count the whole group at once.",
			  names.text.at, were(&names));
	buf_free(&names.text);
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

/* The members of a group are scheduled together: its first speaks for all. */
static bool is_spoken_for(const struct stat_job *job, const struct counting *c, size_t event)
{
	int group = job->events.at.at[event].group;

	for (size_t i = event; group != EVENT_NO_GROUP && i-- > 0 && job->events.at.at[i].group == group;)
		if (is_starved(c, i))
			return true;
	return false;
}

static void note_starved(struct stat_job *job, const struct counting *c)
{
	struct names alone = { 0 };

	for (size_t i = 0; i < job->events.at.n; i++) {
		const struct listed_event *r = &job->events.at.at[i];

		if (!is_starved(c, i) || is_spoken_for(job, c, i))
			continue;
		if (r->group == EVENT_NO_GROUP)
			add_name(&alone, &r->event);
		else
			stat_note(job, "The group of %s never got onto the hardware: it needs more counters at once than are "
				       "free. Take smaller groups, or free the one that the kernel's watchdog holds: 'sudo "
				       "sysctl kernel.nmi_watchdog=0'.", r->event.name);
	}
	if (alone.n)
		stat_note(job, "%s never got onto the hardware: another user holds the counter.", alone.text.at);
	buf_free(&alone.text);
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
	note_failures(job, c);
	note_user_only(job, c);
	note_imprecise(job, c);
	note_apart(job, c);
	note_starved(job, c);
	note_coverage(job, c);
}
