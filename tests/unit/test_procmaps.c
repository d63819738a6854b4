/* The lines are what a kernel writes, what a hostile process makes it write, and what no kernel writes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/procmaps.h"

static bool parse_one(const char *text, struct procmaps_line *line, size_t *skipped)
{
	struct bytes bytes = bytes_of(text, strlen(text));

	*skipped = 0;
	return procmaps_next(&bytes, line, skipped);
}

static void a_line_with_a_file_has_all_its_fields(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("55d0c6a02000-55d0c6a21000 r-xp 00002000 fe:1a 1311795                    /usr/bin/cat\n",
			      &line, &skipped));
	assert_int_equal(line.start, 0x55d0c6a02000);
	assert_int_equal(line.end, 0x55d0c6a21000);
	assert_true(line.is_executable);
	assert_int_equal(line.pgoff, 0x2000);
	assert_int_equal(line.major, 0xfe);
	assert_int_equal(line.minor, 0x1a);
	assert_int_equal(line.inode, 1311795);
	assert_string_equal(line.path, "/usr/bin/cat");
}

static void anonymous_memory_has_an_empty_path(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n", &line, &skipped));
	assert_string_equal(line.path, "");
	assert_int_equal(line.inode, 0);
	assert_true(parse_one("7f0000000000-7f0000001000 rw-p 00000000 00:00 0\n", &line, &skipped));
	assert_string_equal(line.path, "");
	assert_false(line.is_executable);
}

static void spaces_in_a_path_are_kept(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("1000-2000 r-xp 0 8:1 5    /opt/My App/a b.so (deleted)\n", &line, &skipped));
	assert_string_equal(line.path, "/opt/My App/a b.so (deleted)");
}

static void an_escaped_newline_is_one_again(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("1000-2000 r-xp 0 8:1 5 /tmp/a\\012b\\01\\\n", &line, &skipped));
	assert_string_equal(line.path, "/tmp/a\nb\\01\\");
}

static void a_last_line_without_a_newline_counts(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("1000-2000 r-xp 0 8:1 5 /a", &line, &skipped));
	assert_string_equal(line.path, "/a");
}

static void the_highest_address_fits(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]\n", &line, &skipped));
	assert_int_equal(line.start, 0xffffffffff600000);
	assert_string_equal(line.path, "[vsyscall]");
}

static void the_highest_inode_fits(void **state)
{
	struct procmaps_line line;
	size_t skipped;

	(void)state;
	assert_true(parse_one("1000-2000 r-xp 0 0:1 18446744073709551615 /a\n", &line, &skipped));
	assert_int_equal(line.inode, UINT64_MAX);
}

static void a_bad_line_is_skipped_and_counted(void **state)
{
	static const char *const bad[] = {
		"", "garbage", "1000", "1000-", "1000-2000", "1000-2000 r-x", "-2000 r-xp 0 8:1 5 /a",
		"1000-2000 r-xp 0 8:1", "1000-2000 r-xp 0 81 5 /a", "xyz-2000 r-xp 0 8:1 5 /a", "2000-1000 r-xp 0 8:1 5 /a",
		"1000-1000 r-xp 0 8:1 5 /a", "1000-2000  r-xp 0 8:1 5 /a", "1000-2000 r-xp 0 8:1 x",
		"10000000000000000-20000000000000000 r-xp 0 8:1 5 /a", "1000-2000 r-xp 0 8:1 99999999999999999999 /a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_buf struct buf text = { 0 };
		struct procmaps_line line;
		size_t skipped;

		buf_printf(&text, "%s\n3000-4000 r-xp 0 8:1 5 /good\n", bad[i]);
		if (!parse_one(text.at, &line, &skipped) || strcmp(line.path, "/good") != 0 || skipped != 1)
			fail_msg("after '%s' came '%s', %zu skipped", bad[i], line.path, skipped);
	}
}

static void a_path_too_long_is_cut(void **state)
{
	cleanup_buf struct buf text = { 0 };
	static struct procmaps_line line;
	size_t skipped;

	(void)state;
	buf_puts(&text, "1000-2000 r-xp 0 8:1 5 /");
	for (int i = 0; i < 9000; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "\n");
	assert_true(parse_one(text.at, &line, &skipped));
	assert_int_equal(strlen(line.path), PROCMAPS_PATH_MAX - 1);
}

static void every_prefix_of_a_line_is_safe(void **state)
{
	static const char whole[] = "1000-2000 r-xp 00000000 08:01 5 /a\\012b\n";
	struct procmaps_line line;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = malloc(n ? n : 1);
		struct bytes bytes = bytes_of(copy, n);

		memcpy(copy, whole, n);
		while (procmaps_next(&bytes, &line, NULL))
			assert_true(line.end > line.start);
		free(copy);
	}
}

static void our_own_maps_have_no_bad_line(void **state)
{
	cleanup_buf struct buf text = { 0 };
	struct procmaps_line line;
	size_t skipped = 0, lines = 0;
	bool has_us = false;

	(void)state;
	assert_int_equal(file_read("/proc/self/maps", 1 << 20, &text, NULL), 0);
	struct bytes bytes = bytes_of(text.at, text.n);
	while (procmaps_next(&bytes, &line, &skipped)) {
		lines++;
		if (line.start <= (uintptr_t)procmaps_next && (uintptr_t)procmaps_next < line.end)
			has_us = line.is_executable && line.inode != 0 && line.path[0] == '/';
	}
	assert_true(lines > 5);
	assert_int_equal(skipped, 0);
	assert_true(has_us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_with_a_file_has_all_its_fields),
		cmocka_unit_test(anonymous_memory_has_an_empty_path),
		cmocka_unit_test(spaces_in_a_path_are_kept),
		cmocka_unit_test(an_escaped_newline_is_one_again),
		cmocka_unit_test(a_last_line_without_a_newline_counts),
		cmocka_unit_test(the_highest_address_fits),
		cmocka_unit_test(the_highest_inode_fits),
		cmocka_unit_test(a_bad_line_is_skipped_and_counted),
		cmocka_unit_test(a_path_too_long_is_cut),
		cmocka_unit_test(every_prefix_of_a_line_is_safe),
		cmocka_unit_test(our_own_maps_have_no_bad_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
