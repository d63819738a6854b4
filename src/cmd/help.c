/* --help and the man page are two renderings of one table, so that neither can say what the other does not. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "src/cmd/options.h"
#include "src/cmd/wrap.h"

enum { OPTION_INDENT = 2, HELP_INDENT = 26 };

static const struct option help_option = { .letter = 'h', .name = "help", .help = "Show this help." };

/* Called for each paragraph of a text: separated by "\n\n". */
typedef void paragraph_fn(const char *at, size_t n);

static void each_paragraph(const char *text, paragraph_fn *show)
{
	while (text && *text) {
		const char *end = strstr(text, "\n\n");

		show(text, end ? (size_t)(end - text) : strlen(text));
		text = end ? end + 2 : NULL;
	}
}

/* ---- plain text ---- */

static void text_paragraph(const char *at, size_t n)
{
	putchar('\n');
	if (*at == ' ')
		printf("%.*s\n", (int)n, at);
	else
		wrap_text(at, n, 0, 0);
}

/* A term in the left column and its explanation in the right one, below it where the term is too long. */
static void text_item(const char *term, int length, const char *help)
{
	printf("%*s%.*s", OPTION_INDENT, "", length, term);
	if (OPTION_INDENT + length + 2 > HELP_INDENT)
		printf("\n%*s", HELP_INDENT, "");
	else
		printf("%*s", HELP_INDENT - OPTION_INDENT - length, "");
	wrap_text(help, strlen(help), HELP_INDENT, HELP_INDENT);
}

static void text_option(const struct option *o)
{
	char term[128], letter[8] = "    ";

	if (o->kind == OPTION_HEADING) {
		printf("\n%s:\n", o->help);
		return;
	}
	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c%s", o->letter, o->name ? ", " : "");
	int n = snprintf(term, sizeof(term), "%s%s%s%s%s", letter, o->name ? "--" : "", o->name ? o->name : "",
			 o->arg ? " " : "", o->arg ? o->arg : "");
	text_item(term, n, o->help);
}

static void text_commands(const struct command *const *commands)
{
	printf("\nCommands:\n");
	for (; *commands; commands++)
		text_item((*commands)->name, (int)strlen((*commands)->name), (*commands)->summary);
}

/* Summaries are written to stand behind a name; here one stands alone. */
static void text_summary(const char *summary)
{
	printf("\n%c%s.\n", toupper((unsigned char)*summary), summary + 1);
}

static void text_help(const struct command *command)
{
	const struct option *o = command->options;
	char start[64];
	int n = snprintf(start, sizeof(start), "Usage: fpprof%s%s ", *command->name ? " " : "", command->name);

	fputs(start, stdout);
	wrap_text(command->usage, strlen(command->usage), n, n);
	text_summary(command->summary);
	each_paragraph(command->about, text_paragraph);
	if (command->commands)
		text_commands(command->commands);
	if (!o || o->kind != OPTION_HEADING)
		printf("\nOptions:\n");
	for (; o && !option_is_end(o); o++)
		text_option(o);
	text_option(&help_option);
}

/* ---- man page: man(7) macros, which mandoc knows as well ---- */

static void troff_text(const char *at, size_t n)
{
	bool starts_line = true;

	for (; n; at++, n--) {
		if (starts_line && (*at == '.' || *at == '\''))
			fputs("\\&", stdout);
		starts_line = *at == '\n';
		if (*at == '\\')
			fputs("\\e", stdout);
		else if (*at == '-')
			fputs("\\-", stdout);
		else
			putchar(*at);
	}
}

static void troff_line(const char *text)
{
	troff_text(text, strlen(text));
	putchar('\n');
}

static void troff_paragraph(const char *at, size_t n)
{
	bool is_verbatim = *at == ' ';

	fputs(is_verbatim ? ".PP\n.nf\n" : ".PP\n", stdout);
	troff_text(at, n);
	fputs(is_verbatim ? "\n.fi\n" : "\n", stdout);
}

static void troff_option(const struct option *o)
{
	if (o->kind == OPTION_HEADING) {
		fputs(".SS ", stdout);
		troff_line(o->help);
		return;
	}
	fputs(".TP\n", stdout);
	if (o->letter)
		printf("\\fB\\-%c\\fR%s", o->letter, o->name ? ", " : "");
	if (o->name) {
		fputs("\\fB\\-\\-", stdout);
		troff_text(o->name, strlen(o->name));
		fputs("\\fR", stdout);
	}
	if (o->arg) {
		fputs(" \\fI", stdout);
		troff_text(o->arg, strlen(o->arg));
		fputs("\\fR", stdout);
	}
	putchar('\n');
	troff_line(o->help);
}

static void troff_commands(const struct command *const *commands)
{
	printf(".SH COMMANDS\n");
	for (; *commands; commands++) {
		printf(".TP\n\\fB%s\\fR\n", (*commands)->name);
		troff_line((*commands)->summary);
	}
}

static void troff_see_also(const struct command *command)
{
	printf(".SH SEE ALSO\n");
	if (!command->commands)
		printf(".BR fpprof (1),\n");
	for (const struct command *const *c = command->commands; c && *c; c++)
		printf(".BR fpprof\\-%s (1),\n", (*c)->name);
	printf(".BR perf_event_open (2)\n");
}

static void troff_title(const struct command *command)
{
	printf(".TH FPPROF%s", *command->name ? "\\-" : "");
	for (const char *at = command->name; *at; at++)
		putchar(toupper((unsigned char)*at));
	printf(" 1 \"\" \"%s\" \"User Commands\"\n", PACKAGE_STRING);
}

static void troff_help(const struct command *command)
{
	const char *dash = *command->name ? "\\-" : "", *space = *command->name ? " " : "";

	troff_title(command);
	printf(".SH NAME\nfpprof%s%s \\- ", dash, command->name);
	troff_line(command->summary);
	printf(".SH SYNOPSIS\n\\fBfpprof%s%s\\fR ", space, command->name);
	troff_line(command->usage);
	printf(".SH DESCRIPTION\n");
	each_paragraph(command->about, troff_paragraph);
	if (command->commands)
		troff_commands(command->commands);
	printf(".SH OPTIONS\n");
	for (const struct option *o = command->options; o && !option_is_end(o); o++)
		troff_option(o);
	troff_option(&help_option);
	troff_see_also(command);
}

void options_help(const struct command *command, bool as_troff)
{
	if (as_troff)
		troff_help(command);
	else
		text_help(command);
}
