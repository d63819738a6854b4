/*
 * One static table per command declares its options; the parser, --help, the shell completion and the man page all
 * come from it.
 */
#ifndef FPPROF_SRC_CMD_OPTIONS_H
#define FPPROF_SRC_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/vec.h"

enum option_kind {
	OPTION_FLAG,    /* bool: set */
	OPTION_COUNT,   /* unsigned int: how often it was given */
	OPTION_TEXT,    /* const char *: the argument, borrowed from argv */
	OPTION_NUMBER,  /* double: an argument between min and max */
	OPTION_WHOLE,   /* double: a whole one */
	OPTION_EACH,    /* struct option_words: may be given again and again; see there */
	OPTION_HEADING, /* no option: `help` is a line between groups in --help and the man page */
};

struct option {
	char letter;       /* 0: none */
	const char *name;  /* long name without dashes */
	const char *arg;   /* "FILE"; NULL for a flag */
	enum option_kind kind;
	size_t offset;     /* of the field in the command's struct of options */
	double min, max;   /* OPTION_NUMBER, OPTION_WHOLE */
	const char *help;  /* one sentence or more, without a line break */
};

/*
 * Arguments in the order in which they were given. Options that depend on one another's order (-e EVENT --filter TEXT)
 * share one field. Texts are borrowed from argv; release with vec_free().
 */
struct option_word {
	const struct option *option;
	const char *text;
};
struct option_words VEC_OF(struct option_word);

struct command {
	const char *name;
	const char *summary; /* one line */
	const char *usage;   /* what stands behind the name: "[OPTIONS] [-- COMMAND [ARGS]]" */
	/* Paragraphs for the man page and --help, separated by "\n\n". One that begins with a space stays as it is. */
	const char *about;
	const struct option *options; /* ends with a zeroed entry; NULL: none */
	/* What stands behind the options is a command line with options of its own: ours end at its first word. */
	bool takes_command_line;
	/*
	 * argv[0] is the command's name. Returns the exit status, or -errno (-EINVAL ends in EXIT_USAGE, others in
	 * EXIT_FAILED); a sentence in err is printed by main.
	 */
	int (*run)(int argc, char **argv, struct error *err);
	const struct command *const *commands; /* of fpprof itself, ends with NULL; NULL for a command */
};

/*
 * Fills the struct at `values`. Options and other words may be mixed up to "--", if the command does not take a command
 * line; argv is reordered, and the words that are no options are argv[*rest] to argv[argc - 1].
 * Fails with EINVAL and a sentence (nearest option names) that main turns into exit status 2.
 * `--help` is handled here: it prints and exits 0 by returning 1.
 */
int options_parse(const struct command *command, int argc, char **argv, void *values, int *rest, struct error *err);

bool option_is_end(const struct option *option);

void options_help(const struct command *command, bool as_troff);
void options_completion(const struct command *const *commands); /* a bash completion script, on standard output */

/* Exit statuses. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

#endif
