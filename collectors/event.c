/*
 * One table of names. Tracepoints get their number from tracefs; everything else is known from the kernel's header.
 * PMU terms (pmu/term=.../) need the sysfs formats and are refused with a sentence until they are read.
 */
#include "collectors/event.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/nearest.h"

struct known_event {
	const char *name;
	uint32_t type;
	uint64_t config;
	enum event_unit unit;
};

#define HW(n, c) { n, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##c, EVENT_UNIT_COUNT }
#define SW(n, c) { n, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##c, EVENT_UNIT_COUNT }
#define CYCLES(n) { n, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, EVENT_UNIT_CYCLES }
#define CLOCK(n, c) { n, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##c, EVENT_UNIT_NANOSECONDS }

static const struct known_event known_events[] = {
	CYCLES("cycles"),
	CYCLES("cpu-cycles"),
	CLOCK("cpu-clock", CPU_CLOCK),
	CLOCK("task-clock", TASK_CLOCK),
	HW("instructions", INSTRUCTIONS),
	HW("cache-references", CACHE_REFERENCES),
	HW("cache-misses", CACHE_MISSES),
	HW("branches", BRANCH_INSTRUCTIONS),
	HW("branch-instructions", BRANCH_INSTRUCTIONS),
	HW("branch-misses", BRANCH_MISSES),
	HW("bus-cycles", BUS_CYCLES),
	HW("ref-cycles", REF_CPU_CYCLES),
	HW("stalled-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HW("stalled-cycles-backend", STALLED_CYCLES_BACKEND),
	SW("page-faults", PAGE_FAULTS),
	SW("faults", PAGE_FAULTS),
	SW("minor-faults", PAGE_FAULTS_MIN),
	SW("major-faults", PAGE_FAULTS_MAJ),
	SW("context-switches", CONTEXT_SWITCHES),
	SW("cs", CONTEXT_SWITCHES),
	SW("cpu-migrations", CPU_MIGRATIONS),
	SW("migrations", CPU_MIGRATIONS),
	SW("alignment-faults", ALIGNMENT_FAULTS),
	SW("emulation-faults", EMULATION_FAULTS),
};

enum { KNOWN_EVENTS = sizeof(known_events) / sizeof(known_events[0]) };

static bool parse_known(const char *name, struct event *out)
{
	for (size_t i = 0; i < KNOWN_EVENTS; i++) {
		if (strcmp(known_events[i].name, name) == 0) {
			out->type = known_events[i].type;
			out->config = known_events[i].config;
			out->unit = known_events[i].unit;
			return true;
		}
	}
	return false;
}

/* rNNN: the PMU's own event number, in hexadecimal */
static bool parse_raw(const char *name, struct event *out)
{
	char *end;

	if (name[0] != 'r' || !isxdigit((unsigned char)name[1]))
		return false;
	errno = 0;
	out->config = strtoull(name + 1, &end, 16);
	out->type = PERF_TYPE_RAW;
	return *end == '\0' && errno == 0;
}

static bool is_tracepoint(const char *name)
{
	const char *colon = strchr(name, ':');

	if (!colon || colon == name || !colon[1] || strspn(colon + 1, "ukhpPSDWeGHI") == strlen(colon + 1))
		return false;
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-:", *at))
			return false;
	return true;
}

/* sys:name, with its number from tracefs's events/SYS/NAME/id */
static int parse_tracepoint(const char *name, struct event *out, struct error *err)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	size_t sys = (size_t)(strchr(name, ':') - name);

	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = xasprintf("%s/events/%.*s/%s/id", roots[i], (int)sys, name, name + sys + 1);
		long id = file_read_long(path, -1);

		if (id >= 0) {
			out->type = PERF_TYPE_TRACEPOINT;
			out->config = (uint64_t)id;
			return 0;
		}
	}
	if (access("/sys/kernel/tracing/events", X_OK) < 0 && access("/sys/kernel/debug/tracing/events", X_OK) < 0)
		return error_set(err, errno == EACCES ? EACCES : ENOENT, "tracepoint '%s' cannot be looked up: %s", name,
				 errno == EACCES ? "only root may read /sys/kernel/tracing" :
				 "mount the tracing file system with 'mount -t tracefs tracefs /sys/kernel/tracing'");
	return error_set(err, EINVAL, "this kernel has no tracepoint '%s' (%s/events lists them)", name, roots[0]);
}

/* u, k and h say what to count; without any of them all is counted. */
static bool parse_modifiers(const char *at, struct event *out)
{
	bool user = strchr(at, 'u'), kernel = strchr(at, 'k'), hypervisor = strchr(at, 'h');

	if (!*at || strspn(at, "ukhpP") != strlen(at))
		return false;
	if (user || kernel || hypervisor) {
		out->no_user = !user;
		out->no_kernel = !kernel;
		out->no_hypervisor = !hypervisor;
	}
	for (; *at; at++) {
		if (*at == 'p')
			out->precise++;
		if (*at == 'P') {
			out->precise = 3;
			out->precise_max = true;
		}
	}
	return out->precise <= 3;
}

static int unknown_event(const char *name, struct error *err)
{
	const char *names[KNOWN_EVENTS];
	cleanup_buf struct buf hint = { 0 };

	for (size_t i = 0; i < KNOWN_EVENTS; i++)
		names[i] = known_events[i].name;
	nearest_names(name, names, KNOWN_EVENTS, &hint);
	if (strchr(name, '/'))
		return error_set(err, EINVAL, "event '%s': events of a PMU of their own (PMU/TERM=VALUE/) cannot be "
					      "recorded yet; use a name or rNNN", name);
	return error_set(err, EINVAL, "unknown event '%s'%s", name, hint.at ? hint.at : "");
}

int event_parse(const char *name, struct event *out, struct error *err)
{
	cleanup_free char *base = xstrdup(name);
	struct event event = { 0 };
	char *colon = strrchr(base, ':');

	if (strlen(name) >= sizeof(event.name))
		return error_set(err, EINVAL, "event name '%.40s...' is too long", name);
	memcpy(event.name, name, strlen(name) + 1);
	if (colon && parse_modifiers(colon + 1, &event))
		*colon = '\0';
	if (!parse_known(base, &event) && !parse_raw(base, &event)) {
		int rc = is_tracepoint(base) ? parse_tracepoint(base, &event, err) : unknown_event(name, err);

		if (rc < 0)
			return rc;
	}
	*out = event;
	return 0;
}

struct event event_describe(const struct perf_event_attr *attr)
{
	struct event event = { .name = "event", .type = attr->type, .config = attr->config };

	for (size_t i = 0; i < KNOWN_EVENTS; i++) {
		if (known_events[i].type != attr->type || known_events[i].config != attr->config)
			continue;
		snprintf(event.name, sizeof(event.name), "%s", known_events[i].name);
		event.unit = known_events[i].unit;
		break;
	}
	event.no_user = attr->exclude_user;
	event.no_kernel = attr->exclude_kernel;
	return event;
}

struct event event_clock(const struct event *instead_of)
{
	struct event clock = *instead_of;
	const char *colon = strchr(instead_of->name, ':');

	snprintf(clock.name, sizeof(clock.name), "cpu-clock%.100s", colon ? colon : "");
	clock.type = PERF_TYPE_SOFTWARE;
	clock.config = PERF_COUNT_SW_CPU_CLOCK;
	clock.unit = EVENT_UNIT_NANOSECONDS;
	clock.precise = 0;
	return clock;
}

bool event_is_missing(int code)
{
	return code == ENOENT || code == ENODEV || code == ENXIO || code == EOPNOTSUPP;
}

int event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	long fd = syscall(SYS_perf_event_open, attr, pid, cpu, group, flags | PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}
