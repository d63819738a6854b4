/* The sampler on made-up machines: what it opens, what it does where that is refused, and CPUs that come and go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/sampler.h"
#include "tests/unit/fake_kernel.h"

enum { SIDE = PERF_TYPE_SOFTWARE, SAMPLES = PERF_TYPE_HARDWARE }; /* of the events of these tests */

static struct target target;
static struct sampler sampler;

static struct sampler_config config_of(const char *event)
{
	struct sampler_config config = {
		.may_fall_back = true, .hz = 999, .regs_mask = 0xff, .stack_bytes = 16384, .target = &target,
	};

	assert_int_equal(event_parse(event, &config.event, NULL), 0);
	return config;
}

static int open_sampler(const char *event)
{
	struct sampler_config config = config_of(event);
	struct error err = ERROR_INIT;

	return sampler_open(&sampler, &config, &err);
}

static void drain(void)
{
	sampler_begin(&sampler, true);
	while (sampler_next(&sampler))
		;
	sampler_end(&sampler);
}

static void finish(void)
{
	sampler_stop(&sampler);
	drain();
	sampler_close(&sampler);
	target_done(&target);
	fake_done();
}

static void observe(enum target_kind kind, pid_t first)
{
	target = (struct target)TARGET_INIT;
	target.kind = kind;
	if (first)
		*vec_push(&target.ids) = first;
}

static void add_threads(int n)
{
	for (int i = 0; i < n; i++)
		*vec_push(&fake.threads) = 100 + i;
}

/* ---- threads that end while they are opened ---------------------------------------------------------------------- */

static int opens_until_refusal;

static int ordinary_user(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)attr;
	(void)cpu;
	return pid == -1 ? EACCES : 0;
}

static int one_thread_ends(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	if (ordinary_user(attr, pid, cpu))
		return EACCES;
	return --opens_until_refusal == 0 ? ESRCH : 0;
}

static void check_pairs(void)
{
	for (size_t i = 0; i < sampler.cpus.n; i++) {
		const struct sampler_cpu *c = sampler.cpus.at[i];

		assert_int_equal(fake_count(SIDE, c->cpu), fake_count(SAMPLES, c->cpu));
		assert_int_equal(fake_count(SIDE, c->cpu), c->side.fds.n);
		assert_int_equal(channel_is_open(&c->side), c->side.fds.n > 0);
		assert_int_equal(channel_is_open(&c->samples), c->side.fds.n > 0);
	}
}

static void lose_each_event_in_turn(int threads)
{
	for (int n = 1; n <= threads * 2 * 2; n++) {
		fake_start(2);
		fake.refuse = one_thread_ends;
		opens_until_refusal = n;
		add_threads(threads);
		observe(TARGET_PROCESSES, 100);
		if (open_sampler("cycles") == 0) {
			check_pairs();
			assert_int_equal(sampler_start(&sampler, NULL), 0);
		} else {
			assert_true(threads == 1 && n <= 2);
		}
		finish();
	}
}

static void a_thread_that_ends_between_its_two_events_leaves_neither(void **state)
{
	(void)state;
	lose_each_event_in_turn(3);
}

static void so_does_the_only_thread(void **state)
{
	(void)state;
	lose_each_event_in_turn(1);
}

static int user_code_alone(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)cpu;
	return pid == -1 || !attr->exclude_kernel ? EACCES : 0;
}

/* Without the kernel's side there is nothing left to count. */
static void the_kernels_side_alone_is_not_to_be_had_without_the_kernel(void **state)
{
	static const char *const events[] = { "cycles:k", "cpu-clock:k" };
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sampler_config config = config_of(events[i]);

		fake_start(2);
		fake.refuse = user_code_alone;
		add_threads(1);
		observe(TARGET_PROCESSES, 100);
		assert_int_equal(sampler_open(&sampler, &config, &err), -EACCES);
		assert_non_null(strstr(err.text, "what the kernel does"));
		assert_int_equal(fake_count(-1, -1), 0);
		target_done(&target);
		fake_done();
	}
}

static void a_new_thread_appears(const struct fake_event *event)
{
	(void)event;
	if (fake.threads.n < 3)
		*vec_push(&fake.threads) = 900 + (pid_t)fake.threads.n;
}

static void threads_that_appear_while_others_are_opened_are_said(void **state)
{
	(void)state;
	fake_start(2);
	fake.refuse = ordinary_user;
	add_threads(2);
	observe(TARGET_PROCESSES, 100);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_false(fake_said("may be missing"));
	sampler_close(&sampler);
	fake.opened = a_new_thread_appears;
	assert_int_equal(open_sampler("cycles"), 0);
	assert_true(fake_said("may be missing: 1\n"));
	finish();
}

static void a_thread_is_opened_on_all_CPUs_before_the_next_one(void **state)
{
	(void)state;
	fake_start(2);
	fake.refuse = ordinary_user;
	add_threads(3);
	observe(TARGET_PROCESSES, 100);
	assert_int_equal(open_sampler("cycles"), 0);
	for (size_t i = 1; i < fake.events.n; i++)
		assert_true(fake.events.at[i].pid >= fake.events.at[i - 1].pid);
	finish();
}

/* ---- what is on, and when ---------------------------------------------------------------------------------------- */

static void when_open_returns_the_side_band_is_on_and_samples_are_not(void **state)
{
	(void)state;
	fake_start(2);
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(fake_count_enabled(SIDE, -1), 2);
	assert_int_equal(fake_count_enabled(SAMPLES, -1), 0);
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	assert_int_equal(fake_count_enabled(SAMPLES, -1), 2);
	finish();
}

static void for_a_process_that_is_followed_per_task_too(void **state)
{
	(void)state;
	fake_start(2);
	fake.refuse = ordinary_user;
	add_threads(3);
	observe(TARGET_PROCESSES, 100);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(fake_count_enabled(SIDE, -1), 6);
	assert_int_equal(fake_count_enabled(SAMPLES, -1), 0);
	finish();
}

static void a_command_that_is_followed_per_task_switches_both_on_itself(void **state)
{
	(void)state;
	fake_start(2);
	fake.refuse = ordinary_user;
	observe(TARGET_COMMAND, 100);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	assert_int_equal(fake_count_enabled(-1, -1), 0);
	assert_true(fake_last(SIDE)->attr.enable_on_exec && fake_last(SAMPLES)->attr.enable_on_exec);
	assert_true(fake_last(SIDE)->attr.inherit && fake_last(SAMPLES)->attr.inherit);
	finish();
}

static void some_CPUs_are_sampled_and_the_side_band_is_of_all(void **state)
{
	(void)state;
	fake_start(4);
	observe(TARGET_CPUS, 0);
	cpus_parse("1,3", &target.cpus, NULL);
	assert_int_equal(open_sampler("cycles"), 0);
	for (int cpu = 0; cpu < 4; cpu++) {
		assert_int_equal(fake_count(SIDE, cpu), 1);
		assert_int_equal(fake_count(SAMPLES, cpu), cpu % 2);
	}
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	assert_int_equal(fake_count_enabled(SIDE, -1), 4);
	finish();
}

/* ---- CPUs that come and go --------------------------------------------------------------------------------------- */

static void a_second_CPU_comes(const struct fake_event *event)
{
	(void)event;
	fake_set_cpus("0-1");
}

static void a_CPU_that_comes_online_while_others_are_opened_is_adopted(void **state)
{
	(void)state;
	fake_start(1);
	fake.opened = a_second_CPU_comes;
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(fake_count(-1, 1), 0);
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count_enabled(SAMPLES, 1), 1);
	assert_int_equal(fake_count_enabled(SIDE, 1), 1);
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count(-1, 1), 2);
	finish();
}

static void a_CPU_that_went_and_returns_is_opened_anew(void **state)
{
	(void)state;
	fake_start(2);
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	fake_set_cpus("0");
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count(-1, 1), 0);
	drain();
	fake_set_cpus("0-1");
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count_enabled(-1, 1), 2);
	assert_true(fake_said("CPU 1 went offline\nCPU 1 came online and is sampled from now on\n"));
	finish();
}

static void of_a_CPU_that_is_not_observed_only_the_side_band_is_adopted(void **state)
{
	(void)state;
	fake_start(2);
	observe(TARGET_CPUS, 0);
	cpus_parse("1,3", &target.cpus, NULL);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	fake_set_cpus("0-3");
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count_enabled(SIDE, 2), 1);
	assert_int_equal(fake_count(SAMPLES, 2), 0);
	assert_int_equal(fake_count_enabled(SAMPLES, 3), 1);
	assert_false(fake_said("CPU 2"));
	finish();
}

static void a_new_CPU_is_said_where_tasks_are_followed(void **state)
{
	(void)state;
	fake_start(1);
	fake.refuse = ordinary_user;
	add_threads(1);
	observe(TARGET_PROCESSES, 100);
	assert_int_equal(open_sampler("cycles"), 0);
	sampler_follow_cpus(&sampler);
	assert_false(fake_said("CPU 1"));
	fake_set_cpus("0-1");
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count(-1, 1), 0);
	assert_true(fake_said("CPU 1 came online: what the target does there is NOT in this profile"));
	finish();
}

static int second_CPU_goes(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	if (cpu != 1)
		return 0;
	if (attr->type == SAMPLES)
		fake_set_cpus("0");
	return attr->type == SAMPLES ? ENODEV : 0;
}

static void a_CPU_that_goes_while_it_is_opened_is_passed_over_until_it_returns(void **state)
{
	(void)state;
	fake_start(2);
	fake.refuse = second_CPU_goes;
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_int_equal(fake_count(SAMPLES, 0), 1); /* and not the CPU clock */
	assert_int_equal(fake_count(-1, 1), 0);
	assert_int_equal(sampler_start(&sampler, NULL), 0);
	fake.refuse = NULL;
	fake_set_cpus("0-1");
	sampler_follow_cpus(&sampler);
	assert_int_equal(fake_count_enabled(-1, 1), 2);
	finish();
}

/* ---- what is not to be had --------------------------------------------------------------------------------------- */

static unsigned int most_precise;

static int imprecise_pmu(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	(void)cpu;
	return attr->type == PERF_TYPE_HARDWARE && attr->precise_ip > most_precise ? EOPNOTSUPP : 0;
}

static int no_pmu(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	(void)cpu;
	return attr->type == PERF_TYPE_HARDWARE ? ENOENT : 0;
}

static void check_precision(const char *event, unsigned int most, unsigned int wanted, bool is_said)
{
	fake_start(1);
	fake.refuse = imprecise_pmu;
	most_precise = most;
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler(event), 0);
	assert_int_equal(fake_last(SAMPLES)->attr.precise_ip, wanted);
	assert_int_equal(fake_said(event), is_said);
	finish();
}

static void a_PMU_that_is_less_precise_is_used_as_it_is(void **state)
{
	(void)state;
	check_precision("cycles:pp", 2, 2, false);
	check_precision("cycles:pp", 1, 1, true);
	check_precision("cycles:p", 0, 0, true);
	check_precision("instructions:ppp", 0, 0, true);
	check_precision("cycles:P", 3, 3, false);
	check_precision("cycles:P", 1, 1, false); /* which promises nothing */
	check_precision("cycles:uP", 0, 0, false);
}

static void without_a_PMU_a_precise_event_becomes_the_clock(void **state)
{
	(void)state;
	fake_start(1);
	fake.refuse = no_pmu;
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles:pp"), 0);
	assert_int_equal(fake_last(PERF_TYPE_SOFTWARE)->attr.config, PERF_COUNT_SW_CPU_CLOCK);
	assert_int_equal(fake_last(PERF_TYPE_SOFTWARE)->attr.precise_ip, 0);
	assert_true(fake_said("instead of cycles:pp\n"));
	finish();
}

static void check_period(const char *event, double hz, uint64_t period, uint64_t wanted)
{
	struct sampler_config config = config_of(event);

	fake_start(1);
	fake.refuse = no_pmu;
	config.hz = hz;
	config.period = period;
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(sampler_open(&sampler, &config, NULL), 0);
	assert_int_equal(fake_last(PERF_TYPE_SOFTWARE)->attr.sample_period, wanted);
	assert_int_equal(fake_said(" at most: "), wanted != (hz > 0 ? hz : period));
	assert_true(hz == 0 || sampler_interval_ns(&sampler) == 1e9 / wanted);
	finish();
}

static void a_clock_is_not_asked_for_more_than_the_kernel_gives(void **state)
{
	(void)state;
	check_period("cpu-clock", 0, 1, 10000);
	check_period("cpu-clock:u", 0, 9999, 10000);
	check_period("task-clock", 0, 1000, 10000);
	check_period("cpu-clock", 0, 10000, 10000);
	check_period("cpu-clock", 1000000, 0, 100000);
	check_period("cpu-clock", 100000, 0, 100000);
	check_period("cycles", 0, 5000, 10000); /* which is the clock here */
	check_period("page-faults", 0, 1, 1);
}

static void only_a_software_event_is_told_to_leave_out_idle_time(void **state)
{
	(void)state;
	fake_start(1);
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_false(fake_last(SAMPLES)->attr.exclude_idle);
	sampler_close(&sampler);
	assert_int_equal(open_sampler("cpu-clock"), 0);
	assert_true(fake_last(PERF_TYPE_SOFTWARE)->attr.exclude_idle);
	finish();
}

/* ---- little memory ----------------------------------------------------------------------------------------------- */

static size_t advised_kb(void)
{
	const char *at = fake_said("perf_event_mlock_kb=") ? strstr(fake.said.at, "perf_event_mlock_kb=") : NULL;

	return at ? (size_t)strtoul(strchr(at, '=') + 1, NULL, 10) : 0;
}

static uint32_t open_with_memory(size_t mlock_kb, uint32_t stack_bytes)
{
	struct sampler_config config = config_of("cycles");

	config.stack_bytes = stack_bytes;
	fake.mlock_kb = mlock_kb;
	assert_int_equal(sampler_open(&sampler, &config, NULL), 0);
	return sampler.config.stack_bytes;
}

static void the_locked_memory_that_is_advised_is_just_enough(void **state)
{
	static const uint32_t dumps[] = { 1024, 16384, 65208 };

	(void)state;
	for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		fake_start(3);
		observe(TARGET_SYSTEM, 0);
		assert_true(open_with_memory(64, dumps[i]) <= dumps[i]);
		sampler_close(&sampler);
		size_t advised = advised_kb();
		assert_true(advised > 0);
		fake.said.n = 0;
		assert_int_equal(open_with_memory(advised, dumps[i]), dumps[i]);
		assert_int_equal(fake.said.n, 0);
		sampler_close(&sampler);
		open_with_memory(advised - 1, dumps[i]);
		assert_true(fake.said.n > 0);
		finish();
	}
}

static int no_pmu_and_ordinary_user(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	return ordinary_user(attr, pid, cpu) ? EACCES : no_pmu(attr, pid, cpu);
}

static void no_memory_at_all_is_said_as_what_it_is(void **state)
{
	struct sampler_config config;
	struct error err = ERROR_INIT;

	(void)state;
	fake_start(1);
	fake.refuse = no_pmu_and_ordinary_user;
	fake.mlock_kb = 4;
	add_threads(1);
	observe(TARGET_PROCESSES, 100);
	config = config_of("cycles");
	assert_int_equal(sampler_open(&sampler, &config, &err), -EPERM);
	assert_non_null(strstr(err.text, "memory that may be locked"));
	finish();
}

/* ---- kernels of all ages ----------------------------------------------------------------------------------------- */

static bool asks_for_build_ids(const struct perf_event_attr *attr)
{
	return ((const uint64_t *)attr)[5] >> 34 & 1; /* the word of flags */
}

static int knows_no_build_ids(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	(void)cpu;
	return asks_for_build_ids(attr) || attr->read_format ? EINVAL : 0;
}

static void mappings_are_asked_to_tell_the_build_id(void **state)
{
	(void)state;
	fake_start(1);
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_true(asks_for_build_ids(&fake_last(SIDE)->attr));
	assert_false(asks_for_build_ids(&fake_last(SAMPLES)->attr));
	finish();
}

static void a_kernel_that_is_too_old_for_build_ids_is_not_asked(void **state)
{
	(void)state;
	fake_start(1);
	fake.refuse = knows_no_build_ids;
	observe(TARGET_SYSTEM, 0);
	assert_int_equal(open_sampler("cycles"), 0);
	assert_false(asks_for_build_ids(&fake_last(SIDE)->attr));
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_ends_between_its_two_events_leaves_neither),
		cmocka_unit_test(so_does_the_only_thread),
		cmocka_unit_test(the_kernels_side_alone_is_not_to_be_had_without_the_kernel),
		cmocka_unit_test(threads_that_appear_while_others_are_opened_are_said),
		cmocka_unit_test(a_thread_is_opened_on_all_CPUs_before_the_next_one),
		cmocka_unit_test(when_open_returns_the_side_band_is_on_and_samples_are_not),
		cmocka_unit_test(for_a_process_that_is_followed_per_task_too),
		cmocka_unit_test(a_command_that_is_followed_per_task_switches_both_on_itself),
		cmocka_unit_test(some_CPUs_are_sampled_and_the_side_band_is_of_all),
		cmocka_unit_test(a_CPU_that_comes_online_while_others_are_opened_is_adopted),
		cmocka_unit_test(a_CPU_that_went_and_returns_is_opened_anew),
		cmocka_unit_test(of_a_CPU_that_is_not_observed_only_the_side_band_is_adopted),
		cmocka_unit_test(a_new_CPU_is_said_where_tasks_are_followed),
		cmocka_unit_test(a_CPU_that_goes_while_it_is_opened_is_passed_over_until_it_returns),
		cmocka_unit_test(a_PMU_that_is_less_precise_is_used_as_it_is),
		cmocka_unit_test(without_a_PMU_a_precise_event_becomes_the_clock),
		cmocka_unit_test(a_clock_is_not_asked_for_more_than_the_kernel_gives),
		cmocka_unit_test(only_a_software_event_is_told_to_leave_out_idle_time),
		cmocka_unit_test(the_locked_memory_that_is_advised_is_just_enough),
		cmocka_unit_test(no_memory_at_all_is_said_as_what_it_is),
		cmocka_unit_test(mappings_are_asked_to_tell_the_build_id),
		cmocka_unit_test(a_kernel_that_is_too_old_for_build_ids_is_not_asked),
	};

	return cmocka_run_group_tests_name("sampler", tests, NULL, NULL);
}
