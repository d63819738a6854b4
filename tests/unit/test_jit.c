/* Lines of a perf map as they are, and as they should not be; and which files are believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "symbolize/jit.h"

static struct jit_map map_of(const char *text)
{
	struct jit_map map = { 0 };

	jit_map_read(&map, bytes_of(text, strlen(text)));
	return map;
}

static void assert_name(const struct jit_map *map, uint64_t addr, const char *expected)
{
	const char *name = jit_map_find(map, addr);

	if (!expected)
		assert_null(name);
	else
		assert_string_equal(name ? name : "", expected);
}

static void functions_have_their_names_with_and_without_0x(void **state)
{
	struct jit_map map = map_of("1000 20 JS:*first /a b.js:1:2\n0x2000 0x10 second\n");

	(void)state;
	assert_name(&map, 0xfff, NULL);
	assert_name(&map, 0x1000, "JS:*first /a b.js:1:2");
	assert_name(&map, 0x101f, "JS:*first /a b.js:1:2");
	assert_name(&map, 0x1020, NULL);
	assert_name(&map, 0x200f, "second");
	jit_map_free(&map);
}

static void of_code_at_one_place_the_later_line_counts(void **state)
{
	struct jit_map map = map_of("1000 100 old\n1010 10 older still\n1000 80 new\n");

	(void)state;
	assert_name(&map, 0x1000, "new");
	assert_name(&map, 0x1015, "new");
	assert_name(&map, 0x1090, "old");
	jit_map_free(&map);
}

static void a_line_without_an_end_is_left_out(void **state)
{
	struct jit_map map = map_of("1000 10 whole\n2000 10 hal");

	(void)state;
	assert_name(&map, 0x1000, "whole");
	assert_name(&map, 0x2000, NULL);
	assert_int_equal(map.skipped, 0);
	jit_map_free(&map);
}

static void lines_that_make_no_sense_are_counted(void **state)
{
	struct jit_map map = map_of("\nhello\n1000\n1000 10\n1000 10 \n1000 0 empty\nffffffffffffffff 10 wraps\n-1 10 x\n"
				    "11111111111111111 1 long\n1000 10 good\n");

	(void)state;
	assert_int_equal(map.at.n, 1);
	assert_int_equal(map.skipped, 9);
	assert_name(&map, 0x1005, "good");
	jit_map_free(&map);
}

/* ---- of this very process ---------------------------------------------------------------------------------------- */

static char path[64];

static void write_map(mode_t mode)
{
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("1000 10 ours\n", file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_map_that_grows_is_read_as_it_is_at_the_end(void **state)
{
	struct jits jits = { 0 };
	FILE *file;

	(void)state;
	write_map(0600);
	jits_notice(&jits, getpid());
	file = fopen(path, "a");
	assert_non_null(file);
	fputs("2000 10 later\n", file);
	fclose(file);
	unlink(path);
	assert_string_equal(jits_name(&jits, getpid(), 0x1000), "ours");
	assert_string_equal(jits_name(&jits, getpid(), 0x2000), "later");
	assert_null(jits_name(&jits, getpid(), 0x3000));
	assert_null(jits_trouble(&jits, getpid()));
	jits_free(&jits);
}

static void assert_refused(const char *why)
{
	struct jits jits = { 0 };

	jits_notice(&jits, getpid());
	assert_null(jits_name(&jits, getpid(), 0x1000));
	assert_non_null(strstr(jits_trouble(&jits, getpid()), why));
	jits_free(&jits);
	unlink(path);
}

static void a_map_that_others_may_write_is_refused_and_said(void **state)
{
	(void)state;
	write_map(0666);
	assert_refused("can be written by others");
}

static void a_fifo_is_refused_and_does_not_block(void **state)
{
	(void)state;
	write_map(0600);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("not a regular file");
}

static void a_map_of_another_user_is_refused_and_said(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	write_map(0600);
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_refused("belongs to another user");
}

static void a_link_is_not_followed(void **state)
{
	struct jits jits = { 0 };

	(void)state;
	write_map(0600);
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	jits_notice(&jits, getpid());
	assert_null(jits_name(&jits, getpid(), 0x1000));
	jits_free(&jits);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_their_names_with_and_without_0x),
		cmocka_unit_test(of_code_at_one_place_the_later_line_counts),
		cmocka_unit_test(a_line_without_an_end_is_left_out),
		cmocka_unit_test(lines_that_make_no_sense_are_counted),
		cmocka_unit_test(a_map_that_grows_is_read_as_it_is_at_the_end),
		cmocka_unit_test(a_map_that_others_may_write_is_refused_and_said),
		cmocka_unit_test(a_fifo_is_refused_and_does_not_block),
		cmocka_unit_test(a_map_of_another_user_is_refused_and_said),
		cmocka_unit_test(a_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
