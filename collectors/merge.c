/* A binary heap of the rings' oldest records: records stay where they are until they are read. */
#include "collectors/merge.h"

void merge_add(struct merge *m, struct ring *ring, const struct record_layout *layout)
{
	*vec_push(&m->sources) = (struct merge_source){ .ring = ring, .layout = layout };
}

void merge_free(struct merge *m)
{
	vec_free(&m->sources);
	vec_free(&m->heap);
}

/* A record without a time stamp belongs right behind the one before it. */
static bool source_load(struct merge_source *s)
{
	uint64_t time;

	s->record = ring_peek(s->ring, &s->size);
	if (s->record && record_time(s->record, s->size, s->layout, &time))
		s->time = time;
	return s->record;
}

static bool is_before(const struct merge_source *a, const struct merge_source *b)
{
	return a->time != b->time ? a->time < b->time : a < b;
}

static void sift_down(struct merge *m, size_t i)
{
	struct merge_source **heap = m->heap.at;

	for (;;) {
		size_t least = i, left = 2 * i + 1, right = left + 1;

		if (left < m->heap.n && is_before(heap[left], heap[least]))
			least = left;
		if (right < m->heap.n && is_before(heap[right], heap[least]))
			least = right;
		if (least == i)
			return;
		struct merge_source *moved = heap[i];
		heap[i] = heap[least];
		heap[least] = moved;
		i = least;
	}
}

void merge_begin(struct merge *m, uint64_t horizon)
{
	m->horizon = horizon;
	m->heap.n = 0;
	m->is_pending = false;
	for (size_t i = 0; i < m->sources.n; i++)
		ring_refresh(m->sources.at[i].ring);
	for (size_t i = 0; i < m->sources.n; i++)
		if (source_load(&m->sources.at[i]))
			*vec_push(&m->heap) = &m->sources.at[i];
	for (size_t i = m->heap.n / 2; i-- > 0;)
		sift_down(m, i);
}

static void pop_top(struct merge *m)
{
	struct merge_source *top = m->heap.at[0];

	ring_pop(top->ring);
	if (!source_load(top))
		m->heap.at[0] = m->heap.at[--m->heap.n];
	sift_down(m, 0);
}

const struct merge_source *merge_next(struct merge *m)
{
	if (m->is_pending)
		pop_top(m);
	m->is_pending = m->heap.n && m->heap.at[0]->time <= m->horizon;
	if (!m->is_pending)
		return NULL;
	if (m->heap.at[0]->time < m->last_time)
		m->late++;
	else
		m->last_time = m->heap.at[0]->time;
	return m->heap.at[0];
}

void merge_end(struct merge *m)
{
	for (size_t i = 0; i < m->sources.n; i++)
		ring_release(m->sources.at[i].ring);
}
