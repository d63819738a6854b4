/* The format is Documentation/admin-guide/cputopology.rst's "cpulist", as printed by bitmap_print_to_pagebuf(). */
#include "base/cpus.h"

#include <ctype.h>
#include <errno.h>

#include "base/buf.h"
#include "base/file.h"

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

bool cpus_has(const struct cpu_list *list, int cpu)
{
	return list->n && bsearch(&cpu, list->at, list->n, sizeof(int), compare);
}

static void sort_unique(struct cpu_list *list)
{
	size_t kept = 0;

	if (!list->n)
		return;
	qsort(list->at, list->n, sizeof(int), compare);
	for (size_t i = 1; i < list->n; i++)
		if (list->at[i] != list->at[kept])
			list->at[++kept] = list->at[i];
	list->n = kept + 1;
}

static bool number(const char **at, int *out)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)**at))
		return false;
	value = strtol(*at, &end, 10);
	if (value > CPU_NUMBER_MAX)
		return false;
	*at = end;
	*out = (int)value;
	return true;
}

/* "3" or "3-7" */
static bool range(const char **at, struct cpu_list *out)
{
	int first, last;

	if (!number(at, &first))
		return false;
	last = first;
	if (**at == '-') {
		++*at;
		if (!number(at, &last) || last < first)
			return false;
	}
	for (int cpu = first; cpu <= last; cpu++)
		*vec_push(out) = cpu;
	return true;
}

int cpus_parse(const char *text, struct cpu_list *out, struct error *err)
{
	const char *at = text;

	for (;;) {
		if (!range(&at, out))
			break;
		if (*at == '\0' || *at == '\n') {
			sort_unique(out);
			return 0;
		}
		if (*at++ != ',')
			break;
	}
	vec_free(out);
	return error_set(err, EINVAL, "'%s' is not a list of CPUs: write it like 0,2-5", text);
}

int cpus_online(struct cpu_list *out, struct error *err)
{
	static const char path[] = "/sys/devices/system/cpu/online";
	cleanup_buf struct buf text = { 0 };
	int rc = file_read(path, 65536, &text, err);

	if (rc < 0)
		return rc;
	rc = cpus_parse(text.at, out, err);
	if (rc < 0)
		error_wrap(err, "%s", path);
	return rc;
}
