/* What is known of a middle from few values: Student's t, and the intervals by ranks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/stat/ranks.h"
#include "src/stat/student.h"

/* ---- Student's t ------------------------------------------------------------------------------------------------- */

static void t_is_that_of_the_published_tables(void **state)
{
	static const struct {
		size_t freedom;
		double t;
	} published[] = {
		{ 1, 12.7062 }, { 2, 4.3027 }, { 3, 3.1824 }, { 4, 2.7764 }, { 5, 2.5706 }, { 10, 2.2281 },
		{ 29, 2.0452 }, { 30, 2.0423 }, { 100, 1.9840 }, { 1000, 1.9623 }, { 1000000000, 1.9600 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++)
		assert_true(fabs(stat_t95(published[i].freedom) - published[i].t) < 0.0001);
}

/* ---- ranks ------------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* In how many of the 2^n ways to give 1, 2, .. n their signs the interval does not hold 0. */
static size_t patterns_missed(size_t n, double doubt)
{
	size_t missed = 0;

	for (size_t signs = 0; signs < (size_t)1 << n; signs++) {
		double values[16], low, high;

		for (size_t i = 0; i < n; i++)
			values[i] = signs >> i & 1 ? (double)(i + 1) : -(double)(i + 1);
		qsort(values, n, sizeof(*values), by_size);
		assert_true(ranks_interval(values, n, doubt, &low, &high));
		missed += low > 0 || high < 0;
	}
	return missed;
}

static void an_interval_misses_no_more_sign_patterns_than_it_may(void **state)
{
	(void)state;
	for (size_t n = 6; n <= 12; n++) {
		double share = (double)patterns_missed(n, 0.05) / (double)((size_t)1 << n);

		assert_true(share <= 0.05);
		assert_true(share > 0.025); /* and is no wider than it must be */
	}
	assert_int_equal(patterns_missed(9, 0.05 / 8), 2);
}

static void too_few_values_give_no_interval(void **state)
{
	static const double values[] = { 1, 2, 3, 4, 5, 6 };
	double low = -1, high = -1;

	(void)state;
	assert_int_equal(ranks_needed(0.05), 6);
	assert_int_equal(ranks_needed(0.05 / 8), 9);
	assert_false(ranks_interval(values, 0, 0.05, &low, &high));
	assert_false(ranks_interval(values, 5, 0.05, &low, &high));
	assert_true(low == -1 && high == -1);
	assert_true(ranks_interval(values, 6, 0.05, &low, &high));
	assert_true(low == 1 && high == 6);
}

static void a_value_far_off_counts_by_its_side_and_not_by_its_distance(void **state)
{
	double values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	double low, high, low_then, high_then, middle = ranks_middle(values, 10);

	(void)state;
	assert_true(ranks_interval(values, 10, 0.05, &low, &high));
	values[9] = 1e9;
	assert_true(ranks_interval(values, 10, 0.05, &low_then, &high_then));
	assert_true(fabs(middle - 5.5) < 1e-9 && fabs(ranks_middle(values, 10) - 5.5) < 1e-9);
	assert_true(fabs(low_then - low) < 1e-9 && high_then < 9);
}

static void equal_values_leave_no_doubt(void **state)
{
	static const double values[] = { 3, 3, 3, 3, 3, 3, 3 };
	double low, high;

	(void)state;
	assert_true(ranks_middle(values, 7) == 3 && ranks_middle(values, 1) == 3);
	assert_true(ranks_interval(values, 7, 0.05, &low, &high));
	assert_true(low == 3 && high == 3);
}

static void sums_that_are_no_longer_counted_out_are_as_good(void **state)
{
	double values[101], low, high, low_then, high_then;

	(void)state;
	for (int i = 0; i < 101; i++)
		values[i] = i;
	assert_true(ranks_interval(values, 100, 0.05, &low, &high));
	assert_true(ranks_interval(values, 101, 0.05, &low_then, &high_then));
	assert_true(fabs((high_then - low_then) / (high - low) - 1) < 0.02);
	assert_true(fabs((high_then + low_then) / 2 - 50) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_is_that_of_the_published_tables),
		cmocka_unit_test(an_interval_misses_no_more_sign_patterns_than_it_may),
		cmocka_unit_test(too_few_values_give_no_interval),
		cmocka_unit_test(a_value_far_off_counts_by_its_side_and_not_by_its_distance),
		cmocka_unit_test(equal_values_leave_no_doubt),
		cmocka_unit_test(sums_that_are_no_longer_counted_out_are_as_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
