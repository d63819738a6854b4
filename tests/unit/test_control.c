/* Words that come whole, in pieces, and wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cmd/control.h"

static char heard[64];

static void hear(struct control *control, enum control_word word)
{
	size_t n = strlen(heard);

	assert_ptr_equal(control->owner, heard);
	snprintf(heard + n, sizeof(heard) - n, "%d", (int)word);
}

/* What is understood of `text`, written as it is, and how often it is answered. */
static const char *told(const char *const *pieces, size_t n, int *answers)
{
	struct control control = CONTROL_INIT;
	struct loop loop = LOOP_INIT;
	int in[2], ack[2];
	char words[64], answer[64];

	heard[0] = '\0';
	assert_int_equal(pipe(in) | pipe(ack), 0);
	snprintf(words, sizeof(words), "fd:%d,%d", in[0], ack[1]);
	assert_int_equal(control_open(&control, words, NULL), 0);
	control.handle = hear;
	control.owner = heard;
	assert_int_equal(loop_init(&loop, NULL), 0);
	assert_int_equal(control_watch(&control, &loop, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(write(in[1], pieces[i], strlen(pieces[i])), (ssize_t)strlen(pieces[i]));
		assert_int_equal(loop_wait(&loop, 1000, NULL), 0);
	}
	close(in[1]);
	assert_int_equal(loop_wait(&loop, 1000, NULL), 0);
	assert_null(control.loop); /* nobody is left to speak */
	control_close(&control);
	loop_done(&loop);
	close(in[0]);
	close(ack[1]);
	*answers = (int)read(ack[0], answer, sizeof(answer)) / 4;
	close(ack[0]);
	return heard;
}

static void words_come_a_line_each_in_any_pieces(void **state)
{
	static const char *const whole[] = { "enable\ndisable\nping\nstop\n" }, *const pieces[] = { "ena", "ble\ndis", "able\n" };
	int answers;

	(void)state;
	assert_string_equal(told(whole, 1, &answers), "0123");
	assert_int_equal(answers, 4);
	assert_string_equal(told(pieces, 3, &answers), "01");
	assert_int_equal(answers, 2);
}

static void what_is_no_word_is_passed_over(void **state)
{
	char long_line[300];
	const char *const pieces[] = { "enabled\n\nENABLE\n enable\n", long_line, "ping\n" };
	int answers;

	(void)state;
	memset(long_line, 'e', sizeof(long_line));
	memcpy(long_line + sizeof(long_line) - 8, "enable\n", 8);
	assert_string_equal(told(pieces, 3, &answers), "2");
	assert_int_equal(answers, 1);
}

static void wrong_ways_to_name_it_are_refused(void **state)
{
	static const char *const wrong[] = { "", "fifo", "fifo:", "fifo:a,", "fd:", "fd:x", "fd:-1", "fd:1,x", "pipe:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct control control = CONTROL_INIT;
		struct error err = ERROR_INIT;

		assert_int_equal(control_open(&control, wrong[i], &err), -EINVAL);
		assert_true(err.text[0]);
		control_close(&control);
	}
}

static void a_file_that_is_no_fifo_is_refused(void **state)
{
	struct control control = CONTROL_INIT;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(control_open(&control, "fifo:/dev/null", &err) < 0);
	assert_non_null(strstr(err.text, "mkfifo"));
	assert_true(control_open(&control, "fifo:/no/such/fifo", &err) < 0);
	control_close(&control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_a_line_each_in_any_pieces),
		cmocka_unit_test(what_is_no_word_is_passed_over),
		cmocka_unit_test(wrong_ways_to_name_it_are_refused),
		cmocka_unit_test(a_file_that_is_no_fifo_is_refused),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
