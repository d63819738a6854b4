/*
 * What scripts should read: perf's names where perf has one for the same thing, but numbers are numbers, and what has no
 * value is null and says why. docs/stat-output.schema.json is the contract; a change that breaks it changes the name of the
 * schema.
 */
#include <string.h>

#include "src/stat/derive.h"
#include "src/stat/figures.h"
#include "src/stat/json_line.h"
#include "src/stat/print.h"
#include "src/stat/report.h"

static const char schema[] = "fpprof-stat-1";

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void set_number(json_t *object, const char *key, double value)
{
	set(object, key, stat_json_number(value));
}

static void set_text(json_t *object, const char *key, const char *text)
{
	set(object, key, stat_json_text(text));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* perf names a CPU by its number alone, as a string. */
static void set_owner(json_t *object, const struct stat_report *report, const struct stat_row *row)
{
	static const char cpu[] = "CPU";

	if (report->time >= 0)
		set_number(object, "interval", report->time);
	if (row->key && report->keyed == STAT_KEYED_BY_THREAD)
		set_text(object, "thread", row->key);
	if (row->key && report->keyed == STAT_KEYED_BY_CPU)
		set_text(object, "cpu", row->key + (strncmp(row->key, cpu, strlen(cpu)) == 0 ? strlen(cpu) : 0));
	if (row->cgroup)
		set_text(object, "cgroup", row->cgroup);
}

/* jansson's integers end where half of the kernel's begin. */
static json_t *count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

static void set_value(json_t *object, const struct stat_report *report, const struct stat_row *row)
{
	bool counted = stat_row_is_counted(row);

	set_number(object, "counter-value", counted ? row->value.value : NAN);
	set_text(object, "unit", row->unit);
	set_text(object, "event", row->event);
	set_text(object, "state", counted ? "counted" : row->state == STAT_NOT_SUPPORTED ? "not supported" : "not counted");
	set(object, "raw-count", counted ? count(row->raw) : json_null());
	if (report->runs > 1) {
		set_number(object, "variance", counted ? stat_mean_percent(&row->value) : NAN);
		set_number(object, "standard-error", counted ? row->value.error : NAN);
	}
	set(object, "runs", json_integer(report->runs));
	set_number(object, "event-enabled", row->enabled_ns);
	set_number(object, "event-runtime", row->running_ns);
	set_number(object, "pcnt-running", stat_row_percent_running(row));
}

static void set_metric(json_t *object, const struct stat_metric *metric)
{
	set_number(object, "metric-value", metric ? metric->value : NAN);
	set_text(object, "metric-unit", metric ? metric->unit : NULL);
}

static void set_metrics(json_t *object, const struct stat_derived *derived)
{
	json_t *more = derived->n > 1 ? json_array() : NULL;

	set_metric(object, derived->n ? &derived->at[0] : NULL);
	for (size_t i = 1; i < derived->n; i++) {
		json_t *metric = json_object();

		set_metric(metric, &derived->at[i]);
		json_array_append_new(more, metric);
	}
	if (more)
		set(object, "more-metrics", more);
}

static void add_row(const struct stat_report *report, size_t i, const struct stat_derived *derived, struct buf *out)
{
	json_t *object = stat_json_object();

	set_owner(object, report, &report->rows.at[i]);
	set_value(object, report, &report->rows.at[i]);
	set_metrics(object, derived);
	stat_json_line(object, out);
}

/* ---- a whole run ------------------------------------------------------------------------------------------------- */

static json_t *elapsed(const struct stat_report *report)
{
	json_t *object = json_object(), *each = report->each ? json_array() : json_null();

	set_number(object, "mean", report->elapsed.value);
	set_number(object, "standard-error", report->runs > 1 ? report->elapsed.error : NAN);
	for (unsigned int i = 0; report->each && i < report->runs; i++)
		json_array_append_new(each, stat_json_number(report->each[i]));
	set(object, "each", each);
	return object;
}

static json_t *rusage(const struct stat_rusage *r)
{
	json_t *object;

	if (!r)
		return json_null();
	object = json_object();
	set(object, "max-rss-kib", json_integer(r->max_rss_kib));
	set(object, "minor-faults", json_integer(r->minor_faults));
	set(object, "major-faults", json_integer(r->major_faults));
	set(object, "voluntary-switches", json_integer(r->voluntary_switches));
	set(object, "involuntary-switches", json_integer(r->involuntary_switches));
	set(object, "blocks-in", json_integer(r->blocks_in));
	set(object, "blocks-out", json_integer(r->blocks_out));
	return object;
}

static json_t *words(char *const *command)
{
	json_t *list;

	if (!command)
		return json_null();
	list = json_array();
	for (size_t i = 0; command[i]; i++)
		json_array_append_new(list, stat_json_text(command[i]));
	return list;
}

static json_t *notes(const struct stat_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->notes.n; i++)
		json_array_append_new(list, stat_json_text(report->notes.at[i]));
	return list;
}

static void add_run(const struct stat_report *report, struct buf *out)
{
	const struct stat_rusage *r = report->rusage;
	json_t *object = stat_json_object();

	set_text(object, "schema", schema);
	set_text(object, "what", report->what);
	set(object, "command", words(report->command));
	set(object, "exit-status", report->exit_status < 0 ? json_null() : json_integer(report->exit_status));
	set(object, "runs", json_integer(report->runs));
	set(object, "elapsed", elapsed(report));
	set_number(object, "user", r ? r->user : NAN);
	set_number(object, "sys", r ? r->sys : NAN);
	set(object, "rusage", rusage(r));
	set(object, "notes", notes(report));
	stat_json_line(object, out);
}

void stat_write_json(const struct stat_report *report, const struct stat_style *style, struct buf *out)
{
	struct stat_derived_vec derived = { 0 };

	(void)style;
	stat_derive(report, &derived);
	for (size_t i = 0; i < derived.n; i++)
		add_row(report, i, &derived.at[i], out);
	vec_free(&derived);
	if (report->time < 0)
		add_run(report, out);
}
