/* Output files: the old one is whole until the new one is. Runs in a directory of its own. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

static char directory[] = "/tmp/fpprof-test-file.XXXXXX";

static int enter_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? chdir(directory) : -1;
}

static int leave_directory(void **state)
{
	(void)state;
	return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	cleanup_fclose FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static void assert_holds(const char *path, const char *text)
{
	cleanup_buf struct buf got = { 0 };

	assert_int_equal(file_read(path, 1 << 20, &got, NULL), 0);
	assert_string_equal(got.at, text);
}

/* Only if nothing was left behind can the directory be removed at the end. */
static void assert_gone(const char *path)
{
	assert_int_equal(access(path, F_OK), -1);
}

static void write_text(struct out_file *out, const char *text)
{
	assert_int_equal(out_file_write(out, text, strlen(text), NULL), 0);
}

static void the_old_file_is_whole_until_the_commit(void **state)
{
	struct out_file out;

	(void)state;
	put("a", "old");
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	write_text(&out, "new");
	assert_holds("a", "old");
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_holds("a", "new");
	assert_int_equal(out.fd, -1);
	unlink("a");
}

static void an_abort_leaves_the_old_file_and_no_trace(void **state)
{
	struct out_file out;

	(void)state;
	put("a", "old");
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	write_text(&out, "new");
	out_file_abort(&out);
	assert_holds("a", "old");
	out_file_abort(&out);
	unlink("a");
	assert_int_equal(out_file_open(&out, "b", NULL), 0);
	out_file_abort(&out);
	assert_gone("b");
}

static void a_new_file_follows_the_umask_and_an_old_one_keeps_its_mode(void **state)
{
	struct out_file out;
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	assert_int_equal(out_file_commit(&out, NULL), 0);
	umask(mask);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	chmod("a", 0600);
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink("a");
}

static void a_symbolic_link_stays_one(void **state)
{
	struct out_file out;
	struct stat st;

	(void)state;
	put("a", "old");
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(out_file_open(&out, "link", NULL), 0);
	write_text(&out, "new");
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_holds("a", "new");
	unlink("link");
	unlink("a");
}

static void a_directory_is_refused(void **state)
{
	struct error err = ERROR_INIT;
	struct out_file out;

	(void)state;
	assert_int_equal(out_file_open(&out, ".", &err), -EISDIR);
	assert_non_null(strstr(err.text, "directory"));
	assert_int_equal(out.fd, -1);
}

static void a_missing_directory_is_said_to_be_missing(void **state)
{
	struct error err = ERROR_INIT;
	struct out_file out;

	(void)state;
	assert_int_equal(out_file_open(&out, "no/such/file", &err), -ENOENT);
	assert_non_null(strstr(err.text, "no/such/file"));
	assert_non_null(strstr(err.text, "directory does not exist"));
}

static void a_device_is_written_in_place(void **state)
{
	struct out_file out;
	struct stat st;

	(void)state;
	assert_int_equal(out_file_open(&out, "/dev/null", NULL), 0);
	write_text(&out, "x");
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

static void a_full_device_is_said_to_be_full(void **state)
{
	struct error err = ERROR_INIT;
	struct out_file out;

	(void)state;
	assert_int_equal(out_file_open(&out, "/dev/full", NULL), 0);
	assert_int_equal(out_file_write(&out, "x", 1, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "/dev/full"));
	out_file_abort(&out);
}

static void a_file_that_may_not_grow_leaves_the_old_one_whole(void **state)
{
	struct rlimit saved, none = { .rlim_cur = 1, .rlim_max = 1 };
	struct error err = ERROR_INIT;
	struct out_file out;
	int rc;

	(void)state;
	put("a", "old");
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	getrlimit(RLIMIT_FSIZE, &saved);
	none.rlim_max = saved.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	rc = out_file_write(&out, "much more", 9, &err);
	setrlimit(RLIMIT_FSIZE, &saved);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -EFBIG);
	assert_non_null(strstr(err.text, "untouched"));
	out_file_abort(&out);
	assert_holds("a", "old");
	unlink("a");
}

static void a_dash_is_standard_output(void **state)
{
	int saved = dup(STDOUT_FILENO), pipes[2];
	struct out_file out;
	char got[8] = "";

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDOUT_FILENO);
	int rc = out_file_open(&out, "-", NULL);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(pipes[1]);
	assert_int_equal(rc, 0);
	write_text(&out, "bytes");
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_int_equal(read(pipes[0], got, sizeof(got)), 5);
	assert_string_equal(got, "bytes");
	assert_int_equal(read(pipes[0], got, sizeof(got)), 0);
	close(pipes[0]);
}

static void a_terminal_is_refused(void **state)
{
	int saved = dup(STDOUT_FILENO), terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), rc;
	struct error err = ERROR_INIT;
	struct out_file out;

	(void)state;
	assert_true(terminal >= 0);
	dup2(terminal, STDOUT_FILENO);
	rc = out_file_open(&out, "-", &err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(terminal);
	assert_int_equal(rc, -ENOTTY);
	assert_non_null(strstr(err.text, "terminal"));
}

static void reading_stops_at_the_limit(void **state)
{
	cleanup_buf struct buf got = { 0 };
	struct error err = ERROR_INIT;

	(void)state;
	put("a", "12345");
	assert_int_equal(file_read("a", 5, &got, NULL), 0);
	assert_int_equal(got.n, 5);
	assert_int_equal(file_read("a", 4, &got, &err), -EFBIG);
	assert_int_equal(file_read("/dev/zero", 100000, &got, &err), -EFBIG);
	assert_non_null(strstr(err.text, "/dev/zero"));
	assert_int_equal(file_read("none", 5, &got, &err), -ENOENT);
	unlink("a");
}

static void a_file_without_a_size_is_read_whole(void **state)
{
	cleanup_buf struct buf got = { 0 };

	(void)state;
	assert_int_equal(file_read("/proc/self/maps", 1 << 20, &got, NULL), 0);
	assert_non_null(strstr(got.at, "[stack]"));
}

static void a_number_that_is_none_is_the_other(void **state)
{
	(void)state;
	put("a", "-3\n");
	assert_int_equal(file_read_long("a", 7), -3);
	put("a", "word\n");
	assert_int_equal(file_read_long("a", 7), 7);
	put("a", "");
	assert_int_equal(file_read_long("a", 7), 7);
	unlink("a");
	assert_int_equal(file_read_long("a", 7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_file_is_whole_until_the_commit),
		cmocka_unit_test(an_abort_leaves_the_old_file_and_no_trace),
		cmocka_unit_test(a_new_file_follows_the_umask_and_an_old_one_keeps_its_mode),
		cmocka_unit_test(a_symbolic_link_stays_one),
		cmocka_unit_test(a_directory_is_refused),
		cmocka_unit_test(a_missing_directory_is_said_to_be_missing),
		cmocka_unit_test(a_device_is_written_in_place),
		cmocka_unit_test(a_full_device_is_said_to_be_full),
		cmocka_unit_test(a_file_that_may_not_grow_leaves_the_old_one_whole),
		cmocka_unit_test(a_dash_is_standard_output),
		cmocka_unit_test(a_terminal_is_refused),
		cmocka_unit_test(reading_stops_at_the_limit),
		cmocka_unit_test(a_file_without_a_size_is_read_whole),
		cmocka_unit_test(a_number_that_is_none_is_the_other),
	};

	return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
