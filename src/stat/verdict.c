/*
 * The verdict is about elapsed time alone. It gives the interval and not the ratio, because only the interval says what
 * has been found out; and where nothing was seen it says what could have been hidden, and what it would take to see it.
 */
#include "src/stat/compare.h"

#include <math.h>

enum { DECIMALS = 2, MOST_DECIMALS = 6 };

/* What the last decimal must show: that a ratio is not 1, and two digits of a small one. */
static double finest_part(double ratio)
{
	double from_one = fabs(ratio - 1);

	return from_one > 0 && from_one < ratio / 10 ? from_one : ratio / 10;
}

int stat_ratio_decimals(double low, double high, int least)
{
	double finest = fmin(finest_part(low), finest_part(high));
	int decimals = least;

	while (decimals < MOST_DECIMALS && round(finest * pow(10, decimals + 1)) < 10)
		decimals++;
	return decimals;
}

static void add_failures(const struct stat_comparison *c, struct buf *out)
{
	if (c->exit_a && c->exit_b)
		buf_printf(out, "A and B failed (exit status %d and %d)", c->exit_a, c->exit_b);
	else if (c->exit_a || c->exit_b)
		buf_printf(out, "%c failed (exit status %d)", c->exit_a ? 'A' : 'B', c->exit_a ? c->exit_a : c->exit_b);
	else
		return;
	buf_puts(out, ", so the figures may mean nothing. ");
}

/* Two digits are more than the estimate is worth. */
static size_t round_up(size_t n)
{
	size_t step = 1;

	while (n / step >= 100)
		step *= 10;
	return (n + step - 1) / step * step;
}

static void add_range(double low, double high, struct buf *out)
{
	int decimals = stat_ratio_decimals(low, high, DECIMALS);

	buf_printf(out, "%.*fx to %.*fx", decimals, low, decimals, high);
}

static void add_faster(const char *who, double low, double high, size_t pairs, struct buf *out)
{
	buf_printf(out, "%c is ", who[0]);
	add_range(low, high, out);
	buf_printf(out, " faster than %c (%zu pairs of runs, 95 %% confidence).", who[1], pairs);
}

static void add_none_seen(const struct stat_comparison *c, const struct stat_ratio *r, struct buf *out)
{
	const struct stat_compared *elapsed = &c->rows.at[0];
	size_t needed = stat_pairs_to_tell(elapsed->a, elapsed->b, c->pairs, stat_told_percent);
	size_t more = needed > r->pairs ? round_up(needed - r->pairs) : 0;

	buf_printf(out, "No difference seen in %zu pairs of runs: A takes ", r->pairs);
	add_range(r->low, r->high, out);
	buf_puts(out, " as long as B (95 % confidence); ");
	if (!needed)
		buf_printf(out, "they spread so much that a million would not tell %g %%.", stat_told_percent);
	else if (more)
		buf_printf(out, "about %zu more would tell %g %%.", more, stat_told_percent);
	else
		buf_printf(out, "%g %% would most likely have shown.", stat_told_percent);
}

static void add_unknown(size_t pairs, const struct stat_ratio *r, struct buf *out)
{
	if (pairs < 2)
		buf_printf(out, "%zu pair%s of runs cannot tell which is faster: ask for ten with -r 10.", pairs,
			   pairs == 1 ? "" : "s");
	else if (r->pairs < 2)
		buf_printf(out,
			   "Nothing can be told: the elapsed time was measured, and not 0, in only %zu of %zu pairs of "
			   "runs.", r->pairs, pairs);
	else
		buf_puts(out, "Nothing can be told: the elapsed times are 0, or too far apart from pair to pair.");
}

void stat_verdict(const struct stat_comparison *c, struct buf *out)
{
	struct stat_finding f = stat_find(c, 0);

	add_failures(c, out);
	if (f.judgement == STAT_A_LESS)
		add_faster("AB", 1 / f.ratio.high, 1 / f.ratio.low, f.ratio.pairs, out);
	else if (f.judgement == STAT_A_MORE)
		add_faster("BA", f.ratio.low, f.ratio.high, f.ratio.pairs, out);
	else if (f.judgement == STAT_NONE_SEEN)
		add_none_seen(c, &f.ratio, out);
	else
		add_unknown(c->pairs, &f.ratio, out);
}
