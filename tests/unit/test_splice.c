/* Joining the kernel's walk to ours. The code is memory without a file, where nothing speaks against a return address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "symbolize/unwind.h"

enum { CODE = 0x10000, CODE_END = 0x20000 };

struct fixture {
	struct images images;
	struct processes processes;
	struct process *process;
	struct unwind_result *out;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	images_init(&f->images, NULL);
	processes_init(&f->processes);
	f->process = processes_get(&f->processes, 1);
	process_map(&f->processes, f->process, CODE, CODE_END, 0,
		    images_get(&f->images, &(struct image_id){ .path = "//anon" }));
	f->out = xcalloc(1, sizeof(*f->out));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	processes_free(&f->processes);
	images_free(&f->images);
	free(f->out);
	free(f);
	return 0;
}

/* Our own walk found these, and was cut. */
static void walked(struct fixture *f, const uint64_t *pcs, size_t n, enum unwind_end end)
{
	*f->out = (struct unwind_result){ .n = n, .end = end };
	for (size_t i = 0; i < n; i++)
		f->out->frames[i] = (struct frame){ pcs[i], i ? pcs[i] - 1 : pcs[i], NULL };
}

static void assert_frames(const struct fixture *f, const uint64_t *pcs, size_t n)
{
	assert_int_equal(f->out->n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(f->out->frames[i].pc, pcs[i]);
}

static void what_the_dump_did_not_hold_is_added(void **state)
{
	static const uint64_t ours[] = { 0x10010, 0x10020, 0x10030 };
	static const uint64_t kernel[] = { 0x10010, 0x10030, 0x10040, 0x10050 }; /* it skipped the leaf's caller */
	static const uint64_t chain[] = { 0x10010, 0x10020, 0x10030, 0x10040, 0x10050 };
	struct fixture *f = *state;

	walked(f, ours, 3, UNWIND_CUT_DUMP);
	unwind_splice(&f->images, f->process, chain, 5, f->out);
	assert_frames(f, chain, 5);
	assert_int_equal(f->out->spliced, 2);
	assert_int_equal(f->out->frames[4].lookup, 0x1004f);
	assert_non_null(f->out->frames[4].map);
	walked(f, ours, 3, UNWIND_CUT_DUMP);
	unwind_splice(&f->images, f->process, kernel, 4, f->out);
	assert_frames(f, ours, 3); /* one frame alike is chance */
	assert_int_equal(f->out->end, UNWIND_CUT_DUMP);
}

static void recursion_is_joined_where_most_frames_are_alike(void **state)
{
	static const uint64_t ours[] = { 0x10010, 0x10020, 0x10020, 0x10020 };
	static const uint64_t chain[] = { 0x10010, 0x10020, 0x10020, 0x10020, 0x10020, 0x10020, 0x10030 };
	struct fixture *f = *state;

	walked(f, ours, 4, UNWIND_CUT_DUMP);
	unwind_splice(&f->images, f->process, chain, 7, f->out);
	assert_frames(f, chain, 7);
}

static void a_whole_stack_is_left_alone(void **state)
{
	static const uint64_t ours[] = { 0x10010, 0x10020 }, chain[] = { 0x10010, 0x10020, 0x10030 };
	struct fixture *f = *state;

	walked(f, ours, 2, UNWIND_ROOT);
	unwind_splice(&f->images, f->process, chain, 3, f->out);
	assert_frames(f, ours, 2);
	assert_int_equal(f->out->end, UNWIND_ROOT);
}

static void a_frame_outside_of_code_is_not_added(void **state)
{
	static const uint64_t ours[] = { 0x10010, 0x10020 };
	static const uint64_t chain[] = { 0x10010, 0x10020, 0x10030, 0xdead0000, 0x10040 };
	struct fixture *f = *state;

	walked(f, ours, 2, UNWIND_CUT_DUMP);
	unwind_splice(&f->images, f->process, chain, 5, f->out);
	assert_frames(f, chain, 3);
	assert_int_equal(f->out->end, UNWIND_CUT_ADDRESS);
}

static void a_chain_without_end_stays_within_the_result(void **state)
{
	uint64_t ours[UNWIND_FRAMES_MAX], chain[2 * UNWIND_FRAMES_MAX];
	struct fixture *f = *state;

	for (size_t i = 0; i < 2 * UNWIND_FRAMES_MAX; i++)
		chain[i] = CODE + 16 * (i + 1);
	for (size_t i = 0; i < UNWIND_FRAMES_MAX; i++)
		ours[i] = chain[i];
	walked(f, ours, 100, UNWIND_CUT_DUMP);
	unwind_splice(&f->images, f->process, chain, 2 * UNWIND_FRAMES_MAX, f->out);
	assert_int_equal(f->out->n, UNWIND_FRAMES_MAX);
	unwind_splice(&f->images, f->process, NULL, 0, f->out);
	assert_int_equal(f->out->n, UNWIND_FRAMES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_dump_did_not_hold_is_added, set_up, tear_down),
		cmocka_unit_test_setup_teardown(recursion_is_joined_where_most_frames_are_alike, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_whole_stack_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_frame_outside_of_code_is_not_added, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_chain_without_end_stays_within_the_result, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
