/*
 * Nothing is read before it is asked for: a counting run of a millisecond must not begin with a walk through the
 * descriptions of a server's three hundred PMUs.
 */
#include "collectors/pmu.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/utf8.h"

/* A sysfs file is one page; the longest list of events is that of POWER's hv_24x7, of some thousands. */
enum { FILE_MAX = 4096, ENTRIES_MAX = 65536, PMUS_MAX = 4096 };

static const char devices[] = "/sys/bus/event_source/devices";
static const char uncore[] = "uncore_";

/* The file's text without the line's end. */
static int read_text(const char *path, struct buf *out, struct error *err)
{
	int rc = file_read(path, FILE_MAX, out, err);

	if (rc < 0)
		return rc;
	while (out->n && isspace((unsigned char)out->at[out->n - 1]))
		out->at[--out->n] = '\0';
	if (!out->n || strlen(out->at) != out->n)
		return error_set(err, EINVAL, "%s is empty, or no text", path);
	return 0;
}

/* ---- which there are ------------------------------------------------------------------------------------------- */

static void pmu_done(struct pmu *pmu)
{
	free(pmu->name);
	free(pmu->path);
	vec_free(&pmu->cpus);
}

void pmus_done(struct pmus *pmus)
{
	for (size_t i = 0; i < pmus->at.n; i++)
		pmu_done(&pmus->at.at[i]);
	vec_free(&pmus->at);
	pmus->is_listed = false;
}

void pmus_list(struct pmus *pmus)
{
	cleanup_strings struct string_vec names = { 0 };
	cleanup_free char *path = NULL;

	if (pmus->is_listed)
		return;
	pmus->is_listed = true;
	path = xasprintf("%s%s", pmus->root, devices);
	dir_names(path, PMUS_MAX, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (strlen(names.at[i]) < PMU_NAME_MAX)
			*vec_push(&pmus->at) = (struct pmu){
				.name = xstrdup(names.at[i]), .path = xasprintf("%s/%s", path, names.at[i]),
			};
}

struct pmu *pmus_find(struct pmus *pmus, const char *name)
{
	pmus_list(pmus);
	for (size_t i = 0; i < pmus->at.n; i++)
		if (strcmp(pmus->at.at[i].name, name) == 0)
			return &pmus->at.at[i];
	return NULL;
}

struct pmu *pmus_find_type(struct pmus *pmus, uint32_t type)
{
	pmus_list(pmus);
	for (size_t i = 0; i < pmus->at.n; i++)
		if (pmu_load(&pmus->at.at[i], NULL) == 0 && pmus->at.at[i].type == type)
			return &pmus->at.at[i];
	return NULL;
}

/* ---- type and CPUs --------------------------------------------------------------------------------------------- */

static int load_type(struct pmu *pmu, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/type", pmu->path);
	cleanup_buf struct buf text = { 0 };
	unsigned long long type;
	char *end;
	int rc = read_text(path, &text, err);

	if (rc < 0)
		return rc;
	errno = 0;
	type = strtoull(text.at, &end, 10);
	if (!isdigit((unsigned char)text.at[0]) || *end || errno || type > UINT32_MAX)
		return error_set(err, EINVAL, "%s says '%.40s', which is no number of a PMU", path, text.at);
	pmu->type = (uint32_t)type;
	return 0;
}

static bool has_file(const struct pmu *pmu, const char *name)
{
	cleanup_free char *path = xasprintf("%s/%s", pmu->path, name);

	return access(path, F_OK) == 0;
}

/* No CPU at all is a list, too: those of a kind of core may all be offline. */
static int load_cpus(struct pmu *pmu, const char *name, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/%s", pmu->path, name);
	cleanup_buf struct buf text = { 0 };
	int rc = file_read(path, FILE_MAX, &text, err);

	if (rc < 0)
		return rc;
	pmu->is_bound = true;
	if (!text.n || text.at[0] == '\n')
		return 0;
	rc = cpus_parse(text.at, &pmu->cpus, err);
	if (rc < 0)
		error_wrap(err, "%s", path);
	return rc;
}

/* A core's PMU has `cpus`, one that serves many CPUs has `cpumask`: those by which it is asked. */
int pmu_load(struct pmu *pmu, struct error *err)
{
	bool has_cpus;
	int rc;

	if (pmu->is_loaded)
		return 0;
	rc = load_type(pmu, err);
	if (rc < 0)
		return rc;
	has_cpus = has_file(pmu, "cpus");
	if (has_cpus)
		rc = load_cpus(pmu, "cpus", err);
	else if (has_file(pmu, "cpumask"))
		rc = load_cpus(pmu, "cpumask", err);
	pmu->is_core = strcmp(pmu->name, "cpu") == 0 || has_cpus;
	pmu->is_loaded = rc == 0;
	return rc < 0 ? -EINVAL : 0;
}

static int by_type(const void *a, const void *b)
{
	const struct pmu *x = *(struct pmu *const *)a, *y = *(struct pmu *const *)b;

	return x->type < y->type ? -1 : x->type > y->type;
}

void pmu_refs_sort(struct pmu_ref_vec *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		pmu_load(refs->at[i], NULL);
	if (refs->n)
		qsort(refs->at, refs->n, sizeof(refs->at[0]), by_type);
}

/* x86 calls its only kind of core "cpu", and then there is nothing to look for. */
void pmus_core(struct pmus *pmus, struct pmu_ref_vec *out)
{
	if (pmus_find(pmus, "cpu"))
		return;
	for (size_t i = 0; i < pmus->at.n; i++) {
		struct pmu *pmu = &pmus->at.at[i];

		if (has_file(pmu, "cpus") && pmu_load(pmu, NULL) == 0 && pmu->cpus.n)
			*vec_push(out) = pmu;
	}
	if (out->n < 2)
		vec_free(out);
	pmu_refs_sort(out);
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* "_0", "12", "_4b122000": the number of an instance, which is an address where it is in hexadecimal. */
static bool is_instance(const char *tail)
{
	bool may_be_address = *tail == '_';
	size_t decimal, hexadecimal;

	tail += may_be_address;
	decimal = strspn(tail, "0123456789");
	hexadecimal = strspn(tail, "0123456789abcdef");
	return (decimal && !tail[decimal]) || (may_be_address && hexadecimal > 2 && !tail[hexadecimal]);
}

static bool name_matches(const char *name, const char *pattern)
{
	size_t n = strlen(pattern);

	if (strpbrk(pattern, "*?["))
		return fnmatch(pattern, name, 0) == 0;
	return strncmp(name, pattern, n) == 0 && (!name[n] || is_instance(name + n));
}

bool pmu_matches(const struct pmu *pmu, const char *pattern)
{
	size_t n = sizeof(uncore) - 1;

	if (!*pattern)
		return false;
	return name_matches(pmu->name, pattern) ||
	       (strncmp(pmu->name, uncore, n) == 0 && name_matches(pmu->name + n, pattern));
}

/* A name that stays in its directory, and is not one of the files that speak about another. */
static bool is_event_name(const char *name)
{
	static const char *const about[] = { ".scale", ".unit", ".per-pkg", ".snapshot" };
	const char *dot = strrchr(name, '.');

	if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > 255)
		return false;
	for (size_t i = 0; dot && i < sizeof(about) / sizeof(about[0]); i++)
		if (strcmp(dot, about[i]) == 0)
			return false;
	return true;
}

static void list_names(const struct pmu *pmu, const char *dir, struct string_vec *out)
{
	cleanup_free char *path = xasprintf("%s/%s", pmu->path, dir);
	cleanup_strings struct string_vec names = { 0 };

	dir_names(path, ENTRIES_MAX, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (is_event_name(names.at[i]))
			*vec_push(out) = take_ptr(names.at[i]);
}

void pmu_format_names(const struct pmu *pmu, struct string_vec *out)
{
	list_names(pmu, "format", out);
}

void pmu_event_names(const struct pmu *pmu, struct string_vec *out)
{
	list_names(pmu, "events", out);
}

/* ---- fields ---------------------------------------------------------------------------------------------------- */

static bool parse_bit(const char **at, unsigned int *out)
{
	char *end;
	unsigned long bit;

	if (!isdigit((unsigned char)**at))
		return false;
	bit = strtoul(*at, &end, 10);
	*at = end;
	*out = (unsigned int)bit;
	return bit < 64;
}

static bool parse_bits(const char *at, uint64_t *mask)
{
	for (;; at++) {
		unsigned int low, high;

		if (!parse_bit(&at, &low))
			return false;
		high = low;
		if (*at == '-' && (at++, !parse_bit(&at, &high)))
			return false;
		if (high < low)
			return false;
		for (unsigned int bit = low; bit <= high; bit++)
			*mask |= UINT64_C(1) << bit;
		if (*at != ',')
			return *at == '\0';
	}
}

bool pmu_word(const char *name, size_t n, unsigned int *out)
{
	static const char *const words[PMU_WORDS] = { "config", "config1", "config2" };

	for (unsigned int i = 0; i < PMU_WORDS; i++)
		if (strlen(words[i]) == n && memcmp(words[i], name, n) == 0) {
			*out = i;
			return true;
		}
	return false;
}

bool pmu_format_parse(const char *text, struct pmu_format *out)
{
	const char *colon = strchr(text, ':');
	struct pmu_format format = { 0 };

	if (!colon || !pmu_word(text, (size_t)(colon - text), &format.word) || !parse_bits(colon + 1, &format.mask))
		return false;
	*out = format;
	return true;
}

int pmu_format(const struct pmu *pmu, const char *name, struct pmu_format *out, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/format/%s", pmu->path, name);
	cleanup_buf struct buf text = { 0 };
	int rc;

	if (!is_event_name(name) || access(path, F_OK) < 0)
		return -ENOENT;
	rc = read_text(path, &text, err);
	if (rc < 0)
		return -EINVAL;
	if (!pmu_format_parse(text.at, out))
		return error_set(err, EINVAL, "%s says '%.60s', which is not understood: give the bits as config=VALUE",
				 path, text.at);
	return 0;
}

uint64_t pmu_format_max(const struct pmu_format *format)
{
	int bits = __builtin_popcountll(format->mask);

	return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

void pmu_format_put(const struct pmu_format *format, uint64_t value, uint64_t words[PMU_WORDS])
{
	uint64_t bits = 0;

	for (uint64_t left = format->mask; left; left &= left - 1, value >>= 1)
		if (value & 1)
			bits |= left & -left;
	words[format->word] = (words[format->word] & ~format->mask) | bits;
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

bool pmu_has_event(const struct pmu *pmu, const char *name)
{
	cleanup_free char *path = xasprintf("%s/events/%s", pmu->path, name);

	return is_event_name(name) && access(path, F_OK) == 0;
}

bool pmus_have_event(struct pmus *pmus, const char *name)
{
	pmus_list(pmus);
	for (size_t i = 0; i < pmus->at.n; i++)
		if (pmu_has_event(&pmus->at.at[i], name))
			return true;
	return false;
}

static int read_scale(const struct pmu *pmu, const char *name, double *out, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/events/%s.scale", pmu->path, name);
	cleanup_buf struct buf text = { 0 };
	double scale;
	char *end;

	if (access(path, F_OK) < 0)
		return 0;
	if (read_text(path, &text, err) < 0)
		return -EINVAL;
	scale = strtod(text.at, &end);
	if (*end || !isfinite(scale) || scale <= 0)
		return error_set(err, EINVAL, "%s says '%.40s', which is no factor", path, text.at);
	*out = scale;
	return 0;
}

static int read_unit(const struct pmu *pmu, const char *name, char out[PMU_UNIT_MAX], struct error *err)
{
	cleanup_free char *path = xasprintf("%s/events/%s.unit", pmu->path, name);
	cleanup_buf struct buf text = { 0 };

	if (access(path, F_OK) < 0)
		return 0;
	if (read_text(path, &text, err) < 0)
		return -EINVAL;
	if (text.n >= PMU_UNIT_MAX || !utf8_is_clean(text.at, text.n))
		return error_set(err, EINVAL, "%s does not say a unit", path);
	memcpy(out, text.at, text.n + 1);
	return 0;
}

int pmu_event(const struct pmu *pmu, const char *name, struct pmu_event *out, struct error *err)
{
	cleanup_free char *path = xasprintf("%s/events/%s", pmu->path, name);
	cleanup_buf struct buf text = { 0 };
	struct pmu_event event = { .scale = 1 };

	if (!pmu_has_event(pmu, name))
		return -ENOENT;
	if (read_text(path, &text, err) < 0)
		return -EINVAL;
	if (text.n >= sizeof(event.terms))
		return error_set(err, EINVAL, "%s has more than %zu bytes", path, sizeof(event.terms) - 1);
	memcpy(event.terms, text.at, text.n + 1);
	if (read_scale(pmu, name, &event.scale, err) < 0 || read_unit(pmu, name, event.unit, err) < 0)
		return -EINVAL;
	*out = event;
	return 0;
}
