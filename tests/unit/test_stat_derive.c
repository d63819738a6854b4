/* Each count is set against the right other count, or against none; and means and errors over runs are right. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "src/stat/derive.h"
#include "src/stat/figures.h"
#include "tests/unit/reports.h"

static struct stat_report report;
static struct stat_derived_vec derived;

static int setup(void **state)
{
	(void)state;
	report_init(&report);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	report_free(&report);
	vec_free(&derived);
	return 0;
}

static void derive(void)
{
	vec_free(&derived);
	stat_derive(&report, &derived);
	assert_int_equal(derived.n, report.rows.n);
}

static void assert_near(double got, double wanted)
{
	assert_true(fabs(got - wanted) <= 1e-9 * fabs(wanted));
}

static void assert_metric(size_t row, double value, int decimals, const char *unit)
{
	assert_int_equal(derived.at[row].n, 1);
	assert_near(derived.at[row].at[0].value, value);
	assert_int_equal(derived.at[row].at[0].decimals, decimals);
	assert_string_equal(derived.at[row].at[0].unit, unit);
}

static void assert_none(size_t row)
{
	assert_int_equal(derived.at[row].n, 0);
}

/* ---- partners ---------------------------------------------------------------------------------------------------- */

static void a_clock_is_set_against_the_elapsed_time(void **state)
{
	(void)state;
	report_add_clock(&report, "task-clock", 2500);
	derive();
	assert_metric(0, 2, 3, "CPUs utilized");
	report.elapsed.value = 0;
	derive();
	assert_none(0);
}

static void what_is_no_ratio_is_a_rate_of_the_clock(void **state)
{
	static const enum stat_role rates[] = {
		STAT_ROLE_EVENT, STAT_ROLE_BRANCHES, STAT_ROLE_CACHE_REFERENCES, STAT_ROLE_L1D, STAT_ROLE_L1I,
		STAT_ROLE_LLC,	 STAT_ROLE_DTLB,     STAT_ROLE_ITLB,		 STAT_ROLE_OTHER_HARDWARE,
	};

	(void)state;
	report_add_clock(&report, "task-clock", 500);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		report_add(&report, "event", rates[i], 100);
	derive();
	for (size_t i = 1; i < report.rows.n; i++) {
		assert_metric(i, 200, 3, "/sec");
		assert_true(derived.at[i].at[0].is_rate);
	}
}

static void cycles_are_gigahertz(void **state)
{
	(void)state;
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 3e9);
	report_add_clock(&report, "task-clock", 2000);
	derive();
	assert_metric(0, 1.5, 3, "GHz");
}

static void each_miss_is_a_share_of_its_accesses(void **state)
{
	static const struct {
		enum stat_role of, miss;
		int decimals;
		const char *unit;
	} shares[] = {
		{ STAT_ROLE_BRANCHES, STAT_ROLE_BRANCH_MISSES, 2, "of all branches" },
		{ STAT_ROLE_CACHE_REFERENCES, STAT_ROLE_CACHE_MISSES, 3, "of all cache refs" },
		{ STAT_ROLE_L1D, STAT_ROLE_L1D_MISSES, 2, "of all L1-dcache accesses" },
		{ STAT_ROLE_L1I, STAT_ROLE_L1I_MISSES, 2, "of all L1-icache accesses" },
		{ STAT_ROLE_LLC, STAT_ROLE_LLC_MISSES, 2, "of all LL-cache accesses" },
		{ STAT_ROLE_DTLB, STAT_ROLE_DTLB_MISSES, 2, "of all dTLB cache accesses" },
		{ STAT_ROLE_ITLB, STAT_ROLE_ITLB_MISSES, 2, "of all iTLB cache accesses" },
		{ STAT_ROLE_CYCLES, STAT_ROLE_STALLED_FRONTEND, 2, "frontend cycles idle" },
		{ STAT_ROLE_CYCLES, STAT_ROLE_STALLED_BACKEND, 2, "backend cycles idle" },
	};
	size_t n = sizeof(shares) / sizeof(shares[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		report_add(&report, "miss", shares[i].miss, (double)(i + 1));
	for (size_t i = 0; i < n; i++)
		report_add(&report, "access", shares[i].of, shares[i].of == STAT_ROLE_CYCLES ? 1000 : 10 * (double)(i + 1));
	derive();
	for (size_t i = 0; i < n; i++) {
		assert_metric(i, shares[i].of == STAT_ROLE_CYCLES ? (double)(i + 1) / 10 : 10, shares[i].decimals, shares[i].unit);
		assert_true(derived.at[i].at[0].is_percent);
	}
}

static void without_its_partner_a_count_says_nothing(void **state)
{
	(void)state;
	report_add(&report, "faults", STAT_ROLE_EVENT, 7);
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 7);
	report_add(&report, "branch-misses", STAT_ROLE_BRANCH_MISSES, 7);
	report_add(&report, "stalled", STAT_ROLE_STALLED_BACKEND, 0);
	report_add(&report, "energy", STAT_ROLE_NONE, 7);
	derive();
	for (size_t i = 0; i < report.rows.n; i++)
		assert_none(i);
}

static void a_partner_of_zero_or_without_a_value_is_none(void **state)
{
	static const enum stat_state states[] = { STAT_NOT_COUNTED, STAT_NOT_SUPPORTED };

	(void)state;
	report_add(&report, "branch-misses", STAT_ROLE_BRANCH_MISSES, 7);
	report_add(&report, "branches", STAT_ROLE_BRANCHES, 0);
	derive();
	assert_none(0);
	report.rows.at[1].value.value = NAN;
	derive();
	assert_none(0);
	report.rows.at[1].value.value = 70;
	for (size_t i = 0; i < 2; i++) {
		report.rows.at[1].state = states[i];
		derive();
		assert_none(0);
	}
	report.rows.at[1].state = STAT_COUNTED;
	derive();
	assert_metric(0, 10, 2, "of all branches");
}

static void what_was_not_counted_means_nothing(void **state)
{
	(void)state;
	report_add_clock(&report, "task-clock", 500);
	report_add(&report, "faults", STAT_ROLE_EVENT, 7)->state = STAT_NOT_COUNTED;
	report_add(&report, "faults", STAT_ROLE_EVENT, NAN);
	derive();
	assert_none(1);
	assert_none(2);
}

static void multiplexed_counts_meet_with_their_scaled_values(void **state)
{
	(void)state;
	report_make("multiplexed", &report, &(struct stat_style){ 0 });
	derive();
	assert_metric(1, 3, 3, "GHz");
	assert_metric(2, 1.5, 2, "insn per cycle");
}

static void the_larger_stall_is_told_of_instructions(void **state)
{
	(void)state;
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 200);
	report_add(&report, "front", STAT_ROLE_STALLED_FRONTEND, 20);
	report_add(&report, "back", STAT_ROLE_STALLED_BACKEND, 50);
	derive();
	assert_metric(0, 0.25, 2, "stalled cycles per insn");
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 100);
	derive();
	assert_int_equal(derived.at[0].n, 2);
	assert_string_equal(derived.at[0].at[0].unit, "insn per cycle");
	assert_near(derived.at[0].at[1].value, 0.25);
	report.rows.at[0].value.value = 0;
	derive();
	assert_metric(0, 0, 2, "insn per cycle");
}

/* ---- whose ------------------------------------------------------------------------------------------------------- */

static void a_partner_has_the_same_key(void **state)
{
	char cpu0[] = "CPU0"; /* names are compared, not where they lie */

	(void)state;
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->key = "CPU0";
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->key = "CPU1";
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->key = "CPU2";
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 100)->key = "CPU1";
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 200)->key = cpu0;
	derive();
	assert_metric(0, 1.5, 2, "insn per cycle");
	assert_metric(1, 3, 2, "insn per cycle");
	assert_none(2);
}

static void a_partner_has_the_same_cgroup(void **state)
{
	(void)state;
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 100);
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 200)->cgroup = "b";
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->cgroup = "a";
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->cgroup = "b";
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300);
	derive();
	assert_none(2);
	assert_metric(3, 1.5, 2, "insn per cycle");
	assert_metric(4, 3, 2, "insn per cycle");
}

static void user_and_kernel_counts_are_kept_apart_and_share_the_clock(void **state)
{
	(void)state;
	report_add_clock(&report, "task-clock", 1000);
	report_add(&report, "cycles:u", STAT_ROLE_CYCLES, 100)->domain = 1;
	report_add(&report, "cycles:k", STAT_ROLE_CYCLES, 200)->domain = 2;
	report_add(&report, "instructions:k", STAT_ROLE_INSTRUCTIONS, 300)->domain = 2;
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300);
	derive();
	assert_metric(1, 1e-7, 3, "GHz");
	assert_metric(3, 1.5, 2, "insn per cycle");
	assert_none(4);
}

static void a_partner_of_the_same_group_is_preferred(void **state)
{
	(void)state;
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 100)->group = 1;
	report_add(&report, "cycles", STAT_ROLE_CYCLES, 200)->group = 2;
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->group = 2;
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300)->group = 3;
	report_add(&report, "instructions", STAT_ROLE_INSTRUCTIONS, 300);
	derive();
	assert_metric(2, 1.5, 2, "insn per cycle");
	assert_metric(3, 3, 2, "insn per cycle");
	assert_metric(4, 3, 2, "insn per cycle");
}

/* ---- shortening -------------------------------------------------------------------------------------------------- */

static void assert_shortened(double rate, double value, const char *unit)
{
	struct stat_metric metric = { .value = rate, .unit = "/sec", .is_rate = true };

	metric = stat_metric_shorten(metric);
	assert_near(metric.value, value);
	assert_string_equal(metric.unit, unit);
}

static void rates_are_shortened_above_a_thousand(void **state)
{
	struct stat_metric plain = { .value = 5000, .unit = "GHz" };

	(void)state;
	assert_shortened(0, 0, "/sec");
	assert_shortened(999.9999, 999.9999, "/sec");
	assert_shortened(1000, 1000, "/sec");
	assert_shortened(1001, 1.001, "K/sec");
	assert_shortened(2.5e6, 2.5, "M/sec");
	assert_shortened(2.5e9, 2.5, "G/sec");
	assert_shortened(2.5e15, 2.5e6, "G/sec");
	assert_true(stat_metric_shorten(plain).value == 5000);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static struct stat_mean mean_of(const double *values, size_t n)
{
	struct stat_figures figures = { 0 };

	for (size_t i = 0; i < n; i++)
		stat_figures_add(&figures, values[i]);
	return stat_figures_mean(&figures);
}

static void a_mean_has_the_standard_error_of_the_mean(void **state)
{
	static const double values[] = { 1, 2, 3, 4, 5 };
	struct stat_mean mean = mean_of(values, 5);

	(void)state;
	assert_near(mean.value, 3);
	assert_near(mean.error, sqrt(0.5)); /* variance 2.5, of 5 values */
	assert_near(stat_mean_percent(&mean), 100 * sqrt(0.5) / 3);
}

static void a_single_value_has_no_error_and_none_is_zero(void **state)
{
	static const double one[] = { 7 };
	struct stat_mean mean = mean_of(one, 1);

	(void)state;
	assert_true(mean.value == 7 && mean.error == 0);
	mean = mean_of(one, 0);
	assert_true(mean.value == 0 && mean.error == 0);
	assert_true(stat_mean_percent(&mean) == 0);
}

static void a_small_spread_of_huge_counts_is_not_lost(void **state)
{
	static const double values[] = { 1e15 + 1, 1e15 + 2, 1e15 + 3 };
	struct stat_mean mean = mean_of(values, 3);

	(void)state;
	assert_true(mean.value == 1e15 + 2);
	assert_near(mean.error, sqrt(1.0 / 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_clock_is_set_against_the_elapsed_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_ratio_is_a_rate_of_the_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(cycles_are_gigahertz, setup, teardown),
		cmocka_unit_test_setup_teardown(each_miss_is_a_share_of_its_accesses, setup, teardown),
		cmocka_unit_test_setup_teardown(without_its_partner_a_count_says_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_partner_of_zero_or_without_a_value_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_counted_means_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(multiplexed_counts_meet_with_their_scaled_values, setup, teardown),
		cmocka_unit_test_setup_teardown(the_larger_stall_is_told_of_instructions, setup, teardown),
		cmocka_unit_test_setup_teardown(a_partner_has_the_same_key, setup, teardown),
		cmocka_unit_test_setup_teardown(a_partner_has_the_same_cgroup, setup, teardown),
		cmocka_unit_test_setup_teardown(user_and_kernel_counts_are_kept_apart_and_share_the_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(a_partner_of_the_same_group_is_preferred, setup, teardown),
		cmocka_unit_test(rates_are_shortened_above_a_thousand),
		cmocka_unit_test(a_mean_has_the_standard_error_of_the_mean),
		cmocka_unit_test(a_single_value_has_no_error_and_none_is_zero),
		cmocka_unit_test(a_small_spread_of_huge_counts_is_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
