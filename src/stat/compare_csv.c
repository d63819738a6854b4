/*
 * Not perf's columns, for perf has no such table; so a line of their names comes first. One line a figure, and no
 * other: a line of another kind would be met by every reader as a figure that it does not know.
 */
#include <math.h>

#include "src/stat/compare.h"
#include "src/stat/print.h"

static const char *const column_names[] = {
	"figure", "unit", "a_median", "b_median", "a_mean", "b_mean", "ratio", "low", "high", "pairs", "left_out",
	"difference", "exit_a", "exit_b",
};

struct csv {
	const char *separator;
	struct buf *out;
	bool has_field; /* on this line */
};

static void add_text(struct csv *csv, const char *text)
{
	if (csv->has_field)
		buf_puts(csv->out, csv->separator);
	csv->has_field = true;
	stat_csv_field(text, csv->separator, csv->out);
}

/* Empty for what is not known. A field like any other: the separator may be one that numbers contain. */
static void add_number(struct csv *csv, double value, int digits)
{
	cleanup_buf struct buf text = { 0 };

	if (isfinite(value))
		buf_printf(&text, "%.*g", digits, value);
	add_text(csv, text.n ? text.at : "");
}

static void end_line(struct csv *csv)
{
	buf_putc(csv->out, '\n');
	csv->has_field = false;
}

static void add_row(struct csv *csv, const struct stat_comparison *c, size_t row)
{
	enum { VALUE_DIGITS = 15, RATIO_DIGITS = 9, COUNT_DIGITS = 15 };
	struct stat_finding f = stat_find(c, row);
	const struct stat_ratio *r = &f.ratio;

	add_text(csv, c->rows.at[row].name);
	add_text(csv, c->rows.at[row].unit);
	add_number(csv, f.a.median, VALUE_DIGITS);
	add_number(csv, f.b.median, VALUE_DIGITS);
	add_number(csv, f.a.mean, VALUE_DIGITS);
	add_number(csv, f.b.mean, VALUE_DIGITS);
	add_number(csv, r->is_known ? r->ratio : NAN, RATIO_DIGITS);
	add_number(csv, r->is_known ? r->low : NAN, RATIO_DIGITS);
	add_number(csv, r->is_known ? r->high : NAN, RATIO_DIGITS);
	add_number(csv, (double)r->pairs, COUNT_DIGITS);
	add_number(csv, (double)r->left_out, COUNT_DIGITS);
	add_text(csv, stat_judgement_name(f.judgement));
	add_number(csv, c->exit_a, COUNT_DIGITS);
	add_number(csv, c->exit_b, COUNT_DIGITS);
	end_line(csv);
}

void stat_compare_csv(const struct stat_comparison *c, const char *separator, struct buf *out)
{
	struct csv csv = { .separator = separator, .out = out };

	for (size_t i = 0; i < sizeof(column_names) / sizeof(column_names[0]); i++)
		add_text(&csv, column_names[i]);
	end_line(&csv);
	for (size_t i = 0; i < c->rows.n; i++)
		add_row(&csv, c, i);
}
