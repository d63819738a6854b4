/* The CSV: perf 6.1's fields in its order, each metric under its column, and text that cannot leave its field. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/reports.h"

static void assert_separated(const char *kind, const char *separator, const char *wanted)
{
	cleanup_buf struct buf got = { 0 };
	struct stat_report r;
	struct stat_style style;

	report_make(kind, &r, &style);
	memcpy(style.separator, separator, strlen(separator) + 1);
	buf_puts(&got, "");
	stat_write_csv(&r, &style, &got);
	assert_string_equal(got.at, wanted);
	report_free(&r);
}

static void assert_csv(const char *kind, const char *wanted)
{
	assert_separated(kind, ",", wanted);
}

static void the_fields_are_perfs_and_the_times_come_last(void **state)
{
	(void)state;
	assert_csv("run",
		"2000.12,msec,task-clock,1000000000,100.00,1.600,CPUs utilized\n"
		"22,,context-switches,1000000000,100.00,10.999,/sec\n"
		"0,,cpu-migrations,1000000000,100.00,0.000,/sec\n"
		"524378,,page-faults,1000000000,100.00,262.173,K/sec\n"
		"6000375000,,cycles,1000000000,100.00,3.000,GHz\n"
		"600037500,,stalled-cycles-frontend,1000000000,100.00,10.00,frontend cycles idle\n"
		"9000562500,,instructions,1000000000,100.00,1.50,insn per cycle\n"
		",,,,,0.07,stalled cycles per insn\n"
		"1600100000,,branches,1000000000,100.00,800.000,M/sec\n"
		"20001250,,branch-misses,1000000000,100.00,1.25,of all branches\n"
		"1250000000,ns,duration_time,1250000000,100.00,,\n"
		"1875000000,ns,user_time,1250000000,100.00,,\n"
		"250000000,ns,system_time,1250000000,100.00,,\n");
}

static void what_has_no_value_says_so_and_ran_for_no_time(void **state)
{
	(void)state;
	assert_csv("missing",
		"2000.12,msec,task-clock,1000000000,100.00,1.600,CPUs utilized\n"
		"<not counted>,,cycles,0,0.00,,\n"
		"<not supported>,,stalled-cycles-backend,0,0.00,,\n"
		"1250000000,ns,duration_time,1250000000,100.00,,\n");
}

static void several_runs_have_a_variance_before_the_running_time(void **state)
{
	(void)state;
	assert_csv("repeats",
		"2000.12,msec,task-clock,1.23%,1000000000,100.00,1.600,CPUs utilized\n"
		"6000375000,,cycles,1.00%,500100000,50.01,3.000,GHz\n"
		"9000562500,,instructions,0.00%,250000000,25.00,1.50,insn per cycle\n"
		"0.33,,context-switches,100.00%,1000000000,100.00,0.167,/sec\n"
		"<not counted>,,bus-cycles,0.00%,0,0.00,,\n"
		"<not supported>,,ref-cycles,0.00%,0,0.00,,\n"
		"1250000000,ns,duration_time,2.31%,1250000000,100.00,,\n"
		"1875000000,ns,user_time,,1250000000,100.00,,\n"
		"250000000,ns,system_time,,1250000000,100.00,,\n");
}

static void usage_rows_come_behind_the_times(void **state)
{
	(void)state;
	assert_csv("rusage",
		"2000.12,msec,task-clock,1000000000,100.00,1.600,CPUs utilized\n"
		"1250000000,ns,duration_time,1250000000,100.00,,\n"
		"1875000000,ns,user_time,1250000000,100.00,,\n"
		"250000000,ns,system_time,1250000000,100.00,,\n"
		"123456,KiB,max_rss,1250000000,100.00,,\n"
		"48,,minor_faults,1250000000,100.00,,\n"
		"2,,major_faults,1250000000,100.00,,\n"
		"17,,voluntary_switches,1250000000,100.00,,\n"
		"5,,involuntary_switches,1250000000,100.00,,\n"
		"16,,blocks_in,1250000000,100.00,,\n"
		"1024,,blocks_out,1250000000,100.00,,\n"
		"170.00,%,cpu_percent,1250000000,100.00,,\n");
}

static void an_interval_has_its_time_first_and_no_other_times(void **state)
{
	(void)state;
	assert_csv("interval",
		"12.000345678,199.50,msec,task-clock,1000000000,100.00,1.995,CPUs utilized\n"
		"12.000345678,300000000,,instructions,1000000000,100.00,0.25,stalled cycles per insn\n"
		"12.000345678,75000000,,stalled-cycles-backend,1000000000,100.00,,\n"
		"12.000345678,3.25,Joules,energy-pkg,1000000000,100.00,,\n");
}

static void a_cpu_comes_first(void **state)
{
	(void)state;
	assert_csv("cpus",
		"CPU0,1250.00,msec,cpu-clock,1000000000,100.00,1.000,CPUs utilized\n"
		"CPU127,1250.00,msec,cpu-clock,1000000000,100.00,1.000,CPUs utilized\n"
		"CPU0,1000000000,,cycles,1000000000,100.00,0.800,GHz\n"
		"CPU127,2000000000,,cycles,1000000000,100.00,1.600,GHz\n"
		"CPU0,2000000000,,instructions,1000000000,100.00,2.00,insn per cycle\n"
		"CPU0,,,,,,0.25,stalled cycles per insn\n"
		"CPU127,2000000000,,instructions,1000000000,100.00,1.00,insn per cycle\n"
		"CPU127,,,,,,0.25,stalled cycles per insn\n"
		"CPU0,500000000,,stalled-cycles-frontend,1000000000,100.00,50.00,frontend cycles idle\n"
		"CPU127,500000000,,stalled-cycles-frontend,1000000000,100.00,25.00,frontend cycles idle\n"
		",1250000000,ns,duration_time,1250000000,100.00,,\n");
}

static void a_cpu_comes_behind_the_time_of_an_interval(void **state)
{
	(void)state;
	assert_csv("cpus_interval",
		"0.100345678,CPU0,1250.00,msec,cpu-clock,1000000000,100.00,1.000,CPUs utilized\n"
		"0.100345678,CPU127,1250.00,msec,cpu-clock,1000000000,100.00,1.000,CPUs utilized\n"
		"0.100345678,CPU0,1000000000,,cycles,1000000000,100.00,0.800,GHz\n"
		"0.100345678,CPU127,2000000000,,cycles,1000000000,100.00,1.600,GHz\n"
		"0.100345678,CPU0,2000000000,,instructions,1000000000,100.00,2.00,insn per cycle\n"
		"0.100345678,CPU0,,,,,,0.25,stalled cycles per insn\n"
		"0.100345678,CPU127,2000000000,,instructions,1000000000,100.00,1.00,insn per cycle\n"
		"0.100345678,CPU127,,,,,,0.25,stalled cycles per insn\n"
		"0.100345678,CPU0,500000000,,stalled-cycles-frontend,1000000000,100.00,50.00,frontend cycles idle\n"
		"0.100345678,CPU127,500000000,,stalled-cycles-frontend,1000000000,100.00,25.00,frontend cycles idle\n");
}

static void a_thread_comes_first(void **state)
{
	(void)state;
	assert_csv("threads",
		"memfd:sealed-91-13191,1250.00,msec,cpu-clock,1000000000,100.00,1.000,CPUs utilized\n"
		"\xc3\xa4rger-7,1250.00,msec,cpu-clock,1000000000,100.00,1.000,CPUs utilized\n"
		"memfd:sealed-91-13191,1000000000,,cycles,1000000000,100.00,0.800,GHz\n"
		"\xc3\xa4rger-7,2000000000,,cycles,1000000000,100.00,1.600,GHz\n"
		"memfd:sealed-91-13191,2000000000,,instructions,1000000000,100.00,2.00,insn per cycle\n"
		"memfd:sealed-91-13191,,,,,,0.25,stalled cycles per insn\n"
		"\xc3\xa4rger-7,2000000000,,instructions,1000000000,100.00,1.00,insn per cycle\n"
		"\xc3\xa4rger-7,,,,,,0.25,stalled cycles per insn\n"
		"memfd:sealed-91-13191,500000000,,stalled-cycles-frontend,1000000000,100.00,50.00,frontend cycles idle\n"
		"\xc3\xa4rger-7,500000000,,stalled-cycles-frontend,1000000000,100.00,25.00,frontend cycles idle\n"
		",1250000000,ns,duration_time,1250000000,100.00,,\n");
}

static void a_cgroup_comes_behind_the_event(void **state)
{
	(void)state;
	assert_csv("cgroups",
		"2500.00,msec,cpu-clock,/,1000000000,100.00,2.000,CPUs utilized\n"
		"2500.00,msec,cpu-clock,system.slice,1000000000,100.00,2.000,CPUs utilized\n"
		"2000000000,,instructions,/,1000000000,100.00,2.00,insn per cycle\n"
		"2000000000,,instructions,system.slice,1000000000,100.00,1.00,insn per cycle\n"
		",,,,,,0.25,stalled cycles per insn\n"
		"1000000000,,cycles,/,1000000000,100.00,0.400,GHz\n"
		"2000000000,,cycles,system.slice,1000000000,100.00,0.800,GHz\n"
		"500000000,,stalled-cycles-backend,system.slice,1000000000,100.00,25.00,backend cycles idle\n"
		"1250000000,ns,duration_time,,1250000000,100.00,,\n");
}

static void hostile_names_stay_within_their_field(void **state)
{
	(void)state;
	assert_csv("hostile",
		"\"a\"\"b,c\\x0a\\x1bd-12\",2.00,msec,\"cpu/name=\"\"a,b\"\"/\","
		"\"pay,load\\x0d\",1000000000,100.00,0.002,CPUs utilized\n"
		"\"a\"\"b,c\\x0a\\x1bd-12\",3000000,,cycles,\"pay,load\\x0d\",1000000000,100.00,1.500,GHz\n"
		"\xef\xbf\xbd\\x9b-9-13,1,,\"x,y\",,1000000000,100.00,,\n"
		",1250000000,ns,duration_time,,1250000000,100.00,,\n");
}

static void extremes_are_numbers_or_nothing(void **state)
{
	(void)state;
	assert_csv("extremes",
		"0.00,msec,task-clock,,1000000000,100.00,,\n"
		"18446744073709551616,,huge,,1000000000,100.00,46116860184273879040.000,G/sec\n"
		"9007199254740991,,exact,,1000000000,100.00,,\n"
		"0.00,,tiny,,1000000000,100.00,,\n"
		"0.33,,third,,1000000000,100.00,,\n"
		"<not counted>,,not-a-number,0.00%,1000000000,100.00,,\n"
		"<not counted>,,endless,0.00%,1000000000,100.00,,\n"
		"0,,zero,,1000000000,100.00,0.000,/sec\n"
		"0,ns,duration_time,0.00%,0,0.00,,\n"
		"1875000000,ns,user_time,,0,0.00,,\n"
		"250000000,ns,system_time,,0,0.00,,\n"
		"123456,KiB,max_rss,,0,0.00,,\n"
		"48,,minor_faults,,0,0.00,,\n"
		"2,,major_faults,,0,0.00,,\n"
		"17,,voluntary_switches,,0,0.00,,\n"
		"5,,involuntary_switches,,0,0.00,,\n"
		"16,,blocks_in,,0,0.00,,\n"
		"1024,,blocks_out,,0,0.00,,\n"
		"<not counted>,%,cpu_percent,0.00%,0,0.00,,\n");
}

static void no_rows_leave_the_times(void **state)
{
	(void)state;
	assert_csv("nothing",
		"1250000000,ns,duration_time,1250000000,100.00,,\n"
		"1875000000,ns,user_time,1250000000,100.00,,\n"
		"250000000,ns,system_time,1250000000,100.00,,\n");
}

static void a_separator_may_have_several_characters(void **state)
{
	(void)state;
	assert_separated("nothing", "<|>",
		"1250000000<|>ns<|>duration_time<|>1250000000<|>100.00<|><|>\n"
		"1875000000<|>ns<|>user_time<|>1250000000<|>100.00<|><|>\n"
		"250000000<|>ns<|>system_time<|>1250000000<|>100.00<|><|>\n");
}

static void any_field_that_holds_the_separator_is_quoted(void **state)
{
	(void)state;
	assert_separated("nothing", "00",
		"\"1250000000\"00ns00duration_time00\"1250000000\"00\"100.00\"0000\n"
		"\"1875000000\"00ns00user_time00\"1250000000\"00\"100.00\"0000\n"
		"\"250000000\"00ns00system_time00\"1250000000\"00\"100.00\"0000\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_are_perfs_and_the_times_come_last),
		cmocka_unit_test(what_has_no_value_says_so_and_ran_for_no_time),
		cmocka_unit_test(several_runs_have_a_variance_before_the_running_time),
		cmocka_unit_test(usage_rows_come_behind_the_times),
		cmocka_unit_test(an_interval_has_its_time_first_and_no_other_times),
		cmocka_unit_test(a_cpu_comes_first),
		cmocka_unit_test(a_cpu_comes_behind_the_time_of_an_interval),
		cmocka_unit_test(a_thread_comes_first),
		cmocka_unit_test(a_cgroup_comes_behind_the_event),
		cmocka_unit_test(hostile_names_stay_within_their_field),
		cmocka_unit_test(extremes_are_numbers_or_nothing),
		cmocka_unit_test(no_rows_leave_the_times),
		cmocka_unit_test(a_separator_may_have_several_characters),
		cmocka_unit_test(any_field_that_holds_the_separator_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
