/* Of several runs the kernel's figures are kept without their spread, so the rows say that nobody knows it. */
#include "src/stat/usage.h"

static struct stat_row *add_row(const struct stat_report *report, const char *name, const char *unit, double value,
				struct stat_row_vec *rows)
{
	struct stat_row *row = vec_push(rows);
	double ns = report->elapsed.value * 1e9;

	*row = (struct stat_row){ .event = name, .unit = unit, .is_exact = true, .enabled_ns = ns, .running_ns = ns };
	row->value = (struct stat_mean){ .value = value, .error = report->runs > 1 ? NAN : 0 };
	return row;
}

void stat_time_rows(const struct stat_report *report, struct stat_row_vec *rows)
{
	struct stat_row *duration = add_row(report, "duration_time", "ns", report->elapsed.value * 1e9, rows);

	duration->value.error = report->elapsed.error * 1e9;
	if (!report->rusage)
		return;
	add_row(report, "user_time", "ns", report->rusage->user * 1e9, rows);
	add_row(report, "system_time", "ns", report->rusage->sys * 1e9, rows);
}

void stat_rusage_rows(const struct stat_report *report, struct stat_row_vec *rows)
{
	const struct stat_rusage *r = report->rusage;

	if (!r)
		return;
	add_row(report, "max_rss", "KiB", r->max_rss_kib, rows);
	add_row(report, "minor_faults", "", r->minor_faults, rows);
	add_row(report, "major_faults", "", r->major_faults, rows);
	add_row(report, "voluntary_switches", "", r->voluntary_switches, rows);
	add_row(report, "involuntary_switches", "", r->involuntary_switches, rows);
	add_row(report, "blocks_in", "", r->blocks_in, rows);
	add_row(report, "blocks_out", "", r->blocks_out, rows);
	add_row(report, "cpu_percent", "%", 100 * (r->user + r->sys) / report->elapsed.value, rows)->is_exact = false;
}
