/* `fpprof stat --list`: names to choose from, and nothing about this run. */
#include <errno.h>
#include <stdio.h>

#include "collectors/event_catalog.h"
#include "src/cmd/stat.h"

static void print_entry(const struct catalog_entry *entry)
{
	printf("%-50s [%s]\n", entry->name, entry->kind);
	if (entry->alias)
		printf("%-50s [the same]\n", entry->alias);
}

int stat_list(struct stat_job *job, struct error *err)
{
	const char *pattern = job->argv ? job->argv[0] : NULL;
	struct catalog_vec catalog = { 0 };
	int status = EXIT_OK;

	if (pattern && job->argv[1]) {
		error_set(err, EINVAL, "--list takes one pattern, and was given '%s' too", job->argv[1]);
		return EXIT_USAGE;
	}
	event_catalog(&job->events.machine, pattern, &catalog);
	for (size_t i = 0; i < catalog.n; i++)
		print_entry(&catalog.at[i]);
	if (!catalog.n) {
		error_set(err, ENOENT, "this machine has no event like '%s'", pattern ? pattern : "*");
		status = EXIT_FAILED;
	}
	catalog_free(&catalog);
	return status;
}
