/* The option parser, by tables of command lines. */
#include "src/cmd/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct values {
	bool all, quiet;
	const char *path, *labels;
	double hz, count;
};

#define FIELD(name) offsetof(struct values, name)

static const struct option table[] = {
	{ .kind = OPTION_HEADING, .help = "Group" },
	{ 'a', "all", NULL, OPTION_FLAG, FIELD(all), 0, 0, "All." },
	{ 'q', NULL, NULL, OPTION_FLAG, FIELD(quiet), 0, 0, "Quiet." },
	{ 'o', "output", "FILE", OPTION_TEXT, FIELD(path), 0, 0, "Where." },
	{ 0, "labels", "LIST", OPTION_TEXT, FIELD(labels), 0, 0, "Which." },
	{ 'F', "freq", "HZ", OPTION_NUMBER, FIELD(hz), 1, 1000, "How often." },
	{ 'c', "count", "N", OPTION_WHOLE, FIELD(count), 1, 1e15, "How many." },
	{ 0 },
};

static const struct command command = { .name = "try", .summary = "try", .usage = "", .options = table };
static const struct command with_command_line = {
	.name = "try", .summary = "try", .usage = "", .options = table, .takes_command_line = true,
};

enum { WORDS_MAX = 16 };

/* Splits LINE at blanks; "try" is put in front. The words stay until the next call. */
static int split(const char *line, char **argv)
{
	static char words[256];
	int argc = 0;

	snprintf(words, sizeof(words), "try %s", line);
	for (char *save = NULL, *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

/* Everything that was understood, as one line; the words that are no options stand behind the bar. */
static void show(const struct values *v, char **rest, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s%s%s%s%s%s%s%.6g%s|", v->all ? "all " : "", v->quiet ? "quiet " : "",
			 v->path ? "path=" : "", v->path ? v->path : "", v->path ? " " : "", v->labels ? "labels=" : "",
			 v->labels ? v->labels : "", v->labels ? " " : "", v->hz, v->count == 1000 ? " count" : "");

	for (const char *blank = ""; *rest; rest++, blank = " ")
		n += snprintf(out + n, size - (size_t)n, "%s%s", blank, *rest);
}

static void assert_understood(const struct command *by, const char *line, const char *wanted)
{
	struct values values = { 0 };
	struct error err = ERROR_INIT;
	char *argv[WORDS_MAX], got[128];
	int rest = -1, argc = split(line, argv);

	assert_int_equal(options_parse(by, argc, argv, &values, &rest, &err), 0);
	show(&values, argv + rest, got, sizeof(got));
	assert_string_equal(got, wanted);
	assert_string_equal(err.text, "");
}

static void every_way_to_write_an_option_is_understood(void **state)
{
	static const struct {
		const char *line, *wanted;
	} cases[] = {
		{ "", "0|" },
		{ "-a", "all 0|" },
		{ "--all", "all 0|" },
		{ "-aq", "all quiet 0|" },
		{ "-F99", "99|" },
		{ "-F 99", "99|" },
		{ "--freq=99", "99|" },
		{ "--freq 99", "99|" },
		{ "-qaF 9.5", "all quiet 9.5|" },
		{ "-F 1e3", "1000|" },
		{ "-c 1e3", "0 count|" },
		{ "-c 1000.0", "0 count|" },
		{ "-o-", "path=- 0|" },
		{ "-o - word", "path=- 0|word" },
		{ "--output= word", "path= 0|word" },
		{ "-o --all", "path=--all 0|" },
		{ "--labels a,b=c", "labels=a,b=c 0|" },
		{ "--labels=a=b", "labels=a=b 0|" },
		{ "-F 1 -F 2", "2|" },
		{ "-a -- -q", "all 0|-q" },
		{ "--", "0|" },
		{ "-", "0|-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_understood(&command, cases[i].line, cases[i].wanted);
		assert_understood(&with_command_line, cases[i].line, cases[i].wanted);
	}
}

static void options_and_other_words_may_be_mixed(void **state)
{
	(void)state;
	assert_understood(&command, "word -a", "all 0|word");
	assert_understood(&command, "one -a two -o x three -q", "all quiet path=x 0|one two three");
	assert_understood(&command, "- -a", "all 0|-");
	assert_understood(&command, "one -a -- -q two", "all 0|one -q two");
	assert_understood(&command, "one two", "0|one two");
}

static void a_command_line_keeps_its_own_options(void **state)
{
	(void)state;
	assert_understood(&with_command_line, "word -a", "0|word -a");
	assert_understood(&with_command_line, "-a word -q -- -x", "all 0|word -q -- -x");
	assert_understood(&with_command_line, "-a -- word -q", "all 0|word -q");
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *line, *wanted;
	} cases[] = {
		{ "--lables", "no option --lables; did you mean --labels?" },
		{ "--outptu=x", "no option --outptu; did you mean --output?" },
		{ "--hlep", "no option --hlep; did you mean --help?" },
		{ "--something-else", "no option --something-else; 'fpprof try --help' lists them" },
		{ "-x", "no option -x; 'fpprof try --help' lists them" },
		{ "-ax", "no option -x; 'fpprof try --help' lists them" },
		{ "--all=yes", "--all takes no argument, and was given 'yes'" },
		{ "-o", "-o needs an argument: -o FILE" },
		{ "--output", "--output needs an argument: --output FILE" },
		{ "word -o", "-o needs an argument: -o FILE" },
		{ "word -ax word", "no option -x; 'fpprof try --help' lists them" },
		{ "-o -- x", "-o needs an argument: -o FILE" },
		{ "-F many", "-F takes a number, and 'many' is none" },
		{ "-F 9x", "-F takes a number, and '9x' is none" },
		{ "-F nan", "-F takes a number, and 'nan' is none" },
		{ "-F inf", "-F takes a number, and 'inf' is none" },
		{ "-F 0x10", "-F takes a number, and '0x10' is none" },
		{ "-F 1e999", "-F takes a number, and '1e999' is none" },
		{ "-c 1.9", "-c takes a whole number, and 1.9 is none" },
		{ "--count 2.5", "--count takes a whole number, and 2.5 is none" },
		{ "--count 0", "--count takes a number from 1 to 1e+15, and 0 is outside" },
		{ "--freq=", "--freq takes a number, and '' is none" },
		{ "--freq 0", "--freq takes a number from 1 to 1000, and 0 is outside" },
		{ "--freq -5", "--freq takes a number from 1 to 1000, and -5 is outside" },
		{ "--freq 1001", "--freq takes a number from 1 to 1000, and 1001 is outside" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct values values = { 0 };
		struct error err = ERROR_INIT;
		char *argv[WORDS_MAX];
		int rest = -1, argc = split(cases[i].line, argv);

		assert_int_equal(options_parse(&command, argc, argv, &values, &rest, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].wanted);
		assert_int_equal(rest, -1);
		assert_true(values.hz == 0);
	}
}

static void a_command_without_options_still_has_help_to_point_to(void **state)
{
	const struct command bare = { .name = "bare", .summary = "bare", .usage = "" };
	struct error err = ERROR_INIT;
	char *argv[WORDS_MAX];
	int rest, argc = split("-x", argv);

	(void)state;
	assert_int_equal(options_parse(&bare, argc, argv, NULL, &rest, &err), -EINVAL);
	assert_string_equal(err.text, "no option -x; 'fpprof bare --help' lists them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_an_option_is_understood),
		cmocka_unit_test(options_and_other_words_may_be_mixed),
		cmocka_unit_test(a_command_line_keeps_its_own_options),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_command_without_options_still_has_help_to_point_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
