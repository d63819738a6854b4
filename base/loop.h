/*
 * An event loop over epoll: file descriptors, each with a callback. The owner embeds a struct loop_source in its own
 * struct and finds itself again with container_of().
 */
#ifndef FPPROF_BASE_LOOP_H
#define FPPROF_BASE_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct loop {
	int fd; /* the epoll descriptor */
};

struct loop_source {
	int fd;
	/* events: EPOLLIN and so on. Returns 0, or -errno with err set: the error ends loop_wait(). */
	int (*ready)(struct loop_source *source, uint32_t events, struct error *err);
};

#define LOOP_INIT { .fd = -1 }

int loop_init(struct loop *loop, struct error *err);
void loop_done(struct loop *loop);
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events, struct error *err);
void loop_remove(struct loop *loop, struct loop_source *source);

/* Waits for at most timeout_ms (-1: for ever), calls what is ready, and returns. A signal also ends the wait. */
int loop_wait(struct loop *loop, int timeout_ms, struct error *err);

#endif
