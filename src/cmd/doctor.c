/* `fpprof doctor` prints what examine() found; each line can be read alone, and its command copied. */
#include <errno.h>
#include <stdio.h>

#include "src/cmd/commands.h"
#include "src/cmd/examine.h"
#include "src/cmd/wrap.h"

enum { MEND_COLUMN = 9, TEXT_COLUMN = 29 };

static void print_finding(const struct finding *f)
{
	static const char *const words[] = {
		[MARK_OK] = "ok", [MARK_LIMITED] = "limited", [MARK_MISSING] = "missing",
	};

	printf("%-9s%-20s", words[f->mark], f->subject);
	wrap_text(f->text.at, f->text.n, TEXT_COLUMN, TEXT_COLUMN);
	if (f->mend.n) /* not broken into lines: it is there to be copied */
		printf("%*s-> %s\n", MEND_COLUMN, "", f->mend.at);
}

static void print_findings(const struct finding_vec *findings, bool system_works)
{
	for (size_t i = 0; i < findings->n; i++)
		print_finding(&findings->at[i]);
	if (system_works)
		printf("\n'fpprof record' can sample the whole system here.\n");
	else
		printf("\n'fpprof record' cannot sample the whole system here; the arrows say what mends it.\n");
}

static int run_doctor(int argc, char **argv, struct error *err)
{
	struct finding_vec findings = { 0 };
	struct machine here = machine_this();
	bool system_works;
	int rest, rc = options_parse(&command_doctor, argc, argv, NULL, &rest, err);

	if (rc)
		return rc < 0 ? rc : EXIT_OK;
	if (rest < argc)
		return error_set(err, EINVAL, "doctor takes no argument, and was given '%s'", argv[rest]);
	system_works = examine(&here, &findings);
	print_findings(&findings, system_works);
	findings_free(&findings);
	return system_works ? EXIT_OK : EXIT_FAILED;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "say what this machine and this user can profile",
	.usage = "[OPTIONS]",
	.about = "Tries what fpprof needs, by opening events and not by reading settings, and says for each thing "
		 "whether it is ok, limited (fpprof does with less, or another way) or missing. Behind an arrow stands "
		 "the command that mends it.\n\n"
		 "The exit status is 0 when the whole system, kernel included, can be sampled, and 1 when not.",
	.run = run_doctor,
};
