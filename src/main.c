/*
 * The frame: finds the command, runs it, prints the one error line. Everything a command line can say about itself
 * (help, man pages, completion) is made here from the list of commands, so that a new command is one line below.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/nearest.h"
#include "src/cmd/commands.h"

static const struct command command_help;

static const struct command *const commands[] = {
	&command_record, &command_stat, &command_report, &command_convert, &command_doctor, &command_help, NULL,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) - 1 };

struct frame_options {
	bool version;
};

static const struct option frame_options[] = {
	{ 'V', "version", NULL, OPTION_FLAG, offsetof(struct frame_options, version), 0, 0, "Show the version." },
	{ 0 },
};

static const struct command frame = {
	.name = "",
	.summary = "a whole-system profiler for Linux",
	.usage = "COMMAND [OPTIONS]",
	.about = "Samples what runs, in user code and the kernel, names it, and writes a profile that pprof reads.\n\n"
		 "  fpprof record -d 10           ten seconds of the whole system, into fpprof.pb.gz\n"
		 "  fpprof record -- make         a command and everything it starts\n"
		 "  fpprof stat -- make           what it cost: time, switches, faults, cycles\n"
		 "  fpprof report fpprof.pb.gz    where the time went\n"
		 "  fpprof doctor                 what can be profiled here, and what mends the rest\n\n"
		 "Every command has its own --help, and its own manual page (fpprof-COMMAND).",
	.options = frame_options,
	.takes_command_line = true,
	.commands = commands,
};

static const struct command *find_command(const char *name, struct error *err)
{
	const char *names[COMMANDS];
	cleanup_buf struct buf hint = { 0 };

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		names[i] = commands[i]->name;
	}
	nearest_names(name, names, COMMANDS, &hint);
	error_set(err, EINVAL, "no command '%s'%s", name, hint.n ? hint.at : "; 'fpprof help' lists them");
	return NULL;
}

struct help_options {
	bool troff, bash;
};

static const struct option help_options[] = {
	{ 0, "troff", NULL, OPTION_FLAG, offsetof(struct help_options, troff), 0, 0,
	  "Print the source of the man page instead." },
	{ 0, "bash-completion", NULL, OPTION_FLAG, offsetof(struct help_options, bash), 0, 0,
	  "Print a completion script for bash." },
	{ 0 },
};

static int run_help(int argc, char **argv, struct error *err)
{
	struct help_options options = { 0 };
	const struct command *about = &frame;
	int rest, rc = options_parse(&command_help, argc, argv, &options, &rest, err);

	if (rc)
		return rc < 0 ? rc : EXIT_OK;
	if (argc - rest > 1)
		return error_set(err, EINVAL, "help explains one command at a time");
	if (options.bash) {
		options_completion(commands);
		return EXIT_OK;
	}
	if (rest < argc)
		about = find_command(argv[rest], err);
	if (!about)
		return EXIT_USAGE;
	options_help(about, options.troff);
	return EXIT_OK;
}

static const struct command command_help = {
	.name = "help",
	.summary = "explain fpprof or one of its commands",
	.usage = "[OPTIONS] [COMMAND]",
	.options = help_options,
	.run = run_help,
};

static int run(int argc, char **argv, struct error *err)
{
	struct frame_options options = { 0 };
	const struct command *command;
	int rest, rc = options_parse(&frame, argc, argv, &options, &rest, err);

	if (rc)
		return rc < 0 ? rc : EXIT_OK;
	if (options.version) {
		puts(PACKAGE_STRING);
		return EXIT_OK;
	}
	if (rest >= argc) {
		options_help(&frame, false);
		return EXIT_OK;
	}
	command = find_command(argv[rest], err);
	return command ? command->run(argc - rest, argv + rest, err) : EXIT_USAGE;
}

static void occupy(int fd, int flags)
{
	if (fcntl(fd, F_GETFD) < 0)
		open("/dev/null", flags); /* the lowest number that is free */
}

/*
 * A descriptor of ours must never become number 0, 1 or 2 because the caller had closed it. What is written to a standard
 * output that nobody has must fail as it did.
 */
static void occupy_standard_streams(void)
{
	occupy(STDIN_FILENO, O_RDWR);
	occupy(STDOUT_FILENO, O_RDONLY);
	occupy(STDERR_FILENO, O_RDWR);
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int status;

	occupy_standard_streams();
	log_set_sink(speak);
	status = run(argc, argv, &err);
	if (status < 0)
		status = err.code == EINVAL ? EXIT_USAGE : EXIT_FAILED;
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_OK) {
		error_errno(&err, errno, "cannot write to standard output");
		status = EXIT_FAILED;
	}
	if (err.text[0] && status != EXIT_OK)
		fprintf(stderr, "fpprof: %s\n", err.text);
	return status;
}
