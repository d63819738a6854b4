/* Counting costs nothing while it runs: we sleep until the command ends, a time comes, or somebody speaks. */
#include "src/cmd/counting.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "src/cmd/limits.h"

enum { LOOK_MS = 100 }; /* how often threads are asked whether they live */

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static double seconds_since(uint64_t from, uint64_t to)
{
	return from && to > from ? (double)(to - from) / 1e9 : 0;
}

double counting_elapsed(const struct counting *c)
{
	return seconds_since(c->started_ns, c->ended_ns ? c->ended_ns : now_ns());
}

double counting_interval(const struct counting *c)
{
	return seconds_since(c->from_ns, c->read_ns);
}

double counting_interval_end(const struct counting *c)
{
	return seconds_since(c->started_ns, c->read_ns);
}

static struct timeval time_between(const struct timeval *from, const struct timeval *to)
{
	struct timeval between;

	timersub(to, from, &between);
	return between;
}

struct rusage counting_usage(const struct counting *c)
{
	struct rusage u;

	if (!c->config.waits_for_all)
		return c->child.usage;
	getrusage(RUSAGE_CHILDREN, &u);
	u.ru_utime = time_between(&c->earlier.ru_utime, &u.ru_utime);
	u.ru_stime = time_between(&c->earlier.ru_stime, &u.ru_stime);
	u.ru_minflt -= c->earlier.ru_minflt;
	u.ru_majflt -= c->earlier.ru_majflt;
	u.ru_nvcsw -= c->earlier.ru_nvcsw;
	u.ru_nivcsw -= c->earlier.ru_nivcsw;
	u.ru_inblock -= c->earlier.ru_inblock;
	u.ru_oublock -= c->earlier.ru_oublock;
	return u;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bool counts_from_exec(const struct counting *c)
{
	return c->config.target->kind == TARGET_COMMAND && !c->config.delay && !c->config.waits_to_be_told;
}

static int start_command(struct counting *c, struct error *err)
{
	int rc;

	if (!c->config.argv)
		return 0;
	if (c->config.waits_for_all)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	rc = child_start(&c->child, c->config.argv, c->config.signals, err);
	if (rc == 0 && c->config.target->kind == TARGET_COMMAND) {
		c->config.target->ids.n = 0;
		*vec_push(&c->config.target->ids) = c->child.pid;
	}
	return rc;
}

static int open_counters(struct counting *c, struct error *err)
{
	const struct counters_config config = {
		.events = c->config.events, .target = c->config.target,
		.cgroups = c->config.cgroups, .inherits = c->config.inherits, .enables_on_exec = counts_from_exec(c),
	};
	int rc = counters_open(&c->counters, &config, err);
	size_t n;

	if (rc < 0)
		return rc;
	c->is_open = true;
	n = c->config.events->at.n * c->counters.units.n + 1;
	c->readings = xcalloc(n, sizeof(*c->readings));
	c->before = xcalloc(n, sizeof(*c->before));
	c->deltas = xcalloc(n, sizeof(*c->deltas));
	return 0;
}

static void handle_word(struct control *control, enum control_word word);

static int open_loop(struct counting *c, struct error *err)
{
	int rc = loop_init(&c->loop, err);

	if (rc == 0)
		rc = signals_watch(c->config.signals, &c->loop, err);
	if (rc == 0)
		rc = awaited_watch(&c->awaited, c->config.target, &c->loop, err);
	if (rc == 0 && c->config.control) {
		c->config.control->handle = handle_word;
		c->config.control->owner = c;
		rc = control_watch(c->config.control, &c->loop, err);
	}
	return rc;
}

static uint64_t interval_ns(const struct counting *c)
{
	return (uint64_t)(c->config.interval * 1e9);
}

/* ---- switching --------------------------------------------------------------------------------------------------- */

static void begin(struct counting *c)
{
	if (c->started_ns)
		return;
	c->started_ns = c->read_ns = now_ns();
	c->tick_ns = c->started_ns + interval_ns(c);
}

/* Of many events the first counts before the last is switched on: time runs from the first. */
static int enable(struct counting *c, struct error *err)
{
	int rc;

	begin(c);
	rc = c->is_enabled ? 0 : counters_enable(&c->counters, err);
	c->is_enabled = rc == 0;
	return rc;
}

static void handle_word(struct control *control, enum control_word word)
{
	struct counting *c = control->owner;

	if (word == CONTROL_ENABLE)
		enable(c, NULL);
	if (word == CONTROL_DISABLE) {
		counters_disable(&c->counters);
		c->is_enabled = false;
	}
	if (word == CONTROL_STOP)
		c->is_stopped = true;
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

static void take_deltas(struct counting *c)
{
	size_t n = c->config.events->at.n * c->counters.units.n;

	for (size_t i = 0; i < n; i++)
		c->deltas[i] = (struct reading){
			.value = c->readings[i].value - c->before[i].value,
			.enabled = c->readings[i].enabled - c->before[i].enabled,
			.running = c->readings[i].running - c->before[i].running,
		};
	memcpy(c->before, c->readings, n * sizeof(*c->before));
}

/* As long as it really was, from read to read. Ticks that were slept through (a stopped process, a suspend) are gone. */
static void end_interval(struct counting *c)
{
	uint64_t length = interval_ns(c);

	c->from_ns = c->read_ns;
	c->read_ns = now_ns();
	counters_read(&c->counters, c->readings);
	take_deltas(c);
	c->config.each_interval(c);
	c->intervals++;
	c->tick_ns += ((c->read_ns - c->tick_ns) / length + 1) * length;
}

static bool wants_interval(const struct counting *c)
{
	return c->config.interval > 0 && c->started_ns &&
	       (!c->config.interval_count || (double)c->intervals < c->config.interval_count);
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

static uint64_t later(uint64_t from, double seconds)
{
	return from + (uint64_t)(seconds * 1e9);
}

/* Milliseconds from now, rounded up. */
static int ms_until(uint64_t then)
{
	uint64_t now = now_ns();

	return then > now ? (int)((then - now) / 1000000) + 1 : 0;
}

/* A time limit is one for counting; where that has not begun, for the waiting. */
static uint64_t limit_ns(const struct counting *c)
{
	return later(c->started_ns ? c->started_ns : c->released_ns, c->config.timeout);
}

static void sooner(int *ms, int other)
{
	if (*ms < 0 || other < *ms)
		*ms = other;
}

static int wait_ms(const struct counting *c)
{
	int ms = c->config.target->kind == TARGET_THREADS ? LOOK_MS : -1;

	if (!c->started_ns && c->config.delay > 0)
		sooner(&ms, ms_until(later(c->released_ns, c->config.delay)));
	if (c->config.timeout > 0 && !c->is_timed_out)
		sooner(&ms, ms_until(limit_ns(c)));
	if (wants_interval(c))
		sooner(&ms, ms_until(c->tick_ns));
	return ms;
}

/* A command that may run no longer is told so, and waited for. */
static void time_out(struct counting *c)
{
	c->is_timed_out = true;
	if (c->child.pid && !c->child.has_ended)
		kill(c->child.pid, SIGTERM);
	else
		c->is_stopped = true;
}

static int look_at_the_clock(struct counting *c, struct error *err)
{
	uint64_t now = now_ns();
	int rc = 0;

	if (!c->started_ns && c->config.delay > 0 && now >= later(c->released_ns, c->config.delay))
		rc = enable(c, err);
	if (c->config.timeout > 0 && !c->is_timed_out && now >= limit_ns(c))
		time_out(c);
	if (wants_interval(c) && now >= c->tick_ns)
		end_interval(c);
	return rc;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* As their subreaper we are the parent of what the command leaves behind. */
static bool orphans_have_ended(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid < 0;
}

static bool command_has_ended(struct counting *c)
{
	if (!child_poll(&c->child))
		return false;
	c->config.signals->command = 0;
	return !c->config.waits_for_all || orphans_have_ended();
}

static bool has_ended(struct counting *c)
{
	if (c->config.signals->is_over || c->is_stopped)
		return true;
	if (c->config.argv)
		return command_has_ended(c);
	if (c->config.interval_count > 0 && (double)c->intervals >= c->config.interval_count)
		return true;
	return awaited_has_ended(&c->awaited);
}

static int run_loop(struct counting *c, struct error *err)
{
	int rc = 0;

	while (rc == 0 && !has_ended(c)) {
		rc = loop_wait(&c->loop, wait_ms(c), err);
		if (rc == 0)
			rc = look_at_the_clock(c, err);
	}
	return rc;
}

/* ---- the front --------------------------------------------------------------------------------------------------- */

static double cpu_seconds(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) == 0 ? (double)clock_ns(clock) / 1e9 : 0;
}

static int release(struct counting *c, struct error *err)
{
	int rc = 0;

	c->released_ns = now_ns();
	if (counts_from_exec(c)) {
		begin(c);
		c->is_enabled = true;
	} else if (!c->config.delay && !c->config.waits_to_be_told) {
		rc = enable(c, err);
	}
	if (rc < 0 || !c->config.argv)
		return rc;
	c->seconds_before = cpu_seconds(c->child.pid);
	rc = child_release(&c->child, err);
	c->config.signals->command = rc == 0 ? c->child.pid : 0;
	return rc;
}

/* What goes on without us is stopped before it is read; a command that has ended needs no stopping. */
static void finish(struct counting *c)
{
	if (!c->config.argv)
		counters_disable(&c->counters);
	c->ended_ns = now_ns();
	counters_read(&c->counters, c->readings);
	if (!wants_interval(c))
		return;
	c->from_ns = c->read_ns;
	c->read_ns = c->ended_ns;
	take_deltas(c);
	if (!c->intervals || counting_interval(c) >= 0.001) /* less than that is the way to the end */
		c->config.each_interval(c);
}

int counting_run(struct counting *c, const struct counting_config *config, struct error *err)
{
	int rc;

	c->config = *config;
	getrusage(RUSAGE_CHILDREN, &c->earlier);
	rc = start_command(c, err);
	raise_file_limit(); /* the command was started before: it keeps its own */
	if (rc == 0)
		rc = open_loop(c, err);
	if (rc == 0)
		rc = open_counters(c, err);
	if (rc == 0)
		rc = release(c, err);
	if (rc == 0)
		rc = run_loop(c, err);
	if (rc == 0)
		finish(c);
	return rc;
}

void counting_done(struct counting *c)
{
	c->config.signals->command = 0;
	if (c->config.control)
		control_unwatch(c->config.control);
	awaited_done(&c->awaited);
	loop_done(&c->loop);
	if (c->is_open)
		counters_close(&c->counters);
	child_done(&c->child);
	free(c->readings);
	free(c->before);
	free(c->deltas);
	*c = (struct counting)COUNTING_INIT;
}
