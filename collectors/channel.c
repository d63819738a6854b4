/* Two ways to be refused with EPERM: perf_event_open() has no permission, mmap() no memory that may be locked. */
#include "collectors/channel.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "collectors/event.h"

static int bring_ring(struct channel *c, int fd, size_t bytes)
{
	int rc = ring_open(&c->ring, fd, bytes);

	return rc == -EPERM ? -ENOBUFS : rc;
}

static int redirect(const struct channel *c, int fd)
{
	return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, c->fds.at[0]) < 0 ? -errno : 0;
}

int channel_add(struct channel *c, const struct channel_config *config, pid_t pid, int cpu, unsigned long flags)
{
	int fd = event_open(&config->attr, pid, cpu, -1, flags), rc;

	if (fd < 0)
		return fd;
	rc = c->fds.n ? redirect(c, fd) : bring_ring(c, fd, config->ring_bytes);
	if (rc < 0)
		close(fd);
	else
		*vec_push(&c->fds) = fd;
	return rc;
}

void channel_undo(struct channel *c)
{
	close(c->fds.at[--c->fds.n]);
	if (!c->fds.n)
		ring_close(&c->ring);
}

bool channel_is_open(const struct channel *c)
{
	return c->ring.page;
}

int channel_switch(const struct channel *c, unsigned long request)
{
	for (size_t i = 0; i < c->fds.n; i++)
		if (ioctl(c->fds.at[i], request, 0) < 0)
			return -errno;
	return 0;
}

/* ---- waking ------------------------------------------------------------------------------------------------------ */

static void unwatch(struct channel *c)
{
	if (c->loop)
		loop_remove(c->loop, &c->source);
	c->loop = NULL;
}

/* Nothing to do but wake: records are read in rounds over all rings. A ring whose events have ended is never quiet. */
static int ring_ready(struct loop_source *source, uint32_t events, struct error *err)
{
	(void)err;
	if (events & (EPOLLHUP | EPOLLERR))
		unwatch(container_of(source, struct channel, source));
	return 0;
}

int channel_watch(struct channel *c, struct loop *loop, struct error *err)
{
	int rc;

	if (!c->fds.n)
		return 0;
	c->source = (struct loop_source){ .fd = c->fds.at[0], .ready = ring_ready };
	rc = loop_add(loop, &c->source, EPOLLIN, err);
	if (rc == 0)
		c->loop = loop;
	return rc;
}

/* ---- losses, and the end ----------------------------------------------------------------------------------------- */

/* An event opened without PERF_FORMAT_LOST (Linux 6.0) has no second number to read. */
uint64_t channel_lost(const struct channel *c)
{
	uint64_t values[2], sum = 0;

	for (size_t i = 0; i < c->fds.n; i++)
		if (read(c->fds.at[i], values, sizeof(values)) == sizeof(values))
			sum += values[1];
	return sum;
}

void channel_retire(struct channel *c)
{
	unwatch(c);
	for (size_t i = 0; i < c->fds.n; i++)
		close(c->fds.at[i]);
	vec_free(&c->fds);
}

void channel_close(struct channel *c)
{
	channel_retire(c);
	ring_close(&c->ring);
}
