/*
 * perf's fields in perf's order, which is not the one of its manual: the variance comes before the running time. A line has
 * the same number of fields whatever it tells, and user-chosen text cannot break out of its field.
 */
#include "src/stat/derive.h"
#include "src/stat/figures.h"
#include "src/stat/print.h"
#include "src/stat/report.h"
#include "src/stat/usage.h"

struct csv {
	const struct stat_report *report;
	const char *separator;
	bool has_cgroups;
	bool in_line; /* a field stands before */
	struct buf *out;
};

static void add_field(struct csv *c, const char *text)
{
	if (c->in_line)
		buf_puts(c->out, c->separator);
	c->in_line = true;
	stat_csv_field(text, c->separator, c->out);
}

static void add_number(struct csv *c, int decimals, double value, const char *unit)
{
	cleanup_buf struct buf text = { 0 };

	buf_printf(&text, "%.*f%s", decimals, value, unit);
	add_field(c, text.at);
}

static void end_line(struct csv *c)
{
	buf_putc(c->out, '\n');
	c->in_line = false;
}

static void add_owner(struct csv *c, const struct stat_row *row)
{
	if (c->report->time >= 0)
		add_number(c, 9, c->report->time, "");
	if (c->report->keyed != STAT_NOT_KEYED)
		add_field(c, row->key ? row->key : "");
}

static void add_value(struct csv *c, const struct stat_row *row)
{
	if (stat_row_is_counted(row))
		add_number(c, stat_row_decimals(c->report, row), row->value.value, "");
	else
		add_field(c, row->state == STAT_NOT_SUPPORTED ? "<not supported>" : "<not counted>");
}

static void add_variance(struct csv *c, const struct stat_row *row)
{
	double percent = stat_row_is_counted(row) ? stat_mean_percent(&row->value) : 0;

	if (isfinite(percent))
		add_number(c, 2, percent, "%");
	else
		add_field(c, "");
}

static void add_metric(struct csv *c, const struct stat_metric *metric)
{
	struct stat_metric shown;

	if (!metric) {
		add_field(c, "");
		add_field(c, "");
		return;
	}
	shown = stat_metric_shorten(*metric);
	add_number(c, shown.decimals, shown.value, "");
	add_field(c, shown.unit);
}

static void add_row(struct csv *c, const struct stat_row *row, const struct stat_metric *metric)
{
	add_owner(c, row);
	add_value(c, row);
	add_field(c, row->unit);
	add_field(c, row->event);
	if (c->has_cgroups)
		add_field(c, row->cgroup ? row->cgroup : "");
	if (c->report->runs > 1)
		add_variance(c, row);
	add_number(c, 0, row->running_ns, "");
	add_number(c, 2, stat_row_percent_running(row), "");
	add_metric(c, metric);
	end_line(c);
}

/* Only the last two fields tell something; the others are there. */
static void add_second_metric(struct csv *c, const struct stat_row *row, const struct stat_metric *metric)
{
	int empty = 5 + c->has_cgroups + (c->report->runs > 1);

	add_owner(c, row);
	for (int i = 0; i < empty; i++)
		add_field(c, "");
	add_metric(c, metric);
	end_line(c);
}

static void add_times(struct csv *c)
{
	struct stat_row_vec rows = { 0 };

	stat_time_rows(c->report, &rows);
	if (c->report->shows_rusage)
		stat_rusage_rows(c->report, &rows);
	for (size_t i = 0; i < rows.n; i++)
		add_row(c, &rows.at[i], NULL);
	vec_free(&rows);
}

void stat_write_csv(const struct stat_report *report, const struct stat_style *style, struct buf *out)
{
	struct csv c = { .report = report, .separator = style->separator, .has_cgroups = stat_has_cgroups(report), .out = out };
	struct stat_derived_vec derived = { 0 };

	stat_derive(report, &derived);
	for (size_t i = 0; i < derived.n; i++) {
		const struct stat_derived *d = &derived.at[i];

		add_row(&c, &report->rows.at[i], d->n ? &d->at[0] : NULL);
		for (size_t k = 1; k < d->n; k++)
			add_second_metric(&c, &report->rows.at[i], &d->at[k]);
	}
	vec_free(&derived);
	if (report->time < 0)
		add_times(&c);
}
