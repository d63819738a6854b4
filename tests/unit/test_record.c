/* record_parse() against records written by hand, whole, cut and lying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/records.h"

static const struct record_layout full_layout = {
	.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
		       PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
	.regs_user = 0x1c0,
	.sample_id_all = true,
};

static void put_full_head(struct buf *b)
{
	put_u64(b, 77);
	put_u64(b, 0x401000);
	put_u32(b, 10);
	put_u32(b, 11);
	put_u64(b, 5000);
	put_u32(b, 3);
	put_u32(b, 0);
	put_u64(b, 999);
	put_u64(b, 2);
	put_u64(b, (uint64_t)PERF_CONTEXT_KERNEL);
	put_u64(b, 0xffffffff81000000);
}

/* A sample with three registers and a dump of 32 bytes, of which `valid` are. */
static void put_full_sample(struct buf *b, uint64_t valid)
{
	size_t at = record_begin(b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER);

	put_full_head(b);
	put_u64(b, PERF_SAMPLE_REGS_ABI_64);
	for (uint64_t i = 0; i < 3; i++)
		put_u64(b, 0x7000 + i);
	put_u64(b, 32);
	for (uint64_t i = 0; i < 4; i++)
		put_u64(b, i);
	put_u64(b, valid);
	record_end(b, at);
}

static void a_sample_has_its_fields(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_full_sample(&b, 24);
	assert_true(record_parse(b.at, b.n, &full_layout, &r));
	assert_int_equal(r.type, PERF_RECORD_SAMPLE);
	assert_int_equal(r.id.pid, 10);
	assert_int_equal(r.id.tid, 11);
	assert_int_equal(r.id.time, 5000);
	assert_int_equal(r.id.cpu, 3);
	assert_int_equal(r.sample.ip, 0x401000);
	assert_int_equal(r.sample.period, 999);
	assert_int_equal(r.sample.chain_n, 2);
	assert_int_equal(r.sample.regs_n, 3);
	assert_int_equal(r.sample.regs[2], 0x7002);
	assert_int_equal(r.sample.stack_n, 24);
	assert_int_equal(r.sample.stack_asked, 32);
	assert_int_equal(r.sample.stack[8], 1);
}

static void a_sample_without_registers_has_no_array_of_them(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;
	size_t at = record_begin(&b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);

	(void)state;
	put_full_head(&b);
	put_u64(&b, PERF_SAMPLE_REGS_ABI_NONE);
	put_u64(&b, 0); /* a dump of no bytes is followed by nothing */
	record_end(&b, at);
	assert_true(record_parse(b.at, b.n, &full_layout, &r));
	assert_null(r.sample.regs);
	assert_null(r.sample.stack);
	assert_int_equal(r.sample.stack_n, 0);
}

static void a_dump_that_claims_more_than_it_has_is_refused(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_full_sample(&b, 40);
	assert_false(record_parse(b.at, b.n, &full_layout, &r));
}

static void a_record_cut_anywhere_is_refused(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_full_sample(&b, 32);
	for (size_t n = 0; n < b.n; n += 8) {
		cleanup_buf struct buf cut = { 0 };

		buf_add(&cut, b.at, n);
		if (n >= 8)
			record_end(&cut, 0);
		assert_false(record_parse(n ? cut.at : "", n, &full_layout, &r));
	}
}

static void a_callchain_longer_than_its_record_is_refused(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;
	uint64_t chain[] = { 1, 2 }, lie;

	(void)state;
	put_sample(&b, 1, 1, chain, 2);
	for (lie = 3; lie; lie <<= 7) {
		memcpy(b.at + b.n - 24, &lie, sizeof(lie));
		assert_false(record_parse(b.at, b.n, &plain_layout, &r));
	}
}

static void an_exec_is_told_from_a_new_name(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_comm(&b, 5, "make", true, 100);
	assert_true(record_parse(b.at, b.n, &plain_layout, &r));
	assert_true(r.comm.is_exec);
	assert_string_equal(r.comm.name, "make");
	assert_int_equal(r.id.time, 100);
	buf_clear(&b);
	put_comm(&b, 5, "worker", false, 100);
	assert_true(record_parse(b.at, b.n, &plain_layout, &r));
	assert_false(r.comm.is_exec);
}

static void a_name_that_does_not_end_is_refused(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;
	size_t at = record_begin(&b, PERF_RECORD_COMM, 0);

	(void)state;
	put_u32(&b, 1);
	put_u32(&b, 1);
	buf_add(&b, "abcdefgh", 8);
	put_trailer(&b, 1, 1, 1, 0);
	record_end(&b, at);
	assert_false(record_parse(b.at, b.n, &plain_layout, &r));
}

static void put_mmap_with_build_id(struct buf *b)
{
	size_t at = record_begin(b, PERF_RECORD_MMAP2, 1 << 14);
	uint8_t id[24] = { 20 };

	id[4] = 0xab;
	put_u32(b, 9);
	put_u32(b, 9);
	put_u64(b, 0x400000);
	put_u64(b, 0x1000);
	put_u64(b, 0x2000);
	buf_add(b, id, sizeof(id));
	put_u32(b, 5);
	put_u32(b, 2);
	put_text(b, "/bin/true");
	put_trailer(b, 9, 9, 1, 0);
	record_end(b, at);
}

static void a_mapping_has_a_file_or_a_build_id(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_mmap(&b, 9, 0x400000, "/bin/true", 1);
	assert_true(record_parse(b.at, b.n, &plain_layout, &r));
	assert_int_equal(r.mmap.pgoff, 0x2000);
	assert_int_equal(r.mmap.major, 8);
	assert_int_equal(r.mmap.inode, 1234);
	assert_null(r.mmap.build_id);
	assert_string_equal(r.mmap.path, "/bin/true");
	buf_clear(&b);
	put_mmap_with_build_id(&b);
	assert_true(record_parse(b.at, b.n, &plain_layout, &r));
	assert_int_equal(r.mmap.build_id_n, 20);
	assert_int_equal(r.mmap.build_id[0], 0xab);
	assert_int_equal(r.mmap.inode, 0);
}

static void a_type_nobody_knows_is_passed_on_by_its_size(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;
	size_t at = record_begin(&b, 63, 0);

	(void)state;
	put_u64(&b, 0);
	put_trailer(&b, 1, 2, 3, 4);
	record_end(&b, at);
	assert_true(record_parse(b.at, b.n, &plain_layout, &r));
	assert_int_equal(r.id.time, 3);
}

static void the_time_is_found_without_parsing(void **state)
{
	cleanup_buf struct buf b = { 0 };
	uint64_t time;

	(void)state;
	put_full_sample(&b, 32);
	assert_true(record_time(b.at, b.n, &full_layout, &time));
	assert_int_equal(time, 5000);
	buf_clear(&b);
	put_comm(&b, 5, "make", true, 123);
	assert_true(record_time(b.at, b.n, &plain_layout, &time));
	assert_int_equal(time, 123);
}

static void the_head_of_a_sample_is_found_without_parsing_the_rest(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_full_sample(&b, 40); /* whose dump lies about its length */
	assert_true(record_head(b.at, b.n, &full_layout, &r));
	assert_int_equal(r.type, PERF_RECORD_SAMPLE);
	assert_int_equal(r.id.pid, 10);
	assert_int_equal(r.id.tid, 11);
	assert_int_equal(r.id.cpu, 3);
	assert_int_equal(r.sample.period, 999);
	buf_clear(&b);
	put_comm(&b, 5, "make", true, 123);
	assert_true(record_head(b.at, b.n, &plain_layout, &r));
	assert_int_equal(r.type, PERF_RECORD_COMM);
	assert_int_equal(r.id.pid, 5);
	assert_false(record_head(b.at, 16, &plain_layout, &r));
}

static void a_sample_that_does_not_tell_its_period_has_that_of_its_event(void **state)
{
	struct record_layout layout = { .sample_type = PERF_SAMPLE_IP, .period = 250000 };
	cleanup_buf struct buf b = { 0 };
	struct record r;
	size_t at = record_begin(&b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER);

	(void)state;
	put_u64(&b, 0x401000);
	record_end(&b, at);
	assert_true(record_parse(b.at, b.n, &layout, &r));
	assert_int_equal(r.sample.period, 250000);
	layout.sample_type = PERF_SAMPLE_PERIOD;
	assert_true(record_parse(b.at, b.n, &layout, &r));
	assert_int_equal(r.sample.period, 0x401000);
}

static void lost_samples_are_counted(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct record r;

	(void)state;
	put_lost(&b, 41);
	assert_true(record_parse(b.at, b.n, &plain_layout, &r));
	assert_int_equal(r.lost, 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_has_its_fields),
		cmocka_unit_test(a_sample_without_registers_has_no_array_of_them),
		cmocka_unit_test(a_dump_that_claims_more_than_it_has_is_refused),
		cmocka_unit_test(a_record_cut_anywhere_is_refused),
		cmocka_unit_test(a_callchain_longer_than_its_record_is_refused),
		cmocka_unit_test(an_exec_is_told_from_a_new_name),
		cmocka_unit_test(a_name_that_does_not_end_is_refused),
		cmocka_unit_test(a_mapping_has_a_file_or_a_build_id),
		cmocka_unit_test(a_type_nobody_knows_is_passed_on_by_its_size),
		cmocka_unit_test(the_time_is_found_without_parsing),
		cmocka_unit_test(the_head_of_a_sample_is_found_without_parsing_the_rest),
		cmocka_unit_test(a_sample_that_does_not_tell_its_period_has_that_of_its_event),
		cmocka_unit_test(lost_samples_are_counted),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
