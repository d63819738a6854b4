/*
 * A command that is started stopped: it exists and has a pid, so that events can be bound to it, and becomes itself only
 * at child_release(). If we die before that, it ends by itself: it waits on a pipe that dies with us.
 */
#ifndef FPPROF_SRC_CMD_CHILD_H
#define FPPROF_SRC_CMD_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct child {
	pid_t pid;       /* 0: none */
	const char *name; /* borrowed from argv */
	int start_fd;    /* closing it without writing makes the child end; -1: released */
	int exec_fd;     /* tells an exec that failed; -1: done */
	bool has_ended;
	int wait_status; /* once it has ended */
};

#define CHILD_INIT { .start_fd = -1, .exec_fd = -1 }

/* argv ends with NULL. `mask` is the signal mask that the command gets. */
int child_start(struct child *c, char **argv, const sigset_t *mask, struct error *err);

/*
 * Lets it run. Fails, with ENOENT, EACCES and so on, when the command cannot be executed; child_exit_status() is then
 * 127 (there is no such command) or 126.
 */
int child_release(struct child *c, struct error *err);

/* Looks whether it has ended, without waiting. */
bool child_poll(struct child *c);
void child_wait(struct child *c);

/* What a shell would say: its exit status, or 128 + the signal's number. */
int child_exit_status(const struct child *c);

/* Ends a child that was never released; leaves a released one alone. */
void child_done(struct child *c);

#endif
