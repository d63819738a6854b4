/*
 * One errno, one cause, one cure. perf_event_open() gives EACCES when the paranoid level forbids, EPERM when a seccomp
 * filter or a missing capability does, and ENOENT and its kin when there is no such counter: different things to do, so
 * different sentences (perf_event_open(2), ERRORS).
 */
#include "collectors/advice.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "collectors/event.h"

struct advice_machine advice_this_machine(void)
{
	return (struct advice_machine){ .root = "", .is_root = geteuid() == 0 };
}

long advice_number(const struct advice_machine *m, const char *path, long otherwise)
{
	cleanup_free char *full = xasprintf("%s%s", m->root, path);

	return file_read_long(full, otherwise);
}

bool advice_is_filtered(const struct advice_machine *m)
{
	cleanup_free char *path = xasprintf("%s/proc/self/status", m->root);
	cleanup_buf struct buf text = { 0 };
	const char *line;

	if (file_read(path, 65536, &text, NULL) < 0 || !text.n)
		return false;
	line = strstr(text.at, "\nSeccomp:");
	return line && strtol(line + strlen("\nSeccomp:"), NULL, 10) == 2;
}

void advice_mend_capability(const struct advice_machine *m, struct buf *out)
{
	long level = advice_number(m, "/proc/sys/kernel/perf_event_paranoid", 2);
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (m->is_root) {
		buf_puts(out, "start the container with '--cap-add PERFMON'");
		return;
	}
	buf_puts(out, "run it as root");
	if (level < ADVICE_ADMIN_ONLY && n > 0)
		buf_printf(out, ", or 'sudo setcap cap_perfmon,cap_sys_ptrace,cap_syslog=ep %.*s'", (int)n, self);
}

static void forbidden(const struct advice_machine *m, struct advice *out)
{
	long level = advice_number(m, "/proc/sys/kernel/perf_event_paranoid", LONG_MIN);

	advice_mend_capability(m, &out->mend);
	if (level == LONG_MIN) {
		buf_puts(&out->cause, "the kernel does not permit it to this user");
	} else if (level <= ADVICE_SYSTEM_LEVEL) {
		buf_printf(&out->cause, "it is another user's, or open to root alone (perf_event_paranoid is %ld)",
			   level);
	} else {
		buf_printf(&out->cause, "kernel.perf_event_paranoid is %ld here, which forbids it to this user", level);
		buf_printf(&out->mend, ", or 'sudo sysctl kernel.perf_event_paranoid=%d'", ADVICE_SYSTEM_LEVEL);
	}
}

static void not_permitted(const struct advice_machine *m, struct advice *out)
{
	if (advice_is_filtered(m)) {
		buf_puts(&out->cause, "a seccomp filter, as containers have, forbids perf_event_open()");
		buf_puts(&out->mend, "start the container with '--cap-add PERFMON --cap-add SYS_PTRACE --security-opt "
				     "seccomp=unconfined' (docker and podman), or run fpprof outside of it");
		return;
	}
	buf_puts(&out->cause, "the capability for it (CAP_PERFMON) is missing");
	advice_mend_capability(m, &out->mend);
}

static void too_many_files(struct advice *out)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	buf_printf(&out->cause, "it takes more than the %llu file descriptors allowed here",
		   (unsigned long long)limit.rlim_cur);
	buf_puts(&out->mend, "raise the limit with 'ulimit -n 65536', or observe less");
}

static void refused_settings(const struct advice_machine *m, struct advice *out)
{
	struct utsname kernel = { 0 };

	uname(&kernel);
	buf_printf(&out->cause, "this kernel (%s) refuses the event's settings: it is too old for them, or more than "
				"kernel.perf_event_max_sample_rate (%ld) samples a second were asked for",
		   kernel.release, advice_number(m, "/proc/sys/kernel/perf_event_max_sample_rate", 0));
	buf_puts(&out->mend, "try a lower -F or another -e");
}

static void refused_counter(struct advice *out)
{
	struct utsname kernel = { 0 };

	uname(&kernel);
	buf_printf(&out->cause, "this kernel (%s) refuses the event's settings, or is too old for them", kernel.release);
	buf_puts(&out->mend, "try other settings, or leave the modifiers out");
}

static void too_deep(const struct advice_machine *m, struct advice *out)
{
	buf_printf(&out->cause, "kernel.perf_event_max_stack is %ld here, and deeper stacks were asked for",
		   advice_number(m, "/proc/sys/kernel/perf_event_max_stack", 0));
	buf_puts(&out->mend, "'sudo sysctl kernel.perf_event_max_stack=127'");
}

static void plain(struct advice *out, const char *cause, const char *mend)
{
	buf_puts(&out->cause, cause);
	buf_puts(&out->mend, mend);
}

void advice_explain(const struct advice_machine *m, int code, struct advice *out)
{
	switch (code) {
	case EACCES:
		return forbidden(m, out);
	case EPERM:
		return not_permitted(m, out);
	case EMFILE:
		return too_many_files(out);
	case EINVAL:
	case E2BIG:
		return refused_settings(m, out);
	case EOVERFLOW:
		return too_deep(m, out);
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EOPNOTSUPP:
		return plain(out, "this machine has no such counter, as is common in virtual machines",
			     "sample the CPU clock instead: -e cpu-clock");
	case ENFILE:
		return plain(out, "the system has no file descriptors left", "'sudo sysctl fs.file-max=1000000'");
	case EBUSY:
		return plain(out, "another profiler holds the counter for itself", "end that one, or use -e cpu-clock");
	case ENOMEM:
		return plain(out, "the kernel has no memory for it", "observe fewer CPUs or threads");
	case ESRCH:
		return plain(out, "there is no such process or thread (any more)", "");
	case ENOSPC: /* hw_breakpoint.c alone says so */
		return plain(out, "all breakpoints that the processor has are taken", "watch fewer addresses at once");
	case ENOSYS:
		return plain(out, "this kernel was built without perf events",
			     "use a kernel with CONFIG_PERF_EVENTS, as every distribution's is");
	default:
		return plain(out, strerror(code), "");
	}
}

void advice_explain_counting(const struct advice_machine *m, int code, struct advice *out)
{
	if (event_is_missing(code))
		return plain(out, "this machine has no such counter, as is common in virtual machines",
			     "'fpprof stat --list' shows what it has");
	switch (code) {
	case EINVAL:
	case E2BIG:
		return refused_counter(out);
	case EBUSY:
		return plain(out, "another profiler holds the counter for itself", "end that one");
	default:
		return advice_explain(m, code, out);
	}
}

void advice_done(struct advice *advice)
{
	buf_free(&advice->cause);
	buf_free(&advice->mend);
}

static int set_sentence(int code, const char *what, struct advice *advice, struct error *err)
{
	error_set(err, code, "cannot %s: %s%s%s", what, advice->cause.at, advice->mend.n ? "; " : "",
		  advice->mend.n ? advice->mend.at : "");
	advice_done(advice);
	return -code;
}

int advice_open_failed_on(const struct advice_machine *m, int code, const char *what, struct error *err)
{
	struct advice advice = { 0 };

	advice_explain(m, code, &advice);
	return set_sentence(code, what, &advice, err);
}

int advice_open_failed(int code, const char *what, struct error *err)
{
	struct advice_machine here = advice_this_machine();

	return advice_open_failed_on(&here, code, what, err);
}

int advice_counting_failed(int code, const char *what, struct error *err)
{
	struct advice_machine here = advice_this_machine();
	struct advice advice = { 0 };

	advice_explain_counting(&here, code, &advice);
	return set_sentence(code, what, &advice, err);
}
