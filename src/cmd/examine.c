/*
 * One function a finding, each of which reads as what it looks at. The three scopes are tried with the CPU clock, which
 * every machine has, so that a missing PMU is not mistaken for a missing permission.
 */
#include "src/cmd/examine.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/cpus.h"
#include "base/file.h"
#include "collectors/event.h"

enum {
	USUAL_SAMPLE_RATE = 999,
	USUAL_STACK = 127,
	USUAL_MLOCK_KB = 516,
	KALLSYMS_LOOKED_AT = 5000, /* lines; before the text there are only per-CPU symbols, some of them at 0 */
};

static bool has_capability(int capability)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (caps)
		cap_get_flag(caps, capability, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return value == CAP_SET;
}

struct machine machine_this(void)
{
	return (struct machine){
		.facts = advice_this_machine(), .open = event_open, .has_capability = has_capability,
	};
}

static struct finding *add(struct finding_vec *out, enum mark mark, const char *subject)
{
	struct finding *f = vec_push(out);

	*f = (struct finding){ .mark = mark, .subject = subject };
	return f;
}

/* ---- found out by opening ---------------------------------------------------------------------------------------- */

struct attempt {
	const char *subject, *works;
	uint32_t type;
	uint64_t config;
	pid_t pid; /* -1: whoever runs on CPU `cpu` */
	int cpu;
	bool user_only;
	enum mark otherwise; /* how bad is it when this fails? */
};

/* 0 or the errno of the refusal */
static int refusal(const struct machine *m, const struct attempt *a)
{
	struct perf_event_attr attr = {
		.type = a->type, .size = sizeof(attr), .config = a->config, .disabled = 1, .sample_period = 1000000,
		.exclude_kernel = a->user_only, .exclude_hv = a->user_only,
	};
	int fd = m->open(&attr, a->pid, a->cpu, -1, 0);

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

static bool attempt(const struct machine *m, const struct attempt *a, struct finding_vec *out)
{
	int code = refusal(m, a);
	struct finding *f = add(out, code ? a->otherwise : MARK_OK, a->subject);
	struct advice advice = { 0 };

	if (!code) {
		buf_puts(&f->text, a->works);
		return true;
	}
	advice_explain(&m->facts, code, &advice);
	buf_printf(&f->text, "no: %s", advice.cause.at);
	buf_puts(&f->mend, advice.mend.n ? advice.mend.at : "");
	advice_done(&advice);
	return false;
}

static int first_cpu(const struct machine *m)
{
	cleanup_free char *path = xasprintf("%s/sys/devices/system/cpu/online", m->facts.root);

	return (int)file_read_long(path, 0);
}

static bool examine_scopes(const struct machine *m, struct finding_vec *out)
{
	const struct attempt system = {
		"whole system", "every process and the kernel can be sampled",
		PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, -1, first_cpu(m), false, MARK_MISSING,
	};
	const struct attempt own_kernel = {
		"own processes", "yours can be sampled, and what the kernel does for them",
		PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0, -1, false, MARK_LIMITED,
	};
	const struct attempt own_user = {
		"own user code", "it can be sampled",
		PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0, -1, true, MARK_MISSING,
	};
	bool works = attempt(m, &system, out);

	attempt(m, &own_kernel, out);
	attempt(m, &own_user, out);
	return works;
}

static void examine_pmu(const struct machine *m, struct finding_vec *out)
{
	const struct attempt cycles = {
		"hardware counters", "cycles can be counted", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, -1, true,
		MARK_LIMITED,
	};
	int code = refusal(m, &cycles);

	if (!event_is_missing(code)) {
		attempt(m, &cycles, out);
		return;
	}
	buf_puts(&add(out, MARK_LIMITED, cycles.subject)->text,
		 "there are none, as is common in virtual machines; the CPU clock is sampled instead of cycles");
}

/* ---- the machine's settings -------------------------------------------------------------------------------------- */

static void examine_paranoid(const struct machine *m, bool system_works, struct finding_vec *out)
{
	long level = advice_number(&m->facts, "/proc/sys/kernel/perf_event_paranoid", 99);
	bool is_fine = system_works || level <= ADVICE_SYSTEM_LEVEL;
	struct finding *f = add(out, is_fine ? MARK_OK : MARK_LIMITED, "paranoid level");

	if (level == 99) {
		f->mark = MARK_MISSING;
		buf_puts(&f->text, "kernel.perf_event_paranoid is not there: no perf events in this kernel");
		return;
	}
	buf_printf(&f->text, "kernel.perf_event_paranoid is %ld%s", level,
		   level >= ADVICE_ADMIN_ONLY ? ": everything is closed to users without CAP_SYS_ADMIN" :
		   level == 2		      ? ": users see their own user code only" :
		   level == 1		      ? ": users see their own processes only" :
						": open to every user");
	if (!is_fine)
		buf_printf(&f->mend, "'sudo sysctl kernel.perf_event_paranoid=%d'", ADVICE_SYSTEM_LEVEL);
}

static const struct {
	const char *name;
	int number;
	const char *use;
} capability_table[] = {
	{ "CAP_PERFMON", CAP_PERFMON, "the whole system" },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN, "the whole system on kernels before 5.8" },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE, "the maps of others' processes" },
	{ "CAP_SYSLOG", CAP_SYSLOG, "names in the kernel" },
	{ "CAP_IPC_LOCK", CAP_IPC_LOCK, "large rings" },
	{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH, "others' private programs" },
};

enum { CAPABILITIES = sizeof(capability_table) / sizeof(capability_table[0]) };

static void examine_capabilities(const struct machine *m, bool system_works, struct finding_vec *out)
{
	struct finding *f = add(out, MARK_OK, "capabilities");
	cleanup_buf struct buf lacking = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < CAPABILITIES; i++) {
		if (m->has_capability(capability_table[i].number))
			buf_printf(&f->text, "%s%s", n++ ? ", " : "effective: ", capability_table[i].name);
		else
			buf_printf(&lacking, "%s%s (%s)", lacking.n ? ", " : "", capability_table[i].name,
				   capability_table[i].use);
	}
	if (lacking.n)
		buf_printf(&f->text, "%slacking: %s", n ? "; " : "", lacking.at);
	if (!system_works && !m->has_capability(CAP_PERFMON) && !m->has_capability(CAP_SYS_ADMIN)) {
		f->mark = MARK_LIMITED;
		advice_mend_capability(&m->facts, &f->mend);
	}
}

static bool has_nonzero_address(FILE *kallsyms)
{
	char line[512];

	for (int i = 0; i < KALLSYMS_LOOKED_AT && fgets(line, sizeof(line), kallsyms); i++)
		if (strtoull(line, NULL, 16))
			return true;
	return false;
}

/* The rule is that of kallsyms_show_value() in kernel/ksyms_common.c. */
static void examine_kallsyms(const struct machine *m, struct finding_vec *out)
{
	cleanup_free char *path = xasprintf("%s/proc/kallsyms", m->facts.root);
	cleanup_fclose FILE *kallsyms = fopen(path, "re");
	long restricted = advice_number(&m->facts, "/proc/sys/kernel/kptr_restrict", 0);
	struct finding *f = add(out, MARK_MISSING, "kernel names");

	if (!kallsyms) {
		buf_printf(&f->text, "no: /proc/kallsyms cannot be read (%s)", strerror(errno));
	} else if (has_nonzero_address(kallsyms)) {
		f->mark = MARK_OK;
		buf_puts(&f->text, "/proc/kallsyms can be read");
	} else {
		buf_printf(&f->text, "no: all addresses in /proc/kallsyms are zero to this user (kptr_restrict is %ld)",
			   restricted);
		if (restricted > 1)
			buf_puts(&f->mend, "'sudo sysctl kernel.kptr_restrict=1' and run as root");
		else
			buf_puts(&f->mend, "run it as root, or 'sudo sysctl kernel.kptr_restrict=0 "
					   "kernel.perf_event_paranoid=1'");
	}
}

static void examine_tracefs(const struct machine *m, struct finding_vec *out)
{
	cleanup_free char *path = xasprintf("%s/sys/kernel/tracing/events", m->facts.root);
	DIR *events = opendir(path);
	int code = errno;
	struct finding *f = add(out, events ? MARK_OK : MARK_LIMITED, "tracepoints");

	if (events) {
		closedir(events);
		buf_puts(&f->text, "/sys/kernel/tracing can be read");
	} else if (code == EACCES || code == EPERM) {
		buf_puts(&f->text, "no: /sys/kernel/tracing is closed to this user");
		buf_puts(&f->mend, "run it as root, or 'sudo mount -o remount,mode=755 /sys/kernel/tracing'");
	} else {
		buf_puts(&f->text, "no: tracefs is not mounted at /sys/kernel/tracing");
		buf_puts(&f->mend, "'sudo mount -t tracefs tracefs /sys/kernel/tracing'");
	}
}

static void examine_mlock(const struct machine *m, struct finding_vec *out)
{
	long kb = advice_number(&m->facts, "/proc/sys/kernel/perf_event_mlock_kb", 0);
	struct rlimit limit = { .rlim_cur = 0 };
	bool is_free = m->has_capability(CAP_IPC_LOCK);
	struct finding *f = add(out, is_free || kb >= USUAL_MLOCK_KB ? MARK_OK : MARK_LIMITED, "ring memory");

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (is_free) {
		buf_puts(&f->text, "as much as wanted may be locked");
		return;
	}
	buf_printf(&f->text, "kernel.perf_event_mlock_kb is %ld for each CPU", kb);
	if (limit.rlim_cur != RLIM_INFINITY)
		buf_printf(&f->text, ", and 'ulimit -l' %llu KiB more", (unsigned long long)limit.rlim_cur >> 10);
	if (f->mark == MARK_LIMITED)
		buf_printf(&f->mend, "'sudo sysctl kernel.perf_event_mlock_kb=%d'", USUAL_MLOCK_KB);
}

/* Yama restricts attaching; sampling and reading maps ask for reading (PTRACE_MODE_READ), which it leaves alone. */
static void examine_ptrace(const struct machine *m, struct finding_vec *out)
{
	long scope = advice_number(&m->facts, "/proc/sys/kernel/yama/ptrace_scope", -1);
	struct finding *f = add(out, MARK_OK, "ptrace scope");

	if (scope < 0)
		buf_puts(&f->text, "not restricted (no Yama)");
	else
		buf_printf(&f->text, "kernel.yama.ptrace_scope is %ld: for debuggers, not for sampling", scope);
}

static void examine_seccomp(const struct machine *m, struct finding_vec *out)
{
	bool is_filtered = advice_is_filtered(&m->facts);
	const struct attempt own = {
		NULL, NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0, -1, true, MARK_MISSING,
	};
	struct finding *f = add(out, MARK_OK, "seccomp");

	if (!is_filtered)
		buf_puts(&f->text, "no filter");
	else if (refusal(m, &own) != EPERM)
		buf_puts(&f->text, "there is a filter, and perf_event_open() passes it");
	else {
		f->mark = MARK_MISSING;
		buf_puts(&f->text, "a filter forbids perf_event_open(): this is a container (see above)");
	}
}

/* A namespace of processes that is not the machine's first one, whose inode the kernel fixes (PROC_PID_INIT_INO). */
static void examine_pid_namespace(const struct machine *m, struct finding_vec *out)
{
	cleanup_free char *path = xasprintf("%s/proc/self/ns/pid", m->facts.root);
	char link[64] = "";
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	bool is_own = n > 0 && strcmp(link, "pid:[4026531836]") != 0;
	struct finding *f = add(out, is_own ? MARK_LIMITED : MARK_OK, "PID namespace");

	if (!is_own) {
		buf_puts(&f->text, n > 0 ? "that of the whole machine" : "there are none in this kernel");
		return;
	}
	buf_puts(&f->text, "one of its own, as containers have: of processes outside it only kernel frames can be seen");
	buf_puts(&f->mend, "start the container with '--pid=host'");
}

/* A number that should be at least `usual`. */
static void examine_number(const struct machine *m, const char *subject, const char *name, long usual, const char *unit,
			   struct finding_vec *out)
{
	cleanup_free char *path = xasprintf("/proc/sys/kernel/%s", name);
	long value = advice_number(&m->facts, path, -1);
	struct finding *f = add(out, value >= usual ? MARK_OK : MARK_LIMITED, subject);

	if (value < 0) {
		buf_printf(&f->text, "kernel.%s is not there", name);
		return;
	}
	buf_printf(&f->text, "at most %ld %s", value, unit);
	if (value < usual)
		buf_printf(&f->mend, "'sudo sysctl kernel.%s=%ld'", name, usual);
}

static void examine_kernel(const struct machine *m, struct finding_vec *out)
{
	cleanup_free char *path = xasprintf("%s/sys/devices/system/cpu/online", m->facts.root);
	cleanup_buf struct buf list = { 0 };
	struct utsname kernel = { .release = "" };
	struct cpu_list cpus = { 0 };

	uname(&kernel);
	buf_printf(&add(out, MARK_OK, "kernel")->text, "%s %s on %s", kernel.sysname, kernel.release, kernel.machine);
	if (file_read(path, 65536, &list, NULL) < 0 || cpus_parse(list.at, &cpus, NULL) < 0) {
		buf_printf(&add(out, MARK_MISSING, "CPUs")->text, "%s cannot be read: is /sys mounted?", path);
		return;
	}
	buf_printf(&add(out, MARK_OK, "CPUs")->text, "%zu online (%.*s)", cpus.n, (int)strcspn(list.at, "\n"), list.at);
	vec_free(&cpus);
}

bool examine(const struct machine *m, struct finding_vec *out)
{
	bool system_works = examine_scopes(m, out);

	examine_pmu(m, out);
	examine_kallsyms(m, out);
	examine_tracefs(m, out);
	examine_paranoid(m, system_works, out);
	examine_capabilities(m, system_works, out);
	examine_seccomp(m, out);
	examine_pid_namespace(m, out);
	examine_ptrace(m, out);
	examine_mlock(m, out);
	examine_number(m, "sample rate", "perf_event_max_sample_rate", USUAL_SAMPLE_RATE, "samples a second and CPU",
		       out);
	examine_number(m, "stack depth", "perf_event_max_stack", USUAL_STACK, "frames of the kernel's own walk", out);
	examine_kernel(m, out);
	return system_works;
}

void findings_free(struct finding_vec *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		buf_free(&findings->at[i].text);
		buf_free(&findings->at[i].mend);
	}
	vec_free(findings);
}
