/*
 * The signals of one of our commands that may run one of the user's: what they ask of us, what of the user's command,
 * and how that one finds them.
 *
 * While the command runs, what ends other programs is its to answer: an interrupt from the terminal has reached it
 * already, and what was sent to us alone is passed on. A second interrupt ends our work without it. Without a command
 * any of them ends our work.
 *
 * What the caller had ignored (nohup) stays so, for us and for the command. Only an interrupt that was sent to us alone
 * counts all the same: shells start background jobs with interrupts ignored, and `kill -INT` is how one is ended.
 */
#ifndef FPPROF_SRC_CMD_SIGNALS_H
#define FPPROF_SRC_CMD_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/file.h"
#include "base/loop.h"

struct signals {
	struct loop_source source; /* a signalfd; fd -1: not open */
	pid_t command;             /* whom they are passed on to: a child that is not waited for yet; 0: nobody */
	bool is_over;              /* our work is to end */
	int interrupts;            /* SIGINT and SIGQUIT so far */
	int last;                  /* the last of those that end other programs; 0: none came */
	sigset_t ignored;          /* by our caller */
	sigset_t inherited_mask;
	struct sigaction inherited_chld, inherited_pipe;
};

#define SIGNALS_INIT { .source = { .fd = -1 } }

/* From here on they wait for us to read them, and SIGPIPE is an error of write(). Call before children are made. */
int signals_open(struct signals *s, struct error *err);
void signals_close(struct signals *s);

/* In a child, before it becomes the command: everything as our caller had it. */
void signals_give_back(const struct signals *s);

/* Handles what comes whenever the loop runs. The end of a child wakes the loop, too. */
int signals_watch(struct signals *s, struct loop *loop, struct error *err);

/*
 * While a file is written down, which may take as long as its reader likes, nobody reads signals: between these two they
 * end us as they end other programs, and what there is of the file is removed. Of a command that still runs the first is
 * passed on to it, and the second ends us. What came before was about the work, and is answered as usual.
 */
void signals_let_end_us(struct signals *s, const struct out_file *unfinished);
void signals_wait_again(const struct signals *s);

/* Handles what comes, at least one, without a loop. The end of a child counts as one. */
void signals_wait(struct signals *s);

#endif
