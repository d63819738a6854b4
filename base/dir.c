/* Sorted, so that what is shown does not depend on the order in which a file system keeps its names. */
#include "base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void strings_free(struct string_vec *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	vec_free(names);
}

static int read_names(DIR *dir, size_t limit, struct string_vec *out)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (entry->d_name[0] == '.')
			continue;
		if (out->n >= limit)
			return -EFBIG;
		*vec_push(out) = xstrdup(entry->d_name);
	}
	return -errno;
}

int dir_names(const char *path, size_t limit, struct string_vec *out, struct error *err)
{
	cleanup_strings struct string_vec names = { 0 };
	DIR *dir = opendir(path);
	int rc;

	if (!dir)
		return error_errno(err, errno, "cannot open %s", path);
	rc = read_names(dir, limit, &names);
	closedir(dir);
	if (rc == -EFBIG)
		return error_set(err, EFBIG, "%s has more than %zu entries, which is more than is read of it", path,
				 limit);
	if (rc < 0)
		return error_errno(err, -rc, "cannot read %s", path);
	if (names.n)
		qsort(names.at, names.n, sizeof(*names.at), by_name);
	for (size_t i = 0; i < names.n; i++)
		*vec_push(out) = take_ptr(names.at[i]);
	return 0;
}
