/*
 * Words from outside while a measurement runs: `--control fifo:CTL[,ACK]` or `fd:CTL[,ACK]`, as perf has it. One word a
 * line: enable, disable, ping, stop. Each is answered with "ack\n" where an ACK was given.
 */
#ifndef FPPROF_SRC_CMD_CONTROL_H
#define FPPROF_SRC_CMD_CONTROL_H

#include <stddef.h>

#include "base/error.h"
#include "base/loop.h"

enum control_word { CONTROL_ENABLE, CONTROL_DISABLE, CONTROL_PING, CONTROL_STOP };

struct control {
	struct loop_source source; /* where words come from; fd -1: not open */
	int ack_fd;                /* -1: nobody wants to know */
	struct loop *loop;         /* where it is watched; NULL: nowhere (any more) */
	char line[32];             /* of a word that has not come whole */
	size_t n;
	/* Called for each word, before it is acknowledged. */
	void (*handle)(struct control *control, enum control_word word);
	void *owner;               /* the handler's */
};

#define CONTROL_INIT { .source = { .fd = -1 }, .ack_fd = -1 }

/* A fifo need not have a writer yet. Fails with EINVAL when the words on the command line are wrong. */
int control_open(struct control *control, const char *words, struct error *err);
void control_close(struct control *control);

int control_watch(struct control *control, struct loop *loop, struct error *err);
void control_unwatch(struct control *control);

#endif
