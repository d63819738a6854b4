/* Only a failure looks at all names; so it may take the time to read them. */
#include "collectors/event_hint.h"

#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/nearest.h"
#include "collectors/event_names.h"
#include "collectors/tracepoint.h"

static void add(struct string_vec *names, const char *name)
{
	if (name)
		*vec_push(names) = xstrdup(name);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The PMUs of two kinds of cores name the same events. */
static void nearest_of(const char *wrong, struct string_vec *names, struct buf *out)
{
	const char **at = xcalloc(names->n + 1, sizeof(*at));
	size_t n = 0;

	if (names->n)
		qsort(names->at, names->n, sizeof(*names->at), by_text);
	for (size_t i = 0; i < names->n; i++)
		if (!n || strcmp(at[n - 1], names->at[i]) != 0)
			at[n++] = names->at[i];
	nearest_names(wrong, at, n, out);
	free(at);
}

/* "sched_switch" is the tracepoint sched:sched_switch, without its system. */
static bool hint_system(const char *root, const char *name, struct buf *out)
{
	cleanup_free char *glob = xasprintf("*:%s", name);
	struct tracepoint_vec found = { 0 };
	bool is_one = !strpbrk(name, "*?[") && tracepoint_is_name(glob);

	is_one = is_one && tracepoint_find(root, glob, &found, NULL) == 0;
	if (is_one)
		buf_printf(out, "; did you mean %s?", found.at[0].name);
	tracepoints_free(&found);
	return is_one;
}

void hint_name(struct event_machine *m, const char *wrong, struct buf *out)
{
	cleanup_strings struct string_vec names = { 0 };
	char cache[CACHE_NAME_MAX];
	uint64_t config;

	for (const struct known_event *known = known_events; known->name; known++) {
		add(&names, known->name);
		add(&names, known->alias);
	}
	for (size_t i = 0; cache_event(i, cache, &config); i++)
		add(&names, cache);
	pmus_list(&m->pmus);
	for (size_t i = 0; i < m->pmus.at.n; i++)
		pmu_event_names(&m->pmus.at.at[i], &names);
	if (!hint_system(m->pmus.root, wrong, out))
		nearest_of(wrong, &names, out);
}

/* Another name in the same system, or where there is no such system, the one that was meant. */
void hint_tracepoint(const char *root, const char *system, const char *wrong, struct buf *out)
{
	cleanup_strings struct string_vec names = { 0 };

	if (tracepoint_known_system(root, system)) {
		tracepoint_names(root, system, &names);
		nearest_of(wrong, &names, out);
	} else {
		tracepoint_systems(root, &names);
		nearest_of(system, &names, out);
	}
}

void hint_pmu(struct event_machine *m, const char *wrong, struct buf *out)
{
	cleanup_strings struct string_vec names = { 0 };

	pmus_list(&m->pmus);
	for (size_t i = 0; i < m->pmus.at.n; i++)
		add(&names, m->pmus.at.at[i].name);
	nearest_of(wrong, &names, out);
}

void hint_term(const struct pmu *pmu, const char *wrong, struct buf *out)
{
	static const char *const words[] = { "config", "config1", "config2", "name" };
	cleanup_strings struct string_vec names = { 0 };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add(&names, words[i]);
	pmu_format_names(pmu, &names);
	pmu_event_names(pmu, &names);
	nearest_of(wrong, &names, out);
}
