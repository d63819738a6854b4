/* The same for every locale: printf's own grouping would follow the user's, and no script could read it. */
#include "src/stat/print.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

void stat_csv_field(const char *text, const char *separator, struct buf *out)
{
	cleanup_buf struct buf clean = { 0 };

	utf8_clean(text, strlen(text), &clean);
	if (!clean.n)
		return;
	if (!strstr(clean.at, separator) && !strchr(clean.at, '"')) {
		buf_add(out, clean.at, clean.n);
		return;
	}
	buf_putc(out, '"');
	for (const char *at = clean.at; *at; at++) {
		if (*at == '"')
			buf_putc(out, '"');
		buf_putc(out, *at);
	}
	buf_putc(out, '"');
}

void stat_group_number(double value, int decimals, bool group, struct buf *out)
{
	cleanup_buf struct buf plain = { 0 };
	size_t whole;

	buf_printf(&plain, "%.*f", decimals, value);
	whole = strcspn(plain.at, ".");
	for (size_t i = 0; i < whole; i++) {
		size_t left = whole - i - 1;

		buf_putc(out, plain.at[i]);
		if (group && isdigit((unsigned char)plain.at[i]) && left && left % 3 == 0)
			buf_putc(out, ',');
	}
	buf_puts(out, plain.at + whole);
}

/* A mean of few counts is seldom whole: 0 would be untrue for one switch in three runs. */
int stat_row_decimals(const struct stat_report *report, const struct stat_row *row)
{
	double value = row->value.value;
	bool reads_whole = report->runs == 1 || value >= 100 || value == floor(value);

	return row->is_exact && reads_whole ? 0 : 2;
}

double stat_row_percent_running(const struct stat_row *row)
{
	return row->enabled_ns > 0 ? 100 * row->running_ns / row->enabled_ns : 0;
}

bool stat_has_cgroups(const struct stat_report *report)
{
	for (size_t i = 0; i < report->rows.n; i++)
		if (report->rows.at[i].cgroup)
			return true;
	return false;
}
