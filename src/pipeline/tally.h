/*
 * From what counters read to the rows of a report: units are summed by key, counts that shared the hardware are scaled
 * up, and runs become means.
 */
#ifndef FPPROF_SRC_PIPELINE_TALLY_H
#define FPPROF_SRC_PIPELINE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "base/vec.h"
#include "collectors/counters.h"
#include "src/stat/figures.h"
#include "src/stat/report.h"

/* What keeps rows of one event apart. */
enum tally_key { TALLY_TOTAL, TALLY_CPU, TALLY_THREAD };

struct tally_config {
	enum tally_key key;
	bool is_unscaled;                 /* show what was counted, also where an event shared the hardware */
	bool hides_missing;               /* leave out what this machine cannot count: nobody asked for it by name */
	const char *const *cgroups;       /* names, as many as the counters' configuration has. Borrowed; NULL: none */
};

/* One row in one run. */
struct tally_sum {
	double value, enabled, running;
	uint64_t raw;
};

/* One row, over all runs so far. */
struct tally_row {
	size_t row, cgroup;     /* the list's number of the row; the cgroup's */
	const struct listed_event *listed; /* the first of the list that goes into it */
	bool missing;           /* this machine cannot count it */
	long key;               /* CPU or thread id; 0 for the total */
	char key_name[32];      /* "CPU0", "make-1234"; "" for the total */
	char event_name[EVENT_NAME_MAX + 2];
	struct tally_sum last;  /* of the last run */
	struct stat_figures value, enabled, running;
};

struct tally {
	struct tally_config config;
	struct tally_row_vec VEC_OF(struct tally_row) rows;
	struct table places; /* of rows, by what keeps them apart */
};

/* What one run, or one interval, has counted. */
struct tally_run {
	const struct counters *counters; /* of the same list of events each time; units may differ, with the processes */
	const struct reading *readings;  /* [event * units + unit], as counters_read() fills them */
	double elapsed, user, sys;       /* seconds; NAN where it is not known: what events such as duration_time show */
};

void tally_init(struct tally *t, const struct tally_config *config);
void tally_free(struct tally *t);

void tally_add(struct tally *t, const struct tally_run *run);

/* Forgets the counts and keeps the rows: for the next interval. */
void tally_clear(struct tally *t);

/* Appends the rows to the report, which borrows their strings until the next tally_add(). */
void tally_report(const struct tally *t, struct stat_report *report);

#endif
