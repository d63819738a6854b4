/*
 * Welford's method (Technometrics 4, 1962): sums of squares of counts in the billions would leave no digits for a spread of
 * some hundreds.
 */
#include "src/stat/figures.h"

void stat_figures_add(struct stat_figures *f, double value)
{
	double from_old_mean = value - f->mean;

	f->n++;
	f->mean += from_old_mean / (double)f->n;
	f->squares += from_old_mean * (value - f->mean);
}

struct stat_mean stat_figures_mean(const struct stat_figures *f)
{
	struct stat_mean mean = { .value = f->mean };
	double n = (double)f->n;

	if (f->n > 1)
		mean.error = sqrt(f->squares / (n - 1) / n);
	return mean;
}

double stat_mean_percent(const struct stat_mean *mean)
{
	return mean->error == 0 ? 0 : 100 * mean->error / fabs(mean->value);
}
