/*
 * Many rings as one stream in time order.
 *
 * Each ring is in order by itself; between rings a record may become visible later than a younger one elsewhere,
 * because the kernel takes its time stamp before it is written. So a round hands out only what is older than a horizon
 * shortly before the round began; the rest waits for the next one. What still comes late is handed out and counted.
 */
#ifndef FPPROF_COLLECTORS_MERGE_H
#define FPPROF_COLLECTORS_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "collectors/record.h"
#include "collectors/ring.h"

/* How long a record may take from its time stamp to the ring: an interrupt's length, and a virtual CPU's preemption. */
enum { MERGE_SLACK_NS = 2000000 };

struct merge_source {
	struct ring *ring; /* borrowed */
	const struct record_layout *layout; /* borrowed */
	const void *record; /* its oldest; NULL: nothing more this round */
	size_t size;
	uint64_t time;
};

struct merge {
	struct merge_source_vec VEC_OF(struct merge_source) sources;
	struct heap_vec VEC_OF(struct merge_source *) heap; /* by time; equal times by order of adding */
	uint64_t horizon;
	uint64_t last_time;
	uint64_t late; /* records that came out of order */
	bool is_pending; /* the top of the heap was handed out and is not popped yet */
};

/* Adds a ring. At equal times the ring that was added first wins, so add those with mappings before those with samples. */
void merge_add(struct merge *m, struct ring *ring, const struct record_layout *layout);
void merge_free(struct merge *m);

/* Begins a round: looks at all rings. Hands out what is older than `horizon` (ns; UINT64_MAX for all). */
void merge_begin(struct merge *m, uint64_t horizon);

/* The next record of the round, or NULL. Valid until the next call. */
const struct merge_source *merge_next(struct merge *m);

/* Gives the rings' room back to the kernel. */
void merge_end(struct merge *m);

#endif
