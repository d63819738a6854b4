/*
 * Whether a counter exists is found out by opening it: the kernel maps generic events to what a processor has, and says
 * so nowhere else.
 */
#include "collectors/event_catalog.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "collectors/event_names.h"
#include "collectors/tracepoint.h"

struct kind {
	const char *name, *perf_name; /* perf's word, or NULL */
	void (*list)(struct event_machine *m, const struct kind *kind, struct catalog_vec *out);
};

static void add(struct catalog_vec *out, const struct kind *kind, char *name, const char *alias)
{
	*vec_push(out) = (struct catalog_entry){ name, alias, kind->name };
}

static bool is_there(struct event_machine *m, uint32_t type, uint64_t config)
{
	return event_is_there(m, &(struct event){ .type = type, .config = config });
}

static void list_type(struct event_machine *m, const struct kind *kind, uint32_t type, struct catalog_vec *out)
{
	for (const struct known_event *known = known_events; known->name; known++)
		if (known->tool == EVENT_TOOL_NONE && known->type == type && is_there(m, type, known->config))
			add(out, kind, xstrdup(known->name), known->alias);
}

static void list_hardware(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	list_type(m, kind, PERF_TYPE_HARDWARE, out);
}

static void list_software(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	list_type(m, kind, PERF_TYPE_SOFTWARE, out);
}

static void list_caches(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	char name[CACHE_NAME_MAX];
	uint64_t config;

	for (size_t i = 0; cache_event(i, name, &config); i++)
		if (is_there(m, PERF_TYPE_HW_CACHE, config))
			add(out, kind, xstrdup(name), NULL);
}

static void list_tools(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	(void)m;
	for (const struct known_event *known = known_events; known->name; known++)
		if (known->tool != EVENT_TOOL_NONE)
			add(out, kind, xstrdup(known->name), NULL);
}

/* Of "domain=0x2,core=?" the latter. */
static void add_wanted(const char *terms, struct buf *out)
{
	while (*terms) {
		size_t n = strcspn(terms, ",");

		if (memchr(terms, '?', n))
			buf_printf(out, ",%.*s", (int)n, terms);
		terms += n + (terms[n] == ',');
	}
}

/* An event that wants a value of the user shows where: "hv_24x7/EVENT,core=?/". */
static char *spell(const struct pmu *pmu, const char *name)
{
	struct pmu_event event = { 0 };
	cleanup_buf struct buf text = { 0 };

	buf_printf(&text, "%s/%s", pmu->name, name);
	if (pmu_event(pmu, name, &event, NULL) == 0)
		add_wanted(event.terms, &text);
	buf_putc(&text, '/');
	return take_ptr(text.at);
}

static void list_pmus(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	pmus_list(&m->pmus);
	for (size_t i = 0; i < m->pmus.at.n; i++) {
		const struct pmu *pmu = &m->pmus.at.at[i];
		cleanup_strings struct string_vec names = { 0 };

		pmu_event_names(pmu, &names);
		for (size_t k = 0; k < names.n; k++)
			add(out, kind, spell(pmu, names.at[k]), NULL);
	}
}

/* What can be asked of each PMU by number. */
static void list_raw(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	add(out, kind, xstrdup("rNNN"), NULL);
	pmus_list(&m->pmus);
	for (size_t i = 0; i < m->pmus.at.n; i++) {
		const struct pmu *pmu = &m->pmus.at.at[i];
		cleanup_strings struct string_vec fields = { 0 };
		cleanup_buf struct buf text = { 0 };

		pmu_format_names(pmu, &fields);
		for (size_t k = 0; k < fields.n; k++)
			buf_printf(&text, "%s%s=N", k ? "," : "", fields.at[k]);
		if (text.n)
			add(out, kind, xasprintf("%s/%s/", pmu->name, text.at), NULL);
	}
}

static void list_breakpoints(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	(void)m;
	add(out, kind, xstrdup("mem:ADDRESS[/LENGTH][:rwx]"), NULL);
}

static void list_tracepoints(struct event_machine *m, const struct kind *kind, struct catalog_vec *out)
{
	cleanup_strings struct string_vec names = { 0 };

	tracepoint_names(m->pmus.root, NULL, &names);
	for (size_t i = 0; i < names.n; i++)
		add(out, kind, take_ptr(names.at[i]), NULL);
}

static const struct kind kinds[] = {
	{ "hardware", "hw", list_hardware }, { "software", "sw", list_software }, { "cache", "hwcache", list_caches },
	{ "tool", NULL, list_tools }, { "PMU", "pmu", list_pmus }, { "raw", NULL, list_raw },
	{ "breakpoint", NULL, list_breakpoints }, { "tracepoint", NULL, list_tracepoints },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct kind *find_kind(const char *word)
{
	for (const struct kind *kind = kinds; word && kind < kinds + KINDS; kind++)
		if (strcasecmp(kind->name, word) == 0 || (kind->perf_name && strcmp(kind->perf_name, word) == 0))
			return kind;
	return NULL;
}

static bool matches(const char *text, const char *pattern)
{
	return text && (strpbrk(pattern, "*?[") ? fnmatch(pattern, text, 0) == 0 : strstr(text, pattern) != NULL);
}

static void keep_matching(struct catalog_vec *out, size_t start, const char *pattern)
{
	size_t kept = start;

	for (size_t i = start; i < out->n; i++) {
		if (!pattern || matches(out->at[i].name, pattern) || matches(out->at[i].alias, pattern))
			out->at[kept++] = out->at[i];
		else
			free(out->at[i].name);
	}
	out->n = kept;
}

void event_catalog(struct event_machine *m, const char *pattern, struct catalog_vec *out)
{
	const struct kind *only = find_kind(pattern);

	for (size_t i = 0; i < KINDS; i++) {
		size_t start = out->n;

		if (only && only != &kinds[i])
			continue;
		kinds[i].list(m, &kinds[i], out);
		keep_matching(out, start, only ? NULL : pattern);
	}
}

void catalog_free(struct catalog_vec *catalog)
{
	for (size_t i = 0; i < catalog->n; i++)
		free(catalog->at[i].name);
	vec_free(catalog);
}
