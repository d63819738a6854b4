/* Two commands compared: whether the statistics keep their promise, and what a person and a script are told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/utf8.h"
#include "src/stat/compare.h"
#include "src/stat/print.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- simulated machines ------------------------------------------------------------------------------------------ */

enum { EXPERIMENTS = 2000, MOST_PAIRS = 400 };

static uint64_t seed;

static double uniform(void) /* in (0, 1); xorshift64 */
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((double)(seed >> 11) + 0.5) / 0x1p53;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* The logarithm of what a run takes beyond its share. */
typedef double noise_fn(void);

static double quiet(void)
{
	return 0.02 * normal();
}

/* One run in twenty is struck, and takes up to three times as long. */
static double busy(void)
{
	return quiet() + (uniform() < 0.05 ? uniform() * log(3) : 0);
}

/* Student's t of two degrees of freedom: it has no variance. */
static double heavy(void)
{
	return 0.02 * normal() / sqrt(-log(uniform()));
}

/* A run takes longer than at its best, and never less. */
static double one_sided(void)
{
	return -0.03 * log(uniform());
}

struct experiment {
	double a[MOST_PAIRS], b[MOST_PAIRS];
};

/* The machine becomes a tenth slower from the first run to the last, and wanders besides; the order is A B B A .. */
static void run(struct experiment *e, size_t pairs, double ratio, noise_fn *noise)
{
	double wander = 0;

	for (size_t i = 0; i < 2 * pairs; i++) {
		double drift = 0.1 * (double)i / (double)(2 * pairs) + (wander += 0.005 * normal());
		double took = exp(drift + noise());

		if (i % 4 == 0 || i % 4 == 3)
			e->a[i / 2] = ratio * took;
		else
			e->b[i / 2] = took;
	}
}

/* The share of experiments whose interval holds the true ratio, in percent. */
static double coverage(size_t pairs, double ratio, noise_fn *noise)
{
	static struct experiment e;
	size_t held = 0;

	seed = 88172645463325252u;
	for (size_t i = 0; i < EXPERIMENTS; i++) {
		run(&e, pairs, ratio, noise);
		struct stat_ratio r = stat_compare(e.a, e.b, pairs);

		assert_true(r.is_known && r.low <= r.ratio && r.ratio <= r.high);
		held += r.low <= ratio && ratio <= r.high;
	}
	return 100.0 * (double)held / EXPERIMENTS;
}

static const size_t sizes[] = { 5, 10, 30 };

static void with_normal_noise_an_interval_holds_the_truth_as_often_as_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		double held = coverage(sizes[i], 1.05, quiet);

		assert_true(held >= 93 && held <= 97);
	}
}

static void with_any_other_noise_it_does_so_as_well(void **state)
{
	static noise_fn *const noises[] = { busy, heavy, one_sided };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t j = 0; j < COUNT(noises); j++)
			assert_true(coverage(sizes[i], 0.7, noises[j]) >= 94);
}

static void where_there_is_no_difference_one_is_seen_in_five_percent(void **state)
{
	static noise_fn *const noises[] = { quiet, busy, one_sided };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (size_t j = 0; j < COUNT(noises); j++)
			assert_true(100 - coverage(sizes[i], 1, noises[j]) <= 5.5);
}

/* The share of experiments in which a difference was seen, in percent. */
static double seen(size_t pairs, double ratio, noise_fn *noise)
{
	static struct experiment e;
	size_t n = 0;

	seed = 88172645463325252u;
	for (size_t i = 0; i < EXPERIMENTS; i++) {
		run(&e, pairs, ratio, noise);
		struct stat_ratio r = stat_compare(e.a, e.b, pairs);

		n += r.low > 1 || r.high < 1;
	}
	return 100.0 * (double)n / EXPERIMENTS;
}

static void stray_runs_do_not_hide_a_difference(void **state)
{
	(void)state;
	assert_true(seen(10, 1.1, busy) > 85);
	assert_true(seen(30, 1.05, busy) > 98);
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void the_pairs_that_are_asked_for_tell_the_difference_in_four_of_five(void **state)
{
	static size_t needed[EXPERIMENTS];
	static struct experiment e;
	double told;

	(void)state;
	seed = 1;
	for (size_t i = 0; i < EXPERIMENTS; i++) {
		run(&e, 20, 1, quiet);
		needed[i] = stat_pairs_to_tell(e.a, e.b, 20, 1);
	}
	qsort(needed, EXPERIMENTS, sizeof(*needed), by_number);
	assert_in_range(needed[EXPERIMENTS / 2], 50, 120);
	told = seen(needed[EXPERIMENTS / 2], 1.01, quiet);
	assert_true(told > 75 && told < 90);
}

/* ---- ratios ------------------------------------------------------------------------------------------------------ */

static void assert_near(double got, double want)
{
	assert_true(fabs(got - want) < 1e-9 * fabs(want));
}

static void a_ratio_is_as_it_was_made_and_turns_over_with_its_sides(void **state)
{
	static struct experiment e;
	struct stat_ratio ab, ba;

	(void)state;
	seed = 7;
	for (size_t n = 2; n < 40; n++) {
		run(&e, n, 2, quiet);
		ab = stat_compare(e.a, e.b, n);
		ba = stat_compare(e.b, e.a, n);
		assert_near(ab.ratio, 1 / ba.ratio);
		assert_near(ab.low, 1 / ba.high);
		assert_near(ab.high, 1 / ba.low);
	}
}

static void two_pairs_are_an_interval_of_student(void **state)
{
	/* logarithms 0.1 and 0.3: mean 0.2, and 12.7062 times the standard error 0.1 to either side */
	struct stat_ratio r = stat_compare((double[]){ exp(0.1), exp(1.3) }, (double[]){ 1, exp(1) }, 2);

	(void)state;
	assert_true(r.is_known && r.pairs == 2 && r.left_out == 0);
	assert_near(r.ratio, exp(0.2));
	assert_true(fabs(log(r.high) - 1.47062) < 0.0001 && fabs(log(r.low) + 1.07062) < 0.0001);
}

static void fewer_than_two_pairs_have_no_ratio(void **state)
{
	static const double one[] = { 3, NAN, 4 }, other[] = { 2, 5, NAN };

	(void)state;
	for (size_t n = 0; n <= 3; n++) {
		struct stat_ratio r = stat_compare(one, other, n);

		assert_false(r.is_known);
		assert_int_equal(r.pairs, n > 0);
		assert_int_equal(r.left_out, n ? n - 1 : 0);
		assert_int_equal(stat_pairs_to_tell(one, other, n, 1), 0);
	}
}

static void a_pair_that_was_not_counted_is_left_out(void **state)
{
	static const double a[] = { 1, NAN, 2, INFINITY, 3 }, b[] = { 1, 1, 2, 2, NAN };
	struct stat_ratio r = stat_compare(a, b, 5);

	(void)state;
	assert_true(r.is_known && r.ratio == 1);
	assert_int_equal(r.pairs, 2);
	assert_int_equal(r.left_out, 3);
}

static void a_zero_is_less_than_anything_and_two_zeros_tell_nothing(void **state)
{
	static const double a[] = { 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 }, b[] = { 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4 };
	struct stat_ratio r = stat_compare(a, b, COUNT(a));

	(void)state;
	assert_true(r.is_known);
	assert_near(r.ratio, 0.5);
	assert_near(r.high, 0.5);
	assert_int_equal(r.pairs, 11);
	assert_int_equal(r.left_out, 1);
}

static void too_many_zeros_have_no_ratio(void **state)
{
	static const double zeros[10], twos[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 }, mixed[] = { 0, 2, 2, 2, 2 };
	static const double other[] = { 2, 2, 2, 2, 0 };

	(void)state;
	assert_false(stat_compare(zeros, zeros, 10).is_known);
	assert_int_equal(stat_compare(zeros, zeros, 10).left_out, 10);
	for (size_t n = 2; n <= 10; n++) {
		assert_false(stat_compare(zeros, twos, n).is_known);
		assert_false(stat_compare(twos, zeros, n).is_known);
	}
	for (size_t n = 2; n <= 5; n++)
		assert_false(stat_compare(mixed, twos, n).is_known);
	assert_false(stat_compare(mixed, other, 5).is_known);
}

static void ten_thousand_pairs_tell_a_tenth_of_a_percent(void **state)
{
	enum { PAIRS = 10000 };
	double *a = calloc(PAIRS, sizeof(*a)), *b = calloc(PAIRS, sizeof(*b));
	struct stat_ratio r;

	(void)state;
	seed = 3;
	for (size_t i = 0; i < PAIRS; i++) {
		a[i] = exp(busy());
		b[i] = 1.002 * exp(busy());
	}
	r = stat_compare(a, b, PAIRS);
	assert_int_equal(r.pairs, PAIRS);
	assert_true(r.low < 1 / 1.002 && r.high > 1 / 1.002 && r.high < 0.999);
	assert_in_range(stat_pairs_to_tell(a, b, PAIRS, 1), 50, 300);
	free(a);
	free(b);
}

static void a_spread_without_bounds_cannot_be_told(void **state)
{
	(void)state;
	assert_int_equal(stat_pairs_to_tell((double[]){ 1, 1000 }, (double[]){ 1, 1 }, 2, 1), 0);
	assert_int_equal(stat_pairs_to_tell((double[]){ 1, 2 }, (double[]){ 1, 2 }, 2, 1), 2);
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static void add_row(struct stat_comparison *c, struct stat_compared row)
{
	*vec_push(&c->rows) = row;
}

static void free_comparison(struct stat_comparison *c)
{
	vec_free(&c->rows);
	vec_free(&c->notes);
}

/* Tables of nine figures that do not differ: how many call a counter different, in percent. */
static void all_counters_together_are_falsely_called_different_in_five_percent(void **state)
{
	enum { FIGURES = 9, PAIRS = 10, TABLES = 1000 };
	static struct experiment e[FIGURES];
	struct stat_comparison c = { .pairs = PAIRS };
	size_t wrong = 0;

	(void)state;
	seed = 11;
	for (size_t i = 0; i < FIGURES; i++)
		add_row(&c, (struct stat_compared){ .name = "x", .unit = "", .a = e[i].a, .b = e[i].b });
	for (size_t table = 0; table < TABLES; table++) {
		bool differs = false;

		for (size_t i = 0; i < FIGURES; i++)
			run(&e[i], PAIRS, 1, busy);
		for (size_t i = 1; i < FIGURES; i++)
			differs |= stat_find(&c, i).judgement != STAT_NONE_SEEN;
		wrong += differs;
	}
	assert_true(wrong <= 0.05 * TABLES);
	free_comparison(&c);
}

static void small_counts_that_agree_by_chance_are_no_certainty(void **state)
{
	static const double time[] = { 1, 1, 1 }, ones[] = { 1, 1, 1 }, twos[] = { 2, 2, 2 };
	struct stat_comparison c = { .pairs = 3 };

	(void)state;
	add_row(&c, (struct stat_compared){ .name = "elapsed", .unit = "msec", .a = time, .b = time });
	add_row(&c, (struct stat_compared){ .name = "cpu-migrations", .unit = "", .a = ones, .b = twos });
	assert_int_equal(stat_find(&c, 1).judgement, STAT_NOT_JUDGED);
	free_comparison(&c);
}

static void a_side_is_its_median_and_mean_and_strays(void **state)
{
	static const double a[] = { 10, NAN, 30, 11, 9 }, b[] = { NAN, NAN, NAN, NAN, NAN };
	struct stat_comparison c = { .pairs = 5 };
	struct stat_finding f;

	(void)state;
	add_row(&c, (struct stat_compared){ .name = "elapsed", .unit = "msec", .a = a, .b = b });
	f = stat_find(&c, 0);
	assert_true(f.a.median == 10.5 && f.a.mean == 15 && f.a.strays == 1);
	assert_true(isnan(f.b.median) && isnan(f.b.mean) && f.b.strays == 0);
	assert_int_equal(f.judgement, STAT_NOT_JUDGED);
	assert_int_equal(f.ratio.left_out, 5);
	free_comparison(&c);
}

/* ---- the verdict ------------------------------------------------------------------------------------------------- */

static const double slow[] = { 108, 111, 110, 109, 112, 110, 108, 111, 110, 109 };
static const double fast[] = { 100, 101, 102, 100, 101, 100, 99, 101, 102, 100 };
static const double like_fast[] = { 101, 100, 103, 99, 101, 99, 100, 102, 100, 101 };

static void assert_verdict_of(const double *a, const double *b, size_t pairs, int exit_a, int exit_b, const char *want)
{
	struct stat_comparison c = { .pairs = pairs, .exit_a = exit_a, .exit_b = exit_b };
	struct buf out = { 0 };

	add_row(&c, (struct stat_compared){ "elapsed", "msec", false, true, a, b });
	stat_verdict(&c, &out);
	assert_string_equal(out.at, want);
	buf_free(&out);
	free_comparison(&c);
}

static void the_faster_one_is_named_first(void **state)
{
	(void)state;
	assert_verdict_of(fast, slow, 10, 0, 0,
			  "A is 1.08x to 1.10x faster than B (10 pairs of runs, 95 % confidence).");
	assert_verdict_of(slow, fast, 10, 0, 0,
			  "B is 1.08x to 1.10x faster than A (10 pairs of runs, 95 % confidence).");
}

static void a_small_difference_is_not_rounded_away(void **state)
{
	static const double a[] = { 1000, 1000, 1000, 1000, 1000, 1000 }, b[] = { 1002, 1003, 1002, 1003, 1002, 1003 };

	(void)state;
	assert_verdict_of(a, b, 6, 0, 0, "A is 1.002x to 1.003x faster than B (6 pairs of runs, 95 % confidence).");
}

static void where_nothing_was_seen_it_says_what_may_be_hidden_and_what_would_show_it(void **state)
{
	static const double wild[] = { 1, 1, 2, 1000, 1, 1 };

	(void)state;
	assert_verdict_of(like_fast, fast, 10, 0, 0,
			  "No difference seen in 10 pairs of runs: A takes 0.99x to 1.01x as long as B "
			  "(95 % confidence); about 8 more would tell 1 %.");
	assert_verdict_of(like_fast, fast, 3, 0, 0,
			  "No difference seen in 3 pairs of runs: A takes 0.98x to 1.03x as long as B "
			  "(95 % confidence); about 10 more would tell 1 %.");
	assert_verdict_of(fast, fast, 10, 0, 0,
			  "No difference seen in 10 pairs of runs: A takes 1.00x to 1.00x as long as B "
			  "(95 % confidence); 1 % would most likely have shown.");
	assert_verdict_of(wild, wild + 1, 5, 0, 0,
			  "No difference seen in 5 pairs of runs: A takes 0.0031x to 325.2860x as long as B "
			  "(95 % confidence); they spread so much that a million would not tell 1 %.");
}

static void a_command_that_failed_comes_before_everything(void **state)
{
	(void)state;
	assert_verdict_of(fast, slow, 10, 3, 0,
			  "A failed (exit status 3), so the figures may mean nothing. "
			  "A is 1.08x to 1.10x faster than B (10 pairs of runs, 95 % confidence).");
	assert_verdict_of(fast, slow, 1, 0, 137,
			  "B failed (exit status 137), so the figures may mean nothing. "
			  "1 pair of runs cannot tell which is faster: ask for ten with -r 10.");
	assert_verdict_of(fast, slow, 0, 1, 2,
			  "A and B failed (exit status 1 and 2), so the figures may mean nothing. "
			  "0 pairs of runs cannot tell which is faster: ask for ten with -r 10.");
}

static void what_cannot_be_told_says_why(void **state)
{
	static const double zeros[10], gaps[] = { 1, NAN, NAN, 0 }, wild[] = { 1, 30 }, one[] = { 1, 1 };
	static const char too_far[] =
		"Nothing can be told: the elapsed times are 0, or too far apart from pair to pair.";

	(void)state;
	assert_verdict_of(zeros, fast, 10, 0, 0, too_far);
	assert_verdict_of(wild, one, 2, 0, 0, too_far);
	assert_verdict_of(gaps, zeros, 4, 0, 0,
			  "Nothing can be told: the elapsed time was measured, and not 0, in only 1 of 4 pairs of "
			  "runs.");
}

/* ---- three ways to write it -------------------------------------------------------------------------------------- */

static const double faults_a[] = { 64, 64, 64, 64, 64, 64, 64, 65, 64, 64 };
static const double faults_b[] = { 12345, 12346, 12344, 12345, 12345, 12345, 12347, 12345, 12345, 12346 };
static const double switches_a[] = { 0, 1, 0, 2, 0, 1, 0, 0, 3, 0 }, switches_b[] = { 1, 0, 0, 2, 1, 0, 0, 0, 1, 1 };
static const double cycles_a[] = { NAN, 4e9, 4.1e9, 4e9, NAN, 4e9, 4.2e9, 4e9, 4.1e9, 4e9 };
static const double cycles_b[] = { 4.4e9, 4.4e9, 4.5e9, 4.4e9, 4.5e9, NAN, 4.4e9, 4.5e9, 4.4e9, 4.4e9 };
static const double never[] = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
static const double with_strays[] = { 108, 111, 310, 109, 112, 110, 108, 111, 110, 109 };

static void compare_ten(struct stat_comparison *c)
{
	*c = (struct stat_comparison){ .command_a = "make -j2", .command_b = "make CC='clang' -j2", .pairs = 10 };
	add_row(c, (struct stat_compared){ "elapsed", "msec", false, true, fast, with_strays });
	add_row(c, (struct stat_compared){ "task-clock", "msec", false, true, like_fast, fast });
	add_row(c, (struct stat_compared){ "context-switches", "", true, false, switches_a, switches_b });
	add_row(c, (struct stat_compared){ "page-faults", "", true, false, faults_a, faults_b });
	add_row(c, (struct stat_compared){ "cycles", "", true, true, cycles_a, cycles_b });
	add_row(c, (struct stat_compared){ "branches", "", true, false, never, never });
	*vec_push(&c->notes) = "This machine has no counters for branches.";
}

typedef void write_fn(const struct stat_comparison *c, struct buf *out);

static void write_csv(const struct stat_comparison *c, struct buf *out)
{
	stat_compare_csv(c, ",", out);
}

static void assert_written(const struct stat_comparison *c, write_fn *write, const char *want)
{
	struct buf out = { 0 };

	write(c, &out);
	assert_string_equal(out.at, want);
	assert_int_equal(out.n, strlen(want));
	buf_free(&out);
}

static void the_text_is_a_table_a_verdict_and_how_to_read_them(void **state)
{
	struct stat_comparison c;

	(void)state;
	compare_ten(&c);
	assert_written(&c, stat_compare_text,
		"\n"
		" Performance counters of two commands, in 10 pairs of runs:\n"
		"\n"
		"   A: make -j2\n"
		"   B: make CC='clang' -j2\n"
		"\n"
		"                       A (median)     B (median)     A/B  95 % interval\n"
		" elapsed (msec)            100.50         110.00   0.913  0.905 - 0.922    A faster\n"
		" task-clock (msec)         100.50         100.50   1.000  0.990 - 1.010\n"
		" context-switches               0            0.5       -\n"
		" page-faults                   64         12,345  0.0052  0.0052 - 0.0052  A fewer\n"
		" cycles             4,000,000,000  4,400,000,000   0.910  0.899 - 0.933\n"
		" branches           <not counted>  <not counted>       -\n"
		"\n"
		" A is 1.08x to 1.10x faster than B (10 pairs of runs, 95 % confidence).\n"
		"\n"
		" 0 of A's 10 runs and 1 of B's took more than 1.5 times their median.\n"
		" cycles: 3 of 10 pairs are left out (not counted, or 0 for both), and too few\n"
		" are left to judge it by.\n"
		" The elapsed time is judged at 95 % confidence, each figure below it at 99 %, so\n"
		" that a false difference shows among all of those in 1 table of 20 at most.\n"
		" This machine has no counters for branches.\n"
		"\n");
	free_comparison(&c);
}

static void the_csv_is_a_line_a_figure(void **state)
{
	struct stat_comparison c;

	(void)state;
	compare_ten(&c);
	assert_written(&c, write_csv,
		"figure,unit,a_median,b_median,a_mean,b_mean,ratio,low,high,pairs,left_out,difference,exit_a,exit_b\n"
		"elapsed,msec,100.5,110,100.6,129.8,0.913472406,0.905430944,0.921668773,10,0,A less,0,0\n"
		"task-clock,msec,100.5,100.5,100.6,100.6,1,0.99,1.01,10,0,none seen,0,0\n"
		"context-switches,,0,0.5,0.7,0.6,,,,7,3,,0,0\n"
		"page-faults,,64,12345,64.1,12345.3,0.00518428514,0.00518386524,0.00518449512,10,0,A less,0,0\n"
		"cycles,,4000000000,4400000000,4050000000,4433333333.33333,0.91010045,0.89893315,0.93257545,7,3,,0,"
		"0\n"
		"branches,,,,,,,,,0,10,,0,0\n");
	free_comparison(&c);
}

static void the_json_is_an_object_a_figure_and_the_verdict(void **state)
{
	struct stat_comparison c;

	(void)state;
	compare_ten(&c);
	assert_written(&c, stat_compare_json,
		"{\"figure\": \"elapsed\", \"unit\": \"msec\", \"a-median\": 100.5, "
		"\"b-median\": 110, \"a-mean\": 100.59999999999999, "
		"\"b-mean\": 129.80000000000001, \"ratio\": 0.91347240597593671, "
		"\"low\": 0.90543094424986126, \"high\": 0.92166877268221881, \"pairs\": 10, "
		"\"left-out\": 0, \"difference\": \"A less\"}\n"
		"{\"figure\": \"task-clock\", \"unit\": \"msec\", \"a-median\": 100.5, "
		"\"b-median\": 100.5, \"a-mean\": 100.59999999999999, "
		"\"b-mean\": 100.59999999999999, \"ratio\": 1, \"low\": 0.98999999999999944, "
		"\"high\": 1.0099999999999998, \"pairs\": 10, \"left-out\": 0, "
		"\"difference\": \"none seen\"}\n"
		"{\"figure\": \"context-switches\", \"unit\": \"\", \"a-median\": 0, "
		"\"b-median\": 0.5, \"a-mean\": 0.69999999999999996, "
		"\"b-mean\": 0.59999999999999998, \"ratio\": null, \"low\": null, "
		"\"high\": null, \"pairs\": 7, \"left-out\": 3, \"difference\": null}\n"
		"{\"figure\": \"page-faults\", \"unit\": \"\", \"a-median\": 64, "
		"\"b-median\": 12345, \"a-mean\": 64.099999999999994, "
		"\"b-mean\": 12345.299999999999, \"ratio\": 0.0051842851356824586, "
		"\"low\": 0.0051838652365090799, \"high\": 0.0051844951235366418, \"pairs\": 10, "
		"\"left-out\": 0, \"difference\": \"A less\"}\n"
		"{\"figure\": \"cycles\", \"unit\": \"\", \"a-median\": 4000000000, "
		"\"b-median\": 4400000000, \"a-mean\": 4050000000, \"b-mean\": 4433333333.333333, "
		"\"ratio\": 0.9101004495564361, \"low\": 0.89893314995098894, "
		"\"high\": 0.93257544986824992, \"pairs\": 7, \"left-out\": 3, "
		"\"difference\": null}\n"
		"{\"figure\": \"branches\", \"unit\": \"\", \"a-median\": null, "
		"\"b-median\": null, \"a-mean\": null, \"b-mean\": null, \"ratio\": null, "
		"\"low\": null, \"high\": null, \"pairs\": 0, \"left-out\": 10, "
		"\"difference\": null}\n"
		"{\"faster\": \"A\", \"ratio\": 0.91347240597593671, "
		"\"low\": 0.90543094424986126, \"high\": 0.92166877268221881, \"pairs\": 10, "
		"\"left-out\": 0, \"more-pairs-to-tell-1-percent\": 5, \"a-stray-runs\": 0, "
		"\"b-stray-runs\": 1, \"a-exit-status\": 0, \"b-exit-status\": 0, "
		"\"a-command\": \"make -j2\", \"b-command\": \"make CC='clang' -j2\", "
		"\"verdict\": \"A is 1.08x to 1.10x faster than B (10 pairs of runs, "
		"95 % confidence).\", \"notes\": [\"This machine has no counters for branches.\"]}\n");
	free_comparison(&c);
}

static void one_pair_is_shown_and_not_judged(void **state)
{
	struct stat_comparison c;

	(void)state;
	compare_ten(&c);
	c.pairs = 1;
	c.rows.n = 2;
	c.notes.n = 0;
	assert_written(&c, stat_compare_text,
		"\n"
		" Performance counters of two commands, in 1 pair of runs:\n"
		"\n"
		"   A: make -j2\n"
		"   B: make CC='clang' -j2\n"
		"\n"
		"                    A (median)  B (median)  A/B  95 % interval\n"
		" elapsed (msec)         100.00      108.00    -\n"
		" task-clock (msec)      101.00      100.00    -\n"
		"\n"
		" 1 pair of runs cannot tell which is faster: ask for ten with -r 10.\n"
		"\n");
	free_comparison(&c);
}

static void counters_are_not_judged_by_too_few_pairs(void **state)
{
	struct stat_comparison c;

	(void)state;
	compare_ten(&c);
	c.pairs = 6;
	c.rows.n = 4;
	c.notes.n = 0;
	assert_written(&c, stat_compare_text,
		"\n"
		" Performance counters of two commands, in 6 pairs of runs:\n"
		"\n"
		"   A: make -j2\n"
		"   B: make CC='clang' -j2\n"
		"\n"
		"                    A (median)  B (median)     A/B  95 % interval\n"
		" elapsed (msec)         100.50      110.50   0.910  0.329 - 0.926    A faster\n"
		" task-clock (msec)      100.50      100.50   0.995  0.990 - 1.010\n"
		" context-switches          0.5         0.5       -\n"
		" page-faults                64      12,345  0.0052  0.0052 - 0.0052\n"
		"\n"
		" A is 1.08x to 3.04x faster than B (6 pairs of runs, 95 % confidence).\n"
		"\n"
		" 0 of A's 6 runs and 1 of B's took more than 1.5 times their median.\n"
		" Only the elapsed time is judged: 6 pairs are too few to judge 3 more figures\n"
		" by, 7 would do.\n"
		"\n");
	free_comparison(&c);
}

static void a_command_that_failed_is_in_every_format(void **state)
{
	struct stat_comparison c;
	struct buf out = { 0 };

	(void)state;
	compare_ten(&c);
	c.exit_b = 139;
	stat_compare_text(&c, &out);
	assert_non_null(strstr(out.at, "\n B failed (exit status 139), so the figures may mean nothing. A is"));
	buf_clear(&out);
	write_csv(&c, &out);
	assert_non_null(strstr(out.at, "\nelapsed,msec,100.5,110,100.6,129.8,0.913472406,"));
	assert_non_null(strstr(out.at, ",10,0,A less,0,139\ntask-clock,"));
	buf_clear(&out);
	stat_compare_json(&c, &out);
	assert_non_null(strstr(out.at, "\"a-exit-status\": 0, \"b-exit-status\": 139"));
	buf_free(&out);
	free_comparison(&c);
}

/* ---- hostile names ----------------------------------------------------------------------------------------------- */

static void compare_hostile(struct stat_comparison *c)
{
	*c = (struct stat_comparison){ .command_a = "a\n\x1b[2J\"b,c\xff", .command_b = "", .pairs = 10 };
	add_row(c, (struct stat_compared){ "elapsed", "msec", false, true, fast, slow });
	add_row(c, (struct stat_compared){ "sys:\"x,y\"\r\n\xc3\xa4", "\x9b;\t", true, false, faults_a, faults_b });
	*vec_push(&c->notes) = "\x1b]0;\a {}";
	*vec_push(&c->notes) = "";
}

static void assert_clean_lines(const struct buf *out, size_t lines)
{
	const char *at = out->at;

	for (size_t i = 0; i < lines; i++) {
		size_t n = strcspn(at, "\n");

		assert_true(at[n] == '\n' && utf8_is_clean(at, n));
		at += n + 1;
	}
	assert_ptr_equal(at, out->at + out->n);
}

static void a_name_cannot_break_the_table(void **state)
{
	struct stat_comparison c;
	struct buf out = { 0 };

	(void)state;
	compare_hostile(&c);
	stat_compare_text(&c, &out);
	assert_clean_lines(&out, 17);
	assert_non_null(strstr(out.at, "\n   A: a\\x0a\\x1b[2J\"b,c\xef\xbf\xbd\n   B: \n"));
	assert_non_null(strstr(out.at,
		"\n elapsed (msec)                   100.50      110.00   0.917  0.910 - 0.922    A faster"
		"\n sys:\"x,y\"\\x0d\\x0a\xc3\xa4 (\xef\xbf\xbd;\\x09)          64      12,345  0.0052  "));
	buf_free(&out);
	free_comparison(&c);
}

static void a_name_cannot_break_the_csv(void **state)
{
	struct stat_comparison c;
	struct buf out = { 0 };

	(void)state;
	compare_hostile(&c);
	write_csv(&c, &out);
	assert_clean_lines(&out, 3);
	assert_non_null(strstr(out.at, "\n\"sys:\"\"x,y\"\"\\x0d\\x0a\xc3\xa4\",\xef\xbf\xbd;\\x09,64,"));
	buf_free(&out);
	free_comparison(&c);
}

static void a_separator_that_numbers_contain_is_quoted_away(void **state)
{
	struct stat_comparison c;
	struct buf out = { 0 };

	(void)state;
	compare_ten(&c);
	stat_compare_csv(&c, ".", &out);
	assert_non_null(strstr(out.at, "\nelapsed.msec.\"100.5\".110.\"100.6\".\"129.8\".\"0.913472406\"."));
	buf_free(&out);
	free_comparison(&c);
}

static void assert_json_text(const json_t *object, const char *key, const char *want)
{
	assert_string_equal(json_string_value(json_object_get(object, key)), want);
}

static void a_name_cannot_break_the_json(void **state)
{
	struct stat_comparison c;
	struct buf out = { 0 };
	json_t *object;
	char *at;

	(void)state;
	compare_hostile(&c);
	stat_compare_json(&c, &out);
	assert_clean_lines(&out, 3);
	at = strchr(out.at, '\n') + 1;
	object = json_loads(at, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, NULL);
	assert_json_text(object, "figure", "sys:\"x,y\"\\x0d\\x0a\xc3\xa4");
	json_decref(object);
	object = json_loads(strchr(at, '\n') + 1, JSON_REJECT_DUPLICATES, NULL);
	assert_json_text(object, "a-command", "a\\x0a\\x1b[2J\"b,c\xef\xbf\xbd");
	assert_json_text(object, "b-command", "");
	assert_int_equal(json_array_size(json_object_get(object, "notes")), 2);
	json_decref(object);
	buf_free(&out);
	free_comparison(&c);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void assert_grouped(double value, int decimals, bool group, const char *want)
{
	struct buf out = { 0 };

	stat_group_number(value, decimals, group, &out);
	assert_string_equal(out.at, want);
	buf_free(&out);
}

static void thousands_are_grouped_by_commas_whatever_the_locale(void **state)
{
	(void)state;
	assert_grouped(0, 0, true, "0");
	assert_grouped(999, 0, true, "999");
	assert_grouped(1000, 0, true, "1,000");
	assert_grouped(1234567.891, 2, true, "1,234,567.89");
	assert_grouped(999999.999, 2, true, "1,000,000.00");
	assert_grouped(-1000, 0, true, "-1,000");
	assert_grouped(-100, 0, true, "-100");
	assert_grouped(1234567, 0, false, "1234567");
	assert_grouped(INFINITY, 2, true, "inf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_normal_noise_an_interval_holds_the_truth_as_often_as_it_says),
		cmocka_unit_test(with_any_other_noise_it_does_so_as_well),
		cmocka_unit_test(where_there_is_no_difference_one_is_seen_in_five_percent),
		cmocka_unit_test(stray_runs_do_not_hide_a_difference),
		cmocka_unit_test(the_pairs_that_are_asked_for_tell_the_difference_in_four_of_five),
		cmocka_unit_test(a_ratio_is_as_it_was_made_and_turns_over_with_its_sides),
		cmocka_unit_test(two_pairs_are_an_interval_of_student),
		cmocka_unit_test(fewer_than_two_pairs_have_no_ratio),
		cmocka_unit_test(a_pair_that_was_not_counted_is_left_out),
		cmocka_unit_test(a_zero_is_less_than_anything_and_two_zeros_tell_nothing),
		cmocka_unit_test(too_many_zeros_have_no_ratio),
		cmocka_unit_test(ten_thousand_pairs_tell_a_tenth_of_a_percent),
		cmocka_unit_test(a_spread_without_bounds_cannot_be_told),
		cmocka_unit_test(all_counters_together_are_falsely_called_different_in_five_percent),
		cmocka_unit_test(small_counts_that_agree_by_chance_are_no_certainty),
		cmocka_unit_test(a_side_is_its_median_and_mean_and_strays),
		cmocka_unit_test(the_faster_one_is_named_first),
		cmocka_unit_test(a_small_difference_is_not_rounded_away),
		cmocka_unit_test(where_nothing_was_seen_it_says_what_may_be_hidden_and_what_would_show_it),
		cmocka_unit_test(a_command_that_failed_comes_before_everything),
		cmocka_unit_test(what_cannot_be_told_says_why),
		cmocka_unit_test(the_text_is_a_table_a_verdict_and_how_to_read_them),
		cmocka_unit_test(the_csv_is_a_line_a_figure),
		cmocka_unit_test(the_json_is_an_object_a_figure_and_the_verdict),
		cmocka_unit_test(one_pair_is_shown_and_not_judged),
		cmocka_unit_test(counters_are_not_judged_by_too_few_pairs),
		cmocka_unit_test(a_command_that_failed_is_in_every_format),
		cmocka_unit_test(a_name_cannot_break_the_table),
		cmocka_unit_test(a_name_cannot_break_the_csv),
		cmocka_unit_test(a_separator_that_numbers_contain_is_quoted_away),
		cmocka_unit_test(a_name_cannot_break_the_json),
		cmocka_unit_test(thousands_are_grouped_by_commas_whatever_the_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
