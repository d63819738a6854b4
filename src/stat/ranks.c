/*
 * Winsorised signed ranks. Take a middle; rank the values by their distance from it, nearest first; sum the ranks of
 * those above. If the middle is the true one, each value is above with a probability of one half, whatever the noise,
 * and the sum has a distribution that can be counted out. The interval is all the middles at which the sum is not too
 * unlikely.
 *
 * With the ranks as they are this is Wilcoxon's interval around the estimate of Hodges and Lehmann. Among ten values
 * one that is far off has rank 10 of a total of 55, and that alone is too much: the interval reaches for it. So the
 * upper half of the ranks counts alike (Policello and Hettmansperger 1976): of a value far from the middle the side
 * counts, not the distance. The price is an interval that is 10 % wider than Student's where the noise is normal.
 *
 * Equal values, as small counts have them, only make it wider, since a value at the middle is held to be on either
 * side.
 */
#include "src/stat/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"

enum {
	COUNTED_OUT = 100, /* more values: the sum is as good as normally distributed */
	HALVINGS = 100,    /* of an interval of any two doubles of ordinary size, until nothing is left of it */
};

/* What the value of a rank adds to the sum; ranks start at 1. */
static size_t weight(size_t rank, size_t n)
{
	size_t half = (n + 1) / 2;

	return rank < half ? rank : half;
}

static size_t total_weight(size_t n)
{
	size_t sum = 0;

	for (size_t rank = 1; rank <= n; rank++)
		sum += weight(rank, n);
	return sum;
}

/* ---- which sums are too unlikely --------------------------------------------------------------------------------- */

/* Chances of each sum: a coin is thrown for each weight. The caller frees. */
static double *chances_of_sums(size_t n, size_t total)
{
	double *chance = xcalloc(total + 1, sizeof(*chance));

	chance[0] = 1;
	for (size_t rank = 1; rank <= n; rank++) {
		size_t w = weight(rank, n);

		for (size_t sum = total + 1; sum-- > 0;)
			chance[sum] = (chance[sum] + (sum >= w ? chance[sum - w] : 0)) / 2;
	}
	return chance;
}

static bool counted_limit(size_t n, double tail, size_t *limit)
{
	size_t total = total_weight(n), sum = 0;
	cleanup_free double *chance = chances_of_sums(n, total);
	double below = chance[0];

	for (; below <= tail && sum < total; sum++)
		below += chance[sum + 1];
	*limit = sum ? sum - 1 : 0;
	return sum > 0;
}

/* The z that a normally distributed value is below with a chance of `tail` < 0.5; negative. */
static double normal_quantile(double tail)
{
	double low = -40, high = 0;

	for (int i = 0; i < HALVINGS; i++) {
		double z = (low + high) / 2;

		if (erfc(-z * M_SQRT1_2) / 2 < tail)
			low = z;
		else
			high = z;
	}
	return low;
}

static bool normal_limit(size_t n, double tail, size_t *limit)
{
	double squares = 0, sum;

	for (size_t rank = 1; rank <= n; rank++)
		squares += (double)weight(rank, n) * (double)weight(rank, n);
	sum = (double)total_weight(n) / 2 + normal_quantile(tail) * sqrt(squares) / 2 - 0.5;
	*limit = sum > 0 ? (size_t)sum : 0;
	return sum >= 0;
}

/* The largest sum that together with all smaller ones is no more likely than `tail`. False: even 0 is likelier. */
static bool unlikely_sum(size_t n, double tail, size_t *limit)
{
	return n <= COUNTED_OUT ? counted_limit(n, tail, limit) : normal_limit(n, tail, limit);
}

/* ---- which middles these sums belong to -------------------------------------------------------------------------- */

static size_t count_up_to(const double *sorted, size_t n, double middle)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (sorted[at] <= middle)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

/* The sum of the weights above a middle; it goes outwards from there, to the nearer neighbour each time. */
static size_t sum_above(const double *sorted, size_t n, double middle)
{
	size_t above = count_up_to(sorted, n, middle), below = above, sum = 0;

	for (size_t rank = 1; rank <= n; rank++) {
		if (below && (above == n || middle - sorted[below - 1] <= sorted[above] - middle)) {
			below--;
		} else {
			sum += weight(rank, n);
			above++;
		}
	}
	return sum;
}

/* The sum falls as the middle rises: the lowest middle where it is no more than `limit`. */
static double middle_of_sum(const double *sorted, size_t n, size_t limit)
{
	double low = sorted[0], high = sorted[n - 1];

	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (sum_above(sorted, n, middle) > limit)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* ---- the answers ------------------------------------------------------------------------------------------------- */

/* Half of the weight is above. All middles in a gap between values may fulfil that, so it is the middle of the gap. */
double ranks_middle(const double *sorted, size_t n)
{
	size_t total = total_weight(n);

	return (middle_of_sum(sorted, n, total / 2) + middle_of_sum(sorted, n, (total - 1) / 2)) / 2;
}

bool ranks_interval(const double *sorted, size_t n, double doubt, double *low, double *high)
{
	size_t limit;

	if (!n || !unlikely_sum(n, doubt / 2, &limit))
		return false;
	*low = middle_of_sum(sorted, n, total_weight(n) - limit - 1);
	*high = middle_of_sum(sorted, n, limit);
	return true;
}

size_t ranks_needed(double doubt)
{
	return (size_t)ceil(log2(2 / doubt));
}
