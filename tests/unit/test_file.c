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

/* What the next random names are made of; the last one stays. It stands in for the C library's getrandom(). */
static uint64_t next_random[4];
static size_t randoms;

ssize_t getrandom(void *out, size_t n, unsigned int flags);
ssize_t getrandom(void *out, size_t n, unsigned int flags)
{
	(void)flags;
	assert_int_equal(n, sizeof(next_random[0]));
	memcpy(out, &next_random[0], n);
	if (randoms > 1) {
		memmove(&next_random[0], &next_random[1], sizeof(next_random) - sizeof(next_random[0]));
		randoms--;
	}
	return (ssize_t)n;
}

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

static void a_file_that_others_may_write_keeps_its_mode_under_any_umask(void **state)
{
	struct out_file out;
	struct stat st;
	mode_t mask;

	(void)state;
	put("a", "old");
	chmod("a", 0666);
	mask = umask(077);
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	assert_int_equal(out_file_commit(&out, NULL), 0);
	umask(mask);
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	unlink("a");
}

static void what_has_the_name_of_the_temporary_file_is_left_alone(void **state)
{
	struct out_file out;

	(void)state;
	next_random[0] = 1;
	next_random[1] = 2;
	next_random[2] = 3;
	randoms = 3;
	put(".a.0000000000000001.tmp", "theirs");
	assert_int_equal(mkfifo(".a.0000000000000002.tmp", 0600), 0);
	alarm(10);
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	alarm(0);
	write_text(&out, "ours");
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_holds("a", "ours");
	assert_holds(".a.0000000000000001.tmp", "theirs");
	unlink(".a.0000000000000001.tmp");
	unlink(".a.0000000000000002.tmp");
	unlink("a");
}

static void where_no_name_is_free_the_old_file_and_the_others_stay(void **state)
{
	struct error err = ERROR_INIT;
	struct out_file out;

	(void)state;
	next_random[0] = 7;
	randoms = 1;
	put("a", "old");
	put(".a.0000000000000007.tmp", "theirs");
	assert_int_equal(out_file_open(&out, "a", &err), -EEXIST);
	assert_non_null(strstr(err.text, "cannot write a"));
	assert_holds("a", "old");
	assert_holds(".a.0000000000000007.tmp", "theirs");
	unlink(".a.0000000000000007.tmp");
	unlink("a");
}

static void the_longest_name_there_can_be_is_written(void **state)
{
	char name[256] = "";
	struct out_file out;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(out_file_open(&out, name, NULL), 0);
	write_text(&out, "long");
	assert_int_equal(out_file_commit(&out, NULL), 0);
	assert_holds(name, "long");
	unlink(name);
}

static void assert_behind(const char *path, int fd, bool wanted)
{
	struct out_file out;

	assert_int_equal(out_file_open(&out, path, NULL), 0);
	assert_int_equal(out_file_shares(&out, fd), wanted);
	out_file_abort(&out);
}

static void a_descriptor_that_leads_into_the_file_is_known(void **state)
{
	cleanup_close int file = open("a", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char pipe_path[64];
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	snprintf(pipe_path, sizeof(pipe_path), "/dev/fd/%d", pipes[1]);
	assert_behind("a", file, true);
	assert_behind("b", file, false);
	assert_behind("a", pipes[1], false);
	assert_behind(pipe_path, pipes[1], true);
	assert_behind("/dev/null", null, false);
	assert_behind("a", -1, false);
	close(pipes[0]);
	close(pipes[1]);
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

static void a_standard_output_that_is_closed_is_refused(void **state)
{
	int saved = dup(STDOUT_FILENO), rc;
	struct error err = ERROR_INIT;
	struct out_file out;

	(void)state;
	close(STDOUT_FILENO);
	rc = out_file_open(&out, "-", &err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(rc, -EBADF);
	assert_non_null(strstr(err.text, "closed"));
}

static void what_is_forsaken_leaves_no_trace(void **state)
{
	struct out_file out;

	(void)state;
	put("a", "old");
	assert_int_equal(out_file_open(&out, "a", NULL), 0);
	write_text(&out, "new");
	out_file_forsake(&out);
	assert_gone(out.temp);
	assert_holds("a", "old");
	out_file_abort(&out);
	unlink("a");
}

static void a_terminal_is_refused(void **state)
{
	int saved = dup(STDOUT_FILENO), terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), rc;
	struct error err = ERROR_INIT;
	struct out_file out;
	char path[64];

	(void)state;
	assert_true(terminal >= 0);
	dup2(terminal, STDOUT_FILENO);
	rc = out_file_open(&out, "-", &err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(rc, -ENOTTY);
	assert_non_null(strstr(err.text, "standard output is a terminal"));
	snprintf(path, sizeof(path), "/dev/fd/%d", terminal);
	assert_int_equal(out_file_open(&out, path, &err), -ENOTTY);
	assert_non_null(strstr(err.text, path));
	close(terminal);
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
		cmocka_unit_test(a_file_that_others_may_write_keeps_its_mode_under_any_umask),
		cmocka_unit_test(what_has_the_name_of_the_temporary_file_is_left_alone),
		cmocka_unit_test(where_no_name_is_free_the_old_file_and_the_others_stay),
		cmocka_unit_test(the_longest_name_there_can_be_is_written),
		cmocka_unit_test(a_descriptor_that_leads_into_the_file_is_known),
		cmocka_unit_test(a_symbolic_link_stays_one),
		cmocka_unit_test(a_directory_is_refused),
		cmocka_unit_test(a_missing_directory_is_said_to_be_missing),
		cmocka_unit_test(a_device_is_written_in_place),
		cmocka_unit_test(a_full_device_is_said_to_be_full),
		cmocka_unit_test(a_file_that_may_not_grow_leaves_the_old_one_whole),
		cmocka_unit_test(a_dash_is_standard_output),
		cmocka_unit_test(a_standard_output_that_is_closed_is_refused),
		cmocka_unit_test(what_is_forsaken_leaves_no_trace),
		cmocka_unit_test(a_terminal_is_refused),
		cmocka_unit_test(reading_stops_at_the_limit),
		cmocka_unit_test(a_file_without_a_size_is_read_whole),
		cmocka_unit_test(a_number_that_is_none_is_the_other),
	};

	return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
