/*
 * Going on with the kernel's walk where the dump ends. The code is memory without a file, which no rule covers and where
 * nothing speaks against a return address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "symbolize/unwind.h"

enum { CODE = 0x10000, CODE_END = 0x20000, SP = 0x7000, WORDS = 16, FAR = SP + 0x8000 };

struct fixture {
	struct images images;
	struct processes processes;
	struct process *process;
	uint64_t stack[WORDS];
	struct regs regs;
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
	f->regs = (struct regs){ .ip = CODE + 1, .sp = SP, .fp = SP + 16 };
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

static void set_frame(struct fixture *f, size_t word, uint64_t fp, uint64_t ra)
{
	f->stack[word] = fp;
	f->stack[word + 1] = ra;
}

static void walk(struct fixture *f, const uint64_t *chain, size_t n)
{
	struct stack_dump dump = { (const uint8_t *)f->stack, sizeof(f->stack), SP, sizeof(f->stack), chain, n };

	unwind(&f->images, f->process, UNWIND_HYBRID, &f->regs, &dump, f->out);
}

static void assert_frames(const struct fixture *f, const uint64_t *pcs, size_t n)
{
	assert_int_equal(f->out->n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(f->out->frames[i].pc, pcs[i]);
}

static void what_the_dump_does_not_hold_is_added(void **state)
{
	static const uint64_t chain[] = { CODE + 1, CODE + 2, CODE + 3, CODE + 4, CODE + 5 };
	struct fixture *f = *state;

	set_frame(f, 2, SP + 40, CODE + 2);
	set_frame(f, 5, FAR, CODE + 3);
	walk(f, chain, 5);
	assert_frames(f, chain, 5);
	assert_int_equal(f->out->spliced, 2);
	assert_int_equal(f->out->frames[4].lookup, CODE + 4);
	assert_non_null(f->out->frames[4].map);
}

static void recursion_is_joined_at_its_depth(void **state)
{
	static const uint64_t chain[] = { CODE + 1, CODE + 2, CODE + 2, CODE + 2, CODE + 2, CODE + 2, CODE + 3 };
	struct fixture *f = *state;

	set_frame(f, 2, SP + 40, CODE + 2);
	set_frame(f, 5, FAR, CODE + 2);
	walk(f, chain, 7);
	assert_frames(f, chain, 7);
}

static void a_frame_pointer_that_already_leaves_the_dump_is_joined_behind_the_instruction(void **state)
{
	static const uint64_t chain[] = { CODE + 1, CODE + 2, CODE + 3 };
	struct fixture *f = *state;

	f->regs.fp = FAR;
	walk(f, chain, 3);
	assert_frames(f, chain, 3);
}

static void another_stack_is_followed(void **state)
{
	static const uint64_t chain[] = { CODE + 1, CODE + 2, CODE + 3 };
	struct fixture *f = *state;

	set_frame(f, 2, SP - 0x4000, CODE + 2);
	walk(f, chain, 3);
	assert_frames(f, chain, 3);
}

static void a_chain_of_another_walk_is_left_alone(void **state)
{
	static const uint64_t ours[] = { CODE + 1, CODE + 2 }, chain[] = { CODE + 1, CODE + 7, CODE + 2, CODE + 3 };
	struct fixture *f = *state;

	set_frame(f, 2, FAR, CODE + 2);
	walk(f, chain, 4);
	assert_frames(f, ours, 2);
	assert_int_equal(f->out->end, UNWIND_CUT_DUMP);
	walk(f, chain, 1);
	assert_frames(f, ours, 2);
	walk(f, NULL, 0);
	assert_frames(f, ours, 2);
}

static void a_whole_stack_is_left_alone(void **state)
{
	static const uint64_t ours[] = { CODE + 1, CODE + 2 }, chain[] = { CODE + 1, CODE + 2, CODE + 3 };
	struct fixture *f = *state;

	set_frame(f, 2, 0, CODE + 2);
	walk(f, chain, 3);
	assert_frames(f, ours, 2);
	assert_int_equal(f->out->end, UNWIND_ROOT);
}

static void a_frame_outside_of_code_is_not_added(void **state)
{
	static const uint64_t chain[] = { CODE + 1, CODE + 2, CODE + 3, 0xdead0000, CODE + 4 };
	struct fixture *f = *state;

	set_frame(f, 2, FAR, CODE + 2);
	walk(f, chain, 5);
	assert_frames(f, chain, 3);
	assert_int_equal(f->out->end, UNWIND_CUT_UNMAPPED);
}

static void a_return_address_of_zero_is_the_root(void **state)
{
	static const uint64_t chain[] = { CODE + 1, CODE + 2, CODE + 3, 0 };
	struct fixture *f = *state;

	set_frame(f, 2, FAR, CODE + 2);
	walk(f, chain, 4);
	assert_frames(f, chain, 3);
	assert_int_equal(f->out->end, UNWIND_ROOT);
}

static void a_chain_as_long_as_the_kernels_may_go_on(void **state)
{
	uint64_t chain[127];
	struct fixture *f = *state;

	for (size_t i = 0; i < 127; i++)
		chain[i] = CODE + 1 + i;
	set_frame(f, 2, FAR, CODE + 2);
	walk(f, chain, 127);
	assert_frames(f, chain, 127);
	assert_int_equal(f->out->end, UNWIND_CUT_DUMP);
	walk(f, chain, 126);
	assert_int_equal(f->out->end, UNWIND_CUT_FP);
}

static void a_chain_without_end_stays_within_the_result(void **state)
{
	uint64_t chain[2 * UNWIND_FRAMES_MAX];
	struct fixture *f = *state;

	for (size_t i = 0; i < 2 * UNWIND_FRAMES_MAX; i++)
		chain[i] = CODE + 1 + i;
	set_frame(f, 2, FAR, CODE + 2);
	walk(f, chain, 2 * UNWIND_FRAMES_MAX);
	assert_int_equal(f->out->n, UNWIND_FRAMES_MAX);
	assert_int_equal(f->out->end, UNWIND_CUT_DEPTH);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_the_dump_does_not_hold_is_added),
		test(recursion_is_joined_at_its_depth),
		test(a_frame_pointer_that_already_leaves_the_dump_is_joined_behind_the_instruction),
		test(another_stack_is_followed),
		test(a_chain_of_another_walk_is_left_alone),
		test(a_whole_stack_is_left_alone),
		test(a_frame_outside_of_code_is_not_added),
		test(a_return_address_of_zero_is_the_root),
		test(a_chain_as_long_as_the_kernels_may_go_on),
		test(a_chain_without_end_stays_within_the_result),
	};

	return cmocka_run_group_tests_name("splice", tests, NULL, NULL);
}
