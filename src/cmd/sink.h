/*
 * Where reports go: standard error, a descriptor, or a file. Each report is one write(), on a pipe under a lock where it is
 * long, so that those of many fpprofs which share a terminal, a pipe or an appended file never interleave.
 */
#ifndef FPPROF_SRC_CMD_SINK_H
#define FPPROF_SRC_CMD_SINK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

struct sink {
	struct out_file file; /* of a report that replaces the file: open until sink_commit() renames it */
	int fd;               /* otherwise: where to write; owned unless it is standard error's */
	const char *name;     /* for sentences; borrowed */
};

#define SINK_INIT { .file = OUT_FILE_INIT, .fd = -1 }

enum sink_mode {
	SINK_REPLACE, /* the file is as it was until the report is whole */
	SINK_APPEND,
	SINK_STREAM,  /* emptied now, and to be read while it grows */
};

/* path NULL: standard error; "-": standard output. Fails now if it cannot be written. */
int sink_open(struct sink *s, const char *path, enum sink_mode mode, struct error *err);
int sink_open_fd(struct sink *s, int fd, struct error *err);

int sink_write(struct sink *s, const struct buf *bytes, struct error *err);

/* Makes the file what was written. Without it sink_done() leaves a file that was to be replaced as it was. */
int sink_commit(struct sink *s, struct error *err);
void sink_done(struct sink *s);

#endif
