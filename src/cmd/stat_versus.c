/*
 * Two commands in pairs, A B, B A, A B ...: which goes first changes, so that a machine that grows slower does not speak
 * against the second. A first pair warms caches and is not counted.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include "base/cleanup.h"
#include "src/cmd/stat.h"
#include "src/stat/compare.h"

enum { USUAL_PAIRS = 10 };

struct value_vec VEC_OF(double);

struct side {
	char **argv;
	int status;              /* of the first run that failed, else 0 */
	struct side_vec VEC_OF(struct value_vec) values; /* by row, then by pair; row 0 is elapsed */
};

struct versus {
	struct stat_job *job;
	struct side a, b;
	struct stat_report shape; /* the rows of one run: their names and units */
	struct tally tally;       /* of the run at hand; the shape borrows its names */
	bool is_interrupted;
};

/* ---- the second command ------------------------------------------------------------------------------------------ */

/* Words as a shell makes them. What only a shell can do is left to one, so that it is clear whose time is measured. */
static int split_words(const char *text, wordexp_t *out, struct error *err)
{
	int code = wordexp(text, out, WRDE_NOCMD);

	if (code == 0 && out->we_wordc)
		return 0;
	if (code == 0)
		return error_set(err, EINVAL, "--vs takes a command, and was given nothing but blanks");
	if (code == WRDE_NOSPACE)
		return error_errno(err, ENOMEM, "--vs");
	return error_set(err, EINVAL, "--vs '%s' takes a shell to run: write --vs \"sh -c '...'\", and the other command the same "
				      "way", text);
}

/* ---- one run ----------------------------------------------------------------------------------------------------- */

static struct value_vec *values_of(struct side *side, size_t row)
{
	while (side->values.n <= row)
		*vec_push(&side->values) = (struct value_vec){ 0 };
	return &side->values.at[row];
}

static void keep_values(struct versus *v, struct side *side, const struct counting *c)
{
	const struct tally_run run = {
		.counters = &c->counters, .readings = c->readings, .elapsed = counting_elapsed(c), .user = NAN, .sys = NAN,
	};

	tally_clear(&v->tally);
	tally_add(&v->tally, &run);
	v->shape.rows.n = 0;
	tally_report(&v->tally, &v->shape);
	*vec_push(values_of(side, 0)) = run.elapsed * 1000;
	for (size_t i = 0; i < v->shape.rows.n; i++) {
		const struct stat_row *row = &v->shape.rows.at[i];

		*vec_push(values_of(side, i + 1)) = row->state == STAT_COUNTED ? row->value.value : NAN;
	}
}

/* 0, or the exit status that ends it all. */
static int run_side(struct versus *v, struct side *side, bool is_kept, struct error *err)
{
	struct counting_config config = stat_counting(v->job);
	struct counting c = COUNTING_INIT;
	int status = 0;

	config.argv = side->argv;
	if (counting_run(&c, &config, err) < 0) {
		status = stat_failed(&c, err);
	} else {
		v->is_interrupted = stat_is_interrupted(v->job, &c);
		if (!v->is_interrupted && !side->status)
			side->status = child_exit_status(&c.child);
		if (!v->is_interrupted && is_kept)
			keep_values(v, side, &c);
		stat_explain(v->job, &c);
	}
	counting_done(&c);
	return status;
}

static int run_pair(struct versus *v, size_t pair, bool is_kept, struct error *err)
{
	struct side *first = pair % 2 ? &v->b : &v->a, *second = pair % 2 ? &v->a : &v->b;
	int status = run_side(v, first, is_kept, err);

	return status || v->is_interrupted ? status : run_side(v, second, is_kept, err);
}

/* ---- all runs ---------------------------------------------------------------------------------------------------- */

static void show_progress(const struct stat_job *job, size_t pair, size_t pairs)
{
	if (job->options.quiet || !isatty(STDERR_FILENO))
		return;
	if (pair == 0)
		fprintf(stderr, "\r\033[Kfpprof: warming up");
	else if (pair <= pairs)
		fprintf(stderr, "\r\033[Kfpprof: pair %zu of %zu", pair, pairs);
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static int run_pairs(struct versus *v, struct error *err)
{
	size_t pairs = v->job->options.runs > 0 ? (size_t)v->job->options.runs : USUAL_PAIRS;
	int status = 0;

	for (size_t pair = 0; pair <= pairs && !status && !v->is_interrupted; pair++) {
		show_progress(v->job, pair, pairs);
		status = run_pair(v, pair, pair > 0, err);
	}
	show_progress(v->job, pairs + 1, pairs);
	return status;
}

/* ---- the comparison ---------------------------------------------------------------------------------------------- */

static bool is_time(const struct stat_row *row)
{
	return row->role == STAT_ROLE_CLOCK || row->role == STAT_ROLE_CYCLES;
}

static void add_compared(struct stat_comparison *c, struct versus *v, size_t row, struct stat_compared compared)
{
	if (row >= v->a.values.n || row >= v->b.values.n)
		return;
	compared.a = v->a.values.at[row].at;
	compared.b = v->b.values.at[row].at;
	*vec_push(&c->rows) = compared;
}

static void fill_comparison(struct versus *v, struct stat_comparison *c)
{
	size_t of_a = values_of(&v->a, 0)->n, of_b = values_of(&v->b, 0)->n;

	c->pairs = of_a < of_b ? of_a : of_b;
	c->exit_a = v->a.status;
	c->exit_b = v->b.status;
	add_compared(c, v, 0, (struct stat_compared){ .name = "elapsed", .unit = "msec", .lower_is_faster = true });
	for (size_t i = 0; i < v->shape.rows.n; i++) {
		const struct stat_row *row = &v->shape.rows.at[i];

		add_compared(c, v, i + 1, (struct stat_compared){ .name = row->event, .unit = row->unit, .is_exact = row->is_exact,
								  .lower_is_faster = is_time(row) });
	}
	for (size_t i = 0; i < v->job->notes.n && !v->job->options.quiet; i++)
		*vec_push(&c->notes) = v->job->notes.at[i];
}

static int write_comparison(struct versus *v, struct error *err)
{
	struct stat_job *job = v->job;
	cleanup_free char *command_a = stat_join(v->a.argv);
	cleanup_buf struct buf bytes = { 0 };
	struct stat_comparison c = { .command_a = command_a, .command_b = job->options.versus };
	int rc;

	fill_comparison(v, &c);
	if (job->options.json)
		stat_compare_json(&c, &bytes);
	else if (job->options.separator)
		stat_compare_csv(&c, job->style.separator, &bytes);
	else
		stat_compare_text(&c, &bytes);
	vec_free(&c.rows);
	vec_free(&c.notes);
	rc = sink_write(&job->sink, &bytes, err);
	return rc < 0 ? rc : sink_commit(&job->sink, err);
}

static void side_done(struct side *side)
{
	for (size_t i = 0; i < side->values.n; i++)
		vec_free(&side->values.at[i]);
	vec_free(&side->values);
}

int stat_versus(struct stat_job *job, struct error *err)
{
	const struct tally_config rows = { .hides_missing = true, .is_unscaled = job->options.no_scale };
	struct versus v = { .job = job, .a = { .argv = job->argv } };
	wordexp_t words = { 0 };
	int status;

	if (split_words(job->options.versus, &words, err) < 0)
		return EXIT_USAGE;
	v.b.argv = words.we_wordv;
	tally_init(&v.tally, &rows);
	status = run_pairs(&v, err);
	if (!status)
		status = write_comparison(&v, err) < 0 ? EXIT_FAILED : v.a.status ? v.a.status : v.b.status;
	if (!status && v.is_interrupted)
		status = 128 + (job->signals.last ? job->signals.last : SIGINT);
	tally_free(&v.tally);
	vec_free(&v.shape.rows);
	side_done(&v.a);
	side_done(&v.b);
	wordfree(&words);
	return status;
}
