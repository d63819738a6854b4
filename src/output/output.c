/* The formats, and which file name means which. */
#include "src/output/output.h"

#include <errno.h>
#include <string.h>

static const struct output *const outputs[] = { &output_pprof, &output_folded };

enum { OUTPUTS = sizeof(outputs) / sizeof(outputs[0]) };

/* Endings that promise a format which is not written here: a pprof file of that name would mislead. */
static const char foreign_endings[] = ".html .json .svg .data .txt .csv";

static bool ends_with(const char *path, const char *ending, size_t n)
{
	size_t length = strlen(path);

	return length > n && memcmp(path + length - n, ending, n) == 0;
}

static bool has_ending(const char *path, const char *endings)
{
	while (*endings) {
		size_t n = strcspn(endings, " ");

		if (ends_with(path, endings, n))
			return true;
		endings += n + (endings[n] == ' ');
	}
	return false;
}

static int choose_by_name(const char *format, const struct output **out, struct error *err)
{
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (strcmp(outputs[i]->name, format) == 0) {
			*out = outputs[i];
			return 0;
		}
	}
	return error_set(err, EINVAL, "there is no format '%s'; there are pprof and folded", format);
}

int output_choose(const char *path, const char *format, const struct output **out, struct error *err)
{
	if (format)
		return choose_by_name(format, out, err);
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (has_ending(path, outputs[i]->endings)) {
			*out = outputs[i];
			return 0;
		}
	}
	if (has_ending(path, foreign_endings))
		return error_set(err, EINVAL, "%s: fpprof does not write that format; it writes pprof (.pb.gz) and folded stacks "
					      "(.folded), or say --format", path);
	*out = &output_pprof;
	return 0;
}
