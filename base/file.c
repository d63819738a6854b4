/*
 * Written beside and renamed: a reader sees the old file or the new one. The temporary name cannot be guessed, and what
 * has it already is never opened: a directory like /tmp is everybody's. What a killed run left behind is hidden (a dot)
 * and harmless.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"

enum { TEMP_NAME_TRIES = 16, TEMP_NAME_STEM = 200 };

int file_read_fd(int fd, size_t limit, struct buf *out)
{
	size_t start = out->n;

	for (;;) {
		size_t want = out->n - start < 65536 ? 65536 : out->n - start;
		ssize_t got = read(fd, buf_grow(out, want), want);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		out->n += (size_t)got;
		out->at[out->n] = '\0';
		if (out->n - start > limit)
			return -EFBIG;
		if (got == 0)
			return 0;
	}
}

int file_read(const char *path, size_t limit, struct buf *out, struct error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", path);
	rc = file_read_fd(fd, limit, out);
	if (rc == -EFBIG)
		return error_set(err, EFBIG, "%s is larger than %zu bytes, which is more than is read of it", path,
				 limit);
	if (rc < 0)
		return error_errno(err, -rc, "cannot read %s", path);
	return 0;
}

long file_read_long(const char *path, long otherwise)
{
	cleanup_buf struct buf text = { 0 };
	char *end;

	if (file_read(path, 4096, &text, NULL) < 0 || !text.n)
		return otherwise;
	long value = strtol(text.at, &end, 10);
	return end == text.at ? otherwise : value;
}

static int refuse_terminal(int fd, const char *name, struct error *err)
{
	if (!isatty(fd))
		return 0;
	return error_set(err, ENOTTY, "%s is a terminal, and a profile is not text: send it to a file (-o FILE) or into "
				      "a pipe", name);
}

static int open_stdout(struct out_file *out, struct error *err)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return error_set(err, EBADF, "cannot write to standard output: it is closed, or open for reading only");
	out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (out->fd < 0)
		return error_errno(err, errno, "cannot write to standard output");
	return refuse_terminal(out->fd, "standard output", err);
}

static int open_in_place(struct out_file *out, const char *path, struct error *err)
{
	out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (out->fd < 0)
		return error_errno(err, errno, "cannot write to %s", path);
	return refuse_terminal(out->fd, path, err);
}

/* Where there is no randomness yet, names repeat, and O_EXCL alone keeps us apart. */
static char *temp_name(const char *final)
{
	const char *slash = strrchr(final, '/');
	int dir = slash ? (int)(slash - final) + 1 : 0;
	uint64_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = clock_ns(CLOCK_MONOTONIC);
	return xasprintf("%.*s.%.*s.%016" PRIx64 ".tmp", dir, final, TEMP_NAME_STEM, final + dir, number);
}

/* 0 or -errno. */
static int open_temp(struct out_file *out, mode_t mode)
{
	int tries = 0;

	do {
		free(out->temp);
		out->temp = temp_name(out->final);
		out->fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	} while (out->fd < 0 && errno == EEXIST && ++tries < TEMP_NAME_TRIES);
	if (out->fd >= 0)
		return 0;
	int code = errno;
	free(take_ptr(out->temp)); /* it is not ours to unlink */
	return -code;
}

static int open_beside(struct out_file *out, const char *path, const struct stat *old, struct error *err)
{
	char resolved[PATH_MAX];
	int rc;

	out->final = xstrdup(realpath(path, resolved) ? resolved : path);
	rc = open_temp(out, old ? old->st_mode & 0777 : 0666);
	if (rc == 0 && old)
		fchmod(out->fd, old->st_mode & 0777);
	if (rc == -ENOENT)
		return error_set(err, ENOENT, "cannot write %s: its directory does not exist; create it, or give another "
					      "file with -o", path);
	if (rc < 0)
		return error_errno(err, -rc, "cannot write %s (a file beside it, to be renamed, cannot be made)", path);
	return 0;
}

static int open_path(struct out_file *out, const char *path, struct error *err)
{
	struct stat st;
	bool there = stat(path, &st) == 0;

	out->path = xstrdup(path);
	if (there && S_ISDIR(st.st_mode))
		return error_set(err, EISDIR, "cannot write %s: it is a directory; give a file name with -o", path);
	if (there && !S_ISREG(st.st_mode))
		return open_in_place(out, path, err);
	if (there && access(path, W_OK) < 0)
		return error_errno(err, errno, "cannot write %s", path);
	return open_beside(out, path, there ? &st : NULL, err);
}

int out_file_open(struct out_file *out, const char *path, struct error *err)
{
	int rc;

	*out = (struct out_file)OUT_FILE_INIT;
	rc = strcmp(path, "-") == 0 ? open_stdout(out, err) : open_path(out, path, err);
	if (rc < 0)
		out_file_abort(out);
	return rc;
}

static const char *shown_path(const struct out_file *out)
{
	return out->path ? out->path : "standard output";
}

int out_file_write(struct out_file *out, const void *bytes, size_t n, struct error *err)
{
	const char *at = bytes;

	while (n) {
		ssize_t put = write(out->fd, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_errno(err, errno, "cannot write %s%s", shown_path(out),
					   out->temp ? " (what was there before is untouched)" : "");
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

/* A character device is none's but its reader's: two may write to /dev/null. */
bool out_file_shares(const struct out_file *out, int fd)
{
	struct stat file, other;

	if ((out->temp ? stat(out->final, &file) : fstat(out->fd, &file)) < 0 || fstat(fd, &other) < 0)
		return false;
	return !S_ISCHR(file.st_mode) && file.st_dev == other.st_dev && file.st_ino == other.st_ino;
}

static void release(struct out_file *out)
{
	char *temp = take_ptr(out->temp); /* out_file_forsake() may come at any moment */

	if (out->fd >= 0)
		close(out->fd);
	free(out->path);
	free(out->final);
	free(temp);
	*out = (struct out_file)OUT_FILE_INIT;
}

int out_file_commit(struct out_file *out, struct error *err)
{
	int rc = 0;

	if (out->temp && ((!out->is_unsynced && fsync(out->fd) < 0) || rename(out->temp, out->final) < 0)) {
		rc = error_errno(err, errno, "cannot finish %s", shown_path(out));
		unlink(out->temp);
	}
	release(out);
	return rc;
}

void out_file_abort(struct out_file *out)
{
	if (out->temp)
		unlink(out->temp);
	release(out);
}

void out_file_forsake(const struct out_file *out)
{
	if (out->temp)
		unlink(out->temp);
}
