/* The text, to the last blank: of fixed readings, and of the readings that perf 6.1 made the same text of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "src/stat/figures.h"
#include "tests/unit/reports.h"

static void assert_written(const struct stat_report *r, const struct stat_style *style, const char *wanted)
{
	cleanup_buf struct buf got = { 0 };

	buf_puts(&got, "");
	stat_write_text(r, style, &got);
	assert_string_equal(got.at, wanted);
}

static void assert_text(const char *kind, const char *wanted)
{
	struct stat_report r;
	struct stat_style style;

	report_make(kind, &r, &style);
	assert_written(&r, &style, wanted);
	report_free(&r);
}

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

static void a_run_has_perfs_columns_and_derived_values(void **state)
{
	(void)state;
	assert_text("run",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"          2,000.12 msec task-clock                       #    1.600 CPUs utilized          \n"
		"                22      context-switches                 #   10.999 /sec                   \n"
		"                 0      cpu-migrations                   #    0.000 /sec                   \n"
		"           524,378      page-faults                      #  262.173 K/sec                  \n"
		"     6,000,375,000      cycles                           #    3.000 GHz                    \n"
		"       600,037,500      stalled-cycles-frontend          #   10.00% frontend cycles idle   \n"
		"     9,000,562,500      instructions                     #    1.50  insn per cycle         \n"
		"                                                         #    0.07  stalled cycles per insn\n"
		"     1,600,100,000      branches                         #  800.000 M/sec                  \n"
		"        20,001,250      branch-misses                    #    1.25% of all branches        \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n"
		"       1.875000000 seconds user\n"
		"       0.250000000 seconds sys\n"
		"\n"
		"\n");
}

static void why_rows_are_missing_stands_below_the_times(void **state)
{
	(void)state;
	assert_text("no_pmu",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"          2,000.12 msec task-clock                       #    1.600 CPUs utilized          \n"
		"                22      context-switches                 #   10.999 /sec                   \n"
		"                 0      cpu-migrations                   #    0.000 /sec                   \n"
		"           524,378      page-faults                      #  262.173 K/sec                  \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n"
		"       1.875000000 seconds user\n"
		"       0.250000000 seconds sys\n"
		"\n"
		"\n"
		"Note: cycles, instructions and branches were left out: this machine has no hardware counters\n");
}

static void what_has_no_value_says_so_and_is_not_0(void **state)
{
	(void)state;
	assert_text("missing",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"          2,000.12 msec task-clock                       #    1.600 CPUs utilized          \n"
		"     <not counted>      cycles                                                               (0.00%)\n"
		"   <not supported>      stalled-cycles-backend                                             \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n");
}

static void misses_are_shares_of_their_accesses(void **state)
{
	(void)state;
	assert_text("caches",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"          2,000.12 msec task-clock                       #    1.600 CPUs utilized          \n"
		"        40,002,500      cache-references                 #   20.000 M/sec                  \n"
		"         5,000,000      cache-misses                     #   12.499 % of all cache refs    \n"
		"     1,000,062,500      L1-dcache-loads                  #  500.000 M/sec                  \n"
		"        20,001,250      L1-dcache-load-misses            #    2.00% of all L1-dcache accesses\n"
		"         3,000,000      LLC-loads                        #    1.500 M/sec                  \n"
		"         1,000,000      LLC-load-misses                  #   33.33% of all LL-cache accesses\n"
		"               500      L1-icache-loads                  #  249.984 /sec                   \n"
		"               500      L1-icache-load-misses            #  100.00% of all L1-icache accesses\n"
		"     1,000,062,500      dTLB-loads                       #  500.000 M/sec                  \n"
		"                 0      dTLB-load-misses                 #    0.00% of all dTLB cache accesses\n"
		"             2,000      iTLB-loads                       #  999.938 /sec                   \n"
		"                 1      iTLB-load-misses                 #    0.05% of all iTLB cache accesses\n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n");
}

static void a_part_of_the_time_on_the_hardware_is_told(void **state)
{
	(void)state;
	assert_text("multiplexed",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"          2,000.12 msec task-clock                       #    1.600 CPUs utilized          \n"
		"     6,000,375,000      cycles                           "
		"#    3.000 GHz                      (50.01%)\n"
		"     9,000,562,500      instructions                     "
		"#    1.50  insn per cycle           (25.00%)\n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n");
}

static void repeats_have_errors_and_a_table(void **state)
{
	(void)state;
	assert_text("repeats",
		"\n"
		" Performance counter stats for 'make -j2' (3 runs):\n"
		"\n"
		"          2,000.12 msec task-clock                       "
		"#    1.600 CPUs utilized            ( +-  1.23% )\n"
		"     6,000,375,000      cycles                           "
		"#    3.000 GHz                      ( +-  1.00% )  (50.01%)\n"
		"     9,000,562,500      instructions                     "
		"#    1.50  insn per cycle           (25.00%)\n"
		"              0.33      context-switches                 "
		"#    0.167 /sec                     ( +-100.00% )\n"
		"     <not counted>      bus-cycles                                                           (0.00%)\n"
		"   <not supported>      ref-cycles                                                         \n"
		"\n"
		"            # Table of individual measurements:\n"
		"            1.2000 (-0.0500) #\n"
		"            1.2500 (+0.0000) #\n"
		"            1.3000 (+0.0500) #\n"
		"\n"
		"            # Final result:\n"
		"            1.2500 +- 0.0289 seconds time elapsed  ( +-  2.31% )\n"
		"\n"
		"       1.875000000 seconds user\n"
		"       0.250000000 seconds sys\n"
		"\n"
		"\n");
}

static void usage_rows_stand_below_the_times(void **state)
{
	(void)state;
	assert_text("rusage",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"          2,000.12 msec task-clock                       #    1.600 CPUs utilized          \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n"
		"       1.875000000 seconds user\n"
		"       0.250000000 seconds sys\n"
		"\n"
		"           123,456 KiB  max_rss                                                            \n"
		"                48      minor_faults                                                       \n"
		"                 2      major_faults                                                       \n"
		"                17      voluntary_switches                                                 \n"
		"                 5      involuntary_switches                                               \n"
		"                16      blocks_in                                                          \n"
		"             1,024      blocks_out                                                         \n"
		"            170.00 %    cpu_percent                                                        \n"
		"\n"
		"\n");
}

static void an_interval_has_its_time_in_front_of_each_row(void **state)
{
	(void)state;
	assert_text("interval",
		"#           time             counts   unit events\n"
		"    12.000345678             199.50 msec   task-clock                       "
		"#    1.995 CPUs utilized          \n"
		"    12.000345678        300,000,000        instructions                     "
		"#    0.25  stalled cycles per insn\n"
		"    12.000345678         75,000,000        stalled-cycles-backend               "
		"                              \n"
		"    12.000345678               3.25 Joules energy-pkg                           "
		"                              \n"
		"# a reader was late by 3 ms\n");
}

static void cpus_stand_in_front_of_their_rows(void **state)
{
	(void)state;
	assert_text("cpus",
		"\n"
		" Performance counter stats for 'system wide':\n"
		"\n"
		"CPU0                 1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		"CPU127               1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		"CPU0            1,000,000,000      cycles                           "
		"#    0.800 GHz                    \n"
		"CPU127          2,000,000,000      cycles                           "
		"#    1.600 GHz                    \n"
		"CPU0            2,000,000,000      instructions                     "
		"#    2.00  insn per cycle         \n"
		"CPU0                                                                "
		"#    0.25  stalled cycles per insn\n"
		"CPU127          2,000,000,000      instructions                     "
		"#    1.00  insn per cycle         \n"
		"CPU127                                                              "
		"#    0.25  stalled cycles per insn\n"
		"CPU0              500,000,000      stalled-cycles-frontend          "
		"#   50.00% frontend cycles idle   \n"
		"CPU127            500,000,000      stalled-cycles-frontend          "
		"#   25.00% frontend cycles idle   \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n");
}

static void cpus_stand_behind_the_time_of_an_interval(void **state)
{
	(void)state;
	assert_text("cpus_interval",
		"#           time CPU                    counts unit events\n"
		"     0.100345678 CPU0                 1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		"     0.100345678 CPU127               1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		"     0.100345678 CPU0            1,000,000,000      cycles                           "
		"#    0.800 GHz                    \n"
		"     0.100345678 CPU127          2,000,000,000      cycles                           "
		"#    1.600 GHz                    \n"
		"     0.100345678 CPU0            2,000,000,000      instructions                     "
		"#    2.00  insn per cycle         \n"
		"     0.100345678 CPU0                                                                "
		"#    0.25  stalled cycles per insn\n"
		"     0.100345678 CPU127          2,000,000,000      instructions                     "
		"#    1.00  insn per cycle         \n"
		"     0.100345678 CPU127                                                              "
		"#    0.25  stalled cycles per insn\n"
		"     0.100345678 CPU0              500,000,000      stalled-cycles-frontend          "
		"#   50.00% frontend cycles idle   \n"
		"     0.100345678 CPU127            500,000,000      stalled-cycles-frontend          "
		"#   25.00% frontend cycles idle   \n");
}

static void threads_stand_in_front_of_their_rows(void **state)
{
	(void)state;
	assert_text("threads",
		"\n"
		" Performance counter stats for process id '7':\n"
		"\n"
		" memfd:sealed-91-13191              1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		"           \xc3\xa4rger-7                  1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		" memfd:sealed-91-13191         1,000,000,000      cycles                           "
		"#    0.800 GHz                    \n"
		"           \xc3\xa4rger-7             2,000,000,000      cycles                           "
		"#    1.600 GHz                    \n"
		" memfd:sealed-91-13191         2,000,000,000      instructions                     "
		"#    2.00  insn per cycle         \n"
		" memfd:sealed-91-13191                                                             "
		"#    0.25  stalled cycles per insn\n"
		"           \xc3\xa4rger-7             2,000,000,000      instructions                     "
		"#    1.00  insn per cycle         \n"
		"           \xc3\xa4rger-7                                                                 "
		"#    0.25  stalled cycles per insn\n"
		" memfd:sealed-91-13191           500,000,000      stalled-cycles-frontend          "
		"#   50.00% frontend cycles idle   \n"
		"           \xc3\xa4rger-7               500,000,000      stalled-cycles-frontend          "
		"#   25.00% frontend cycles idle   \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n");
}

static void threads_stand_behind_the_time_of_an_interval(void **state)
{
	(void)state;
	assert_text("threads_interval",
		"#           time             comm-pid                  counts unit events\n"
		"     0.100345678  memfd:sealed-91-13191              1,250.00 msec cpu-clock                        "
		"#    1.000 CPUs utilized          \n"
		"     0.100345678            \xc3\xa4rger-7                  1,250.00 msec cpu-clock      "
		"                  "
		"#    1.000 CPUs utilized          \n"
		"     0.100345678  memfd:sealed-91-13191         1,000,000,000      cycles                           "
		"#    0.800 GHz                    \n"
		"     0.100345678            \xc3\xa4rger-7             2,000,000,000      cycles         "
		"                  "
		"#    1.600 GHz                    \n"
		"     0.100345678  memfd:sealed-91-13191         2,000,000,000      instructions                     "
		"#    2.00  insn per cycle         \n"
		"     0.100345678  memfd:sealed-91-13191                                                             "
		"#    0.25  stalled cycles per insn\n"
		"     0.100345678            \xc3\xa4rger-7             2,000,000,000      instructions   "
		"                  "
		"#    1.00  insn per cycle         \n"
		"     0.100345678            \xc3\xa4rger-7                                               "
		"                  "
		"#    0.25  stalled cycles per insn\n"
		"     0.100345678  memfd:sealed-91-13191           500,000,000      stalled-cycles-frontend          "
		"#   50.00% frontend cycles idle   \n"
		"     0.100345678            \xc3\xa4rger-7               500,000,000      "
		"stalled-cycles-frontend          "
		"#   25.00% frontend cycles idle   \n");
}

static void cgroups_have_a_column_behind_the_event(void **state)
{
	(void)state;
	assert_text("cgroups",
		"\n"
		" Performance counter stats for 'system wide':\n"
		"\n"
		"          2,500.00 msec cpu-clock                        /            "
		"#    2.000 CPUs utilized          \n"
		"          2,500.00 msec cpu-clock                        system.slice "
		"#    2.000 CPUs utilized          \n"
		"     2,000,000,000      instructions                     /            "
		"#    2.00  insn per cycle         \n"
		"     2,000,000,000      instructions                     system.slice "
		"#    1.00  insn per cycle         \n"
		"                                                                      #    0.25  stalled cycles per insn\n"
		"     1,000,000,000      cycles                           /            "
		"#    0.400 GHz                    \n"
		"     2,000,000,000      cycles                           system.slice "
		"#    0.800 GHz                    \n"
		"       500,000,000      stalled-cycles-backend           system.slice "
		"#   25.00% backend cycles idle    \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n");
}

static void hostile_names_reach_no_terminal(void **state)
{
	(void)state;
	assert_text("hostile",
		"\n"
		" Performance counter stats for 'sh echo \"a\",'b'\\x0a\\x1b[31m \xef\xbf\xbd\xef\xbf\xbd':\n"
		"\n"
		"  a\"b,c\\x0a\\x1bd-12                     2.00 msec cpu/name=\"a,b\"/                  pay,load\\x0d "
		"#    0.002 CPUs utilized          \n"
		"  a\"b,c\\x0a\\x1bd-12                3,000,000      cycles                           pay,load\\x0d "
		"#    1.500 GHz                    \n"
		"         \xef\xbf\xbd\\x9b-9-13                        1      x,y               "
		"                                                              \n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n"
		"Note: of \\x1b]0;owned\\x07, nothing\n");
}

static void extremes_break_no_line_and_no_nan_is_printed(void **state)
{
	(void)state;
	assert_text("extremes",
		"\n"
		" Performance counter stats for 'make -j2' (2 runs):\n"
		"\n"
		"              0.00 msec task-clock                                                         \n"
		"18,446,744,073,709,551,616      huge                             # 46116860184273879040.000 G/sec  \n"
		"9,007,199,254,740,991      exact                                                              \n"
		"              0.00      tiny                                                               \n"
		"              0.33      third                                                              \n"
		"     <not counted>      not-a-number                                                       \n"
		"     <not counted>      endless                                                            \n"
		"                 0      zero                             #    0.000 /sec                   \n"
		"\n"
		"       # Table of individual measurements:\n"
		"       1.250000000 (+1.250000000) #####################\n"
		"       1.300000000 (+1.300000000) #####################\n"
		"\n"
		"       # Final result:\n"
		"       0.000000000 +- 0.000000000 seconds time elapsed\n"
		"\n"
		"       1.875000000 seconds user\n"
		"       0.250000000 seconds sys\n"
		"\n"
		"           123,456 KiB  max_rss                                                            \n"
		"                48      minor_faults                                                       \n"
		"                 2      major_faults                                                       \n"
		"                17      voluntary_switches                                                 \n"
		"                 5      involuntary_switches                                               \n"
		"                16      blocks_in                                                          \n"
		"             1,024      blocks_out                                                         \n"
		"     <not counted> %    cpu_percent                                                        \n"
		"\n"
		"\n");
}

static void no_rows_leave_the_times(void **state)
{
	(void)state;
	assert_text("nothing",
		"\n"
		" Performance counter stats for 'make -j2':\n"
		"\n"
		"       1.250000000 seconds time elapsed\n"
		"\n"
		"       1.875000000 seconds user\n"
		"       0.250000000 seconds sys\n"
		"\n"
		"\n");
}

static void the_line_of_column_names_is_the_callers_choice(void **state)
{
	struct stat_report r;
	struct stat_style style;

	(void)state;
	report_make("interval", &r, &style);
	style.has_heading = false;
	r.rows.n = 1;
	r.notes.n = 0;
	assert_written(&r, &style,
		"    12.000345678             199.50 msec task-clock                       "
		"#    1.995 CPUs utilized          \n");
	report_free(&r);
}

static void a_name_that_is_too_long_moves_what_follows(void **state)
{
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.time = 1;
	report_add(&r, "syscalls:sys_enter_name_to_handle_at", STAT_ROLE_NONE, 5)->running_ns = 0.5e9;
	assert_written(&r, &(struct stat_style){ 0 },
		"     1.000000000                  5      syscalls:sys_enter_name_to_handle_at"
		"                                     (50.00%)\n");
	report_free(&r);
}

static void the_mean_of_few_counts_keeps_its_fraction(void **state)
{
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.time = 1;
	r.runs = 3;
	report_add(&r, "few", STAT_ROLE_NONE, 1.0 / 3);
	report_add(&r, "whole", STAT_ROLE_NONE, 3);
	report_add(&r, "many", STAT_ROLE_NONE, 1000.0 / 3);
	assert_written(&r, &(struct stat_style){ 0 },
		"     1.000000000               0.33      few                                             "
		"                   \n"
		"     1.000000000                  3      whole                                           "
		"                   \n"
		"     1.000000000                333      many                                            "
		"                   \n");
	report_free(&r);
}

/* ---- what perf 6.1 wrote; it groups no digits in the C locale ---------------------------------------------------- */

static const struct stat_style as_perf = { .no_grouping = true, .has_heading = true };

static void perfs_default_events_read_as_from_perf(void **state)
{
	static const struct stat_rusage usage = { .user = 0.001201 };
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.what = "'true'";
	r.elapsed.value = 0.001326004;
	r.rusage = &usage;
	report_add_clock(&r, "task-clock", 0.590856);
	report_add(&r, "context-switches", STAT_ROLE_EVENT, 1);
	report_add(&r, "cpu-migrations", STAT_ROLE_EVENT, 0);
	report_add(&r, "page-faults", STAT_ROLE_EVENT, 57);
	report_add(&r, "cycles", STAT_ROLE_CYCLES, 1772568);
	report_add(&r, "instructions", STAT_ROLE_INSTRUCTIONS, 2658852);
	report_add(&r, "branches", STAT_ROLE_BRANCHES, 472684);
	report_add(&r, "branch-misses", STAT_ROLE_BRANCH_MISSES, 5908);
	assert_written(&r, &as_perf,
		"\n"
		" Performance counter stats for 'true':\n"
		"\n"
		"              0.59 msec task-clock                       #    0.446 CPUs utilized          \n"
		"                 1      context-switches                 #    1.692 K/sec                  \n"
		"                 0      cpu-migrations                   #    0.000 /sec                   \n"
		"                57      page-faults                      #   96.470 K/sec                  \n"
		"           1772568      cycles                           #    3.000 GHz                    \n"
		"           2658852      instructions                     #    1.50  insn per cycle         \n"
		"            472684      branches                         #  799.999 M/sec                  \n"
		"              5908      branch-misses                    #    1.25% of all branches        \n"
		"\n"
		"       0.001326004 seconds time elapsed\n"
		"\n"
		"       0.001201000 seconds user\n"
		"       0.000000000 seconds sys\n"
		"\n\n");
	report_free(&r);
}

static void perfs_repeats_read_as_from_perf(void **state)
{
	static const double each[] = { 0.0009451, 0.0008703, 0.0008292 };
	struct stat_figures elapsed = { 0 };
	struct stat_report r;

	(void)state;
	report_init(&r);
	for (size_t i = 0; i < 3; i++)
		stat_figures_add(&elapsed, each[i]);
	r.what = "'true'";
	r.runs = 3;
	r.elapsed = stat_figures_mean(&elapsed);
	r.each = each;
	r.shows_table = true;
	report_add_clock(&r, "task-clock", 0.4214)->value.error = 0.4214 * 0.0495;
	report_add(&r, "page-faults", STAT_ROLE_NONE, 48)->value.error = 48 * 0.0139;
	assert_written(&r, &as_perf,
		"\n"
		" Performance counter stats for 'true' (3 runs):\n"
		"\n"
		"              0.42 msec task-clock                       "
		"#    0.478 CPUs utilized            ( +-  4.95% )\n"
		"                48      page-faults                                                      "
		"    ( +-  1.39% )\n"
		"\n"
		"         # Table of individual measurements:\n"
		"         0.0009451 (+0.0000636) ##\n"
		"         0.0008703 (-0.0000112) #\n"
		"         0.0008292 (-0.0000523) ##\n"
		"\n"
		"         # Final result:\n"
		"         0.0008815 +- 0.0000339 seconds time elapsed  ( +-  3.85% )\n"
		"\n");
	report_free(&r);
}

static void perfs_multiplexed_repeats_read_as_from_perf(void **state)
{
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.time = 0.050130223;
	r.runs = 3;
	report_add(&r, "stalled-cycles-frontend", STAT_ROLE_STALLED_FRONTEND, 262942)->value.error = 262942 * 0.0342;
	report_add(&r, "cycles", STAT_ROLE_CYCLES, 1383905);
	r.rows.at[0].running_ns = 0.5e9;
	r.rows.n = 2;
	assert_written(&r, &(struct stat_style){ .no_grouping = true },
		"     0.050130223             262942      stalled-cycles-frontend          "
		"#   19.00% frontend cycles idle     ( +-  3.42% )  (50.00%)\n"
		"     0.050130223            1383905      cycles                                          "
		"                   \n");
	report_free(&r);
}

static void perfs_intervals_of_cpus_read_as_from_perf(void **state)
{
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.time = 0.050130223;
	r.keyed = STAT_KEYED_BY_CPU;
	r.elapsed.value = 0.05;
	report_add_clock(&r, "task-clock", 50.43)->key = "CPU0";
	report_add_clock(&r, "task-clock", 50.45)->key = "CPU1";
	report_add(&r, "cycles", STAT_ROLE_CYCLES, 151289712)->key = "CPU0";
	report_add(&r, "stalled-cycles-frontend", STAT_ROLE_STALLED_FRONTEND, 30257653)->key = "CPU0";
	assert_written(&r, &as_perf,
		"#           time CPU                    counts unit events\n"
		"     0.050130223 CPU0                    50.43 msec task-clock                       "
		"#    1.009 CPUs utilized          \n"
		"     0.050130223 CPU1                    50.45 msec task-clock                       "
		"#    1.009 CPUs utilized          \n"
		"     0.050130223 CPU0                151289712      cycles                           "
		"#    3.000 GHz                    \n"
		"     0.050130223 CPU0                 30257653      stalled-cycles-frontend          "
		"#   20.00% frontend cycles idle   \n");
	report_free(&r);
}

static void perfs_intervals_of_threads_read_as_from_perf(void **state)
{
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.time = 0.050117119;
	r.keyed = STAT_KEYED_BY_THREAD;
	r.elapsed.value = 0.05;
	report_add_clock(&r, "task-clock", 2.06)->key = "perf-18254";
	report_add_clock(&r, "task-clock", 0.11)->key = "memfd:sealed-91-13191";
	report_add_clock(&r, "task-clock", 0.05)->key = "rcu_preempt-15";
	assert_written(&r, &as_perf,
		"#           time             comm-pid                  counts unit events\n"
		"     0.050117119             perf-18254                  2.06 msec task-clock                       "
		"#    0.041 CPUs utilized          \n"
		"     0.050117119  memfd:sealed-91-13191                  0.11 msec task-clock                       "
		"#    0.002 CPUs utilized          \n"
		"     0.050117119      rcu_preempt-15                     0.05 msec task-clock                       "
		"#    0.001 CPUs utilized          \n");
	report_free(&r);
}

static void perfs_cgroup_reads_as_from_perf(void **state)
{
	struct stat_report r;

	(void)state;
	report_init(&r);
	r.what = "'system wide'";
	r.elapsed.value = 0.051618272;
	report_add_clock(&r, "task-clock", 103.2521)->cgroup = "/";
	report_add(&r, "cycles", STAT_ROLE_CYCLES, 309755313)->cgroup = "/";
	report_add(&r, "page-faults", STAT_ROLE_EVENT, 86)->cgroup = "/";
	assert_written(&r, &as_perf,
		"\n"
		" Performance counter stats for 'system wide':\n"
		"\n"
		"            103.25 msec task-clock                       / #    2.000 CPUs utilized          \n"
		"         309755313      cycles                           / #    3.000 GHz                    \n"
		"                86      page-faults                      / #  832.913 /sec                   \n"
		"\n"
		"       0.051618272 seconds time elapsed\n"
		"\n");
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_has_perfs_columns_and_derived_values),
		cmocka_unit_test(why_rows_are_missing_stands_below_the_times),
		cmocka_unit_test(what_has_no_value_says_so_and_is_not_0),
		cmocka_unit_test(misses_are_shares_of_their_accesses),
		cmocka_unit_test(a_part_of_the_time_on_the_hardware_is_told),
		cmocka_unit_test(repeats_have_errors_and_a_table),
		cmocka_unit_test(usage_rows_stand_below_the_times),
		cmocka_unit_test(an_interval_has_its_time_in_front_of_each_row),
		cmocka_unit_test(cpus_stand_in_front_of_their_rows),
		cmocka_unit_test(cpus_stand_behind_the_time_of_an_interval),
		cmocka_unit_test(threads_stand_in_front_of_their_rows),
		cmocka_unit_test(threads_stand_behind_the_time_of_an_interval),
		cmocka_unit_test(cgroups_have_a_column_behind_the_event),
		cmocka_unit_test(hostile_names_reach_no_terminal),
		cmocka_unit_test(extremes_break_no_line_and_no_nan_is_printed),
		cmocka_unit_test(no_rows_leave_the_times),
		cmocka_unit_test(the_line_of_column_names_is_the_callers_choice),
		cmocka_unit_test(a_name_that_is_too_long_moves_what_follows),
		cmocka_unit_test(the_mean_of_few_counts_keeps_its_fraction),
		cmocka_unit_test(perfs_default_events_read_as_from_perf),
		cmocka_unit_test(perfs_repeats_read_as_from_perf),
		cmocka_unit_test(perfs_multiplexed_repeats_read_as_from_perf),
		cmocka_unit_test(perfs_intervals_of_cpus_read_as_from_perf),
		cmocka_unit_test(perfs_intervals_of_threads_read_as_from_perf),
		cmocka_unit_test(perfs_cgroup_reads_as_from_perf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
