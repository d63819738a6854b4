/*
 * A bash completion script from the option tables. Behind an option with an argument, and behind the options, bash
 * falls back to file names, which is right for FILE and for the first word of a command.
 */
#include <stdio.h>

#include "src/cmd/options.h"

static void print_options(const struct option *o)
{
	for (; o && !option_is_end(o); o++)
		if (o->kind != OPTION_HEADING && o->name)
			printf("--%s ", o->name);
	printf("--help");
}

/* Behind an option that takes an argument no option is offered. */
static void print_arguments(const struct option *o)
{
	const char *separator = "\t\tcase $previous in\n\t\t";

	for (; o && !option_is_end(o); o++) {
		if (!o->arg)
			continue;
		if (o->letter)
			printf("%s-%c", separator, o->letter);
		if (o->name)
			printf("%s--%s", o->letter ? "|" : separator, o->name);
		separator = "|";
	}
	if (*separator == '|')
		printf(") return ;;\n\t\tesac\n");
}

static void print_command(const struct command *command)
{
	printf("\t%s)\n", command->name);
	print_arguments(command->options);
	printf("\t\twords='");
	print_options(command->options);
	printf("'\n\t\t;;\n");
}

void options_completion(const struct command *const *commands)
{
	printf("# bash completion for fpprof\n_fpprof()\n{\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=\n\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ] || { [ \"$COMP_CWORD\" -eq 2 ] && [ \"$previous\" = help ]; }; then\n"
	       "\t\twords='--help --version");
	for (const struct command *const *c = commands; *c; c++)
		printf(" %s", (*c)->name);
	printf("'\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n\t\treturn\n\tfi\n"
	       "\tcase ${COMP_WORDS[1]} in\n");
	for (const struct command *const *c = commands; *c; c++)
		print_command(*c);
	printf("\tesac\n"
	       "\tcase $word in\n"
	       "\t-*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
	       "\tesac\n}\n"
	       "complete -o default -F _fpprof fpprof\n");
}
