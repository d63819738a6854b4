/* Which files cut how many stacks. Stacks are the kernel's own walks here, which never say that they are whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/pipeline/cuts.h"
#include "tests/unit/records.h"

enum { PID = 7, ONE = 0x10000, OTHER = 0x20000, BYTES = 0x1000 };

static void map(struct pipeline *p, uint64_t start, const char *path)
{
	struct record record = {
		.type = PERF_RECORD_MMAP2,
		.mmap = { .pid = PID, .start = start, .length = BYTES, .path = path, .inode = start },
	};

	pipeline_apply(p, &record);
}

static void sample(struct pipeline *p, uint64_t leaf, uint64_t caller)
{
	const uint64_t chain[] = { (uint64_t)PERF_CONTEXT_USER, leaf, caller };
	cleanup_buf struct buf b = { 0 };

	put_sample(&b, PID, 1, chain, caller ? 3 : 2);
	pipeline_feed(p, b.at, b.n, &plain_layout);
}

static void start(struct pipeline *p)
{
	struct pipeline_config config = {
		.event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS }, .title = "[test]", .kallsyms = "/dev/null",
	};

	pipeline_init(p, &config);
	map(p, ONE, "/nonexistent/one");
	map(p, OTHER, "/nonexistent/other");
}

static void a_cut_is_laid_on_the_file_of_the_outermost_frame(void **state)
{
	struct cut_vec cuts = { 0 };
	struct pipeline p;

	(void)state;
	start(&p);
	sample(&p, ONE + 8, 0);
	sample(&p, ONE + 8, OTHER + 8);
	sample(&p, ONE + 9, OTHER + 9);
	sample(&p, 0xdead0000, 0);
	pipeline_finish(&p, NULL);
	pipeline_cuts(&p, &cuts);
	assert_int_equal(cuts.n, 3);
	assert_string_equal(cuts.at[0].path, "/nonexistent/other");
	assert_int_equal(cuts.at[0].stacks, 2);
	assert_int_equal(cuts.at[0].end, UNWIND_CUT_FP);
	assert_string_equal(cuts.at[1].path, "/nonexistent/one");
	assert_int_equal(cuts.at[1].stacks, 1);
	assert_string_equal(cuts.at[2].path, "[unknown]");
	vec_free(&cuts);
	pipeline_done(&p);
}

static void a_whole_stack_is_in_no_file_of_them(void **state)
{
	static const uint64_t chain[] = { (uint64_t)PERF_CONTEXT_KERNEL, 0xffffffff81000010 };
	cleanup_buf struct buf b = { 0 };
	struct cut_vec cuts = { 0 };
	struct pipeline p;

	(void)state;
	start(&p);
	put_sample(&b, PID, 1, chain, 2);
	pipeline_feed(&p, b.at, b.n, &plain_layout);
	pipeline_finish(&p, NULL);
	pipeline_cuts(&p, &cuts);
	assert_int_equal(p.stats.ends[UNWIND_ROOT], 1);
	assert_int_equal(cuts.n, 0);
	pipeline_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_is_laid_on_the_file_of_the_outermost_frame),
		cmocka_unit_test(a_whole_stack_is_in_no_file_of_them),
	};

	return cmocka_run_group_tests_name("cuts", tests, NULL, NULL);
}
