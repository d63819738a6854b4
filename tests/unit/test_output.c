/* File names choose formats; folded stacks stay one line each, whatever names are in them; values read like pprof's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "src/cmd/measure.h"
#include "src/output/gzip.h"
#include "src/output/output.h"
#include "tests/unit/profiles.h"

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static const char *chosen(const char *path, const char *format)
{
	const struct output *out = NULL;

	return output_choose(path, format, &out, NULL) ? "refused" : out->name;
}

static void an_ending_chooses_the_format(void **state)
{
	(void)state;
	assert_string_equal(chosen("cpu.pb.gz", NULL), "pprof");
	assert_string_equal(chosen("cpu.pprof", NULL), "pprof");
	assert_string_equal(chosen("cpu.prof", NULL), "pprof");
	assert_string_equal(chosen("cpu.folded", NULL), "folded");
	assert_string_equal(chosen("/tmp/x.collapsed", NULL), "folded");
}

static void any_other_name_is_pprof(void **state)
{
	(void)state;
	assert_string_equal(chosen("cpu.out", NULL), "pprof");
	assert_string_equal(chosen("-", NULL), "pprof");
	assert_string_equal(chosen("/dev/fd/3", NULL), "pprof");
}

static void a_format_by_name_beats_the_ending(void **state)
{
	(void)state;
	assert_string_equal(chosen("cpu.pb.gz", "folded"), "folded");
	assert_string_equal(chosen("page.html", "pprof"), "pprof");
}

static void assert_refused(const char *path, const char *format, const char *what)
{
	struct error err = ERROR_INIT;
	const struct output *out = NULL;

	assert_int_equal(output_choose(path, format, &out, &err), -EINVAL);
	assert_null(out);
	assert_non_null(strstr(err.text, what));
	assert_non_null(strstr(err.text, "pprof (.pb.gz), folded (.folded)"));
}

static void an_unknown_format_is_answered_with_the_known_ones(void **state)
{
	(void)state;
	assert_refused("x", "flamegraph", "'flamegraph'");
	assert_refused("x", "", "''");
}

static void an_ending_that_promises_another_format_is_refused(void **state)
{
	(void)state;
	assert_refused("flame.html", NULL, "'.html'");
	assert_refused("p.json", NULL, "'.json'");
	assert_refused("p.svg", NULL, "'.svg'");
	assert_refused("perf.data", NULL, "'.data'");
}

/* ---- folded ------------------------------------------------------------------------------------------------------ */

static uint32_t named(struct profile *p, const char *name)
{
	uint32_t location = profile_add_location(p, &(struct location){ .mapping = PROFILE_NONE });
	struct line line = { .function = profile_function(p, &(struct function){ .name = profile_str(p, name) }) };

	profile_name_location(p, location, &line, 1);
	return location;
}

static void assert_folded(const struct profile *p, const char *want)
{
	struct buf out = { 0 };

	assert_int_equal(output_folded.write(p, &out, NULL), 0);
	assert_string_equal(out.n ? out.at : "", want);
	buf_free(&out);
}

static void a_line_is_root_first_with_the_default_type(void **state)
{
	struct profile *p = *state;
	uint32_t stack[] = { named(p, "leaf"), named(p, "main") };

	profile_add(p, profile_stack(p, stack, 2), 0, (int64_t[]){ 1, 500 });
	assert_folded(p, "main;leaf 500\n");
	p->default_type = profile_str(p, "samples");
	assert_folded(p, "main;leaf 1\n");
}

static void the_process_comes_first(void **state)
{
	struct profile *p = *state;
	struct label comm = { .key = profile_str(p, "comm"), .str = profile_str(p, "cc1") };
	uint32_t stack[] = { named(p, "main") };

	profile_add(p, profile_stack(p, stack, 1), profile_labels(p, &comm, 1), (int64_t[]){ 1, 5 });
	assert_folded(p, "cc1;main 5\n");
}

static void lines_that_read_alike_are_one(void **state)
{
	struct profile *p = *state;
	uint32_t stack = profile_stack(p, (uint32_t[]){ named(p, "main") }, 1);

	for (int pid = 0; pid < 3; pid++) {
		struct label label = { .key = profile_str(p, "pid"), .num = pid };

		profile_add(p, stack, profile_labels(p, &label, 1), (int64_t[]){ 1, 5 });
	}
	assert_folded(p, "main 15\n");
}

static void a_name_cannot_break_a_line(void **state)
{
	struct profile *p = *state;
	uint32_t stack[] = { named(p, "a;b\nc 1"), named(p, "\xff") };

	profile_add(p, profile_stack(p, stack, 2), 0, (int64_t[]){ 1, 5 });
	assert_folded(p, "\xef\xbf\xbd;a:b\\x0ac 1 5\n");
}

static void inlined_functions_follow_their_callers(void **state)
{
	struct profile *p = *state;
	uint32_t location = profile_location(p, PROFILE_NONE, 1);
	struct line lines[] = {
		{ .function = profile_function(p, &(struct function){ .name = profile_str(p, "inner") }) },
		{ .function = profile_function(p, &(struct function){ .name = profile_str(p, "outer") }) },
	};

	profile_name_location(p, location, lines, 2);
	profile_add(p, profile_stack(p, &location, 1), 0, (int64_t[]){ 1, 5 });
	assert_folded(p, "outer;inner 5\n");
}

static void what_has_no_name_is_an_address_and_what_has_no_stack_says_so(void **state)
{
	struct profile *p = *state;
	uint32_t location = profile_location(p, PROFILE_NONE, 0xabc);

	profile_add(p, profile_stack(p, &location, 1), 0, (int64_t[]){ 1, 5 });
	profile_add(p, profile_stack(p, NULL, 0), 0, (int64_t[]){ 1, 6 });
	assert_folded(p, "0xabc 5\n[no stack] 6\n");
}

static void zeros_are_left_out(void **state)
{
	struct profile *p = *state;

	profile_add(p, profile_stack(p, NULL, 0), 0, (int64_t[]){ 1, 0 });
	assert_folded(p, "");
}

/* ---- gzip -------------------------------------------------------------------------------------------------------- */

static void zip(const void *bytes, size_t n, struct buf *out)
{
	struct gzip z;

	assert_int_equal(gzip_begin(&z, out, NULL), 0);
	gzip_put(&z, bytes, n);
	gzip_end(&z);
}

static void all_members_are_read(void **state)
{
	struct buf zipped = { 0 }, out = { 0 };

	(void)state;
	zip("one,", 4, &zipped);
	zip("", 0, &zipped);
	zip("two", 3, &zipped);
	assert_int_equal(gunzip(zipped.at, zipped.n, 100, &out, NULL), 0);
	assert_string_equal(out.at, "one,two");
	buf_free(&zipped);
	buf_free(&out);
}

static void a_limit_stops_a_bomb_early(void **state)
{
	enum { LIMIT = 1 << 20, BOMB = 64 << 20 };
	struct buf zipped = { 0 }, out = { 0 };
	struct error err = ERROR_INIT;
	char *zeros = calloc(1, BOMB);

	(void)state;
	zip(zeros, BOMB, &zipped);
	assert_true(zipped.n < BOMB / 200);
	assert_int_equal(gunzip(zipped.at, zipped.n, LIMIT, &out, &err), -EFBIG);
	assert_true(out.cap < 4 * LIMIT);
	buf_free(&zipped);
	buf_free(&out);
	free(zeros);
}

static void a_cut_member_is_refused(void **state)
{
	struct buf zipped = { 0 };

	(void)state;
	zip("some text that is compressed", 28, &zipped);
	for (size_t n = 0; n < zipped.n; n++) {
		struct buf out = { 0 };

		assert_int_equal(gunzip(zipped.at, n, 1000, &out, NULL), -EBADMSG);
		buf_free(&out);
	}
	buf_free(&zipped);
}

static void equal_bytes_make_equal_files(void **state)
{
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	zip("abc", 3, &a);
	zip("abc", 3, &b);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.at, b.at, a.n);
	assert_memory_equal(a.at + 4, "\0\0\0\0", 4);
	buf_free(&a);
	buf_free(&b);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static void assert_value(int64_t value, const char *from, const char *to, const char *want)
{
	struct buf out = { 0 };

	measure_value(value, from, to, &out);
	assert_string_equal(out.at, want);
	buf_free(&out);
}

static void values_take_the_largest_unit_they_fill(void **state)
{
	(void)state;
	assert_value(0, "nanoseconds", "auto", "0");
	assert_value(12, "nanoseconds", "auto", "12ns");
	assert_value(12500, "ns", "auto", "12.50us");
	assert_value(450000000, "nanoseconds", "auto", "450ms");
	assert_value(1230000000, "nanoseconds", "auto", "1.23s");
	assert_value(7200, "seconds", "auto", "2hrs");
	assert_value(-2048, "bytes", "auto", "-2kB");
	assert_value(1536, "Bytes", "auto", "1.50kB");
	assert_value(3, "count", "auto", "3");
	assert_value(3, "furlongs", "furlongs", "3furlongs");
}

static void values_are_converted_to_the_unit_of_the_table(void **state)
{
	(void)state;
	assert_value(10000000, "nanoseconds", "s", "0.01s");
	assert_value(1000, "nanoseconds", "s", "0");
	assert_value(1, "milliseconds", "us", "1000us");
	assert_value(512, "kilobytes", "MB", "0.50MB");
	assert_value(INT64_MIN, "count", "count", "-9223372036854775808");
}

static void assert_percent(int64_t value, int64_t total, const char *want)
{
	struct buf out = { 0 };

	measure_percent(value, total, &out);
	assert_string_equal(out.at, want);
	buf_free(&out);
}

static void percentages_keep_two_digits(void **state)
{
	(void)state;
	assert_percent(1, 1, "  100%");
	assert_percent(9996, 10000, "  100%");
	assert_percent(1, 2, "50.00%");
	assert_percent(1, 81, " 1.23%");
	assert_percent(6, 1000, "  0.6%");
	assert_percent(1, 1000000000, "1e-07%");
	assert_percent(1, 0, "    0%");
	assert_percent(-1, 4, "25.00%");
	assert_percent(30, 10, "300.00%");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ending_chooses_the_format),
		cmocka_unit_test(any_other_name_is_pprof),
		cmocka_unit_test(a_format_by_name_beats_the_ending),
		cmocka_unit_test(an_unknown_format_is_answered_with_the_known_ones),
		cmocka_unit_test(an_ending_that_promises_another_format_is_refused),
		WITH_PROFILE(a_line_is_root_first_with_the_default_type),
		WITH_PROFILE(the_process_comes_first),
		WITH_PROFILE(lines_that_read_alike_are_one),
		WITH_PROFILE(a_name_cannot_break_a_line),
		WITH_PROFILE(inlined_functions_follow_their_callers),
		WITH_PROFILE(what_has_no_name_is_an_address_and_what_has_no_stack_says_so),
		WITH_PROFILE(zeros_are_left_out),
		cmocka_unit_test(all_members_are_read),
		cmocka_unit_test(a_limit_stops_a_bomb_early),
		cmocka_unit_test(a_cut_member_is_refused),
		cmocka_unit_test(equal_bytes_make_equal_files),
		cmocka_unit_test(values_take_the_largest_unit_they_fill),
		cmocka_unit_test(values_are_converted_to_the_unit_of_the_table),
		cmocka_unit_test(percentages_keep_two_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
