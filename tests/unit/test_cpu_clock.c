/* Cycles become time: on CPUs that work without a break, that idle, that change their clock, and at the start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/pipeline/cpu_clock.h"

static const double interval = 1e6;

/* A CPU of which every sample is seen. */
struct cpu {
	struct cpu_clock clock;
	uint64_t now;
};

/* Samples of `period` cycles, `apart` nanoseconds from one another: what they are taken for, together. */
static double sampled(struct cpu *cpu, int n, uint64_t period, uint64_t apart)
{
	double ns = 0;

	for (int i = 0; i < n; i++) {
		cpu->now += apart;
		ns += cpu_clock_advance(&cpu->clock, interval, cpu->now, period);
	}
	return ns;
}

/* From a period of 1 up to that of `rate` cycles a nanosecond, as the kernel finds it. Returns what it is taken for. */
static double started(struct cpu *cpu, double rate)
{
	double ns = 0;

	for (double period = 1; period < rate * interval; period *= 6)
		ns += sampled(cpu, 1, (uint64_t)period, 2000 + (uint64_t)(period / rate));
	return ns;
}

static void assert_about(double got, double want)
{
	if (got < 0.99 * want || got > 1.01 * want)
		fail_msg("%.0f is not about %.0f", got, want);
}

static void a_busy_cpu_works_all_the_time_at_any_clock(void **state)
{
	static const double rates[] = { 0.4, 1, 4, 6.2 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct cpu cpu = { .now = 5e9 };

		started(&cpu, rates[i]);
		assert_about(sampled(&cpu, 1000, (uint64_t)(rates[i] * interval), 1000000), 1e9);
	}
}

static void the_start_takes_no_longer_than_it_took(void **state)
{
	struct cpu cpu = { .now = 5e9 };
	double ns = started(&cpu, 3);

	(void)state;
	assert_true(ns <= (double)cpu.now - 5e9);
}

/* The kernel keeps to the rate by a smaller period where the CPU idles in between. */
static void what_a_cpu_idled_is_no_work(void **state)
{
	struct cpu cpu = { .now = 5e9 };

	(void)state;
	started(&cpu, 3);
	sampled(&cpu, 20, 3000000, 1000000);
	assert_about(sampled(&cpu, 1, 3000000, 700000000), 1e6);
	for (int i = 0; i < 1000; i++) { /* a fifth of the time: two samples in a burst */
		double ns = sampled(&cpu, 1, 600000, 200000) + sampled(&cpu, 1, 600000, 1800000);

		assert_about(ns, 400000);
	}
}

static void a_clock_that_is_turned_down_is_followed(void **state)
{
	struct cpu cpu = { .now = 5e9 };

	(void)state;
	started(&cpu, 4);
	assert_about(sampled(&cpu, 1000, 4000000, 1000000), 1e9);
	assert_about(sampled(&cpu, 1000, 3200000, 1000000), 1e9); /* busy all the same */
	sampled(&cpu, 400, 1000000, 1000000);
	assert_about(sampled(&cpu, 1000, 1000000, 1000000), 1e9);
}

static void a_time_stamp_that_is_off_does_not_spoil_the_rest(void **state)
{
	struct cpu cpu = { .now = 5e9 };

	(void)state;
	started(&cpu, 3);
	sampled(&cpu, 100, 3000000, 1000000);
	sampled(&cpu, 1, 3000000, 750000);
	assert_about(sampled(&cpu, 100, 3000000, 1000000), 100e6);
	assert_true(cpu_clock_advance(&cpu.clock, interval, cpu.now - 5000, 3000000) <= interval);
	assert_about(sampled(&cpu, 100, 3000000, 1000000), 100e6);
}

/* Where samples of several tasks' events are mixed, the largest period of late is taken for an interval. */
static void without_times_a_steady_period_is_an_interval(void **state)
{
	struct cpu_clock clock = { 0 };
	double ns = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		ns += cpu_clock_advance(&clock, interval, 0, 1);
	assert_true(ns < 1000);
	assert_about(cpu_clock_advance(&clock, interval, 0, 3000000), interval);
	assert_about(cpu_clock_advance(&clock, interval, 0, 2900000), interval);
	assert_about(cpu_clock_advance(&clock, interval, 0, 300000), interval / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_cpu_works_all_the_time_at_any_clock),
		cmocka_unit_test(the_start_takes_no_longer_than_it_took),
		cmocka_unit_test(what_a_cpu_idled_is_no_work),
		cmocka_unit_test(a_clock_that_is_turned_down_is_followed),
		cmocka_unit_test(a_time_stamp_that_is_off_does_not_spoil_the_rest),
		cmocka_unit_test(without_times_a_steady_period_is_an_interval),
	};

	return cmocka_run_group_tests_name("cpu_clock", tests, NULL, NULL);
}
