/*
 * One perf ring buffer: shared memory that the kernel writes records into and we read them from.
 *
 *	while ((record = ring_peek(&ring, &size))) { ...; ring_pop(&ring); }
 *
 * ring_peek() hands out the oldest record in place (a copy only when it wraps around the end); the kernel cannot
 * overwrite it before ring_pop(). What ring_refresh() has not seen yet is not handed out, which is what makes merging
 * several rings possible. The protocol is that of struct perf_event_mmap_page in include/uapi/linux/perf_event.h.
 */
#ifndef FPPROF_COLLECTORS_RING_H
#define FPPROF_COLLECTORS_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct perf_event_mmap_page;

struct ring {
	struct perf_event_mmap_page *page; /* NULL: not open */
	uint8_t *data;
	uint64_t size;     /* bytes of data, a power of two */
	uint64_t head;     /* as of the last ring_refresh() */
	uint64_t tail;     /* the oldest record that is still ours */
	uint64_t released; /* what the kernel has been told of tail */
	uint8_t *wrapped;  /* room for a record that wraps; NULL until one does */
	size_t map_size;
	uint64_t corrupt;  /* times the ring held what cannot be a record, and was emptied */
};

/* Maps the ring of an event: a control page and `bytes` of data (a power of two, of at least a page). 0 or -errno. */
int ring_open(struct ring *ring, int fd, size_t bytes);
void ring_close(struct ring *ring);

/* Looks how far the kernel has written. */
void ring_refresh(struct ring *ring);

/* The oldest record, or NULL when all that was seen is read. Valid until ring_pop() or the next ring_peek(). */
const void *ring_peek(struct ring *ring, size_t *size);

/* Done with the record that ring_peek() returned. Its room goes back to the kernel at once when much has gathered. */
void ring_pop(struct ring *ring);

/* Gives all room that was popped back to the kernel. */
void ring_release(struct ring *ring);

#endif
