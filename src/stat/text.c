/*
 * Columns, widths and words are those of perf stat 6.1, blanks at the ends of lines included: people and scripts read them
 * by heart. Where perf's columns do not line up these do; docs/stat-output.md lists every difference.
 */
#include <string.h>

#include "base/utf8.h"
#include "src/stat/derive.h"
#include "src/stat/figures.h"
#include "src/stat/print.h"
#include "src/stat/report.h"
#include "src/stat/usage.h"

enum { CPU_WIDTH = 10, COMM_WIDTH = 16, TID_WIDTH = 9, VALUE_WIDTH = 18, UNIT_WIDTH = 4, NAME_WIDTH = 32, METRIC_WIDTH = 35 };
enum { ELAPSED_WIDTH = 17, NANOSECOND_DECIMALS = 9, LONGEST_BAR = 60 };

struct text {
	const struct stat_report *report;
	const struct stat_style *style;
	enum stat_keyed keyed;
	bool has_cgroups;
	int unit_width, cgroup_width; /* of the longest */
	struct buf *out;
};

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* A character is taken for one column wide: text is clean before it gets here. */
static int columns(const struct buf *text)
{
	int n = 0;

	for (size_t i = 0; i < text->n; i++)
		n += ((unsigned char)text->at[i] & 0xc0) != 0x80;
	return n;
}

static void add_blanks(struct text *t, int n)
{
	buf_printf(t->out, "%*s", n > 0 ? n : 0, "");
}

static void clean(const char *text, struct buf *out)
{
	buf_clear(out);
	utf8_clean(text, strlen(text), out);
}

static void add_left(struct text *t, int width, const struct buf *text)
{
	buf_add(t->out, text->at, text->n);
	add_blanks(t, width - columns(text));
}

static void add_right(struct text *t, int width, const struct buf *text)
{
	add_blanks(t, width - columns(text));
	buf_add(t->out, text->at, text->n);
}

static void add_left_clean(struct text *t, int width, const char *text)
{
	cleanup_buf struct buf name = { 0 };

	clean(text, &name);
	add_left(t, width, &name);
}

static int widest(int width, const char *text)
{
	cleanup_buf struct buf name = { 0 };

	clean(text, &name);
	return columns(&name) > width ? columns(&name) : width;
}

/* "            make-1234     ": the dash is in the same column for all. */
static void add_thread(struct text *t, const char *key)
{
	cleanup_buf struct buf comm = { 0 };
	const char *dash = strrchr(key, '-');

	dash = dash ? dash : key + strlen(key);
	utf8_clean(key, (size_t)(dash - key), &comm);
	add_right(t, COMM_WIDTH, &comm);
	add_left_clean(t, TID_WIDTH, dash);
}

static void add_key(struct text *t, const char *key)
{
	if (t->keyed == STAT_NOT_KEYED)
		return;
	if (t->keyed == STAT_KEYED_BY_THREAD)
		add_thread(t, key);
	else
		add_left_clean(t, CPU_WIDTH, key);
	buf_putc(t->out, ' ');
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void add_owner(struct text *t, const struct stat_row *row)
{
	if (t->report->time >= 0)
		buf_printf(t->out, "%16.9f ", t->report->time);
	add_key(t, row->key ? row->key : "");
}

static void add_value(struct text *t, const struct stat_row *row)
{
	cleanup_buf struct buf value = { 0 };

	if (stat_row_is_counted(row))
		stat_group_number(row->value.value, stat_row_decimals(t->report, row), !t->style->no_grouping, &value);
	else
		buf_puts(&value, row->state == STAT_NOT_SUPPORTED ? "<not supported>" : "<not counted>");
	add_right(t, VALUE_WIDTH, &value);
}

/* Two decimals and what stands behind them take the columns of three decimals. */
static const char *sign_of(const struct stat_metric *metric)
{
	if (metric->decimals == 2)
		return metric->is_percent ? "%" : " ";
	return metric->is_percent ? " %" : "";
}

static void add_metric(struct text *t, struct stat_metric metric)
{
	cleanup_buf struct buf text = { 0 };

	metric = stat_metric_shorten(metric);
	buf_printf(&text, " # %*.*f%s %s", 5 + metric.decimals, metric.decimals, metric.value, sign_of(&metric), metric.unit);
	add_left(t, METRIC_WIDTH, &text);
}

static void add_error(struct text *t, const struct stat_mean *mean)
{
	double percent = stat_mean_percent(mean);

	if (isfinite(percent) && percent > 0)
		buf_printf(t->out, "  ( +-%6.2f%% )", percent);
}

static void add_running(struct text *t, const struct stat_row *row)
{
	if (row->running_ns < row->enabled_ns)
		buf_printf(t->out, "  (%.2f%%)", stat_row_percent_running(row));
}

static void add_row(struct text *t, const struct stat_row *row, const struct stat_derived *derived)
{
	add_owner(t, row);
	add_value(t, row);
	buf_putc(t->out, ' ');
	add_left_clean(t, t->unit_width, row->unit);
	buf_putc(t->out, ' ');
	add_left_clean(t, NAME_WIDTH, row->event);
	if (t->has_cgroups) {
		buf_putc(t->out, ' ');
		add_left_clean(t, t->cgroup_width, row->cgroup ? row->cgroup : "");
	}
	if (derived->n)
		add_metric(t, derived->at[0]);
	else
		add_blanks(t, METRIC_WIDTH);
	if (stat_row_is_counted(row))
		add_error(t, &row->value);
	add_running(t, row);
	buf_putc(t->out, '\n');
}

static void add_second_metric(struct text *t, const struct stat_row *row, struct stat_metric metric)
{
	add_owner(t, row);
	add_blanks(t, VALUE_WIDTH + 1 + t->unit_width + 1 + NAME_WIDTH + (t->has_cgroups ? 1 + t->cgroup_width : 0));
	add_metric(t, metric);
	buf_putc(t->out, '\n');
}

static void add_rows(struct text *t)
{
	struct stat_derived_vec derived = { 0 };

	stat_derive(t->report, &derived);
	for (size_t i = 0; i < derived.n; i++) {
		add_row(t, &t->report->rows.at[i], &derived.at[i]);
		for (size_t k = 1; k < derived.at[i].n; k++)
			add_second_metric(t, &t->report->rows.at[i], derived.at[i].at[k]);
	}
	vec_free(&derived);
}

/* ---- an interval ------------------------------------------------------------------------------------------------- */

static void add_column_names(struct text *t)
{
	buf_printf(t->out, "%-16s ", "#           time");
	add_key(t, t->keyed == STAT_KEYED_BY_THREAD ? "comm-pid" : "CPU");
	buf_printf(t->out, "%*s %*s events\n", VALUE_WIDTH, "counts", t->unit_width, "unit");
}

static void add_notes(struct text *t, const char *mark)
{
	for (size_t i = 0; i < t->report->notes.n; i++) {
		buf_puts(t->out, mark);
		add_left_clean(t, 0, t->report->notes.at[i]);
		buf_putc(t->out, '\n');
	}
}

static void add_interval(struct text *t)
{
	if (t->style->has_heading)
		add_column_names(t);
	add_rows(t);
	add_notes(t, "# ");
}

/* ---- a whole run ------------------------------------------------------------------------------------------------- */

static void add_heading(struct text *t)
{
	buf_puts(t->out, "\n Performance counter stats for ");
	add_left_clean(t, 0, t->report->what);
	if (t->report->runs > 1)
		buf_printf(t->out, " (%u runs)", t->report->runs);
	buf_puts(t->out, ":\n\n");
}

/* Two digits more than the error's first; a clock has no more than nanoseconds. */
static int decimals_for(double error)
{
	int decimals = 2;

	for (; error < 1 && decimals < NANOSECOND_DECIMALS; error *= 10)
		decimals++;
	return decimals;
}

/* A column for each 5 percent that a run is away from the mean. */
static void add_bar(struct text *t, double run, double mean)
{
	double columns = run > 0 ? fabs(run - mean) / run * 20 : LONGEST_BAR;

	for (int i = 0; i <= columns && i < LONGEST_BAR; i++)
		buf_putc(t->out, '#');
	buf_putc(t->out, '\n');
}

static void add_table(struct text *t, int decimals)
{
	double mean = t->report->elapsed.value;
	cleanup_buf struct buf number = { 0 };
	int indent;

	buf_printf(&number, " %*.*f", ELAPSED_WIDTH, decimals, mean);
	indent = (int)strspn(number.at, " ");
	buf_printf(t->out, "%*s# Table of individual measurements:\n", indent, "");
	for (unsigned int i = 0; i < t->report->runs; i++) {
		double run = t->report->each[i];

		buf_printf(t->out, " %*.*f (%+.*f) ", ELAPSED_WIDTH, decimals, run, decimals, run - mean);
		add_bar(t, run, mean);
	}
	buf_printf(t->out, "\n%*s# Final result:\n", indent, "");
}

static void add_elapsed(struct text *t)
{
	const struct stat_mean *elapsed = &t->report->elapsed;
	int decimals = t->report->runs > 1 ? decimals_for(elapsed->error) : NANOSECOND_DECIMALS;

	if (t->report->runs > 1 && t->report->shows_table && t->report->each)
		add_table(t, decimals);
	buf_printf(t->out, " %*.*f", ELAPSED_WIDTH, decimals, elapsed->value);
	if (t->report->runs > 1)
		buf_printf(t->out, " +- %.*f", decimals, elapsed->error);
	buf_puts(t->out, " seconds time elapsed");
	add_error(t, elapsed);
	buf_putc(t->out, '\n');
}

static void add_usage(struct text *t)
{
	struct text plain = { .report = t->report, .style = t->style, .unit_width = t->unit_width, .out = t->out };
	static const struct stat_derived none;
	struct stat_row_vec rows = { 0 };

	stat_rusage_rows(t->report, &rows);
	buf_putc(t->out, '\n');
	for (size_t i = 0; i < rows.n; i++)
		add_row(&plain, &rows.at[i], &none);
	vec_free(&rows);
}

static void add_command_times(struct text *t)
{
	buf_printf(t->out, "\n %*.9f seconds user\n", ELAPSED_WIDTH, t->report->rusage->user);
	buf_printf(t->out, " %*.9f seconds sys\n", ELAPSED_WIDTH, t->report->rusage->sys);
	if (t->report->shows_rusage)
		add_usage(t);
	buf_putc(t->out, '\n');
}

static void add_whole_run(struct text *t)
{
	add_heading(t);
	add_rows(t);
	if (t->report->rows.n)
		buf_putc(t->out, '\n');
	add_elapsed(t);
	if (t->report->rusage)
		add_command_times(t);
	buf_putc(t->out, '\n');
	add_notes(t, "Note: ");
}

void stat_write_text(const struct stat_report *report, const struct stat_style *style, struct buf *out)
{
	struct text t = { .report = report, .style = style, .keyed = report->keyed, .unit_width = UNIT_WIDTH, .out = out };

	t.has_cgroups = stat_has_cgroups(report);
	for (size_t i = 0; i < report->rows.n; i++) {
		const struct stat_row *row = &report->rows.at[i];

		t.unit_width = widest(t.unit_width, row->unit);
		t.cgroup_width = widest(t.cgroup_width, row->cgroup ? row->cgroup : "");
	}
	if (report->time >= 0)
		add_interval(&t);
	else
		add_whole_run(&t);
}
