/*
 * Records are read in place. data_tail is stored with release semantics after the last read of what it gives back, and
 * seldom: each store is a cache line that the writing CPU has to fetch.
 */
#include "collectors/ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "collectors/record.h"

int ring_open(struct ring *ring, int fd, size_t bytes)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, page_size + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	*ring = (struct ring){ 0 };
	if (at == MAP_FAILED)
		return -errno;
	ring->page = at;
	ring->map_size = page_size + bytes;
	ring->data = (uint8_t *)at + (ring->page->data_offset ? ring->page->data_offset : page_size);
	ring->size = ring->page->data_size ? ring->page->data_size : bytes;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (ring->page)
		munmap(ring->page, ring->map_size);
	free(ring->wrapped);
	*ring = (struct ring){ 0 };
}

void ring_refresh(struct ring *ring)
{
	ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

/* A header never straddles the end: records are multiples of 8 bytes, and so is the ring. */
static size_t record_size(const struct ring *ring)
{
	struct perf_event_header header;

	memcpy(&header, ring->data + (ring->tail & (ring->size - 1)), sizeof(header));
	return header.size;
}

static const void *unwrap(struct ring *ring, size_t at, size_t size)
{
	size_t first = ring->size - at;

	if (!ring->wrapped)
		ring->wrapped = xmalloc(RECORD_BYTES_MAX);
	memcpy(ring->wrapped, ring->data + at, first);
	memcpy(ring->wrapped + first, ring->data, size - first);
	return ring->wrapped;
}

const void *ring_peek(struct ring *ring, size_t *size)
{
	size_t at = ring->tail & (ring->size - 1);

	if (ring->tail == ring->head)
		return NULL;
	*size = record_size(ring);
	if (*size < sizeof(struct perf_event_header) || *size % 8 || *size > ring->head - ring->tail) {
		ring->corrupt++;
		ring->tail = ring->head;
		return NULL;
	}
	return at + *size <= ring->size ? ring->data + at : unwrap(ring, at, *size);
}

void ring_release(struct ring *ring)
{
	if (ring->released == ring->tail)
		return;
	__atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
	ring->released = ring->tail;
}

void ring_pop(struct ring *ring)
{
	if (ring->tail == ring->head)
		return;
	ring->tail += record_size(ring);
	if (ring->tail - ring->released >= ring->size / 8)
		ring_release(ring);
}
