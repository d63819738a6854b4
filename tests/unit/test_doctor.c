/* Advice and the doctor's findings on made-up machines: containers, hardened kernels, machines without a PMU. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "src/cmd/examine.h"

static char root[] = "/tmp/fpprof-test-doctor.XXXXXX";

/* ---- a machine is a few files, and what opening an event gives ---- */

static void put(const char *path, const char *text)
{
	cleanup_free char *full = xasprintf("%s%s", root, path);

	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	cleanup_fclose FILE *f = fopen(full, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* An ordinary machine, for an ordinary user. */
static int make_machine(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	put("/proc/sys/kernel/perf_event_paranoid", "2\n");
	put("/proc/sys/kernel/perf_event_max_sample_rate", "100000\n");
	put("/proc/sys/kernel/perf_event_max_stack", "127\n");
	put("/proc/sys/kernel/perf_event_mlock_kb", "516\n");
	put("/proc/sys/kernel/kptr_restrict", "0\n");
	put("/proc/self/status", "Name:\tx\nNoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n");
	put("/proc/kallsyms", "0000000000000000 A fixed_percpu_data\nffffffff81000000 T _text\n");
	put("/sys/devices/system/cpu/online", "0,2-3\n");
	put("/sys/kernel/tracing/events/header_page", "");
	return 0;
}

static int remove_machine(void **state)
{
	static const char pattern[] = ".XXXXXX";

	(void)state;
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	memcpy(root + strlen(root) - strlen(pattern), pattern, strlen(pattern));
	return 0;
}

static int open_fd(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

#define OPENS(name, ...)                                                                                               \
	static int name(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)        \
	{                                                                                                              \
		(void)attr, (void)pid, (void)cpu, (void)group, (void)flags;                                            \
		__VA_ARGS__;                                                                                           \
		return open_fd();                                                                                      \
	}

OPENS(opens_all)
OPENS(opens_without_pmu, if (attr->type == PERF_TYPE_HARDWARE) return -ENOENT)
OPENS(opens_own_user_code, if (pid != 0 || !attr->exclude_kernel) return -EACCES)
OPENS(opens_nothing, return -EACCES)
OPENS(is_filtered, return -EPERM)
OPENS(has_no_perf, return -ENOSYS)

static bool all_capabilities(int capability)
{
	(void)capability;
	return true;
}

static bool no_capability(int capability)
{
	(void)capability;
	return false;
}

struct examined {
	struct finding_vec findings;
	bool system_works;
};

static struct examined examine_machine(struct machine m)
{
	struct examined e = { 0 };

	m.facts.root = root;
	e.system_works = examine(&m, &e.findings);
	return e;
}

static const struct finding *find(const struct examined *e, const char *subject)
{
	for (size_t i = 0; i < e->findings.n; i++)
		if (strcmp(e->findings.at[i].subject, subject) == 0)
			return &e->findings.at[i];
	fail_msg("nothing was found on %s", subject);
	return NULL;
}

/* `text` is somewhere in the finding or in what mends it */
static void assert_found(const struct examined *e, const char *subject, enum mark mark, const char *text)
{
	const struct finding *f = find(e, subject);

	if (f->mark != mark || (!strstr(f->text.at, text) && !(f->mend.n && strstr(f->mend.at, text))))
		fail_msg("%s is %d: %s -> %s; wanted %d: %s", subject, f->mark, f->text.at,
			 f->mend.n ? f->mend.at : "", mark, text);
}

/* ---- the machines ---- */

static void root_on_bare_metal_lacks_nothing(void **state)
{
	struct examined e = examine_machine((struct machine){
		.facts.is_root = true, .open = opens_all, .has_capability = all_capabilities });

	(void)state;
	assert_true(e.system_works);
	for (size_t i = 0; i < e.findings.n; i++)
		assert_found(&e, e.findings.at[i].subject, MARK_OK, "");
	assert_found(&e, "CPUs", MARK_OK, "3 online (0,2-3)");
	findings_free(&e.findings);
}

static void a_machine_without_a_pmu_is_limited_and_not_forbidden(void **state)
{
	struct examined e = examine_machine((struct machine){
		.open = opens_without_pmu, .has_capability = no_capability });

	(void)state;
	assert_true(e.system_works);
	assert_found(&e, "hardware counters", MARK_LIMITED, "CPU clock");
	assert_int_equal(find(&e, "hardware counters")->mend.n, 0);
	findings_free(&e.findings);
}

static void permission_is_what_opens_and_not_what_the_level_says(void **state)
{
	struct examined e;

	(void)state;
	put("/proc/sys/kernel/perf_event_paranoid", "4\n");
	e = examine_machine((struct machine){ .open = opens_all, .has_capability = no_capability });
	assert_true(e.system_works);
	assert_found(&e, "whole system", MARK_OK, "");
	assert_found(&e, "paranoid level", MARK_OK, "is 4");
	findings_free(&e.findings);
}

static void a_user_at_level_two_sees_own_user_code(void **state)
{
	struct examined e = examine_machine((struct machine){
		.open = opens_own_user_code, .has_capability = no_capability });

	(void)state;
	assert_false(e.system_works);
	assert_found(&e, "whole system", MARK_MISSING, "'sudo sysctl kernel.perf_event_paranoid=0'");
	assert_found(&e, "whole system", MARK_MISSING, "setcap cap_perfmon,cap_sys_ptrace,cap_syslog=ep /");
	assert_found(&e, "own processes", MARK_LIMITED, "is 2 here");
	assert_found(&e, "own user code", MARK_OK, "");
	assert_found(&e, "capabilities", MARK_LIMITED, "lacking: CAP_PERFMON");
	findings_free(&e.findings);
}

static void where_capabilities_do_not_help_they_are_not_advised(void **state)
{
	struct examined e;

	(void)state;
	put("/proc/sys/kernel/perf_event_paranoid", "3\n");
	e = examine_machine((struct machine){ .open = opens_nothing, .has_capability = no_capability });
	assert_found(&e, "whole system", MARK_MISSING, "perf_event_paranoid is 3");
	assert_null(strstr(find(&e, "whole system")->mend.at, "setcap"));
	assert_found(&e, "own user code", MARK_MISSING, "'sudo sysctl");
	assert_found(&e, "paranoid level", MARK_LIMITED, "CAP_SYS_ADMIN");
	findings_free(&e.findings);
}

static void a_containers_filter_is_named_with_the_options_that_lift_it(void **state)
{
	struct examined e;

	(void)state;
	put("/proc/self/status", "Name:\tx\nSeccomp:\t2\n");
	e = examine_machine((struct machine){
		.facts.is_root = true, .open = is_filtered, .has_capability = no_capability });
	assert_false(e.system_works);
	assert_found(&e, "whole system", MARK_MISSING, "seccomp filter");
	assert_found(&e, "whole system", MARK_MISSING, "--cap-add PERFMON");
	assert_found(&e, "whole system", MARK_MISSING, "--security-opt seccomp=unconfined");
	assert_found(&e, "seccomp", MARK_MISSING, "forbids");
	assert_found(&e, "hardware counters", MARK_LIMITED, "seccomp filter");
	findings_free(&e.findings);
}

static void a_filter_that_lets_us_pass_is_no_trouble(void **state)
{
	struct examined e;

	(void)state;
	put("/proc/self/status", "Name:\tx\nSeccomp:\t2\n");
	e = examine_machine((struct machine){ .open = opens_all, .has_capability = all_capabilities });
	assert_found(&e, "seccomp", MARK_OK, "passes");
	findings_free(&e.findings);
}

static void link_pid_namespace(const char *to)
{
	cleanup_free char *dir = xasprintf("%s/proc/self/ns", root), *path = xasprintf("%s/pid", dir);

	mkdir(dir, 0755);
	unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

static void a_pid_namespace_of_its_own_hides_processes(void **state)
{
	const struct machine m = { .open = opens_all, .has_capability = all_capabilities };
	struct examined e;

	(void)state;
	link_pid_namespace("pid:[4026532177]");
	e = examine_machine(m);
	assert_found(&e, "PID namespace", MARK_LIMITED, "only kernel frames");
	assert_found(&e, "PID namespace", MARK_LIMITED, "'--pid=host'");
	findings_free(&e.findings);
	link_pid_namespace("pid:[4026531836]");
	e = examine_machine(m);
	assert_found(&e, "PID namespace", MARK_OK, "whole machine");
	findings_free(&e.findings);
}

static void kallsyms_full_of_zeros_name_nothing(void **state)
{
	struct examined e;

	(void)state;
	put("/proc/kallsyms", "0000000000000000 T _text\n0000000000000000 t x\n");
	e = examine_machine((struct machine){ .open = opens_all, .has_capability = no_capability });
	assert_found(&e, "kernel names", MARK_MISSING, "zero");
	assert_found(&e, "kernel names", MARK_MISSING, "kernel.kptr_restrict=0");
	findings_free(&e.findings);
}

static void a_kernel_without_perf_events_is_told_from_a_refusal(void **state)
{
	struct examined e = examine_machine((struct machine){
		.open = has_no_perf, .has_capability = all_capabilities });

	(void)state;
	assert_found(&e, "whole system", MARK_MISSING, "built without perf events");
	findings_free(&e.findings);
}

static void low_limits_are_named_with_the_command_that_raises_them(void **state)
{
	struct examined e;

	(void)state;
	put("/proc/sys/kernel/perf_event_max_sample_rate", "250\n");
	put("/proc/sys/kernel/perf_event_max_stack", "16\n");
	put("/proc/sys/kernel/perf_event_mlock_kb", "64\n");
	e = examine_machine((struct machine){ .open = opens_all, .has_capability = no_capability });
	assert_found(&e, "sample rate", MARK_LIMITED, "'sudo sysctl kernel.perf_event_max_sample_rate=999'");
	assert_found(&e, "stack depth", MARK_LIMITED, "'sudo sysctl kernel.perf_event_max_stack=127'");
	assert_found(&e, "ring memory", MARK_LIMITED, "'sudo sysctl kernel.perf_event_mlock_kb=516'");
	findings_free(&e.findings);
}

static void a_machine_without_proc_and_sys_is_survived(void **state)
{
	struct examined e;

	(void)state;
	remove_machine(NULL);
	assert_non_null(mkdtemp(root));
	e = examine_machine((struct machine){ .open = opens_all, .has_capability = all_capabilities });
	assert_found(&e, "kernel names", MARK_MISSING, "cannot be read");
	assert_found(&e, "tracepoints", MARK_LIMITED, "mount -t tracefs");
	assert_found(&e, "CPUs", MARK_MISSING, "is /sys mounted?");
	findings_free(&e.findings);
}

/* ---- the sentences of record ---- */

static void every_refusal_has_a_sentence_of_its_own(void **state)
{
	static const struct {
		int code;
		const char *wanted;
	} cases[] = {
		{ EACCES, "perf_event_paranoid is 2" }, { EPERM, "CAP_PERFMON" },
		{ ENOENT, "-e cpu-clock" },		{ EOPNOTSUPP, "-e cpu-clock" },
		{ EMFILE, "ulimit -n" },		{ ENFILE, "fs.file-max" },
		{ EINVAL, "(100000)" },			{ ENOMEM, "memory" },
		{ ESRCH, "no such process" },		{ ENOSYS, "CONFIG_PERF_EVENTS" },
		{ EOVERFLOW, "perf_event_max_stack is 127" }, { EIO, "Input/output error" },
		{ ENOSPC, "watch fewer" },
	};
	const struct advice_machine m = { .root = root };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = ERROR_INIT;

		assert_int_equal(advice_open_failed_on(&m, cases[i].code, "watch", &err), -cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		assert_ptr_equal(strstr(err.text, "cannot watch: "), err.text);
		if (!strstr(err.text, cases[i].wanted))
			fail_msg("'%s' is not in: %s", cases[i].wanted, err.text);
	}
}

#define ON_A_MACHINE(test) cmocka_unit_test_setup_teardown(test, make_machine, remove_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_MACHINE(root_on_bare_metal_lacks_nothing),
		ON_A_MACHINE(a_machine_without_a_pmu_is_limited_and_not_forbidden),
		ON_A_MACHINE(permission_is_what_opens_and_not_what_the_level_says),
		ON_A_MACHINE(a_user_at_level_two_sees_own_user_code),
		ON_A_MACHINE(where_capabilities_do_not_help_they_are_not_advised),
		ON_A_MACHINE(a_containers_filter_is_named_with_the_options_that_lift_it),
		ON_A_MACHINE(a_filter_that_lets_us_pass_is_no_trouble),
		ON_A_MACHINE(a_pid_namespace_of_its_own_hides_processes),
		ON_A_MACHINE(kallsyms_full_of_zeros_name_nothing),
		ON_A_MACHINE(a_kernel_without_perf_events_is_told_from_a_refusal),
		ON_A_MACHINE(low_limits_are_named_with_the_command_that_raises_them),
		ON_A_MACHINE(a_machine_without_proc_and_sys_is_survived),
		ON_A_MACHINE(every_refusal_has_a_sentence_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
