/* Level-triggered and single-threaded: a source that was not drained is simply called again. */
#include "base/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LOOP_BATCH = 32 };

int loop_init(struct loop *loop, struct error *err)
{
	loop->fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->fd < 0 ? error_errno(err, errno, "cannot create an event loop") : 0;
}

void loop_done(struct loop *loop)
{
	if (loop->fd >= 0)
		close(loop->fd);
	loop->fd = -1;
}

int loop_add(struct loop *loop, struct loop_source *source, uint32_t events, struct error *err)
{
	struct epoll_event ev = { .events = events, .data.ptr = source };

	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, source->fd, &ev) < 0)
		return error_errno(err, errno, "cannot watch file descriptor %d", source->fd);
	return 0;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	epoll_ctl(loop->fd, EPOLL_CTL_DEL, source->fd, NULL);
}

int loop_wait(struct loop *loop, int timeout_ms, struct error *err)
{
	struct epoll_event ready[LOOP_BATCH];
	int n = epoll_wait(loop->fd, ready, LOOP_BATCH, timeout_ms);

	if (n < 0 && errno != EINTR)
		return error_errno(err, errno, "cannot wait for events");
	for (int i = 0; i < n; i++) {
		struct loop_source *source = ready[i].data.ptr;
		int rc = source->ready(source, ready[i].events, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
