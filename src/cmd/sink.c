/*
 * O_APPEND makes the position and the write one step: the kernel puts each report behind all that came before. A pipe takes
 * PIPE_BUF bytes in one step and cuts what is longer; a lock keeps other reports of ours out of the cut (pipe(7)).
 */
#include "src/cmd/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

int sink_open_fd(struct sink *s, int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);

	s->fd = flags < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	s->name = "the descriptor that was given";
	if (s->fd < 0)
		return error_errno(err, errno, "cannot write to descriptor %d", fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return error_set(err, EBADF, "descriptor %d is open for reading only", fd);
	return 0;
}

int sink_open(struct sink *s, const char *path, enum sink_mode mode, struct error *err)
{
	s->name = path;
	if (!path) {
		s->fd = STDERR_FILENO;
		s->name = "standard error";
		return 0;
	}
	if (strcmp(path, "-") == 0)
		return sink_open_fd(s, STDOUT_FILENO, err);
	if (mode == SINK_REPLACE) {
		int rc = out_file_open(&s->file, path, err);

		s->file.is_unsynced = true; /* a build writes thousands of reports, and each would wait for the disk */
		return rc;
	}
	s->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (mode == SINK_STREAM ? O_TRUNC : 0), 0666);
	return s->fd < 0 ? error_errno(err, errno, "cannot write %s", path) : 0;
}

static int write_all(const struct sink *s, const struct buf *bytes, struct error *err)
{
	size_t done = 0;

	while (done < bytes->n) { /* once, unless a pipe or a signal cuts it */
		ssize_t got = write(s->fd, bytes->at + done, bytes->n - done);

		if (got < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot write to %s", s->name);
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

int sink_write(struct sink *s, const struct buf *bytes, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK }; /* of the whole file: all zeros */
	bool may_be_cut = s->fd >= 0 && bytes->n > PIPE_BUF && is_pipe(s->fd);
	int rc;

	if (s->fd < 0)
		return out_file_write(&s->file, bytes->at, bytes->n, err);
	if (may_be_cut)
		fcntl(s->fd, F_SETLKW, &lock);
	rc = write_all(s, bytes, err);
	lock.l_type = F_UNLCK;
	if (may_be_cut)
		fcntl(s->fd, F_SETLK, &lock);
	return rc;
}

int sink_commit(struct sink *s, struct error *err)
{
	return s->file.fd >= 0 ? out_file_commit(&s->file, err) : 0;
}

void sink_done(struct sink *s)
{
	out_file_abort(&s->file);
	if (s->fd > STDERR_FILENO)
		close(take_fd(&s->fd));
}
