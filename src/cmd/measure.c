/*
 * The names, factors and roundings are those of pprof, as people compare the numbers of the two, and scripts read them.
 */
#include "src/cmd/measure.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

struct unit {
	const char *name;       /* as printed */
	const char *aliases[3]; /* as read, without the plural's s; unused ones are NULL */
	double factor;
};

struct family {
	struct unit fallback; /* for values below the smallest unit, and unknown targets */
	struct unit units[9]; /* ascending; an unused one has no name */
};

static const struct family families[] = {
	{
		.fallback = { "B", { 0 }, 1 },
		.units = {
			{ "B", { "b", "byte" }, 1 },
			{ "kB", { "kb", "kbyte", "kilobyte" }, 0x1p10 },
			{ "MB", { "mb", "mbyte", "megabyte" }, 0x1p20 },
			{ "GB", { "gb", "gbyte", "gigabyte" }, 0x1p30 },
			{ "TB", { "tb", "tbyte", "terabyte" }, 0x1p40 },
			{ "PB", { "pb", "pbyte", "petabyte" }, 0x1p50 },
		},
	},
	{
		.fallback = { "s", { 0 }, 1e9 },
		.units = {
			{ "ns", { "ns", "nanosecond" }, 1 },
			{ "us", { "us", "microsecond" }, 1e3 },
			{ "ms", { "ms", "millisecond" }, 1e6 },
			{ "s", { "s", "sec", "second" }, 1e9 },
			{ "hrs", { "hour", "hr" }, 3600e9 },
		},
	},
	{
		.fallback = { "GCU", { 0 }, 1 },
		.units = {
			{ "n*GCU", { "nanogcu" }, 1e-9 },
			{ "u*GCU", { "microgcu" }, 1e-6 },
			{ "m*GCU", { "milligcu" }, 1e-3 },
			{ "GCU", { "gcu" }, 1 },
			{ "k*GCU", { "kilogcu" }, 1e3 },
			{ "M*GCU", { "megagcu" }, 1e6 },
			{ "G*GCU", { "gigagcu" }, 1e9 },
			{ "T*GCU", { "teragcu" }, 1e12 },
			{ "P*GCU", { "petagcu" }, 1e15 },
		},
	},
};

enum {
	FAMILIES = sizeof(families) / sizeof(families[0]),
	UNITS = sizeof(families[0].units) / sizeof(families[0].units[0]),
	ALIASES = sizeof(families[0].units[0].aliases) / sizeof(families[0].units[0].aliases[0]),
	UNIT_NAME_MAX = 16,
};

static const struct unit *find_alias(const struct family *family, const char *name)
{
	for (size_t i = 0; i < UNITS; i++)
		for (size_t k = 0; k < ALIASES && family->units[i].aliases[k]; k++)
			if (strcmp(family->units[i].aliases[k], name) == 0)
				return &family->units[i];
	return NULL;
}

static const struct unit *find_unit(const struct family *family, const char *name)
{
	char lower[UNIT_NAME_MAX];
	size_t n = strlen(name);

	if (n >= sizeof(lower))
		return NULL;
	for (size_t i = 0; i <= n; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	if (n > 2 && lower[n - 1] == 's')
		lower[n - 1] = '\0';
	return find_alias(family, lower);
}

static const struct unit *largest_unit(const struct family *family, double value)
{
	const struct unit *best = &family->fallback;
	double factor = 0;

	for (size_t i = 0; i < UNITS && family->units[i].name; i++) {
		if (family->units[i].factor >= factor && value / family->units[i].factor >= 1) {
			best = &family->units[i];
			factor = best->factor;
		}
	}
	return best;
}

static bool is_silent(const char *unit)
{
	static const char *const silent[] = { "count", "sample", "unit", "minimum", "auto" };

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (strcmp(unit, silent[i]) == 0)
			return true;
	return false;
}

double measure_scale(int64_t value, const char *from, const char *to, const char **unit)
{
	double base = fabs((double)value);

	for (size_t i = 0; i < FAMILIES; i++) {
		const struct unit *source = find_unit(&families[i], from), *target;

		if (!source)
			continue;
		base *= source->factor;
		target = strcmp(to, "auto") == 0 ? largest_unit(&families[i], base) : find_unit(&families[i], to);
		target = target ? target : &families[i].fallback;
		*unit = target->name;
		return (value < 0 ? -base : base) / target->factor;
	}
	*unit = is_silent(to) ? "" : to;
	return (double)value;
}

void measure_value(int64_t value, const char *from, const char *to, struct buf *out)
{
	const char *unit;
	double scaled = measure_scale(value, from, to, &unit);
	size_t start = out->n;

	buf_printf(out, "%.2f", scaled);
	if (out->n - start > 3 && strcmp(out->at + out->n - 3, ".00") == 0)
		out->at[out->n -= 3] = '\0';
	if (strcmp(out->at + start, "0") == 0 || strcmp(out->at + start, "-0") == 0) {
		out->n = start;
		buf_putc(out, '0');
		return;
	}
	buf_puts(out, unit);
}

void measure_percent(int64_t value, int64_t total, struct buf *out)
{
	double percent = total ? fabs((double)value / (double)total) * 100 : 0;

	if (percent >= 99.95 && percent <= 100.05)
		buf_puts(out, "  100%");
	else
		buf_printf(out, percent >= 1 ? "%5.2f%%" : "%5.2g%%", percent);
}
