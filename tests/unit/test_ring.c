/* Rings and merging over memory that a test writes as the kernel would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "collectors/merge.h"
#include "collectors/ring.h"
#include "tests/unit/records.h"

enum { RING_BYTES = 4096, RINGS = 3 };

/* For cmocka: *state is this, with all rings added to the merge, in their order. */
struct fixture {
	struct ring rings[RINGS];
	struct merge merge;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	for (int i = 0; i < RINGS; i++) {
		f->rings[i] = (struct ring){ .size = RING_BYTES };
		f->rings[i].page = xcalloc(1, sizeof(*f->rings[i].page));
		f->rings[i].data = xcalloc(1, RING_BYTES);
		merge_add(&f->merge, &f->rings[i], &plain_layout);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	merge_free(&f->merge);
	for (int i = 0; i < RINGS; i++) {
		free(f->rings[i].page);
		free(f->rings[i].data);
		free(f->rings[i].wrapped);
	}
	free(f);
	return 0;
}

static struct ring *first_ring(void **state)
{
	struct fixture *f = *state;

	return &f->rings[0];
}

/* Writes as the kernel does: false, and nothing written, when it does not fit. */
static bool kernel_writes(struct ring *ring, const void *bytes, size_t n)
{
	uint64_t head = ring->page->data_head;

	if (n > RING_BYTES - (head - ring->page->data_tail))
		return false;
	for (size_t i = 0; i < n; i++)
		ring->data[(head + i) % RING_BYTES] = ((const uint8_t *)bytes)[i];
	ring->page->data_head = head + n;
	return true;
}

static bool kernel_says(struct ring *ring, uint64_t time, const char *name)
{
	cleanup_buf struct buf b = { 0 };

	put_comm(&b, 1, name, false, time);
	return kernel_writes(ring, b.at, b.n);
}

static void an_empty_ring_has_nothing(void **state)
{
	struct ring *ring = first_ring(state);
	size_t size;

	ring_refresh(ring);
	assert_null(ring_peek(ring, &size));
}

static void a_record_that_wraps_comes_out_whole(void **state)
{
	struct ring *ring = first_ring(state);
	char name[101];
	struct record r;
	size_t size;

	memset(name, 'x', 100);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%0*d", 20 + i % 80, i);
		assert_true(kernel_says(ring, (uint64_t)i, name));
		ring_refresh(ring);
		const void *at = ring_peek(ring, &size);
		assert_non_null(at);
		assert_true(record_parse(at, size, &plain_layout, &r));
		assert_string_equal(r.comm.name, name);
		assert_int_equal(r.id.time, i);
		ring_pop(ring);
		ring_release(ring);
	}
	assert_non_null(ring->wrapped); /* else nothing wrapped, and nothing was tested */
}

static void a_record_peeked_at_is_not_given_back(void **state)
{
	struct ring *ring = first_ring(state);
	size_t size;

	while (kernel_says(ring, 1, "a"))
		;
	ring_refresh(ring);
	assert_non_null(ring_peek(ring, &size));
	assert_int_equal(ring->page->data_tail, 0);
	ring_pop(ring);
	ring_release(ring);
	assert_int_equal(ring->page->data_tail, size);
}

static void what_came_after_the_refresh_waits(void **state)
{
	struct ring *ring = first_ring(state);
	size_t size;

	kernel_says(ring, 1, "a");
	ring_refresh(ring);
	kernel_says(ring, 2, "b");
	assert_non_null(ring_peek(ring, &size));
	ring_pop(ring);
	assert_null(ring_peek(ring, &size));
}

static void a_ring_that_holds_nonsense_is_emptied_and_that_is_counted(void **state)
{
	uint64_t nonsense[] = { 0, 0 };
	struct ring *ring = first_ring(state);
	size_t size;

	kernel_writes(ring, nonsense, sizeof(nonsense));
	ring_refresh(ring);
	assert_null(ring_peek(ring, &size));
	assert_int_equal(ring->corrupt, 1);
	kernel_says(ring, 1, "a");
	ring_refresh(ring);
	assert_non_null(ring_peek(ring, &size));
}

static uint64_t next_time(struct merge *m)
{
	const struct merge_source *s = merge_next(m);

	return s ? s->time : 0;
}

static void rings_come_out_in_time_order(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 0, time;
	int seen = 0;

	for (uint64_t t = 1; t <= 60; t++)
		assert_true(kernel_says(&f->rings[t * t % RINGS], t, "x"));
	merge_begin(&f->merge, UINT64_MAX);
	while ((time = next_time(&f->merge))) {
		assert_true(time > last);
		last = time;
		seen++;
	}
	merge_end(&f->merge);
	assert_int_equal(seen, 60);
	assert_int_equal(f->merge.late, 0);
}

static void what_is_younger_than_the_horizon_waits_for_the_next_round(void **state)
{
	struct fixture *f = *state;
	struct merge *m = &f->merge;

	kernel_says(&f->rings[0], 10, "a");
	kernel_says(&f->rings[0], 30, "c");
	merge_begin(m, 20);
	assert_int_equal(next_time(m), 10);
	assert_int_equal(next_time(m), 0);
	merge_end(m);
	kernel_says(&f->rings[1], 25, "b"); /* became visible late, and still comes in order */
	merge_begin(m, 40);
	assert_int_equal(next_time(m), 25);
	assert_int_equal(next_time(m), 30);
	assert_int_equal(m->late, 0);
	kernel_says(&f->rings[1], 5, "too late");
	merge_begin(m, 40);
	assert_int_equal(next_time(m), 5);
	assert_int_equal(m->late, 1);
	merge_end(m);
}

static void at_equal_times_the_ring_added_first_wins(void **state)
{
	struct fixture *f = *state;

	kernel_says(&f->rings[1], 10, "second");
	kernel_says(&f->rings[0], 10, "first");
	merge_begin(&f->merge, UINT64_MAX);
	assert_ptr_equal(merge_next(&f->merge)->ring, &f->rings[0]);
	assert_ptr_equal(merge_next(&f->merge)->ring, &f->rings[1]);
}

#define WITH_RINGS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RINGS(an_empty_ring_has_nothing),
		WITH_RINGS(a_record_that_wraps_comes_out_whole),
		WITH_RINGS(a_record_peeked_at_is_not_given_back),
		WITH_RINGS(what_came_after_the_refresh_waits),
		WITH_RINGS(a_ring_that_holds_nonsense_is_emptied_and_that_is_counted),
		WITH_RINGS(rings_come_out_in_time_order),
		WITH_RINGS(what_is_younger_than_the_horizon_waits_for_the_next_round),
		WITH_RINGS(at_equal_times_the_ring_added_first_wins),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
