/* The JSON, as a JSON parser reads it; docs/stat-output.schema.json is held by tests/oracle/stat_output.sh. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/reports.h"

enum { LINES_MAX = 16 };

static json_t *lines[LINES_MAX];
static size_t n_lines;

static void forget(void)
{
	while (n_lines)
		json_decref(lines[--n_lines]);
}

static int teardown(void **state)
{
	(void)state;
	forget();
	return 0;
}

/* Each line is parsed alone, and must be an object without a key that comes twice. */
static void parse(char *text)
{
	char *rest = text;

	for (char *line; *rest; n_lines++) {
		json_error_t error;

		line = strsep(&rest, "\n");
		assert_non_null(rest);
		assert_true(n_lines < LINES_MAX);
		lines[n_lines] = json_loads(line, JSON_REJECT_DUPLICATES, &error);
		assert_true(json_is_object(lines[n_lines]));
	}
}

static void write_kind(const char *kind)
{
	cleanup_buf struct buf text = { 0 };
	struct stat_report r;
	struct stat_style style;

	report_make(kind, &r, &style);
	stat_write_json(&r, &style, &text);
	report_free(&r);
	forget();
	parse(text.at);
}

/* "elapsed.mean": the value at the end of the path, in line `line` */
static json_t *at(size_t line, const char *path)
{
	json_t *value = lines[line];
	char part[64];

	while (*path) {
		size_t n = strcspn(path, ".");

		assert_true(n < sizeof(part));
		memcpy(part, path, n);
		part[n] = '\0';
		value = json_object_get(value, part);
		path += n + (path[n] == '.');
	}
	return value;
}

static void assert_at(size_t line, const char *path, const char *wanted)
{
	char *got = json_dumps(at(line, path), JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);

	assert_non_null(got);
	assert_string_equal(got, wanted);
	free(got);
}

static void assert_absent(size_t line, const char *path)
{
	assert_null(at(line, path));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void a_row_has_perfs_keys_with_numbers_in_them(void **state)
{
	(void)state;
	write_kind("run");
	assert_at(0, "counter-value", "2000.125");
	assert_at(0, "unit", "\"msec\"");
	assert_at(0, "event", "\"task-clock\"");
	assert_at(0, "event-runtime", "1000000000");
	assert_at(0, "pcnt-running", "100");
	assert_at(0, "metric-value", "1.6001000000000001");
	assert_at(0, "metric-unit", "\"CPUs utilized\"");
	assert_at(0, "state", "\"counted\"");
	assert_at(0, "raw-count", "2000125000");
	assert_at(0, "event-enabled", "1000000000");
	assert_at(0, "runs", "1");
	assert_absent(0, "variance");
	assert_absent(0, "interval");
}

static void a_rate_keeps_its_unit_whatever_its_size(void **state)
{
	(void)state;
	write_kind("run");
	assert_at(1, "metric-unit", "\"/sec\"");
	assert_at(3, "metric-unit", "\"/sec\"");
	assert_at(3, "metric-value", "262172.6142116118");
}

static void a_second_metric_stays_with_its_row(void **state)
{
	(void)state;
	write_kind("run");
	assert_at(6, "metric-unit", "\"insn per cycle\"");
	assert_at(6, "more-metrics", "[{\"metric-value\":0.066666666666666666,\"metric-unit\":\"stalled cycles per insn\"}]");
	assert_absent(5, "more-metrics");
}

static void what_has_no_value_is_null_and_says_why(void **state)
{
	(void)state;
	write_kind("missing");
	assert_at(1, "counter-value", "null");
	assert_at(1, "raw-count", "null");
	assert_at(1, "state", "\"not counted\"");
	assert_at(1, "event-enabled", "1000000000");
	assert_at(1, "pcnt-running", "0");
	assert_at(2, "counter-value", "null");
	assert_at(2, "state", "\"not supported\"");
	assert_at(2, "metric-value", "null");
	assert_at(2, "metric-unit", "null");
}

static void a_scaled_row_has_the_raw_count_beside_the_value(void **state)
{
	(void)state;
	write_kind("multiplexed");
	assert_at(1, "counter-value", "6000375000");
	assert_at(1, "raw-count", "3000187500");
	assert_at(1, "event-runtime", "500100000");
	assert_at(2, "pcnt-running", "25");
}

static void several_runs_have_a_variance_and_an_error(void **state)
{
	(void)state;
	write_kind("repeats");
	assert_at(1, "variance", "1");
	assert_at(1, "standard-error", "60003750");
	assert_at(2, "variance", "0");
	assert_at(3, "counter-value", "0.33333333333333331");
	assert_at(3, "runs", "3");
	assert_at(4, "variance", "null");
	assert_at(6, "elapsed", "{\"mean\":1.25,\"standard-error\":0.028867500000000001,\"each\":[1.2,1.25,1.3]}");
	assert_at(6, "runs", "3");
}

static void an_interval_has_its_time_and_no_run_at_the_end(void **state)
{
	(void)state;
	write_kind("interval");
	assert_int_equal(n_lines, 4);
	assert_at(0, "interval", "12.000345678");
	assert_at(3, "interval", "12.000345678");
	assert_at(3, "counter-value", "3.25");
	assert_at(3, "unit", "\"Joules\"");
}

static void rows_say_whose_they_are(void **state)
{
	(void)state;
	write_kind("cpus");
	assert_at(0, "cpu", "\"0\"");
	assert_at(1, "cpu", "\"127\"");
	assert_absent(0, "thread");
	write_kind("threads");
	assert_at(0, "thread", "\"memfd:sealed-91-13191\"");
	assert_at(1, "thread", "\"\\u00E4rger-7\"");
	assert_absent(0, "cpu");
	write_kind("cgroups");
	assert_at(0, "cgroup", "\"/\"");
	assert_at(1, "cgroup", "\"system.slice\"");
	write_kind("run");
	assert_absent(0, "cpu");
	assert_absent(0, "thread");
	assert_absent(0, "cgroup");
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static void the_last_line_is_the_run(void **state)
{
	(void)state;
	write_kind("run");
	assert_int_equal(n_lines, 10);
	assert_at(9, "schema", "\"fpprof-stat-1\"");
	assert_at(9, "what", "\"'make -j2'\"");
	assert_at(9, "command", "[\"make\",\"-j2\"]");
	assert_at(9, "exit-status", "0");
	assert_at(9, "elapsed", "{\"mean\":1.25,\"standard-error\":null,\"each\":null}");
	assert_at(9, "user", "1.875");
	assert_at(9, "sys", "0.25");
	assert_at(9, "rusage", "{\"max-rss-kib\":123456,\"minor-faults\":48,\"major-faults\":2,\"voluntary-switches\":17,"
			       "\"involuntary-switches\":5,\"blocks-in\":16,\"blocks-out\":1024}");
	assert_at(9, "notes", "[]");
	for (size_t i = 0; i < 9; i++)
		assert_absent(i, "schema");
}

static void without_a_command_its_facts_are_null(void **state)
{
	(void)state;
	write_kind("cpus");
	assert_at(8, "command", "null");
	assert_at(8, "exit-status", "null");
	assert_at(8, "user", "null");
	assert_at(8, "sys", "null");
	assert_at(8, "rusage", "null");
}

static void the_exit_status_and_the_notes_are_told(void **state)
{
	(void)state;
	write_kind("missing");
	assert_at(3, "exit-status", "139");
	write_kind("no_pmu");
	assert_at(4, "notes", "[\"cycles, instructions and branches were left out: this machine has no hardware counters\"]");
}

/* ---- others' text, and odd numbers ------------------------------------------------------------------------------- */

static void hostile_names_are_strings_without_control_characters(void **state)
{
	(void)state;
	write_kind("hostile");
	assert_at(0, "thread", "\"a\\\"b,c\\\\x0a\\\\x1bd-12\"");
	assert_at(0, "event", "\"cpu/name=\\\"a,b\\\"/\"");
	assert_at(0, "cgroup", "\"pay,load\\\\x0d\"");
	assert_at(2, "thread", "\"\\uFFFD\\\\x9b-9-13\"");
	assert_absent(2, "cgroup");
	assert_at(3, "command", "[\"sh\",\"echo \\\"a\\\",'b'\\\\x0a\\\\x1b[31m\",\"\\uFFFD\\uFFFD\"]");
	assert_at(3, "notes", "[\"of \\\\x1b]0;owned\\\\x07, nothing\"]");
}

static void numbers_come_back_as_they_were(void **state)
{
	(void)state;
	write_kind("extremes");
	assert_true(json_number_value(at(0, "counter-value")) == 0.0000004);
	assert_true(json_number_value(at(1, "counter-value")) == 0x1p64);
	assert_true(json_number_value(at(1, "raw-count")) == 0x1p64);
	assert_at(2, "counter-value", "9007199254740991");
	assert_true(json_number_value(at(3, "counter-value")) == 5e-324);
	assert_true(json_number_value(at(4, "counter-value")) == 1.0 / 3);
}

static void what_is_no_number_is_null(void **state)
{
	(void)state;
	write_kind("extremes");
	for (size_t i = 5; i < 7; i++) {
		assert_at(i, "counter-value", "null");
		assert_at(i, "state", "\"not counted\"");
	}
	assert_at(0, "variance", "null");
	assert_at(0, "standard-error", "null");
	assert_at(0, "metric-value", "null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_row_has_perfs_keys_with_numbers_in_them, teardown),
		cmocka_unit_test_teardown(a_rate_keeps_its_unit_whatever_its_size, teardown),
		cmocka_unit_test_teardown(a_second_metric_stays_with_its_row, teardown),
		cmocka_unit_test_teardown(what_has_no_value_is_null_and_says_why, teardown),
		cmocka_unit_test_teardown(a_scaled_row_has_the_raw_count_beside_the_value, teardown),
		cmocka_unit_test_teardown(several_runs_have_a_variance_and_an_error, teardown),
		cmocka_unit_test_teardown(an_interval_has_its_time_and_no_run_at_the_end, teardown),
		cmocka_unit_test_teardown(rows_say_whose_they_are, teardown),
		cmocka_unit_test_teardown(the_last_line_is_the_run, teardown),
		cmocka_unit_test_teardown(without_a_command_its_facts_are_null, teardown),
		cmocka_unit_test_teardown(the_exit_status_and_the_notes_are_told, teardown),
		cmocka_unit_test_teardown(hostile_names_are_strings_without_control_characters, teardown),
		cmocka_unit_test_teardown(numbers_come_back_as_they_were, teardown),
		cmocka_unit_test_teardown(what_is_no_number_is_null, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
