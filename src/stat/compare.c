/*
 * What is compared is the logarithm of A/B in each pair of runs. What strikes both runs of a pair (a slow hour, a hot
 * CPU) drops out, and what strikes only one strikes A as readily as B: the logarithm's noise is symmetric even where a
 * run's own noise only ever makes it longer. That is all that the signed ranks of ranks.c ask for, so their interval
 * holds what it promises for any noise. Student's t asks for normal noise: a single run of three times the length
 * leaves it nothing to see among ten pairs, while the ranks hardly notice. But ranks know nothing of sizes, so fewer
 * than six pairs cannot give 95 % by them, and t is the best there is.
 *
 * With eight counters at 95 % one table in three would show a false difference. Each counter's interval is the 95 %
 * one, but it is called different only at a level that keeps all of them together at 95 % (Bonferroni), and by ranks
 * only: t takes small counts that are equal by chance for certainty.
 */
#include "src/stat/compare.h"

#include <math.h>
#include <stdlib.h>

#include "src/stat/ranks.h"
#include "src/stat/student.h"

const double stat_told_percent = 1;
const double stat_stray_factor = 1.5;

static const double doubt_in_all = 0.05;
static const double z95 = 1.959964, z80 = 0.841621; /* quantiles of the normal distribution: of 97.5 % and of 80 % */
static const double most_pairs = 1e6;

/*
 * The logarithm of 0, as something that is less than any figure's: ranks ask for no more. Where there are so many zeros
 * that a bound lies even half the way to it, there is no ratio; nor is there where the interval is a millionfold wide.
 */
static const double log_of_zero = -1000, log_limit = 100, log_width_limit = 13.8;

struct number_vec VEC_OF(double);

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double log_of(double value)
{
	return value > 0 ? log(value) : log_of_zero;
}

/* Sorted; the caller frees. */
static struct number_vec log_ratios(const double *a, const double *b, size_t n)
{
	struct number_vec logs = { 0 };

	for (size_t i = 0; i < n; i++)
		if (isfinite(a[i]) && isfinite(b[i]) && (a[i] > 0 || b[i] > 0))
			*vec_push(&logs) = log_of(a[i]) - log_of(b[i]);
	if (logs.n)
		qsort(logs.at, logs.n, sizeof(*logs.at), by_size);
	return logs;
}

/* ---- ratios ------------------------------------------------------------------------------------------------------ */

static double mean(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return sum / (double)n;
}

static void student_interval(const struct number_vec *logs, double *middle, double *low, double *high)
{
	double squares = 0, reach;

	*middle = mean(logs->at, logs->n);
	for (size_t i = 0; i < logs->n; i++)
		squares += (logs->at[i] - *middle) * (logs->at[i] - *middle);
	reach = stat_t95(logs->n - 1) * sqrt(squares / (double)(logs->n - 1) / (double)logs->n);
	*low = *middle - reach;
	*high = *middle + reach;
}

static struct stat_ratio ratio_of(const struct number_vec *logs, size_t n)
{
	struct stat_ratio r = { .pairs = logs->n, .left_out = n - logs->n };
	double middle, low, high;

	if (logs->n < 2)
		return r;
	if (ranks_interval(logs->at, logs->n, doubt_in_all, &low, &high))
		middle = ranks_middle(logs->at, logs->n);
	else
		student_interval(logs, &middle, &low, &high);
	if (low < -log_limit || high > log_limit || high - low > log_width_limit)
		return r;
	r.is_known = true;
	r.ratio = exp(middle);
	r.low = exp(low);
	r.high = exp(high);
	return r;
}

struct stat_ratio stat_compare(const double *a, const double *b, size_t n)
{
	struct number_vec logs = log_ratios(a, b, n);
	struct stat_ratio r = ratio_of(&logs, n);

	vec_free(&logs);
	return r;
}

/* The textbook's number of pairs, with Guenther's correction for a spread that is only estimated. */
size_t stat_pairs_to_tell(const double *a, const double *b, size_t n, double percent)
{
	struct stat_ratio r = stat_compare(a, b, n);
	double spread, pairs;

	if (!r.is_known)
		return 0;
	spread = log(r.high / r.low) / 2 * sqrt((double)r.pairs) / stat_t95(r.pairs - 1);
	pairs = pow((z95 + z80) * spread / log1p(percent / 100), 2) + z95 * z95 / 2;
	return pairs <= most_pairs ? (size_t)ceil(pairs) : 0;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static double median(const double *sorted, size_t n)
{
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static struct stat_side side_of(const double *values, size_t n)
{
	struct stat_side side = { .median = NAN, .mean = NAN };
	struct number_vec counted = { 0 };

	for (size_t i = 0; i < n; i++)
		if (isfinite(values[i]))
			*vec_push(&counted) = values[i];
	if (!counted.n)
		return side;
	qsort(counted.at, counted.n, sizeof(*counted.at), by_size);
	side.median = median(counted.at, counted.n);
	side.mean = mean(counted.at, counted.n);
	for (size_t i = counted.n; i-- > 0 && counted.at[i] > stat_stray_factor * side.median;)
		side.strays++;
	vec_free(&counted);
	return side;
}

const char *stat_judgement_name(enum stat_judgement judgement)
{
	static const char *const names[] = {
		[STAT_NOT_JUDGED] = "", [STAT_NONE_SEEN] = "none seen",
		[STAT_A_LESS] = "A less", [STAT_A_MORE] = "A more",
	};

	return names[judgement];
}

double stat_doubt(const struct stat_comparison *c, size_t row)
{
	return row ? doubt_in_all / (double)(c->rows.n - 1) : doubt_in_all;
}

static enum stat_judgement judge(double low, double high)
{
	return high < 1 ? STAT_A_LESS : low > 1 ? STAT_A_MORE : STAT_NONE_SEEN;
}

static enum stat_judgement judge_counter(const struct number_vec *logs, double doubt)
{
	double low, high;

	if (!ranks_interval(logs->at, logs->n, doubt, &low, &high))
		return STAT_NOT_JUDGED;
	return judge(exp(low), exp(high));
}

struct stat_finding stat_find(const struct stat_comparison *c, size_t row)
{
	const struct stat_compared *compared = &c->rows.at[row];
	struct number_vec logs = log_ratios(compared->a, compared->b, c->pairs);
	struct stat_finding f = {
		.a = side_of(compared->a, c->pairs), .b = side_of(compared->b, c->pairs),
		.ratio = ratio_of(&logs, c->pairs),
	};

	if (f.ratio.is_known)
		f.judgement = row ? judge_counter(&logs, stat_doubt(c, row)) : judge(f.ratio.low, f.ratio.high);
	vec_free(&logs);
	return f;
}
