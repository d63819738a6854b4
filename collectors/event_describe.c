/*
 * The way back: from an attribute to the name that a user would have typed. What a number means that a machine gave out
 * by itself (of a tracepoint, of a PMU beyond the kernel's header) only that machine can say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "collectors/event.h"
#include "collectors/event_names.h"
#include "collectors/event_syntax.h"
#include "collectors/tracepoint.h"

static const uint64_t low_half = UINT32_MAX;

static bool is_generic(uint32_t type)
{
	return type == PERF_TYPE_HARDWARE || type == PERF_TYPE_HW_CACHE;
}

static bool name_breakpoint(const struct perf_event_attr *attr, char out[EVENT_NAME_MAX])
{
	snprintf(out, EVENT_NAME_MAX, "mem:%#llx/%llu:%s%s%s", (unsigned long long)attr->bp_addr,
		 (unsigned long long)attr->bp_len, attr->bp_type & 1 ? "r" : "", attr->bp_type & 2 ? "w" : "",
		 attr->bp_type & 4 ? "x" : "");
	return true;
}

static bool name_tracepoint(const struct event_machine *m, uint64_t id, char out[EVENT_NAME_MAX])
{
	cleanup_free char *name = tracepoint_name(m->pmus.root, id);

	if (name)
		snprintf(out, EVENT_NAME_MAX, "%s", name);
	return name;
}

/* "cpu_core/cycles/": a generic event that was asked of one kind of core. */
static bool name_on_core(struct event_machine *m, const struct perf_event_attr *attr, char out[EVENT_NAME_MAX])
{
	const struct pmu *pmu = m ? pmus_find_type(&m->pmus, (uint32_t)(attr->config >> 32)) : NULL;
	char name[EVENT_NAME_MAX];

	if (!event_name_of(attr->type, attr->config & low_half, name))
		return false;
	if (pmu)
		snprintf(out, EVENT_NAME_MAX, "%s/%.*s/", pmu->name, EVENT_NAME_MAX - PMU_NAME_MAX - 3, name);
	else
		snprintf(out, EVENT_NAME_MAX, "%s", name);
	return true;
}

static bool is_same(const struct event *event, const struct perf_event_attr *attr)
{
	return event->type == attr->type && event->config == attr->config && event->config1 == attr->config1 &&
	       event->config2 == attr->config2;
}

/* The event of the PMU whose terms come to this attribute. */
static bool name_pmu_event(struct event_machine *m, const struct pmu *pmu, const struct perf_event_attr *attr,
			   char out[EVENT_NAME_MAX])
{
	cleanup_strings struct string_vec names = { 0 };
	bool is_found = false;

	pmu_event_names(pmu, &names);
	for (size_t i = 0; i < names.n && !is_found; i++) {
		cleanup_free char *text = xasprintf("%s/%s/", pmu->name, names.at[i]);
		struct event event;

		if (event_parse_on(m, text, &event, NULL) < 0 || !is_same(&event, attr))
			continue;
		memcpy(out, event.name, EVENT_NAME_MAX);
		is_found = true;
	}
	return is_found;
}

static bool name_by_pmu(struct event_machine *m, const struct perf_event_attr *attr, char out[EVENT_NAME_MAX])
{
	const struct pmu *pmu = pmus_find_type(&m->pmus, attr->type);
	int n;

	if (!pmu || name_pmu_event(m, pmu, attr, out))
		return pmu;
	n = snprintf(out, EVENT_NAME_MAX, "%s/config=%#llx", pmu->name, (unsigned long long)attr->config);
	if (attr->config1)
		n += snprintf(out + n, EVENT_NAME_MAX - (size_t)n, ",config1=%#llx", (unsigned long long)attr->config1);
	if (attr->config2)
		n += snprintf(out + n, EVENT_NAME_MAX - (size_t)n, ",config2=%#llx", (unsigned long long)attr->config2);
	snprintf(out + n, EVENT_NAME_MAX - (size_t)n, "/");
	return true;
}

static bool find_name(struct event_machine *m, const struct perf_event_attr *attr, char out[EVENT_NAME_MAX])
{
	if (attr->type == PERF_TYPE_BREAKPOINT)
		return name_breakpoint(attr, out);
	if (is_generic(attr->type))
		return name_on_core(m, attr, out);
	if (event_name_of(attr->type, attr->config, out))
		return true;
	if (m && attr->type == PERF_TYPE_TRACEPOINT)
		return name_tracepoint(m, attr->config, out);
	return m && name_by_pmu(m, attr, out);
}

static void take_exclusions(struct event *event, const struct perf_event_attr *attr)
{
	event->no_user = attr->exclude_user;
	event->no_kernel = attr->exclude_kernel;
	event->no_hypervisor = attr->exclude_hv;
}

static void add_modifiers(struct event *event)
{
	size_t n = strlen(event->name);
	char *end = event->name + n, letters[MODIFIERS_MAX];

	modifiers_describe(event, letters);
	if (letters[0] && n)
		snprintf(end, sizeof(event->name) - n, "%s%s", end[-1] == '/' ? "" : ":", letters);
}

struct event event_describe(const struct perf_event_attr *attr, struct event_machine *m)
{
	struct event event = {
		.name = "event", .type = attr->type, .config = attr->config, .config1 = attr->config1,
		.config2 = attr->config2, .bp_type = attr->type == PERF_TYPE_BREAKPOINT ? attr->bp_type : 0, .scale = 1,
	};

	take_exclusions(&event, attr);
	event.unit = event_unit_of(&event);
	if (find_name(m, attr, event.name))
		add_modifiers(&event);
	return event;
}

/* Behind the last colon or slash are modifiers, where they can be nothing else. */
size_t event_base_length(const char *name)
{
	size_t n = strlen(name), last = n;

	while (last && name[last - 1] != ':' && name[last - 1] != '/')
		last--;
	if (!last || !modifiers_is(name + last))
		return n;
	return name[last - 1] == '/' ? last : last - 1;
}
