/* What is said of counters that were not opened, or that never ran: made up, without a kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cmd/stat.h"

enum { MANY = 8 };

struct fixture {
	struct stat_job job;
	struct counting counting;
	struct counter at[MANY];
	struct reading readings[MANY];
};

static int refusal; /* of every event that is tried; 0: it opens */

static int tried(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	(void)attr;
	(void)pid;
	(void)cpu;
	(void)group;
	(void)flags;
	return refusal ? -refusal : dup(STDERR_FILENO);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->job.events = (struct event_list)EVENT_LIST_INIT;
	f->job.events.machine.open = tried;
	f->job.target.kind = TARGET_COMMAND;
	f->counting.counters.config.events = &f->job.events;
	f->counting.counters.at = f->at;
	f->counting.readings = f->readings;
	*vec_push(&f->counting.counters.units) = (struct counter_unit){ .tid = 7, .cpu = -1 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < f->job.notes.n; i++)
		free(f->job.notes.at[i]);
	vec_free(&f->job.notes);
	vec_free(&f->counting.counters.units);
	events_done(&f->job.events);
	free(f);
	return 0;
}

static void parse(struct fixture *f, const char *events)
{
	assert_int_equal(events_parse(events, &f->job.events, NULL), 0);
}

static void fail_with(struct fixture *f, size_t event, int code)
{
	f->at[event].state = event_is_missing(code) ? COUNTER_MISSING : COUNTER_REFUSED;
	f->at[event].code = code;
}

static void assert_note(const struct fixture *f, size_t i, const char *part)
{
	assert_true(i < f->job.notes.n);
	if (!strstr(f->job.notes.at[i], part))
		fail_msg("'%s' is not in: %s", part, f->job.notes.at[i]);
}

static void events_that_lack_the_same_share_their_note(void **state)
{
	struct fixture *f = *state;

	parse(f, "cycles,page-faults,instructions,mem:0x1000");
	fail_with(f, 0, ENOENT);
	fail_with(f, 2, EOPNOTSUPP);
	fail_with(f, 3, ENOSPC);
	stat_explain(&f->job, &f->counting);
	assert_int_equal(f->job.notes.n, 2);
	assert_note(f, 0, "cycles, instructions were not counted: this machine has no such counter");
	assert_note(f, 1, "mem:0x1000 was not counted: all breakpoints that the processor has are taken");
}

static void nothing_of_sampling_is_advised(void **state)
{
	static const int codes[] = { ENOENT, EINVAL, E2BIG, EBUSY, ENOSPC, EACCES, EMFILE };
	struct fixture *f = *state;

	parse(f, "cycles,cycles:u,cycles:k,instructions,instructions:u,branches,branches:u");
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		fail_with(f, i, codes[i]);
	refusal = EINVAL;
	stat_explain(&f->job, &f->counting);
	refusal = 0;
	assert_int_equal(f->job.notes.n, sizeof(codes) / sizeof(codes[0]));
	for (size_t i = 0; i < f->job.notes.n; i++) {
		assert_null(strstr(f->job.notes.at[i], "sample"));
		assert_null(strstr(f->job.notes.at[i], "-F"));
		assert_null(strstr(f->job.notes.at[i], "cpu-clock"));
	}
}

static void what_does_not_fit_is_told_from_what_is_missing(void **state)
{
	struct fixture *f = *state;

	parse(f, "cycles:ppp");
	fail_with(f, 0, EINVAL);
	refusal = EINVAL;
	stat_explain(&f->job, &f->counting);
	refusal = 0;
	assert_note(f, 0, "cycles:ppp was not counted: the kernel refuses the event");
	stat_explain(&f->job, &f->counting); /* alone it opens */
	assert_note(f, 1, "cycles:ppp was not counted: it can be counted, and not in this way");
}

static void a_starved_group_has_one_note(void **state)
{
	struct fixture *f = *state;

	parse(f, "{cycles,instructions,branches},{cycles:u,branches:u},cycles,branches");
	for (size_t i = 0; i < 7; i++)
		f->readings[i] = (struct reading){ 0, 100, 0 };
	stat_explain(&f->job, &f->counting);
	assert_int_equal(f->job.notes.n, 3);
	assert_note(f, 0, "The group of cycles never");
	assert_note(f, 1, "The group of cycles:u never");
	assert_note(f, 2, "cycles, branches never");
}

static void those_that_left_their_group_are_named_together(void **state)
{
	struct fixture *f = *state;

	parse(f, "{cycles,instructions,branches}");
	f->at[1].left_its_group = f->at[2].left_its_group = true;
	stat_explain(&f->job, &f->counting);
	assert_int_equal(f->job.notes.n, 1);
	assert_note(f, 0, "instructions, branches were counted apart");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(events_that_lack_the_same_share_their_note),
		test(nothing_of_sampling_is_advised),
		test(what_does_not_fit_is_told_from_what_is_missing),
		test(a_starved_group_has_one_note),
		test(those_that_left_their_group_are_named_together),
	};

	return cmocka_run_group_tests_name("stat_notes", tests, NULL, NULL);
}
