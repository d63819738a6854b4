/* The event loop, over pipes. */
#include "base/loop.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

struct counter {
	struct loop_source source;
	int calls, result, writer;
};

static int count(struct loop_source *source, uint32_t events, struct error *err)
{
	struct counter *c = container_of(source, struct counter, source);

	assert_true(events & (EPOLLIN | EPOLLHUP));
	c->calls++;
	return c->result ? error_set(err, c->result, "counted enough") : 0;
}

static void counter_open(struct counter *c, struct loop *loop)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*c = (struct counter){ .source = { .fd = fds[0], .ready = count }, .writer = fds[1] };
	assert_int_equal(loop_add(loop, &c->source, EPOLLIN, NULL), 0);
}

static void counter_close(struct counter *c)
{
	close(c->source.fd);
	close(c->writer);
}

static void only_what_is_ready_is_called_and_again_until_drained(void **state)
{
	struct loop loop = LOOP_INIT;
	struct counter a, b;
	char byte;

	(void)state;
	assert_int_equal(loop_init(&loop, NULL), 0);
	counter_open(&a, &loop);
	counter_open(&b, &loop);
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(loop_wait(&loop, 0, NULL), 0);
	assert_int_equal(loop_wait(&loop, -1, NULL), 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(b.calls, 0);
	assert_int_equal(read(a.source.fd, &byte, 1), 1);
	assert_int_equal(loop_wait(&loop, 0, NULL), 0);
	assert_int_equal(a.calls, 2);
	counter_close(&a);
	counter_close(&b);
	loop_done(&loop);
}

static void a_callbacks_error_ends_the_wait(void **state)
{
	struct error err = ERROR_INIT;
	struct loop loop = LOOP_INIT;
	struct counter a;

	(void)state;
	assert_int_equal(loop_init(&loop, NULL), 0);
	counter_open(&a, &loop);
	a.result = EIO;
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(loop_wait(&loop, -1, &err), -EIO);
	assert_string_equal(err.text, "counted enough");
	counter_close(&a);
	loop_done(&loop);
}

static void what_was_removed_is_not_called(void **state)
{
	struct loop loop = LOOP_INIT;
	struct counter a;

	(void)state;
	assert_int_equal(loop_init(&loop, NULL), 0);
	counter_open(&a, &loop);
	assert_int_equal(write(a.writer, "x", 1), 1);
	loop_remove(&loop, &a.source);
	assert_int_equal(loop_wait(&loop, 0, NULL), 0);
	assert_int_equal(a.calls, 0);
	counter_close(&a);
	loop_done(&loop);
}

static void ignore(int number)
{
	(void)number;
}

static void a_signal_ends_the_wait_without_an_error(void **state)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 10000 } };
	struct sigaction action = { .sa_handler = ignore };
	struct loop loop = LOOP_INIT;

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	assert_int_equal(loop_init(&loop, NULL), 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(loop_wait(&loop, -1, NULL), 0);
	loop_done(&loop);
}

static void a_descriptor_that_cannot_be_watched_is_named(void **state)
{
	struct loop_source source = { .fd = 9999, .ready = count };
	struct error err = ERROR_INIT;
	struct loop loop = LOOP_INIT;

	(void)state;
	assert_int_equal(loop_init(&loop, NULL), 0);
	assert_int_equal(loop_add(&loop, &source, EPOLLIN, &err), -EBADF);
	assert_int_equal(err.code, EBADF);
	loop_done(&loop);
	loop_done(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_ready_is_called_and_again_until_drained),
		cmocka_unit_test(a_callbacks_error_ends_the_wait),
		cmocka_unit_test(what_was_removed_is_not_called),
		cmocka_unit_test(a_signal_ends_the_wait_without_an_error),
		cmocka_unit_test(a_descriptor_that_cannot_be_watched_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
