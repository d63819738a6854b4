/*
 * getopt_long() wants every option a second time, in tables of its own, and speaks to stderr itself. This parser reads
 * the one table, and what it has to say is a sentence in err.
 */
#include "src/cmd/options.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/nearest.h"
#include "base/vec.h"

enum { PARSED_HELP = 1 };

struct parser {
	const struct command *command;
	int argc, at; /* argv[at] is the next word */
	char **argv;
	char *values;
	struct error *err;
};

static const struct option no_options[1];

bool option_is_end(const struct option *option)
{
	return !option->letter && !option->name && !option->help;
}

static const struct option *options_of(const struct command *command)
{
	return command->options ? command->options : no_options;
}

static const struct option *find_long(const struct command *command, const char *name)
{
	for (const struct option *o = options_of(command); !option_is_end(o); o++)
		if (o->kind != OPTION_HEADING && o->name && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static const struct option *find_letter(const struct command *command, char letter)
{
	for (const struct option *o = options_of(command); !option_is_end(o); o++)
		if (o->kind != OPTION_HEADING && o->letter == letter)
			return o;
	return NULL;
}

static int unknown_long(const struct parser *p, const char *spelled)
{
	struct { char **at; size_t n, cap; } names = { 0 };
	cleanup_buf struct buf hint = { 0 };

	for (const struct option *o = options_of(p->command); !option_is_end(o); o++)
		if (o->kind != OPTION_HEADING && o->name)
			*vec_push(&names) = xasprintf("--%s", o->name);
	*vec_push(&names) = xstrdup("--help");
	nearest_names(spelled, (const char *const *)names.at, names.n, &hint);
	for (size_t i = 0; i < names.n; i++)
		free(names.at[i]);
	vec_free(&names);
	if (hint.n)
		return error_set(p->err, EINVAL, "no option %s%s", spelled, hint.at);
	return error_set(p->err, EINVAL, "no option %s; 'fpprof%s%s --help' lists them", spelled,
			 *p->command->name ? " " : "", p->command->name);
}

/* strtod() alone would also take blanks, "inf", "nan" and hexadecimal. */
static bool parse_number(const char *text, double *out)
{
	char *end;

	if (!*text || strspn(text, "0123456789.+-eE") != strlen(text))
		return false;
	*out = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*out);
}

static int store_number(const struct parser *p, const struct option *o, const char *spelled, const char *text)
{
	double *to = (double *)(void *)(p->values + o->offset), value;

	if (!parse_number(text, &value))
		return error_set(p->err, EINVAL, "%s takes a number, and '%s' is none", spelled, text);
	if (value < o->min || value > o->max)
		return error_set(p->err, EINVAL, "%s takes a number from %.15g to %.15g, and %s is outside", spelled,
				 o->min, o->max, text);
	if (o->kind == OPTION_WHOLE && value != (double)(int64_t)value)
		return error_set(p->err, EINVAL, "%s takes a whole number, and %s is none", spelled, text);
	*to = value;
	return 0;
}

static int store_argument(const struct parser *p, const struct option *o, const char *spelled, const char *text)
{
	if (o->kind == OPTION_NUMBER || o->kind == OPTION_WHOLE)
		return store_number(p, o, spelled, text);
	if (o->kind == OPTION_EACH) {
		struct option_words *words = (struct option_words *)(void *)(p->values + o->offset);

		*vec_push(words) = (struct option_word){ o, text };
		return 0;
	}
	*(const char **)(void *)(p->values + o->offset) = text;
	return 0;
}

/* "--" is never an argument: `-o -- make` is a forgotten file name and not a file called "--". */
static int next_argument(struct parser *p, const struct option *o, const char *spelled, const char **text)
{
	if (p->at == p->argc || strcmp(p->argv[p->at], "--") == 0)
		return error_set(p->err, EINVAL, "%s needs an argument: %s %s", spelled, spelled, o->arg);
	*text = p->argv[p->at++];
	return 0;
}

static bool takes_argument(const struct option *o)
{
	return o->kind != OPTION_FLAG && o->kind != OPTION_COUNT;
}

static void store_flag(const struct parser *p, const struct option *o)
{
	if (o->kind == OPTION_COUNT)
		++*(unsigned int *)(void *)(p->values + o->offset);
	else
		*(bool *)(p->values + o->offset) = true;
}

static int parse_long(struct parser *p, const char *word)
{
	const char *equals = strchr(word, '='), *text = equals ? equals + 1 : NULL;
	cleanup_free char *spelled = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
	const struct option *o = find_long(p->command, spelled + 2);
	int rc = 0;

	if (!o && strcmp(spelled, "--help") == 0)
		return PARSED_HELP;
	if (!o)
		return unknown_long(p, spelled);
	if (!takes_argument(o) && text)
		return error_set(p->err, EINVAL, "%s takes no argument, and was given '%s'", spelled, text);
	if (!takes_argument(o))
		store_flag(p, o);
	else if (text || !(rc = next_argument(p, o, spelled, &text)))
		rc = store_argument(p, o, spelled, text);
	return rc;
}

/* "-ab", and "-aF99" or "-aF 99": what follows the letter of an option with an argument is the argument. */
static int parse_letters(struct parser *p, const char *letters)
{
	for (const char *at = letters; *at; at++) {
		const struct option *o = find_letter(p->command, *at);
		const char spelled[] = { '-', *at, '\0' }, *text = at + 1;
		int rc = 0;

		if (!o && *at == 'h')
			return PARSED_HELP;
		if (!o)
			return unknown_long(p, spelled);
		if (!takes_argument(o)) {
			store_flag(p, o);
			continue;
		}
		if (!*text)
			rc = next_argument(p, o, spelled, &text);
		return rc < 0 ? rc : store_argument(p, o, spelled, text);
	}
	return 0;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

static int parse_option(struct parser *p, const char *word)
{
	int rc = word[1] == '-' ? parse_long(p, word) : parse_letters(p, word + 1);

	if (rc == PARSED_HELP)
		options_help(p->command, false);
	return rc;
}

/* Other words gather in front, where options were that have been read, and end up before what is left unread. */
int options_parse(const struct command *command, int argc, char **argv, void *values, int *rest, struct error *err)
{
	struct parser p = { .command = command, .argc = argc, .at = 1, .argv = argv, .values = values, .err = err };
	int others = 0, rc;

	while (p.at < argc && (is_option(argv[p.at]) || !command->takes_command_line)) {
		char *word = argv[p.at++];

		if (strcmp(word, "--") == 0)
			break;
		if (!is_option(word))
			argv[1 + others++] = word;
		else if ((rc = parse_option(&p, word)))
			return rc;
	}
	*rest = p.at - others;
	memmove(argv + *rest, argv + 1, (size_t)others * sizeof(*argv));
	return 0;
}
