/* Targets and filters: whose samples count. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/target.h"
#include "src/pipeline/filter.h"

static void our_own_pid_is_a_process_and_a_thread(void **state)
{
	struct target t = TARGET_INIT;
	char list[32];

	(void)state;
	snprintf(list, sizeof(list), "%d", getpid());
	assert_int_equal(target_set_ids(&t, TARGET_PROCESSES, list, NULL), 0);
	assert_int_equal(t.ids.n, 1);
	assert_int_equal(t.ids.at[0], getpid());
	target_done(&t);
	assert_int_equal(target_thread_process(getpid()), getpid());
}

static void a_number_that_is_given_twice_counts_once(void **state)
{
	struct target t = TARGET_INIT;
	char list[64];

	(void)state;
	snprintf(list, sizeof(list), "%d,1,%d", getpid(), getpid());
	assert_int_equal(target_set_ids(&t, TARGET_PROCESSES, list, NULL), 0);
	assert_int_equal(t.ids.n, 2);
	target_done(&t);
}

static void what_is_no_list_of_ids_is_refused(void **state)
{
	static const char *const wrong[] = { "", ",", "1,", ",1", "1,,1", "-1", "0", "x", "1x", "99999999999999999999", "1 2" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct target t = TARGET_INIT;

		assert_int_equal(target_set_ids(&t, TARGET_PROCESSES, wrong[i], NULL), -EINVAL);
		target_done(&t);
	}
}

static void a_process_that_is_not_there_is_named(void **state)
{
	struct target t = TARGET_INIT;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(target_set_ids(&t, TARGET_PROCESSES, "2147483647", &err), -ESRCH);
	assert_non_null(strstr(err.text, "2147483647"));
	target_done(&t);
}

static void a_filter_agrees_with_a_plain_set(void **state)
{
	enum { PIDS = 64 };
	bool model[PIDS] = { 0 };
	struct filter f = { .kind = FILTER_TREE };

	(void)state;
	srand(1);
	for (int step = 0; step < 20000; step++) {
		pid_t pid = 1 + rand() % (PIDS - 1), parent = 1 + rand() % (PIDS - 1);

		switch (rand() % 4) {
		case 0:
			filter_add(&f, pid, false);
			model[pid] = true;
			break;
		case 1:
			filter_forget(&f, pid, pid, true);
			model[pid] = false;
			break;
		default:
			filter_fork(&f, pid, parent);
			model[pid] |= pid != parent && model[parent];
		}
		for (pid_t i = 1; i < PIDS; i++)
			assert_int_equal(filter_keeps(&f, i, i), model[i]);
	}
	filter_free(&f);
}

static void a_thread_filter_keeps_threads_and_follows_all_mappings(void **state)
{
	struct filter f = { .kind = FILTER_THREADS };

	(void)state;
	filter_add(&f, 12, false);
	assert_true(filter_keeps(&f, 10, 12));
	assert_false(filter_keeps(&f, 12, 10));
	assert_true(filter_follows(&f, 10));
	filter_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_pid_is_a_process_and_a_thread),
		cmocka_unit_test(a_number_that_is_given_twice_counts_once),
		cmocka_unit_test(what_is_no_list_of_ids_is_refused),
		cmocka_unit_test(a_process_that_is_not_there_is_named),
		cmocka_unit_test(a_filter_agrees_with_a_plain_set),
		cmocka_unit_test(a_thread_filter_keeps_threads_and_follows_all_mappings),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
