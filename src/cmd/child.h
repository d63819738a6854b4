/*
 * A command that is started stopped: it exists and has a pid, so that events can be bound to it, and becomes itself only
 * at child_release(). If we die before that, it ends by itself: it waits on a pipe that dies with us.
 */
#ifndef FPPROF_SRC_CMD_CHILD_H
#define FPPROF_SRC_CMD_CHILD_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"
#include "src/cmd/signals.h"

struct child {
	pid_t pid;       /* 0: none */
	const char *name; /* borrowed from argv */
	int stdout_fd;   /* what is to be its standard output: set before child_start() */
	int start_fd;    /* closing it without writing makes the child end; -1: released */
	int exec_fd;     /* tells an exec that failed; -1: done */
	bool is_refused; /* what it was to become cannot be executed */
	bool has_ended;
	int wait_status; /* once it has ended */
	struct rusage usage; /* then, too: of the command and of all that it waited for */
};

#define CHILD_INIT { .stdout_fd = STDOUT_FILENO, .start_fd = -1, .exec_fd = -1 }

/* argv ends with NULL. The command finds signals as they were before signals_open(). */
int child_start(struct child *c, char **argv, const struct signals *signals, struct error *err);

/*
 * Lets it run. Fails, with ENOENT, EACCES and so on, when the command cannot be executed; child_exit_status() is then
 * 127 (there is no such command) or 126.
 */
int child_release(struct child *c, struct error *err);

/* Looks whether it has ended, without waiting. */
bool child_poll(struct child *c);

/* What a shell would say: its exit status, or 128 + the signal's number. */
int child_exit_status(const struct child *c);

/* Ends a child that was never released; leaves a released one alone. */
void child_done(struct child *c);

#endif
