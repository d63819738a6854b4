/*
 * Where the middle of noisy values lies, by the order of their sizes alone: one value that is far off cannot move it
 * far. The noise may be of any shape, as long as it goes up as readily as down.
 *
 * All take values in ascending order.
 */
#ifndef FPPROF_SRC_STAT_RANKS_H
#define FPPROF_SRC_STAT_RANKS_H

#include <stdbool.h>
#include <stddef.h>

double ranks_middle(const double *sorted, size_t n); /* n >= 1 */

/*
 * The interval that misses the true middle with a probability of `doubt` at most: 0.05 for 95 % confidence. False when
 * n values cannot give so much confidence.
 */
bool ranks_interval(const double *sorted, size_t n, double doubt, double *low, double *high);

/* The values that ranks_interval() needs at least. */
size_t ranks_needed(double doubt);

#endif
