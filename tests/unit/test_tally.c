/* Readings in, rows out: without a kernel. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "src/pipeline/tally.h"

enum { MANY = 16 };

/* Counters of made-up units that were never opened. */
struct fixture {
	struct event_list events;
	struct counters counters;
	struct counter at[MANY];
	struct reading readings[MANY];
	struct tally tally;
	struct stat_report report;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->events = (struct event_list)EVENT_LIST_INIT;
	f->counters.config.events = &f->events;
	f->counters.at = f->at;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tally_free(&f->tally);
	vec_free(&f->counters.units);
	vec_free(&f->report.rows);
	events_done(&f->events);
	free(f);
	return 0;
}

static void start(struct fixture *f, const char *events, struct tally_config config)
{
	assert_int_equal(events_parse(events, &f->events, NULL), 0);
	tally_init(&f->tally, &config);
}

static void add_unit(struct fixture *f, pid_t tid, int cpu, size_t cgroup)
{
	*vec_push(&f->counters.units) = (struct counter_unit){ .tid = tid, .cpu = cpu, .cgroup = cgroup, .comm = "make" };
}

static void run(struct fixture *f)
{
	const struct tally_run run = { &f->counters, f->readings, .elapsed = 2, .user = 1.5, .sys = NAN };

	tally_add(&f->tally, &run);
}

static const struct stat_row *rows(struct fixture *f)
{
	f->report.rows.n = 0;
	tally_report(&f->tally, &f->report);
	return f->report.rows.at;
}

static void runs_become_means(void **state)
{
	struct fixture *f = *state;

	start(f, "page-faults", (struct tally_config){ 0 });
	add_unit(f, 7, -1, 0);
	for (uint64_t i = 1; i <= 3; i++) {
		f->readings[0] = (struct reading){ 100 * i, 10, 10 };
		run(f);
	}
	assert_int_equal(f->tally.rows.n, 1);
	assert_true(rows(f)[0].value.value == 200);
	assert_true(fabs(rows(f)[0].value.error - 100 / sqrt(3)) < 1e-9);
	assert_int_equal(rows(f)[0].raw, 300);
	assert_true(rows(f)[0].is_exact);
	assert_int_equal(rows(f)[0].state, STAT_COUNTED);
	assert_null(rows(f)[0].key);
}

static void what_shared_the_hardware_is_scaled_up_unit_by_unit(void **state)
{
	struct fixture *f = *state;

	start(f, "instructions", (struct tally_config){ 0 });
	add_unit(f, -1, 0, 0);
	add_unit(f, -1, 1, 0);
	f->readings[0] = (struct reading){ 1000, 100, 25 }; /* busy: 4000 */
	f->readings[1] = (struct reading){ 10, 100, 100 };
	run(f);
	assert_true(rows(f)[0].value.value == 4010);
	assert_int_equal(rows(f)[0].raw, 1010);
	assert_true(rows(f)[0].enabled_ns == 200 && rows(f)[0].running_ns == 125);
}

static void unscaled_is_what_was_counted(void **state)
{
	struct fixture *f = *state;

	start(f, "instructions", (struct tally_config){ .is_unscaled = true });
	add_unit(f, -1, 0, 0);
	f->readings[0] = (struct reading){ 1000, 100, 25 };
	run(f);
	assert_true(rows(f)[0].value.value == 1000);
}

static void what_never_ran_has_no_value(void **state)
{
	struct fixture *f = *state;

	start(f, "cycles", (struct tally_config){ 0 });
	add_unit(f, 7, -1, 0);
	f->readings[0] = (struct reading){ 0, 100, 0 };
	run(f);
	assert_int_equal(rows(f)[0].state, STAT_NOT_COUNTED);
	f->readings[0] = (struct reading){ 0, 100, 100 }; /* 0 is a count like any other */
	run(f);
	assert_int_equal(rows(f)[0].state, STAT_COUNTED);
	assert_true(rows(f)[0].value.value == 0);
}

static void what_the_machine_lacks_is_shown_only_when_asked_for(void **state)
{
	struct fixture *f = *state;

	start(f, "cycles,page-faults", (struct tally_config){ 0 });
	add_unit(f, 7, -1, 0);
	f->at[0].state = COUNTER_MISSING;
	f->readings[1] = (struct reading){ 5, 1, 1 };
	run(f);
	assert_int_equal(rows(f)[0].state, STAT_NOT_SUPPORTED);
	assert_int_equal(f->report.rows.n, 2);
	f->tally.config.hides_missing = true;
	assert_string_equal(rows(f)[0].event, "page-faults");
	assert_int_equal(f->report.rows.n, 1);
}

static void keys_stand_in_order_within_their_event(void **state)
{
	struct fixture *f = *state;

	start(f, "page-faults,cs", (struct tally_config){ .key = TALLY_CPU });
	add_unit(f, -1, 10, 0);
	add_unit(f, -1, 9, 0);
	run(f);
	assert_string_equal(rows(f)[0].key, "CPU9");
	assert_string_equal(rows(f)[1].key, "CPU10");
	assert_string_equal(rows(f)[1].event, "page-faults");
	assert_string_equal(rows(f)[2].event, "cs");
}

static void threads_are_named(void **state)
{
	struct fixture *f = *state;

	start(f, "page-faults", (struct tally_config){ .key = TALLY_THREAD });
	add_unit(f, 1234, -1, 0);
	run(f);
	assert_string_equal(rows(f)[0].key, "make-1234");
}

static void cgroups_keep_all_their_rows_together(void **state)
{
	static const char *const names[] = { "/a", "/b" };
	struct fixture *f = *state;

	start(f, "page-faults,cs", (struct tally_config){ .cgroups = names });
	for (size_t cgroup = 0; cgroup < 2; cgroup++)
		for (int cpu = 0; cpu < 2; cpu++)
			add_unit(f, -1, cpu, cgroup);
	for (size_t i = 0; i < 8; i++)
		f->readings[i] = (struct reading){ i + 1, 1, 1 };
	run(f);
	assert_int_equal(f->tally.rows.n, 4);
	assert_string_equal(rows(f)[1].cgroup, "/a");
	assert_string_equal(rows(f)[1].event, "cs");
	assert_true(rows(f)[0].value.value == 1 + 2);
	assert_true(rows(f)[3].value.value == 7 + 8);
}

static void an_event_without_the_kernels_side_is_named_so(void **state)
{
	static const struct {
		const char *event, *name;
	} cases[] = { { "page-faults", "page-faults:u" }, { "page-faults:h", "page-faults:hu" } };

	for (size_t i = 0; i < 2; i++) {
		struct fixture *f;

		setup((void **)&f);
		start(f, cases[i].event, (struct tally_config){ 0 });
		add_unit(f, 7, -1, 0);
		f->at[0].is_user_only = true;
		run(f);
		assert_string_equal(rows(f)[0].event, cases[i].name);
		teardown((void **)&f);
	}
	(void)state;
}

static void times_are_rows_as_well(void **state)
{
	struct fixture *f = *state;

	start(f, "duration_time,user_time,system_time", (struct tally_config){ .key = TALLY_CPU });
	add_unit(f, -1, 0, 0);
	add_unit(f, -1, 1, 0);
	run(f);
	assert_int_equal(f->tally.rows.n, 3); /* not one for each CPU */
	assert_null(rows(f)[0].key);
	assert_string_equal(rows(f)[0].unit, "ns");
	assert_true(rows(f)[0].value.value == 2e9);
	assert_true(rows(f)[1].value.value == 1.5e9);
	assert_int_equal(rows(f)[2].state, STAT_NOT_COUNTED);
}

static void clocks_are_in_milliseconds(void **state)
{
	struct fixture *f = *state;

	start(f, "task-clock", (struct tally_config){ 0 });
	add_unit(f, 7, -1, 0);
	f->readings[0] = (struct reading){ 2500000, 2500000, 2500000 };
	run(f);
	assert_string_equal(rows(f)[0].unit, "msec");
	assert_true(rows(f)[0].value.value == 2.5);
	assert_false(rows(f)[0].is_exact);
	assert_int_equal(rows(f)[0].role, STAT_ROLE_CLOCK);
}

static void an_interval_begins_at_nothing(void **state)
{
	struct fixture *f = *state;

	start(f, "page-faults", (struct tally_config){ 0 });
	add_unit(f, 7, -1, 0);
	f->readings[0] = (struct reading){ 10, 1, 1 };
	run(f);
	tally_clear(&f->tally);
	f->readings[0] = (struct reading){ 4, 1, 1 };
	run(f);
	assert_true(rows(f)[0].value.value == 4);
}

static void roles_follow_from_what_is_counted(void **state)
{
	static const enum stat_role want[] = {
		STAT_ROLE_CYCLES, STAT_ROLE_INSTRUCTIONS, STAT_ROLE_BRANCHES, STAT_ROLE_BRANCH_MISSES, STAT_ROLE_L1D,
		STAT_ROLE_L1D_MISSES, STAT_ROLE_LLC_MISSES, STAT_ROLE_OTHER_HARDWARE, STAT_ROLE_EVENT, STAT_ROLE_OTHER_HARDWARE,
	};
	struct fixture *f = *state;

	start(f, "cycles,instructions,branches,branch-misses,L1-dcache-loads,L1-dcache-load-misses,LLC-load-misses,"
		 "L1-dcache-stores,cs,r1a8", (struct tally_config){ 0 });
	add_unit(f, 7, -1, 0);
	run(f);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(rows(f)[i].role, want[i]);
}

/* CPU time of adding up so many threads, whose rows are known. */
static double seconds_of_a_run(int threads)
{
	struct reading *readings = calloc((size_t)threads, sizeof(*readings));
	struct tally_run run = { .readings = readings };
	struct fixture *f;
	clock_t begin;

	setup((void **)&f);
	start(f, "cs", (struct tally_config){ .key = TALLY_THREAD });
	for (int i = 0; i < threads; i++)
		add_unit(f, 1000 + i, -1, 0);
	run.counters = &f->counters;
	tally_add(&f->tally, &run);
	begin = clock();
	tally_add(&f->tally, &run);
	begin = clock() - begin;
	assert_int_equal(f->tally.rows.n, threads);
	teardown((void **)&f);
	free(readings);
	return (double)begin / CLOCKS_PER_SEC;
}

/* 64 times as many threads took 4096 times as long when rows were looked for one by one. */
static void time_grows_as_the_number_of_threads_does(void **state)
{
	double few = seconds_of_a_run(500), many = seconds_of_a_run(64 * 500);

	(void)state;
	assert_true(many < 0.1 + 64 * 8 * few);
}

/* Threads come and go between runs: a row that is not there this time has counted nothing in it. */
static void rows_keep_their_places_when_units_change(void **state)
{
	struct fixture *f = *state;

	start(f, "cs,faults", (struct tally_config){ .key = TALLY_THREAD });
	add_unit(f, 7, -1, 0);
	add_unit(f, 8, -1, 0);
	for (size_t i = 0; i < 4; i++)
		f->readings[i] = (struct reading){ i + 1, 1, 1 };
	run(f);
	f->counters.units.at[0].tid = 9;
	for (size_t i = 0; i < 4; i++)
		f->readings[i] = (struct reading){ i + 11, 1, 1 };
	run(f);
	assert_int_equal(f->tally.rows.n, 6);
	assert_string_equal(rows(f)[0].key, "make-7");
	assert_int_equal(rows(f)[0].value.value, 1);
	assert_int_equal(rows(f)[1].value.value, (2 + 12) / 2);
	assert_int_equal(rows(f)[2].value.value, 11);
	assert_int_equal(rows(f)[4].value.value, (4 + 14) / 2);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(runs_become_means),
		test(what_shared_the_hardware_is_scaled_up_unit_by_unit),
		test(unscaled_is_what_was_counted),
		test(what_never_ran_has_no_value),
		test(what_the_machine_lacks_is_shown_only_when_asked_for),
		test(keys_stand_in_order_within_their_event),
		test(threads_are_named),
		test(cgroups_keep_all_their_rows_together),
		test(an_event_without_the_kernels_side_is_named_so),
		test(times_are_rows_as_well),
		test(clocks_are_in_milliseconds),
		test(an_interval_begins_at_nothing),
		test(roles_follow_from_what_is_counted),
		test(rows_keep_their_places_when_units_change),
		test(time_grows_as_the_number_of_threads_does),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
