/*
 * One ring, and the events of one CPU that write into it: the first event brings the ring, the others are redirected.
 *
 * A zeroed channel is closed, and everything below may be done to it: it has nothing to read, to switch or to watch.
 */
#ifndef FPPROF_COLLECTORS_CHANNEL_H
#define FPPROF_COLLECTORS_CHANNEL_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/vec.h"
#include "collectors/ring.h"

struct channel_config {
	struct perf_event_attr attr;
	size_t ring_bytes; /* of data: a power of two */
};

struct channel {
	struct ring ring;
	struct event_fds VEC_OF(int) fds;
	struct loop_source source; /* wakes the loop when the ring fills up */
	struct loop *loop;         /* borrowed; NULL: not watched */
};

/*
 * Opens one more event, for pid, CPU and flags as in event_open(). 0 or -errno; -ENOBUFS when no more memory may be locked
 * for the ring. What failed leaves no trace.
 */
int channel_add(struct channel *c, const struct channel_config *config, pid_t pid, int cpu, unsigned long flags);

/* Takes back the last channel_add(). */
void channel_undo(struct channel *c);

bool channel_is_open(const struct channel *c);

/* PERF_EVENT_IOC_ENABLE or _DISABLE to all events. 0 or -errno. */
int channel_switch(const struct channel *c, unsigned long request);

/* Ends loop_wait() when the ring is filling up. The channel must stay where it is. */
int channel_watch(struct channel *c, struct loop *loop, struct error *err);

/* Records that did not fit into the ring, where the kernel counts them: PERF_FORMAT_LOST alone as read_format. */
uint64_t channel_lost(const struct channel *c);

/* Closes the events for good; what is in the ring can still be read. */
void channel_retire(struct channel *c);
void channel_close(struct channel *c);

#endif
