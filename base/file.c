/*
 * Written beside and renamed: a reader sees the old file or the new one. The temporary name carries our pid, so that
 * two runs with one -o do not write into each other; what a killed run left behind is hidden (a dot) and harmless.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"

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

static int open_stdout(struct out_file *out, struct error *err)
{
	if (isatty(STDOUT_FILENO))
		return error_set(err, ENOTTY, "standard output is a terminal, and a profile is not text: send it to a "
					      "file (-o FILE) or into a pipe");
	out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (out->fd < 0)
		return error_errno(err, errno, "cannot write to standard output");
	return 0;
}

static int open_in_place(struct out_file *out, const char *path, struct error *err)
{
	out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (out->fd < 0)
		return error_errno(err, errno, "cannot write to %s", path);
	return 0;
}

static char *temp_name(const char *final)
{
	const char *slash = strrchr(final, '/');
	int dir = slash ? (int)(slash - final) + 1 : 0;

	return xasprintf("%.*s.%s.%d.tmp", dir, final, final + dir, (int)getpid());
}

static int open_beside(struct out_file *out, const char *path, mode_t mode, struct error *err)
{
	char resolved[PATH_MAX];

	out->final = xstrdup(realpath(path, resolved) ? resolved : path);
	out->temp = temp_name(out->final);
	out->fd = open(out->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (out->fd >= 0)
		return 0;
	int code = errno;
	free(take_ptr(out->temp));
	if (code == ENOENT)
		return error_set(err, code, "cannot write %s: its directory does not exist; create it, or give another "
					    "file with -o", path);
	return error_errno(err, code, "cannot write %s (a file beside it, to be renamed, cannot be made)", path);
}

int out_file_open(struct out_file *out, const char *path, struct error *err)
{
	struct stat st;
	bool there = false;
	int rc;

	*out = (struct out_file)OUT_FILE_INIT;
	if (strcmp(path, "-") == 0)
		return open_stdout(out, err);
	there = stat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode))
		return error_set(err, EISDIR, "cannot write %s: it is a directory; give a file name with -o", path);
	if (there && !S_ISREG(st.st_mode))
		rc = open_in_place(out, path, err);
	else if (there && access(path, W_OK) < 0)
		rc = error_errno(err, errno, "cannot write %s", path);
	else
		rc = open_beside(out, path, there ? st.st_mode & 0777 : 0666, err);
	if (rc < 0)
		out_file_abort(out);
	else
		out->path = xstrdup(path);
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

static void release(struct out_file *out)
{
	if (out->fd >= 0)
		close(out->fd);
	free(out->path);
	free(out->final);
	free(out->temp);
	*out = (struct out_file)OUT_FILE_INIT;
}

int out_file_commit(struct out_file *out, struct error *err)
{
	int rc = 0;

	if (out->temp && (fsync(out->fd) < 0 || rename(out->temp, out->final) < 0)) {
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
