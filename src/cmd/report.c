/*
 * `fpprof report` prints the table of `go tool pprof -top`, line by line, for machines without Go. Its reader is used to
 * that table, and so are scripts; tests/oracle/report_like_pprof.sh holds the two together.
 */
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "src/cmd/commands.h"
#include "src/cmd/measure.h"
#include "src/output/pprof.h"
#include "src/profile/query.h"

static const double node_fraction = 0.005, edge_fraction = 0.001; /* pprof's defaults */

struct report_options {
	bool cum;
	const char *focus, *type;
	double nodes;
};

#define FIELD(name) offsetof(struct report_options, name)

static const struct option report_options[] = {
	{ 0, "cum", NULL, OPTION_FLAG, FIELD(cum), 0, 0,
	  "Sort by the time in a function and all that it calls, not by the time in it alone." },
	{ 0, "focus", "RE", OPTION_TEXT, FIELD(focus), 0, 0,
	  "Only stacks in which a function, a source file or a mapped file matches this extended regular expression." },
	{ 0, "nodes", "N", OPTION_WHOLE, FIELD(nodes), 0, 1e9, "Only the first N rows." },
	{ 0, "type", "NAME", OPTION_TEXT, FIELD(type), 0, 0,
	  "Which of the profile's values, such as samples or cpu. Default: the one the profile names, else the last." },
	{ 0 },
};

struct report {
	const struct profile *p;
	const struct report_options *options;
	size_t type;
	struct top top;
	const char *unit, *shown_unit; /* of the values; in which they are printed */
	struct buf out;
};

static void add_clean(struct buf *out, const char *text)
{
	utf8_clean(text, strlen(text), out);
}

static void add_value(struct report *r, int64_t value)
{
	measure_value(value, r->unit, r->shown_unit, &r->out);
}

static void add_padded_value(struct report *r, int64_t value)
{
	struct buf text = { 0 };

	measure_value(value, r->unit, r->shown_unit, &text);
	buf_printf(&r->out, "%10s", text.at);
	buf_free(&text);
}

/* ---- units ------------------------------------------------------------------------------------------------------- */

static int64_t smallest_value(const struct top *top)
{
	int64_t least = 0;

	for (size_t i = 0; i < top->rows.n; i++) {
		int64_t value = profile_magnitude(top->rows.at[i].flat ? top->rows.at[i].flat : top->rows.at[i].cum);

		if (value && (!least || value < least))
			least = value;
	}
	return least ? least : top->total;
}

/* One unit for the whole table: the one of the smallest value, unless that would make long numbers of the large ones. */
static void choose_unit(struct report *r)
{
	const char *unit, *largest;
	int64_t least;

	r->shown_unit = "auto";
	if (!r->top.rows.n)
		return;
	least = smallest_value(&r->top);
	measure_scale(least, r->unit, "auto", &unit);
	measure_scale(r->top.total, r->unit, "auto", &largest);
	if (strcmp(unit, largest) != 0 && least <= INT64_MAX / 100 && least * 100 < r->top.total)
		measure_scale(least * 100, r->unit, "auto", &unit);
	r->shown_unit = *unit ? unit : r->unit;
}

/* ---- header ------------------------------------------------------------------------------------------------------ */

static void add_main_file(struct report *r)
{
	const struct mapping *main_mapping = r->p->mappings.at;
	const char *name;
	size_t n;

	if (!r->p->mappings.n)
		return;
	if (main_mapping->filename) {
		name = profile_base_name(profile_text(r->p, main_mapping->filename), &n);
		buf_puts(&r->out, "File: ");
		utf8_clean(name, n, &r->out);
		buf_putc(&r->out, '\n');
	}
	if (main_mapping->build_id) {
		buf_puts(&r->out, "Build ID: ");
		add_clean(&r->out, profile_text(r->p, main_mapping->build_id));
		buf_putc(&r->out, '\n');
	}
}

static bool is_repeated(const struct profile *p, size_t comment)
{
	for (size_t i = 0; i < comment; i++)
		if (p->comments.at[i] == p->comments.at[comment])
			return true;
	return false;
}

static void add_comments(struct report *r)
{
	for (size_t i = 0; i < r->p->comments.n; i++) {
		const char *text = profile_text(r->p, r->p->comments.at[i]);

		if (*text == '#' || is_repeated(r->p, i))
			continue;
		add_clean(&r->out, text);
		buf_putc(&r->out, '\n');
	}
}

static void add_time(struct report *r)
{
	time_t seconds = (time_t)(r->p->time_nanos / 1000000000);
	struct tm local;
	char text[80];

	if (r->p->time_nanos && localtime_r(&seconds, &local) &&
	    strftime(text, sizeof(text), "%b %-d, %Y at %-I:%M%P (%Z)", &local))
		buf_printf(&r->out, "Time: %s\n", text);
}

static void add_duration(struct report *r)
{
	const char *unit;
	double nanos = measure_scale(r->top.total, r->unit, "nanoseconds", &unit);

	if (!r->p->duration_nanos)
		return;
	buf_puts(&r->out, "Duration: ");
	measure_value(r->p->duration_nanos, "nanoseconds", "auto", &r->out);
	buf_puts(&r->out, ", Total samples = ");
	add_value(r, r->top.total);
	buf_putc(&r->out, ' ');
	if (strcmp(unit, "ns") == 0 && nanos > 0 && nanos < 0x1p63) {
		buf_putc(&r->out, '(');
		measure_percent((int64_t)nanos, r->p->duration_nanos, &r->out);
		buf_putc(&r->out, ')');
	}
	buf_putc(&r->out, '\n');
}

static void add_filters(struct report *r)
{
	struct buf text = { 0 };

	if (!r->options->focus)
		return;
	buf_printf(&text, "focus=%s", r->options->focus);
	buf_puts(&r->out, "Active filters:\n   ");
	utf8_clean(text.at, text.n < 80 ? text.n : 80, &r->out);
	buf_puts(&r->out, text.n > 80 ? "…\n" : "\n");
	buf_free(&text);
}

static void add_accounting(struct report *r)
{
	struct buf percent = { 0 };

	measure_percent(r->top.shown, r->top.total, &percent);
	buf_puts(&r->out, "Showing nodes accounting for ");
	add_value(r, r->top.shown);
	buf_printf(&r->out, ", %s of ", percent.at + strspn(percent.at, " "));
	add_value(r, r->top.total);
	buf_puts(&r->out, " total\n");
	buf_free(&percent);
	if (r->top.total && r->top.dropped) {
		buf_printf(&r->out, "Dropped %zu node%s (cum <= ", r->top.dropped, r->top.dropped > 1 ? "s" : "");
		add_value(r, profile_magnitude((int64_t)((double)r->top.total * node_fraction)));
		buf_puts(&r->out, ")\n");
	}
	if (r->top.total && r->top.rows.n && r->top.rows.n < r->top.candidates)
		buf_printf(&r->out, "Showing top %zu nodes out of %zu\n", r->top.rows.n, r->top.candidates);
}

static void add_header(struct report *r)
{
	add_main_file(r);
	add_comments(r);
	if (r->p->types[r->type].type) {
		buf_puts(&r->out, "Type: ");
		add_clean(&r->out, profile_text(r->p, r->p->types[r->type].type));
		buf_putc(&r->out, '\n');
	}
	add_time(r);
	add_duration(r);
	add_filters(r);
	add_accounting(r);
}

/* ---- table ------------------------------------------------------------------------------------------------------- */

static void add_row(struct report *r, const struct top_row *row, int64_t sum)
{
	static const char *const marks[] = {
		[TOP_CALLED] = "", [TOP_PARTLY_INLINED] = " (partial-inline)", [TOP_INLINED] = " (inline)",
	};

	add_padded_value(r, row->flat);
	buf_putc(&r->out, ' ');
	measure_percent(row->flat, r->top.total, &r->out);
	buf_putc(&r->out, ' ');
	measure_percent(sum, r->top.total, &r->out);
	buf_putc(&r->out, ' ');
	add_padded_value(r, row->cum);
	buf_putc(&r->out, ' ');
	measure_percent(row->cum, r->top.total, &r->out);
	buf_puts(&r->out, "  ");
	add_clean(&r->out, row->name);
	buf_printf(&r->out, "%s\n", marks[row->inlined]);
}

static void add_table(struct report *r)
{
	int64_t sum = 0;

	buf_puts(&r->out, "      flat  flat%   sum%        cum   cum%\n");
	for (size_t i = 0; i < r->top.rows.n; i++) {
		sum = profile_sum(sum, r->top.rows.at[i].flat);
		add_row(r, &r->top.rows.at[i], sum);
	}
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int find_type(const struct profile *p, const char *name, size_t *type, struct error *err)
{
	struct buf known = { 0 };

	*type = profile_default_type(p);
	for (size_t i = 0; name && i < p->n_types; i++) {
		if (strcmp(profile_text(p, p->types[i].type), name) == 0) {
			*type = i;
			name = NULL;
		}
	}
	if (!name)
		return 0;
	for (size_t i = 0; i < p->n_types; i++) {
		buf_puts(&known, i ? ", " : "");
		add_clean(&known, profile_text(p, p->types[i].type));
	}
	error_set(err, EINVAL, "the profile has no values of type '%s'; it has %s", name, known.at);
	buf_free(&known);
	return -EINVAL;
}

static int compile_focus(const char *text, regex_t *focus, struct error *err)
{
	char why[128];
	int rc = regcomp(focus, text, REG_EXTENDED | REG_NOSUB);

	if (!rc)
		return 0;
	regerror(rc, focus, why, sizeof(why));
	return error_set(err, EINVAL, "--focus '%s' is no regular expression: %s", text, why);
}

static int print(const struct buf *out, struct error *err)
{
	if (fwrite(out->at, 1, out->n, stdout) != out->n || fflush(stdout) != 0)
		return error_errno(err, errno, "cannot write the report to standard output");
	return 0;
}

static int report(const struct profile *p, const struct report_options *options, const regex_t *focus,
		  struct error *err)
{
	struct report r = { .p = p, .options = options };
	int rc = find_type(p, options->type, &r.type, err);
	struct top_options top = {
		.type = r.type, .by_cum = options->cum, .focus = focus, .max_rows = (size_t)options->nodes,
		.node_fraction = node_fraction, .edge_fraction = edge_fraction,
	};

	if (rc)
		return rc;
	profile_top(p, &top, &r.top);
	r.unit = profile_text(p, p->types[r.type].unit);
	choose_unit(&r);
	add_header(&r);
	add_table(&r);
	if (focus && !r.top.rows.n)
		log_note("no sample has a function, source file or mapped file that matches --focus '%s'", options->focus);
	rc = print(&r.out, err);
	top_free(&r.top);
	buf_free(&r.out);
	return rc;
}

static int read_profile(const char *path, struct profile *p, struct error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	struct buf bytes = { 0 };
	int rc = is_stdin ? file_read_fd(STDIN_FILENO, PPROF_BYTES_MAX, &bytes) :
			    file_read(path, PPROF_BYTES_MAX, &bytes, err);

	if (rc && is_stdin)
		error_errno(err, -rc, "cannot read standard input");
	if (!rc && bytes.n >= 8 && memcmp(bytes.at, "PERFILE2", 8) == 0)
		rc = error_set(err, EBADMSG, "%s is a perf.data file; 'fpprof convert' makes a profile of it", name);
	else if (!rc && (rc = pprof_decode(bytes.at, bytes.n, p, err)) < 0)
		error_wrap(err, "cannot read %s", name);
	buf_free(&bytes);
	return rc;
}

static int report_file(const char *path, const struct report_options *options, struct error *err)
{
	struct profile profile;
	regex_t focus;
	int rc = options->focus ? compile_focus(options->focus, &focus, err) : 0;

	if (rc)
		return rc;
	profile_init(&profile);
	rc = read_profile(path, &profile, err);
	if (!rc)
		rc = report(&profile, options, options->focus ? &focus : NULL, err);
	profile_free(&profile);
	if (options->focus)
		regfree(&focus);
	return rc;
}

static int run_report(int argc, char **argv, struct error *err)
{
	struct report_options options = { 0 };
	int rest, rc = options_parse(&command_report, argc, argv, &options, &rest, err);

	if (rc)
		return rc < 0 ? rc : EXIT_OK;
	if (rest == argc)
		return error_set(err, EINVAL, "report needs a profile: fpprof report profile.pb.gz");
	if (rest + 1 < argc)
		return error_set(err, EINVAL, "report takes one profile, and '%s' would be another", argv[rest + 1]);
	if (options.focus && !*options.focus)
		options.focus = NULL;
	return report_file(argv[rest], &options, err);
}

const struct command command_report = {
	.name = "report",
	.summary = "show which functions of a profile the time is in",
	.usage = "[OPTIONS] FILE",
	.about = "Prints what 'go tool pprof -top FILE' prints. FILE is any profile in pprof's format; '-' is standard "
		 "input.\n\n"
		 "flat is what was measured in a function itself, cum what was measured in it and all it called. "
		 "Functions with a cum of less than 0.5 % are left out; a line in the header says how many.",
	.options = report_options,
	.run = run_report,
};
