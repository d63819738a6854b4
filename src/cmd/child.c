/*
 * fork and two pipes rather than posix_spawn: the child has to wait between the two. The second pipe closes on exec, so
 * whatever is read from it is the errno of an exec that failed.
 */
#include "src/cmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "src/cmd/options.h"

static _Noreturn void become(const struct child *c, char **argv, int start_fd, int exec_fd,
			     const struct signals *signals)
{
	char go;
	int code;

	if (read(start_fd, &go, 1) != 1)
		_exit(EXIT_NOT_FOUND);
	dup2(c->stdout_fd, STDOUT_FILENO);
	signals_give_back(signals);
	execvp(argv[0], argv);
	code = errno;
	if (write(exec_fd, &code, sizeof(code)) != sizeof(code))
		_exit(EXIT_CANNOT_RUN);
	_exit(code == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

int child_start(struct child *c, char **argv, const struct signals *signals, struct error *err)
{
	int start[2], result[2];
	cleanup_close int start_read = -1, start_write = -1, exec_read = -1, exec_write = -1;

	if (pipe2(start, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot start %s", argv[0]);
	start_read = start[0];
	start_write = start[1];
	if (pipe2(result, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot start %s", argv[0]);
	exec_read = result[0];
	exec_write = result[1];
	c->name = argv[0];
	c->pid = fork();
	if (c->pid < 0)
		return error_errno(err, errno, "cannot start %s", argv[0]);
	if (c->pid == 0) {
		close(start_write); /* else it would keep its own start pipe alive */
		become(c, argv, start_read, exec_write, signals);
	}
	c->start_fd = take_fd(&start_write);
	c->exec_fd = take_fd(&exec_read);
	return 0;
}

static bool reap(struct child *c, int flags)
{
	pid_t got;

	while ((got = wait4(c->pid, &c->wait_status, flags, &c->usage)) < 0 && errno == EINTR)
		;
	c->has_ended = got == c->pid || got < 0;
	return c->has_ended;
}

int child_release(struct child *c, struct error *err)
{
	int code = 0;
	ssize_t got;

	if (write(c->start_fd, "g", 1) != 1)
		return error_errno(err, errno, "cannot start '%s'", c->name);
	close(take_fd(&c->start_fd));
	while ((got = read(c->exec_fd, &code, sizeof(code))) < 0 && errno == EINTR)
		;
	close(take_fd(&c->exec_fd));
	if (got != sizeof(code))
		return 0;
	c->is_refused = true;
	reap(c, 0);
	if (code == ENOENT && !strchr(c->name, '/'))
		return error_set(err, code, "there is no command '%s' in $PATH", c->name);
	return error_errno(err, code, "cannot run '%s'", c->name);
}

bool child_poll(struct child *c)
{
	return c->has_ended || reap(c, WNOHANG);
}

int child_exit_status(const struct child *c)
{
	return WIFSIGNALED(c->wait_status) ? 128 + WTERMSIG(c->wait_status) : WEXITSTATUS(c->wait_status);
}

void child_done(struct child *c)
{
	if (c->exec_fd >= 0)
		close(take_fd(&c->exec_fd));
	if (c->start_fd < 0)
		return;
	close(take_fd(&c->start_fd));
	reap(c, 0);
}
