/*
 * What a recording tells about itself: the line while it runs, the line at the end, and the comments in the profile.
 */
#ifndef FPPROF_SRC_CMD_SUMMARY_H
#define FPPROF_SRC_CMD_SUMMARY_H

#include <stddef.h>

struct recording;

/* The line that is rewritten once a second on a terminal's standard error. */
void summary_progress(const struct recording *r);
void summary_progress_clear(void);

/* How true the profile is, as comments of the profile. Call after pipeline_finish(). */
void summary_comment(struct recording *r);

/* The one line at the end; `path` and `bytes` are those of the file. */
void summary_print(const struct recording *r, const char *path, size_t bytes);

/* -v: why stacks ended, and which files have no symbols for what ran in them. */
void summary_details(const struct recording *r);

#endif
