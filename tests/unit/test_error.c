/* Sentences are what a person gets; they must come out whole, or visibly cut. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void setting_returns_the_negative_code(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_set(&err, EINVAL, "no %s here", "event"), -EINVAL);
	assert_int_equal(err.code, EINVAL);
	assert_string_equal(err.text, "no event here");
}

static void errno_is_said_in_words(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(error_errno(&err, ENOENT, "cannot open %s", "/x"), -ENOENT);
	assert_string_equal(err.text, "cannot open /x: No such file or directory");
}

static void wrapping_puts_context_in_front_and_keeps_the_code(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, EPERM, "refused");
	error_wrap(&err, "CPU %d", 3);
	assert_int_equal(err.code, EPERM);
	assert_string_equal(err.text, "CPU 3: refused");
}

static void nobody_need_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, EINVAL, "x"), -EINVAL);
	assert_int_equal(error_errno(NULL, EINVAL, "x"), -EINVAL);
	error_wrap(NULL, "x");
}

static void assert_is_cut(const struct error *err)
{
	size_t n = strnlen(err->text, ERROR_TEXT_MAX);

	assert_int_equal(n, ERROR_TEXT_MAX - 1);
	assert_string_equal(err->text + n - 3, "...");
}

static void what_is_too_long_is_visibly_cut(void **state)
{
	struct error err = ERROR_INIT;
	char path[2 * ERROR_TEXT_MAX];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	error_set(&err, EINVAL, "%s", path);
	assert_is_cut(&err);
	error_errno(&err, EINVAL, "%s", path);
	assert_is_cut(&err);
	error_set(&err, EINVAL, "short");
	error_wrap(&err, "%s", path);
	assert_is_cut(&err);
}

static void a_sentence_that_just_fits_is_not_cut(void **state)
{
	struct error err = ERROR_INIT;
	char text[ERROR_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, EINVAL, "%s", text);
	assert_string_equal(err.text, text);
	error_set(&err, EINVAL, "%s", text + 6);
	error_wrap(&err, "%s", "ctxt");
	assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
	assert_string_equal(err.text + ERROR_TEXT_MAX - 4, "xxx");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_returns_the_negative_code),
		cmocka_unit_test(errno_is_said_in_words),
		cmocka_unit_test(wrapping_puts_context_in_front_and_keeps_the_code),
		cmocka_unit_test(nobody_need_listen),
		cmocka_unit_test(what_is_too_long_is_visibly_cut),
		cmocka_unit_test(a_sentence_that_just_fits_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
