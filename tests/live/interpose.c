/*
 * A machine that is not this one: LD_PRELOADed, it answers perf_event_open() itself.
 *
 *	INTERPOSE_HARDWARE=clock      hardware events exist: the CPU clock stands in for them, with periods that look like cycles
 *	INTERPOSE_HARDWARE=EOPNOTSUPP they fail with that error (also ENOENT, ENXIO, ENODEV)
 *	INTERPOSE_PRECISE=1           the highest precise_ip that they have; above it there is EOPNOTSUPP
 *	INTERPOSE_ALL=EPERM           every event fails with that error (also EACCES, ENOSYS)
 *	INTERPOSE_WIDE=EACCES         events for all tasks of a CPU do
 *	INTERPOSE_GONE=3              for the third event of a thread that is opened the thread has ended
 *	INTERPOSE_OLD=1               a kernel before 6.0, which does not know PERF_FORMAT_LOST
 *	INTERPOSE_SLOW=1              opening an event takes this many seconds
 *
 * Nor is its disk this one:
 *
 *	INTERPOSE_DISK=slow           it takes a minute to have all that was written, and knows no file without a name
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int error_of(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} known[] = {
		{ "EPERM", EPERM },	 { "EACCES", EACCES }, { "ENOENT", ENOENT }, { "ENODEV", ENODEV },
		{ "ENXIO", ENXIO },	 { "ENOSYS", ENOSYS }, { "EINVAL", EINVAL }, { "EOPNOTSUPP", EOPNOTSUPP },
	};

	for (size_t i = 0; name && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].code;
	return 0;
}

static bool is_the_gone_thread(pid_t pid)
{
	static int opened;
	const char *nth = getenv("INTERPOSE_GONE");

	return nth && pid > 0 && ++opened == atoi(nth);
}

static bool is_too_precise(const struct perf_event_attr *attr)
{
	const char *most = getenv("INTERPOSE_PRECISE");

	return most && attr->type == PERF_TYPE_HARDWARE && (int)attr->precise_ip > atoi(most);
}

static int refusal(const struct perf_event_attr *attr, pid_t pid)
{
	if (error_of(getenv("INTERPOSE_ALL")))
		return error_of(getenv("INTERPOSE_ALL"));
	if (pid == -1 && error_of(getenv("INTERPOSE_WIDE")))
		return error_of(getenv("INTERPOSE_WIDE"));
	if (attr->type == PERF_TYPE_HARDWARE && error_of(getenv("INTERPOSE_HARDWARE")))
		return error_of(getenv("INTERPOSE_HARDWARE"));
	if (is_too_precise(attr))
		return EOPNOTSUPP;
	if (is_the_gone_thread(pid))
		return ESRCH;
	if (getenv("INTERPOSE_OLD") && attr->read_format & 16)
		return EINVAL;
	return 0;
}

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	struct perf_event_attr attr;
	long a[6];
	va_list args;
	int code;

	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number != SYS_perf_event_open)
		return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	memcpy(&attr, (void *)a[0], sizeof(attr));
	if (getenv("INTERPOSE_SLOW"))
		sleep((unsigned int)atoi(getenv("INTERPOSE_SLOW")));
	code = refusal(&attr, (pid_t)a[1]);
	if (code) {
		errno = code;
		return -1;
	}
	if (attr.type == PERF_TYPE_HARDWARE) {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_CPU_CLOCK;
	}
	return real(number, &attr, a[1], a[2], a[3], a[4]);
}

int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	if ((flags & O_TMPFILE) == O_TMPFILE && getenv("INTERPOSE_DISK")) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return real(path, flags, mode);
}

int fsync(int fd)
{
	(void)fd;
	if (getenv("INTERPOSE_DISK"))
		sleep(60);
	return 0;
}
