/*
 * tracefs has a directory for each system and in it one for each tracepoint, with the number in `id`. It is looked for
 * where it belongs, and below debugfs, where old systems have it.
 */
#include "collectors/tracepoint.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"

enum { SYSTEMS_MAX = 4096, NAMES_MAX = 65536 };

void tracepoints_free(struct tracepoint_vec *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->at[i].name);
	vec_free(v);
}

/* Nothing that would lead out of a directory. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-*?[]";

bool tracepoint_is_name(const char *name)
{
	size_t system = strspn(name, letters), n;

	if (!system || name[system] != ':')
		return false;
	n = strspn(name + system + 1, letters);
	return n && !name[system + 1 + n];
}

/* ---- directories ----------------------------------------------------------------------------------------------- */

/* The directory of all systems, to be freed; NULL with errno where there is none for us. */
static char *events_path(const char *root)
{
	static const char *const places[] = { "/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events" };
	int code = ENOENT;

	for (size_t i = 0; i < 2; i++) {
		char *path = xasprintf("%s%s", root, places[i]);

		if (access(path, X_OK) == 0)
			return path;
		if (errno == EACCES)
			code = EACCES;
		free(path);
	}
	errno = code;
	return NULL;
}

static void list(const char *path, size_t limit, struct string_vec *out)
{
	if (path)
		dir_names(path, limit, out, NULL);
}

void tracepoint_systems(const char *root, struct string_vec *out)
{
	cleanup_free char *events = events_path(root);

	list(events, SYSTEMS_MAX, out);
}

static bool has_id(const char *events, const char *system, const char *name)
{
	cleanup_free char *path = xasprintf("%s/%s/%s/id", events, system, name);

	return access(path, F_OK) == 0;
}

static void add_names(const char *events, const char *system, struct string_vec *out)
{
	cleanup_free char *path = xasprintf("%s/%s", events, system);
	cleanup_strings struct string_vec names = { 0 };

	list(path, NAMES_MAX, &names);
	for (size_t i = 0; i < names.n; i++)
		if (has_id(events, system, names.at[i]))
			*vec_push(out) = xasprintf("%s:%s", system, names.at[i]);
}

void tracepoint_names(const char *root, const char *system, struct string_vec *out)
{
	cleanup_free char *events = events_path(root);
	cleanup_strings struct string_vec systems = { 0 };

	if (!events)
		return;
	if (system)
		*vec_push(&systems) = xstrdup(system);
	else
		list(events, SYSTEMS_MAX, &systems);
	for (size_t i = 0; i < systems.n; i++)
		add_names(events, systems.at[i], out);
}

bool tracepoint_known_system(const char *root, const char *system)
{
	cleanup_free char *events = events_path(root);
	cleanup_free char *path = xasprintf("%s/%s", events ? events : "", system);

	return events && *system && !system[strspn(system, letters)] && access(path, F_OK) == 0;
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

/* "sched:sched_switch"; -1: no such tracepoint */
static long read_id(const char *events, const char *name)
{
	int system = (int)strcspn(name, ":");
	cleanup_free char *path = xasprintf("%s/%.*s/%s/id", events, system, name, name + system + 1);

	return file_read_long(path, -1);
}

static bool add(const char *events, const char *name, struct tracepoint_vec *out)
{
	long id = read_id(events, name);

	if (id < 0)
		return false;
	*vec_push(out) = (struct tracepoint){ xstrdup(name), (uint64_t)id };
	return true;
}

/* Both parts are globs. Only the systems that match are looked into. */
static void matching_names(const char *events, const char *glob, struct string_vec *out)
{
	cleanup_free char *system = xstrndup(glob, strcspn(glob, ":"));
	cleanup_strings struct string_vec systems = { 0 }, names = { 0 };

	list(events, SYSTEMS_MAX, &systems);
	for (size_t i = 0; i < systems.n; i++)
		if (fnmatch(system, systems.at[i], 0) == 0)
			add_names(events, systems.at[i], &names);
	for (size_t i = 0; i < names.n; i++)
		if (fnmatch(glob, names.at[i], 0) == 0)
			*vec_push(out) = take_ptr(names.at[i]);
}

static int expand(const char *events, const char *glob, struct tracepoint_vec *out, struct error *err)
{
	cleanup_strings struct string_vec names = { 0 };
	size_t before = out->n;

	matching_names(events, glob, &names);
	if (names.n > TRACEPOINTS_MAX)
		return error_set(err, E2BIG, "'%s' is %zu tracepoints, and at most %d are counted at once: name fewer",
				 glob, names.n, TRACEPOINTS_MAX);
	for (size_t i = 0; i < names.n; i++)
		add(events, names.at[i], out);
	return out->n > before ? 0 : error_set(err, ENOENT, "no tracepoint matches '%s'", glob);
}

static int explain_hidden(const char *name, int code, struct error *err)
{
	if (code == EACCES)
		return error_set(err, code, "tracepoint '%s' cannot be looked up: /sys/kernel/tracing is root's alone",
				 name);
	return error_set(err, ENODEV, "tracepoint '%s' cannot be looked up: mount the tracing file system with "
				      "'mount -t tracefs tracefs /sys/kernel/tracing'", name);
}

int tracepoint_find(const char *root, const char *name, struct tracepoint_vec *out, struct error *err)
{
	cleanup_free char *events = events_path(root);

	if (!events)
		return explain_hidden(name, errno, err);
	if (strpbrk(name, "*?["))
		return expand(events, name, out, err);
	if (!add(events, name, out))
		return error_set(err, ENOENT, "this kernel has no tracepoint '%s'", name);
	return 0;
}

char *tracepoint_name(const char *root, uint64_t id)
{
	cleanup_free char *events = events_path(root);
	cleanup_strings struct string_vec names = { 0 };

	if (!events)
		return NULL;
	tracepoint_names(root, NULL, &names);
	for (size_t i = 0; i < names.n; i++)
		if (read_id(events, names.at[i]) == (long)id)
			return take_ptr(names.at[i]);
	return NULL;
}
