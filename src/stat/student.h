/*
 * Student's t: how far a mean of few values may be from the truth.
 */
#ifndef FPPROF_SRC_STAT_STUDENT_H
#define FPPROF_SRC_STAT_STUDENT_H

#include <stddef.h>

/* |t| stays below this in 95 % of all cases; `freedom` >= 1 is the degrees of freedom, values less one for a mean. */
double stat_t95(size_t freedom);

#endif
