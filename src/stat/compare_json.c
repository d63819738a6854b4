/*
 * One object a line, so that lines can be read as they come: a figure each, and last the verdict as data, with what a
 * script needs to trust it.
 */
#include <math.h>

#include "src/stat/compare.h"
#include "src/stat/json_line.h"

static json_t *count(size_t n)
{
	return json_integer((json_int_t)n);
}

static void add_ratio(json_t *object, const struct stat_ratio *r)
{
	json_object_set_new(object, "ratio", stat_json_number(r->is_known ? r->ratio : NAN));
	json_object_set_new(object, "low", stat_json_number(r->is_known ? r->low : NAN));
	json_object_set_new(object, "high", stat_json_number(r->is_known ? r->high : NAN));
	json_object_set_new(object, "pairs", count(r->pairs));
	json_object_set_new(object, "left-out", count(r->left_out));
}

static json_t *difference(enum stat_judgement judgement)
{
	return judgement == STAT_NOT_JUDGED ? json_null() : json_string(stat_judgement_name(judgement));
}

static json_t *figure(const struct stat_comparison *c, size_t row)
{
	const struct stat_compared *compared = &c->rows.at[row];
	struct stat_finding f = stat_find(c, row);
	json_t *object = stat_json_object();

	json_object_set_new(object, "figure", stat_json_text(compared->name));
	json_object_set_new(object, "unit", stat_json_text(compared->unit));
	json_object_set_new(object, "a-median", stat_json_number(f.a.median));
	json_object_set_new(object, "b-median", stat_json_number(f.b.median));
	json_object_set_new(object, "a-mean", stat_json_number(f.a.mean));
	json_object_set_new(object, "b-mean", stat_json_number(f.b.mean));
	add_ratio(object, &f.ratio);
	json_object_set_new(object, "difference", difference(f.judgement));
	return object;
}

static json_t *faster(enum stat_judgement judgement)
{
	return judgement == STAT_A_LESS ? json_string("A") : judgement == STAT_A_MORE ? json_string("B") : json_null();
}

/* How many more are needed, which may be none; null when that cannot be told. */
static json_t *more_pairs(const struct stat_comparison *c, size_t pairs)
{
	const struct stat_compared *elapsed = &c->rows.at[0];
	size_t needed = stat_pairs_to_tell(elapsed->a, elapsed->b, c->pairs, stat_told_percent);

	return needed ? count(needed > pairs ? needed - pairs : 0) : json_null();
}

static json_t *all_notes(const struct stat_comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->notes.n; i++)
		json_array_append_new(list, stat_json_text(c->notes.at[i]));
	return list;
}

static json_t *verdict(const struct stat_comparison *c)
{
	struct stat_finding f = stat_find(c, 0);
	cleanup_buf struct buf sentence = { 0 };
	json_t *object = stat_json_object();

	stat_verdict(c, &sentence);
	json_object_set_new(object, "faster", faster(f.judgement));
	add_ratio(object, &f.ratio);
	json_object_set_new(object, "more-pairs-to-tell-1-percent", more_pairs(c, f.ratio.pairs));
	json_object_set_new(object, "a-stray-runs", count(f.a.strays));
	json_object_set_new(object, "b-stray-runs", count(f.b.strays));
	json_object_set_new(object, "a-exit-status", json_integer(c->exit_a));
	json_object_set_new(object, "b-exit-status", json_integer(c->exit_b));
	json_object_set_new(object, "a-command", stat_json_text(c->command_a));
	json_object_set_new(object, "b-command", stat_json_text(c->command_b));
	json_object_set_new(object, "verdict", stat_json_text(sentence.at));
	json_object_set_new(object, "notes", all_notes(c));
	return object;
}

void stat_compare_json(const struct stat_comparison *c, struct buf *out)
{
	for (size_t i = 0; i < c->rows.n; i++)
		stat_json_line(figure(c, i), out);
	stat_json_line(verdict(c), out);
}
