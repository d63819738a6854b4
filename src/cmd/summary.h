/*
 * How true a profile is: what every command that makes one says on the terminal and in the file, in the same words.
 */
#ifndef FPPROF_SRC_CMD_SUMMARY_H
#define FPPROF_SRC_CMD_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/pipeline/pipeline.h"

/* Where the records came from, and what is only known there. A new counter also goes into the list in summary.c. */
struct origin {
	const char *how;      /* "by CPU" */
	bool is_this_machine;
	bool kernel_hidden;   /* kernel time was not to be had */
	double seconds;       /* that were observed */
	uint64_t lost, side_band_lost; /* as the events count it, who also know of what no record has told */
	uint64_t late;        /* records that came out of order */
	uint64_t corrupt;     /* times a ring held what cannot be a record, and was emptied */
	uint64_t bad_maps;    /* lines of /proc/PID/maps that made no sense */
	uint64_t unreadable_maps; /* processes whose mappings could not be read */
	uint64_t other_events; /* samples of events that the profile is not of */
	uint64_t foreign;     /* records of perf's own, which a perf.data file has among the kernel's */
};

/* The line that is rewritten once a second on a terminal's standard error. */
void summary_progress(const struct pipeline *p, const struct origin *o);
void summary_progress_clear(void);

/* All of it, as comments of the profile. Call after pipeline_finish(). */
void summary_comment(struct pipeline *p, const struct origin *o);

/* The one line at the end; `path` and `bytes` are those of the file. */
void summary_print(const struct pipeline *p, const struct origin *o, const char *path, size_t bytes);

/* -v: why stacks ended, which files have no symbols for what ran in them, and every counter. */
void summary_details(const struct pipeline *p, const struct origin *o);

#endif
