/*
 * Files read whole under a limit, and output files that are never seen half-written.
 */
#ifndef FPPROF_BASE_FILE_H
#define FPPROF_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Appends the file to `out`. Works for /proc and /sys, where a size is not known beforehand.
 * Fails with EFBIG when there are more than `limit` bytes. The sentence names the path.
 */
int file_read(const char *path, size_t limit, struct buf *out, struct error *err);
int file_read_fd(int fd, size_t limit, struct buf *out); /* 0 or -errno */

/* The one integer in a /proc or /sys file, or `otherwise` when it cannot be read. */
long file_read_long(const char *path, long otherwise);

/*
 * A file written beside its final name and renamed into place:
 *
 *	out_file_open() ... write to fd ... out_file_commit()
 *
 * Until the commit the old file is whole; without one, out_file_abort() leaves no trace. "-" is standard output:
 * nothing is renamed, and a terminal is refused. So is a directory. A device or a pipe is written in place. A new file
 * has the mode that the umask leaves, one that replaces another has the other's.
 */
struct out_file {
	int fd;      /* -1: not open */
	char *path;  /* as the user gave it; NULL for standard output */
	char *final; /* the name the rename goes to: path with its symbolic links followed */
	char *temp;  /* NULL: written in place */
	bool is_unsynced; /* set behind out_file_open(): need not outlast a power failure, and is not waited for */
};

#define OUT_FILE_INIT { .fd = -1 }

/* Says before any work starts whether PATH can be written. */
int out_file_open(struct out_file *out, const char *path, struct error *err);
int out_file_write(struct out_file *out, const void *bytes, size_t n, struct error *err);

/* Would what is written to `fd` end up among the bytes of this file, or be lost with the one it replaces? */
bool out_file_shares(const struct out_file *out, int fd);

/* fsync (see is_unsynced), rename, close. On failure the old file is whole and the new one is gone. */
int out_file_commit(struct out_file *out, struct error *err);
void out_file_abort(struct out_file *out);

/* Removes what has a name and is unfinished, and nothing else: for a signal's handler in a program that ends with it. */
void out_file_forsake(const struct out_file *out);

#endif
