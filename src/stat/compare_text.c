/*
 * For a person: the commands, a table with a word behind each figure that differs, the verdict, and then what has to be
 * known to read them rightly. The table shows medians, because they fit the ratios beside them: one stray run moves
 * neither.
 */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "src/stat/compare.h"
#include "src/stat/print.h"
#include "src/stat/ranks.h"

enum { WIDTH = 80, RATIO_DECIMALS = 3 };

enum column { NAME, SIDE_A, SIDE_B, RATIO, INTERVAL, JUDGEMENT, COLUMNS };

struct line {
	struct buf cell[COLUMNS];
};

struct line_vec VEC_OF(struct line);

static void add_clean(const char *text, struct buf *out)
{
	utf8_clean(text, strlen(text), out);
}

/* ---- sentences --------------------------------------------------------------------------------------------------- */

/* Every sentence begins with a blank, as all of the report does, and is broken where the next word would not fit. */
static void add_sentence(const char *text, struct buf *out)
{
	size_t used = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t n = strcspn(text, " ");

		if (used && used + 1 + n > WIDTH) {
			buf_putc(out, '\n');
			used = 0;
		}
		buf_putc(out, ' ');
		buf_add(out, text, n);
		used += 1 + n;
		text += n;
	}
	buf_putc(out, '\n');
}

static void add_strays(size_t a, size_t b, size_t pairs, struct buf *out)
{
	cleanup_buf struct buf text = { 0 };

	if (!a && !b)
		return;
	buf_printf(&text, "%zu of A's %zu runs and %zu of B's took more than %g times their median.", a, pairs, b,
		   stat_stray_factor);
	add_sentence(text.at, out);
}

static void add_left_out(const struct stat_comparison *c, size_t row, const struct stat_finding *f, struct buf *out)
{
	cleanup_buf struct buf text = { 0 };

	if (!f->ratio.is_known || !f->ratio.left_out)
		return;
	add_clean(c->rows.at[row].name, &text);
	buf_printf(&text, ": %zu of %zu pairs are left out (not counted, or 0 for both)%s.", f->ratio.left_out,
		   c->pairs, f->judgement == STAT_NOT_JUDGED ? ", and too few are left to judge it by" : "");
	add_sentence(text.at, out);
}

/* What the words behind the counters rest on. */
static void add_level(const struct stat_comparison *c, struct buf *out)
{
	size_t counters = c->rows.n - 1;
	double doubt = counters ? stat_doubt(c, 1) : 0;
	cleanup_buf struct buf text = { 0 };

	if (!counters || c->pairs < 2)
		return;
	if (c->pairs < ranks_needed(doubt))
		buf_printf(&text,
			   "Only the elapsed time is judged: %zu pairs are too few to judge %zu more figures by, "
			   "%zu would do.", c->pairs, counters, ranks_needed(doubt));
	else
		buf_printf(&text,
			   "The elapsed time is judged at 95 %% confidence, each figure below it at %.4g %%, so that "
			   "a false difference shows among all of those in 1 table of 20 at most.", 100 * (1 - doubt));
	add_sentence(text.at, out);
}

/* ---- table ------------------------------------------------------------------------------------------------------- */

static void add_value(const struct stat_compared *row, double value, struct buf *out)
{
	bool is_whole = value == floor(value);

	if (isnan(value))
		buf_puts(out, "<not counted>");
	else
		stat_group_number(value, row->is_exact ? !is_whole : 2, true, out);
}

static void add_ratio(const struct stat_ratio *r, struct line *line)
{
	int decimals = stat_ratio_decimals(r->low, r->high, RATIO_DECIMALS);

	if (!r->is_known) {
		buf_putc(&line->cell[RATIO], '-');
		return;
	}
	stat_group_number(r->ratio, decimals, true, &line->cell[RATIO]);
	stat_group_number(r->low, decimals, true, &line->cell[INTERVAL]);
	buf_puts(&line->cell[INTERVAL], " - ");
	stat_group_number(r->high, decimals, true, &line->cell[INTERVAL]);
}

static const char *judgement_word(enum stat_judgement judgement, bool lower_is_faster)
{
	switch (judgement) {
	case STAT_A_LESS:
		return lower_is_faster ? "A faster" : "A fewer";
	case STAT_A_MORE:
		return lower_is_faster ? "A slower" : "A more";
	case STAT_NONE_SEEN:
	case STAT_NOT_JUDGED:
		break;
	}
	return "";
}

static void fill_line(const struct stat_compared *row, const struct stat_finding *f, struct line *line)
{
	add_clean(row->name, &line->cell[NAME]);
	if (*row->unit) {
		buf_puts(&line->cell[NAME], " (");
		add_clean(row->unit, &line->cell[NAME]);
		buf_putc(&line->cell[NAME], ')');
	}
	add_value(row, f->a.median, &line->cell[SIDE_A]);
	add_value(row, f->b.median, &line->cell[SIDE_B]);
	add_ratio(&f->ratio, line);
	buf_puts(&line->cell[JUDGEMENT], judgement_word(f->judgement, row->lower_is_faster));
}

static void fill_heading(struct line *line)
{
	static const char *const heading[COLUMNS] = {
		[NAME] = "", [SIDE_A] = "A (median)", [SIDE_B] = "B (median)", [RATIO] = "A/B",
		[INTERVAL] = "95 % interval", [JUDGEMENT] = "",
	};

	for (size_t i = 0; i < COLUMNS; i++)
		buf_puts(&line->cell[i], heading[i]);
}

/* Cells are clean UTF-8: one column for each character that is not a continuation byte. */
static size_t columns(const struct buf *cell)
{
	size_t n = 0;

	for (size_t i = 0; i < cell->n; i++)
		n += (cell->at[i] & 0xc0) != 0x80;
	return n;
}

static size_t widest(const struct line_vec *lines, enum column column)
{
	size_t width = 0;

	for (size_t i = 0; i < lines->n; i++) {
		size_t n = columns(&lines->at[i].cell[column]);

		width = n > width ? n : width;
	}
	return width;
}

static void add_line(const struct line *line, const size_t width[COLUMNS], struct buf *out)
{
	static const bool is_to_the_right[COLUMNS] = { [SIDE_A] = true, [SIDE_B] = true, [RATIO] = true };
	size_t start = out->n;

	for (size_t i = 0; i < COLUMNS; i++) {
		const struct buf *cell = &line->cell[i];
		int padding = (int)(width[i] - columns(cell));

		buf_printf(out, "%*s", (i ? 2 : 1) + (is_to_the_right[i] ? padding : 0), "");
		buf_add(out, cell->at, cell->n);
		buf_printf(out, "%*s", is_to_the_right[i] ? 0 : padding, "");
	}
	while (out->n > start && out->at[out->n - 1] == ' ')
		out->n--;
	buf_putc(out, '\n');
}

static void add_lines(const struct line_vec *lines, struct buf *out)
{
	size_t width[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		width[i] = widest(lines, (enum column)i);
	for (size_t i = 0; i < lines->n; i++)
		add_line(&lines->at[i], width, out);
}

static struct line *new_line(struct line_vec *lines)
{
	struct line *line = vec_push(lines);

	*line = (struct line){ 0 };
	return line;
}

static void free_lines(struct line_vec *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		for (size_t j = 0; j < COLUMNS; j++)
			buf_free(&lines->at[i].cell[j]);
	vec_free(lines);
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static void add_commands(const struct stat_comparison *c, struct buf *out)
{
	buf_printf(out, "\n Performance counters of two commands, in %zu pair%s of runs:\n\n   A: ", c->pairs,
		   c->pairs == 1 ? "" : "s");
	add_clean(c->command_a, out);
	buf_puts(out, "\n   B: ");
	add_clean(c->command_b, out);
	buf_puts(out, "\n\n");
}

/* The table goes to `table`, what has to be said about its lines to `remarks`. */
static void add_findings(const struct stat_comparison *c, struct buf *table, struct buf *remarks)
{
	struct line_vec lines = { 0 };

	fill_heading(new_line(&lines));
	for (size_t i = 0; i < c->rows.n; i++) {
		struct stat_finding f = stat_find(c, i);

		fill_line(&c->rows.at[i], &f, new_line(&lines));
		add_left_out(c, i, &f, remarks);
		if (i == 0)
			add_strays(f.a.strays, f.b.strays, c->pairs, remarks);
	}
	add_lines(&lines, table);
	free_lines(&lines);
}

static void add_verdict(const struct stat_comparison *c, struct buf *out)
{
	cleanup_buf struct buf text = { 0 };

	stat_verdict(c, &text);
	buf_putc(out, '\n');
	add_sentence(text.at, out);
}

static void add_notes(const struct stat_comparison *c, struct buf *out)
{
	for (size_t i = 0; i < c->notes.n; i++) {
		cleanup_buf struct buf text = { 0 };

		add_clean(c->notes.at[i], &text);
		add_sentence(text.n ? text.at : "", out);
	}
}

void stat_compare_text(const struct stat_comparison *c, struct buf *out)
{
	cleanup_buf struct buf remarks = { 0 };

	add_commands(c, out);
	add_findings(c, out, &remarks);
	add_verdict(c, out);
	add_level(c, &remarks);
	add_notes(c, &remarks);
	if (remarks.n)
		buf_printf(out, "\n%s", remarks.at);
	buf_putc(out, '\n');
}
