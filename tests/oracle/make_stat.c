/*
 * Writes a report that is the same every time: make_stat KIND text|csv|json. Without arguments it lists the kinds.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/reports.h"

static const struct {
	const char *name;
	void (*write)(const struct stat_report *report, const struct stat_style *style, struct buf *out);
} formats[] = { { "text", stat_write_text }, { "csv", stat_write_csv }, { "json", stat_write_json } };

static int write_report(const char *kind, const char *format)
{
	cleanup_buf struct buf out = { 0 };
	struct stat_report report;
	struct stat_style style;

	report_make(kind, &report, &style);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, format) == 0)
			formats[i].write(&report, &style, &out);
	report_free(&report);
	return out.n && fwrite(out.at, 1, out.n, stdout) == out.n ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return write_report(argv[1], argv[2]);
	for (size_t i = 0; report_kind(i); i++)
		puts(report_kind(i));
	return 0;
}
