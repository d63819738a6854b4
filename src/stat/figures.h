/*
 * The values that one figure had in several runs, kept as no more than their number, mean and spread. A zeroed struct is
 * empty. A run in which there was no value is not added.
 */
#ifndef FPPROF_SRC_STAT_FIGURES_H
#define FPPROF_SRC_STAT_FIGURES_H

#include <stddef.h>

#include "src/stat/report.h"

struct stat_figures {
	size_t n;
	double mean;
	double squares; /* sum of the squared distances from the mean */
};

void stat_figures_add(struct stat_figures *f, double value);

/* 0 of no values; the error of a single one is 0. */
struct stat_mean stat_figures_mean(const struct stat_figures *f);

/* The error in percent of the value, as perf prints it. Not finite when it is not known, or there is none. */
double stat_mean_percent(const struct stat_mean *mean);

#endif
