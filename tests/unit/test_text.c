/* Text from outside: lists of CPUs, names that processes chose, names that people mistyped, and notes to people. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpus.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/utf8.h"

/* ---- cpus ---- */

static void assert_cpus(const char *text, const char *wanted)
{
	struct cpu_list list = { 0 };
	struct error err = ERROR_INIT;
	struct buf got = { 0 };

	assert_int_equal(cpus_parse(text, &list, &err), 0);
	buf_puts(&got, "");
	for (size_t i = 0; i < list.n; i++)
		buf_printf(&got, "%s%d", i ? " " : "", list.at[i]);
	assert_string_equal(got.at, wanted);
	buf_free(&got);
	vec_free(&list);
}

static void a_list_with_gaps_keeps_its_gaps(void **state)
{
	(void)state;
	assert_cpus("0", "0");
	assert_cpus("0,3-7\n", "0 3 4 5 6 7");
	assert_cpus("65535", "65535");
}

static void a_list_is_sorted_and_has_each_cpu_once(void **state)
{
	(void)state;
	assert_cpus("5,1-3,2,2-4", "1 2 3 4 5");
}

static void what_is_no_list_is_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"", ",", "1,", ",1", "a", "1-", "-1", "3-1", "1 2", "1--2", "0x1", "65536", "0-99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cpu_list list = { 0 };
		struct error err = ERROR_INIT;

		assert_int_equal(cpus_parse(bad[i], &list, &err), -EINVAL);
		assert_non_null(strstr(err.text, bad[i]));
		assert_int_equal(list.n, 0);
	}
}

static void this_machine_has_a_cpu_online(void **state)
{
	struct cpu_list list = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(cpus_online(&list, &err), 0);
	assert_true(list.n > 0);
	vec_free(&list);
}

/* ---- utf8 ---- */

static void assert_cleaned(const char *text, size_t n, const char *wanted)
{
	struct buf got = { 0 };

	buf_puts(&got, "");
	utf8_clean(text, n, &got);
	assert_string_equal(got.at, wanted);
	assert_int_equal(utf8_is_clean(text, n), got.n == n && memcmp(text, wanted, n) == 0);
	assert_true(utf8_is_clean(got.at, got.n));
	buf_free(&got);
}

#define CLEANED(text, wanted) assert_cleaned(text, sizeof(text) - 1, wanted)

static void clean_text_stays_as_it_is(void **state)
{
	(void)state;
	CLEANED("", "");
	CLEANED("plain", "plain");
	CLEANED("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7");
	CLEANED("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}

static void control_characters_become_visible(void **state)
{
	(void)state;
	CLEANED("a\nb\x1b[31m", "a\\x0ab\\x1b[31m");
	CLEANED("\0", "\\x00");
	CLEANED("\x7f", "\\x7f");
	CLEANED("\xc2\x9b", "\\x9b");
}

static void bytes_that_are_not_utf8_are_replaced_one_by_one(void **state)
{
	(void)state;
	CLEANED("\xff", "\xef\xbf\xbd");
	CLEANED("a\x80z", "a\xef\xbf\xbdz");
	CLEANED("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                         /* overlong */
	CLEANED("\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");         /* overlong */
	CLEANED("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");         /* a surrogate */
	CLEANED("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* above U+10FFFF */
	CLEANED("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");                         /* cut */
}

/* ---- nearest ---- */

static void assert_nearest(const char *wrong, const char *wanted)
{
	static const char *const names[] = { "cycles", "cpu-clock", "cpu-cycles", NULL, "page-faults", "cs" };
	struct buf got = { 0 };

	buf_puts(&got, "");
	nearest_names(wrong, names, sizeof(names) / sizeof(names[0]), &got);
	assert_string_equal(got.at, wanted);
	buf_free(&got);
}

static void a_slip_of_the_finger_finds_its_name(void **state)
{
	(void)state;
	assert_nearest("cycels", "; did you mean cycles?");
	assert_nearest("pagefaults", "; did you mean page-faults?");
	assert_nearest("cpu-", "; did you mean cpu-clock, cpu-cycles?");
}

static void a_word_unlike_all_names_finds_none(void **state)
{
	char long_word[200];

	(void)state;
	memset(long_word, 'c', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_nearest("instructions", "");
	assert_nearest(long_word, "");
}

/* ---- log ---- */

static struct buf heard;

static void listen(const char *sentence)
{
	buf_printf(&heard, "%s\n", sentence);
}

static void notes_reach_the_sink_and_nobody_else(void **state)
{
	(void)state;
	log_note("to nobody");
	log_set_sink(listen);
	log_note("to %s", "you");
	log_set_sink(NULL);
	log_note("to nobody");
	assert_string_equal(heard.at, "to you\n");
	buf_clear(&heard);
}

static void what_is_said_once_is_said_once_a_key(void **state)
{
	(void)state;
	log_set_sink(listen);
	for (int i = 0; i < 3; i++) {
		log_once("a", "first %d", i);
		log_once("b", "second %d", i);
	}
	log_set_sink(NULL);
	assert_string_equal(heard.at, "first 0\nsecond 0\n");
	buf_free(&heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_with_gaps_keeps_its_gaps),
		cmocka_unit_test(a_list_is_sorted_and_has_each_cpu_once),
		cmocka_unit_test(what_is_no_list_is_refused_by_name),
		cmocka_unit_test(this_machine_has_a_cpu_online),
		cmocka_unit_test(clean_text_stays_as_it_is),
		cmocka_unit_test(control_characters_become_visible),
		cmocka_unit_test(bytes_that_are_not_utf8_are_replaced_one_by_one),
		cmocka_unit_test(a_slip_of_the_finger_finds_its_name),
		cmocka_unit_test(a_word_unlike_all_names_finds_none),
		cmocka_unit_test(notes_reach_the_sink_and_nobody_else),
		cmocka_unit_test(what_is_said_once_is_said_once_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
