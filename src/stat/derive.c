/*
 * Which count is set against which, and in what words, is perf's: scripts know "insn per cycle". Rows are sorted by cgroup
 * and key first, so that each finds its partners among the few rows of its own family; a system has thousands of threads.
 */
#include "src/stat/derive.h"

#include <stdlib.h>
#include <string.h>

/* A row's value, divided by that of its partner and multiplied with `times`. */
struct rule {
	enum stat_role partner;
	double times;
	int decimals;
	const char *unit; /* NULL: no rule for this role */
	bool is_percent, is_rate;
};

#define PER(role, factor, places, words) .partner = (role), .times = (factor), .decimals = (places), .unit = (words)
#define RATE { PER(STAT_ROLE_CLOCK, 1e3, 3, "/sec"), .is_rate = true } /* a clock's value is in milliseconds */
#define SHARE(role, places, words) { PER(role, 100, places, words), .is_percent = true }

static const struct rule rules[] = {
	[STAT_ROLE_EVENT] = RATE,
	[STAT_ROLE_CYCLES] = { PER(STAT_ROLE_CLOCK, 1e-6, 3, "GHz") },
	[STAT_ROLE_INSTRUCTIONS] = { PER(STAT_ROLE_CYCLES, 1, 2, "insn per cycle") },
	[STAT_ROLE_STALLED_FRONTEND] = SHARE(STAT_ROLE_CYCLES, 2, "frontend cycles idle"),
	[STAT_ROLE_STALLED_BACKEND] = SHARE(STAT_ROLE_CYCLES, 2, "backend cycles idle"),
	[STAT_ROLE_BRANCHES] = RATE,
	[STAT_ROLE_BRANCH_MISSES] = SHARE(STAT_ROLE_BRANCHES, 2, "of all branches"),
	[STAT_ROLE_CACHE_REFERENCES] = RATE,
	[STAT_ROLE_CACHE_MISSES] = SHARE(STAT_ROLE_CACHE_REFERENCES, 3, "of all cache refs"),
	[STAT_ROLE_L1D] = RATE,
	[STAT_ROLE_L1D_MISSES] = SHARE(STAT_ROLE_L1D, 2, "of all L1-dcache accesses"),
	[STAT_ROLE_L1I] = RATE,
	[STAT_ROLE_L1I_MISSES] = SHARE(STAT_ROLE_L1I, 2, "of all L1-icache accesses"),
	[STAT_ROLE_LLC] = RATE,
	[STAT_ROLE_LLC_MISSES] = SHARE(STAT_ROLE_LLC, 2, "of all LL-cache accesses"),
	[STAT_ROLE_DTLB] = RATE,
	[STAT_ROLE_DTLB_MISSES] = SHARE(STAT_ROLE_DTLB, 2, "of all dTLB cache accesses"),
	[STAT_ROLE_ITLB] = RATE,
	[STAT_ROLE_ITLB_MISSES] = SHARE(STAT_ROLE_ITLB, 2, "of all iTLB cache accesses"),
	[STAT_ROLE_OTHER_HARDWARE] = RATE,
};

/* ---- families ---------------------------------------------------------------------------------------------------- */

/* All rows of one key and one cgroup, in the report's order. */
struct family {
	const struct stat_row **at;
	size_t n;
};

static int compare_names(const char *a, const char *b)
{
	if (a == b)
		return 0;
	return a && b ? strcmp(a, b) : a ? 1 : -1;
}

static int compare_owners(const struct stat_row *a, const struct stat_row *b)
{
	int order = compare_names(a->cgroup, b->cgroup);

	return order ? order : compare_names(a->key, b->key);
}

static int compare_rows(const void *left, const void *right)
{
	const struct stat_row *a = *(const struct stat_row *const *)left, *b = *(const struct stat_row *const *)right;
	int order = compare_owners(a, b);

	return order ? order : a < b ? -1 : a > b;
}

/* NULL when there is none that could be divided by. */
static const struct stat_row *find_partner(const struct family *f, const struct stat_row *row, enum stat_role role)
{
	const struct stat_row *first = NULL;

	for (size_t i = 0; i < f->n; i++) {
		const struct stat_row *other = f->at[i];

		if (other->role != role || !stat_row_is_counted(other) || !(other->value.value > 0))
			continue;
		/* A clock knows no modes. */
		if (role != STAT_ROLE_CLOCK && other->domain != row->domain)
			continue;
		if (row->group && other->group == row->group)
			return other;
		if (!first)
			first = other;
	}
	return first;
}

/* ---- metrics ----------------------------------------------------------------------------------------------------- */

/* A quotient of numbers may still be none. */
static void add_metric(struct stat_derived *out, struct stat_metric metric)
{
	if (isfinite(metric.value))
		out->at[out->n++] = metric;
}

static void derive_clock(const struct stat_report *report, const struct stat_row *row, struct stat_derived *out)
{
	struct stat_metric metric = { .decimals = 3, .unit = "CPUs utilized" };

	if (!(report->elapsed.value > 0))
		return;
	metric.value = row->value.value / 1e3 / report->elapsed.value;
	add_metric(out, metric);
}

static void derive_by_rule(const struct family *f, const struct stat_row *row, struct stat_derived *out)
{
	const struct rule *rule = &rules[row->role];
	const struct stat_row *partner = rule->unit ? find_partner(f, row, rule->partner) : NULL;

	struct stat_metric metric = { .decimals = rule->decimals, .unit = rule->unit, .is_percent = rule->is_percent,
				      .is_rate = rule->is_rate };

	if (!partner)
		return;
	metric.value = row->value.value / partner->value.value * rule->times;
	add_metric(out, metric);
}

/* A cycle may be counted as stalled at both ends; so it is the larger of the two that is known to have been lost. */
static void derive_stalls(const struct family *f, const struct stat_row *row, struct stat_derived *out)
{
	const struct stat_row *front = find_partner(f, row, STAT_ROLE_STALLED_FRONTEND),
			      *back = find_partner(f, row, STAT_ROLE_STALLED_BACKEND);
	double stalled = fmax(front ? front->value.value : 0, back ? back->value.value : 0);
	struct stat_metric metric = { .decimals = 2, .unit = "stalled cycles per insn" };

	if (!(stalled > 0 && row->value.value > 0))
		return;
	metric.value = stalled / row->value.value;
	add_metric(out, metric);
}

static struct stat_derived derive_row(const struct stat_report *report, const struct family *f, const struct stat_row *row)
{
	struct stat_derived derived = { 0 };

	if (!stat_row_is_counted(row))
		return derived;
	if (row->role == STAT_ROLE_CLOCK)
		derive_clock(report, row, &derived);
	else
		derive_by_rule(f, row, &derived);
	if (row->role == STAT_ROLE_INSTRUCTIONS)
		derive_stalls(f, row, &derived);
	return derived;
}

void stat_derive(const struct stat_report *report, struct stat_derived_vec *out)
{
	const struct stat_row **sorted = xcalloc(report->rows.n + 1, sizeof(*sorted));
	struct family family = { .at = sorted };

	for (size_t i = 0; i < report->rows.n; i++)
		sorted[i] = &report->rows.at[i];
	qsort(sorted, report->rows.n, sizeof(*sorted), compare_rows);
	vec_reserve(out, report->rows.n);
	out->n = report->rows.n;
	for (const struct stat_row **end = sorted + report->rows.n; family.at < end; family.at += family.n) {
		for (family.n = 1; family.at + family.n < end; family.n++)
			if (compare_owners(family.at[0], family.at[family.n]) != 0)
				break;
		for (size_t i = 0; i < family.n; i++)
			out->at[family.at[i] - report->rows.at] = derive_row(report, &family, family.at[i]);
	}
	free(sorted);
}

struct stat_metric stat_metric_shorten(struct stat_metric metric)
{
	static const char *const units[] = { "/sec", "K/sec", "M/sec", "G/sec" };
	size_t i = 0;

	if (!metric.is_rate)
		return metric;
	while (metric.value > 1000 && i + 1 < sizeof(units) / sizeof(units[0])) {
		metric.value /= 1000;
		i++;
	}
	metric.unit = units[i];
	return metric;
}
