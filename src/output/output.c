/*
 * The formats, and which file name means which. A name without a known ending is a pprof file: that is what everybody
 * calls "cpu.out". But an ending that promises something else would make a file that misleads.
 */
#include "src/output/output.h"

#include <errno.h>
#include <string.h>

static const struct output *const outputs[] = { &output_pprof, &output_folded };

enum { OUTPUTS = sizeof(outputs) / sizeof(outputs[0]) };

static const char foreign_endings[] = ".html .json .svg .data .txt .csv";

/* The ending among `endings` that the path has, *n long, or NULL. */
static const char *find_ending(const char *path, const char *endings, size_t *n)
{
	size_t length = strlen(path);

	for (; *endings; endings += *n + strspn(endings + *n, " ")) {
		*n = strcspn(endings, " ");
		if (length > *n && memcmp(path + length - *n, endings, *n) == 0)
			return endings;
	}
	return NULL;
}

static void list_formats(struct buf *out)
{
	for (size_t i = 0; i < OUTPUTS; i++) {
		size_t first = strcspn(outputs[i]->endings, " ");

		buf_printf(out, "%s%s (%.*s)", i ? ", " : "", outputs[i]->name, (int)first, outputs[i]->endings);
	}
}

int output_choose(const char *path, const char *format, const struct output **out, struct error *err)
{
	const char *foreign;
	struct buf formats = { 0 };
	size_t n;

	for (size_t i = 0; i < OUTPUTS; i++) {
		if (format ? strcmp(outputs[i]->name, format) == 0 : !!find_ending(path, outputs[i]->endings, &n)) {
			*out = outputs[i];
			return 0;
		}
	}
	foreign = format ? NULL : find_ending(path, foreign_endings, &n);
	if (!format && !foreign) {
		*out = &output_pprof;
		return 0;
	}
	list_formats(&formats);
	if (format)
		error_set(err, EINVAL, "there is no format '%s'; fpprof writes %s", format, formats.at);
	else
		error_set(err, EINVAL, "%s: fpprof does not write '%.*s' files; it writes %s, or say --format", path,
			  (int)n, foreign, formats.at);
	buf_free(&formats);
	return -EINVAL;
}
