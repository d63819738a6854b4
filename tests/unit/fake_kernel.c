/* A descriptor is a memfd, whose memory serves as ring: it is mapped, closed and redirected like an event's. */
#include "tests/unit/fake_kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/event.h"
#include "collectors/ring.h"

struct fake_kernel fake;

int __wrap_event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags);
int __real_ring_open(struct ring *ring, int fd, size_t bytes);
int __wrap_ring_open(struct ring *ring, int fd, size_t bytes);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_cpus_online(struct cpu_list *out, struct error *err);
bool __wrap_target_list_threads(pid_t pid, struct pid_vec *out);
void __wrap_log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void __wrap_log_once(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void fake_start(int cpus)
{
	fake = (struct fake_kernel){ 0 };
	for (int cpu = 0; cpu < cpus; cpu++)
		*vec_push(&fake.cpus) = cpu;
}

void fake_done(void)
{
	assert_int_equal(fake_count(-1, -1), 0); /* else a descriptor leaked */
	assert_int_equal(fake.locked, 0);
	vec_free(&fake.cpus);
	vec_free(&fake.threads);
	vec_free(&fake.events);
	buf_free(&fake.said);
}

void fake_set_cpus(const char *list)
{
	vec_free(&fake.cpus);
	assert_int_equal(cpus_parse(list, &fake.cpus, NULL), 0);
}

static bool is_open(const struct fake_event *e, int type, int cpu)
{
	return !e->is_closed && (type < 0 || e->attr.type == (uint32_t)type) && (cpu < 0 || e->cpu == cpu);
}

size_t fake_count(int type, int cpu)
{
	size_t n = 0;

	for (size_t i = 0; i < fake.events.n; i++)
		n += is_open(&fake.events.at[i], type, cpu);
	return n;
}

size_t fake_count_enabled(int type, int cpu)
{
	size_t n = 0;

	for (size_t i = 0; i < fake.events.n; i++)
		n += is_open(&fake.events.at[i], type, cpu) && fake.events.at[i].is_enabled;
	return n;
}

bool fake_said(const char *part)
{
	return fake.said.n && strstr(fake.said.at, part);
}

const struct fake_event *fake_last(int type)
{
	size_t i = fake.events.n;

	while (i > 0 && !is_open(&fake.events.at[i - 1], type, -1))
		i--;
	assert_true(i > 0);
	return &fake.events.at[i - 1];
}

static struct fake_event *find(int fd)
{
	for (size_t i = fake.events.n; i-- > 0;)
		if (fake.events.at[i].fd == fd && !fake.events.at[i].is_closed)
			return &fake.events.at[i];
	return NULL;
}

/* ---- system calls ------------------------------------------------------------------------------------------------ */

int __wrap_event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	struct fake_event event = { .attr = *attr, .pid = pid, .cpu = cpu, .group = group, .flags = flags, .output = -1 };
	int code = fake.refuse ? fake.refuse(attr, pid, cpu) : 0;

	assert_int_equal(attr->sample_stack_user % 8, 0); /* or the kernel says EINVAL */
	if (code)
		return -code;
	event.fd = memfd_create("event", MFD_CLOEXEC);
	assert_true(event.fd >= 0);
	assert_int_equal(ftruncate(event.fd, 64 << 20), 0);
	*vec_push(&fake.events) = event;
	if (fake.opened)
		fake.opened(&event);
	return event.fd;
}

/* perf_mmap(): the limit is that of a CPU, times all that are online, and the control page counts. */
int __wrap_ring_open(struct ring *ring, int fd, size_t bytes)
{
	size_t all = bytes + (size_t)sysconf(_SC_PAGESIZE);
	int rc;

	if (fake.mlock_kb && fake.locked + all > (fake.mlock_kb << 10) * fake.cpus.n)
		return -EPERM;
	rc = __real_ring_open(ring, fd, bytes);
	if (rc == 0)
		fake.locked += all;
	return rc;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct fake_event *event = find(fd);
	va_list args;

	assert_non_null(event);
	va_start(args, request);
	if (request == PERF_EVENT_IOC_SET_OUTPUT) {
		event->output = va_arg(args, int);
		const struct fake_event *leader = find(event->output);

		if (!leader)
			fail_msg("there is no event %d to give output to", event->output);
		else
			assert_int_equal(leader->cpu, event->cpu); /* or the kernel says EINVAL */
	} else {
		event->is_enabled = request == PERF_EVENT_IOC_ENABLE;
	}
	va_end(args);
	return 0;
}

/* What is locked is given back with the event: nobody here keeps a ring longer, but a retired CPU, which is closed, too. */
int __wrap_close(int fd)
{
	struct fake_event *event = find(fd);

	if (event)
		event->is_closed = true;
	if (!fake_count(-1, -1))
		fake.locked = 0;
	return __real_close(fd);
}

int __wrap_cpus_online(struct cpu_list *out, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < fake.cpus.n; i++)
		*vec_push(out) = fake.cpus.at[i];
	return 0;
}

bool __wrap_target_list_threads(pid_t pid, struct pid_vec *out)
{
	(void)pid;
	for (size_t i = 0; i < fake.threads.n; i++)
		*vec_push(out) = fake.threads.at[i];
	return true;
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

__attribute__((format(printf, 1, 0))) static void keep(const char *fmt, va_list args)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, args);
	buf_printf(&fake.said, "%s\n", line);
}

void __wrap_log_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}

void __wrap_log_once(const char *key, const char *fmt, ...)
{
	va_list args;

	(void)key;
	va_start(args, fmt);
	keep(fmt, args);
	va_end(args);
}
