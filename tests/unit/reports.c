/* One kind of report for each thing that a layout has to cope with. */
#include "tests/unit/reports.h"

#include <stdlib.h>
#include <string.h>

static char make[] = "make", jobs[] = "-j2";
static char *const make_command[] = { make, jobs, NULL };
static const struct stat_rusage usage = { 1.875, 0.25, 123456, 48, 2, 17, 5, 16, 1024 };
static const double three[] = { 1.2, 1.25, 1.3 };

void report_init(struct stat_report *r)
{
	*r = (struct stat_report){
		.what = "'make -j2'", .time = -1, .runs = 1, .elapsed.value = 1.25, .command = make_command,
	};
}

struct stat_row *report_add(struct stat_report *r, const char *event, enum stat_role role, double value)
{
	struct stat_row *row = vec_push(&r->rows);

	*row = (struct stat_row){ .event = event, .unit = "", .role = role, .is_exact = true, .value.value = value };
	row->enabled_ns = row->running_ns = 1e9;
	row->raw = value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
	return row;
}

struct stat_row *report_add_clock(struct stat_report *r, const char *event, double msec)
{
	struct stat_row *row = report_add(r, event, STAT_ROLE_CLOCK, msec);

	row->unit = "msec";
	row->is_exact = false;
	row->raw = (uint64_t)(msec * 1e6);
	return row;
}

static void add_missing(struct stat_report *r, const char *event, enum stat_state state)
{
	struct stat_row *row = report_add(r, event, STAT_ROLE_OTHER_HARDWARE, 0);

	row->state = state;
	row->running_ns = 0;
	row->enabled_ns = state == STAT_NOT_SUPPORTED ? 0 : 1e9;
}

static void add_software(struct stat_report *r)
{
	report_add_clock(r, "task-clock", 2000.125);
	report_add(r, "context-switches", STAT_ROLE_EVENT, 22);
	report_add(r, "cpu-migrations", STAT_ROLE_EVENT, 0);
	report_add(r, "page-faults", STAT_ROLE_EVENT, 524378);
}

/* What perf counts when it is not told what. */
static void make_run(struct stat_report *r)
{
	add_software(r);
	report_add(r, "cycles", STAT_ROLE_CYCLES, 6000375000);
	report_add(r, "stalled-cycles-frontend", STAT_ROLE_STALLED_FRONTEND, 600037500);
	report_add(r, "instructions", STAT_ROLE_INSTRUCTIONS, 9000562500);
	report_add(r, "branches", STAT_ROLE_BRANCHES, 1600100000);
	report_add(r, "branch-misses", STAT_ROLE_BRANCH_MISSES, 20001250);
	r->rusage = &usage;
}

static void make_no_pmu(struct stat_report *r)
{
	add_software(r);
	r->rusage = &usage;
	*vec_push(&r->notes) = "cycles, instructions and branches were left out: this machine has no hardware counters";
}

static void make_missing(struct stat_report *r)
{
	report_add_clock(r, "task-clock", 2000.125);
	add_missing(r, "cycles", STAT_NOT_COUNTED);
	add_missing(r, "stalled-cycles-backend", STAT_NOT_SUPPORTED);
	r->exit_status = 139;
}

static void make_rusage(struct stat_report *r)
{
	report_add_clock(r, "task-clock", 2000.125);
	r->rusage = &usage;
	r->shows_rusage = true;
}

static void make_caches(struct stat_report *r)
{
	static const struct {
		const char *event;
		enum stat_role role;
		double value;
	} rows[] = {
		{ "cache-references", STAT_ROLE_CACHE_REFERENCES, 40002500 },
		{ "cache-misses", STAT_ROLE_CACHE_MISSES, 5000000 },
		{ "L1-dcache-loads", STAT_ROLE_L1D, 1000062500 },
		{ "L1-dcache-load-misses", STAT_ROLE_L1D_MISSES, 20001250 },
		{ "LLC-loads", STAT_ROLE_LLC, 3000000 },
		{ "LLC-load-misses", STAT_ROLE_LLC_MISSES, 1000000 },
		{ "L1-icache-loads", STAT_ROLE_L1I, 500 },
		{ "L1-icache-load-misses", STAT_ROLE_L1I_MISSES, 500 },
		{ "dTLB-loads", STAT_ROLE_DTLB, 1000062500 },
		{ "dTLB-load-misses", STAT_ROLE_DTLB_MISSES, 0 },
		{ "iTLB-loads", STAT_ROLE_ITLB, 2000 },
		{ "iTLB-load-misses", STAT_ROLE_ITLB_MISSES, 1 },
	};

	report_add_clock(r, "task-clock", 2000.125);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		report_add(r, rows[i].event, rows[i].role, rows[i].value);
}

static void make_multiplexed(struct stat_report *r)
{
	report_add_clock(r, "task-clock", 2000.125);
	report_add(r, "cycles", STAT_ROLE_CYCLES, 6000375000)->running_ns = 0.5001e9;
	report_add(r, "instructions", STAT_ROLE_INSTRUCTIONS, 9000562500)->running_ns = 0.25e9;
	r->rows.at[1].raw = 3000187500;
	r->rows.at[2].raw = 2250140625;
}

static void make_repeats(struct stat_report *r)
{
	make_multiplexed(r);
	report_add(r, "context-switches", STAT_ROLE_EVENT, 1.0 / 3)->value.error = 1.0 / 3;
	add_missing(r, "bus-cycles", STAT_NOT_COUNTED);
	add_missing(r, "ref-cycles", STAT_NOT_SUPPORTED);
	r->rows.at[0].value.error = 24.6;
	r->rows.at[1].value.error = 60003750;
	r->runs = 3;
	r->elapsed.error = 0.0288675;
	r->each = three;
	r->shows_table = true;
	r->rusage = &usage;
}

static void make_interval(struct stat_report *r)
{
	report_add_clock(r, "task-clock", 199.5);
	report_add(r, "instructions", STAT_ROLE_INSTRUCTIONS, 300000000);
	report_add(r, "stalled-cycles-backend", STAT_ROLE_STALLED_BACKEND, 75000000);
	report_add(r, "energy-pkg", STAT_ROLE_NONE, 3.25)->unit = "Joules";
	r->rows.at[3].is_exact = false;
	r->time = 12.000345678;
	r->elapsed.value = 0.1;
	*vec_push(&r->notes) = "a reader was late by 3 ms";
}

static void add_for_each(struct stat_report *r, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		report_add_clock(r, "cpu-clock", 1250)->key = keys[i];
	for (size_t i = 0; i < n; i++)
		report_add(r, "cycles", STAT_ROLE_CYCLES, 1e9 * (double)(i + 1))->key = keys[i];
	for (size_t i = 0; i < n; i++)
		report_add(r, "instructions", STAT_ROLE_INSTRUCTIONS, 2e9)->key = keys[i];
	for (size_t i = 0; i < n; i++)
		report_add(r, "stalled-cycles-frontend", STAT_ROLE_STALLED_FRONTEND, 5e8)->key = keys[i];
}

static void make_cpus(struct stat_report *r)
{
	static const char *const cpus[] = { "CPU0", "CPU127" };

	add_for_each(r, cpus, 2);
	r->what = "'system wide'";
	r->keyed = STAT_KEYED_BY_CPU;
	r->command = NULL;
	r->exit_status = -1;
}

static void make_cpus_interval(struct stat_report *r)
{
	make_cpus(r);
	r->time = 0.100345678;
}

static void make_threads(struct stat_report *r)
{
	static const char *const threads[] = { "memfd:sealed-91-13191", "\xc3\xa4rger-7" };

	add_for_each(r, threads, 2);
	r->what = "process id '7'";
	r->keyed = STAT_KEYED_BY_THREAD;
	r->command = NULL;
	r->exit_status = -1;
}

static void make_threads_interval(struct stat_report *r)
{
	make_threads(r);
	r->time = 0.100345678;
}

static void make_cgroups(struct stat_report *r)
{
	static const char *const cgroups[] = { "/", "system.slice" };

	for (size_t i = 0; i < 2; i++)
		report_add_clock(r, "cpu-clock", 2500)->cgroup = cgroups[i];
	for (size_t i = 0; i < 2; i++)
		report_add(r, "instructions", STAT_ROLE_INSTRUCTIONS, 2e9)->cgroup = cgroups[i];
	for (size_t i = 0; i < 2; i++)
		report_add(r, "cycles", STAT_ROLE_CYCLES, 1e9 * (double)(i + 1))->cgroup = cgroups[i];
	report_add(r, "stalled-cycles-backend", STAT_ROLE_STALLED_BACKEND, 5e8)->cgroup = cgroups[1];
	r->what = "'system wide'";
	r->command = NULL;
	r->exit_status = -1;
}

static void make_hostile(struct stat_report *r)
{
	static char sh[] = "sh", script[] = "echo \"a\",'b'\n\x1b[31m", bytes[] = "\xff\xc3";
	static char *const command[] = { sh, script, bytes, NULL };

	report_add_clock(r, "cpu/name=\"a,b\"/", 2)->key = "a\"b,c\n\x1b" "d-12";
	report_add(r, "cycles", STAT_ROLE_CYCLES, 3000000)->key = "a\"b,c\n\x1b" "d-12";
	report_add(r, "x,y", STAT_ROLE_NONE, 1)->key = "\xff\xc2\x9b-9-13";
	r->rows.at[0].cgroup = r->rows.at[1].cgroup = "pay,load\r";
	r->keyed = STAT_KEYED_BY_THREAD;
	r->what = "'sh echo \"a\",'b'\n\x1b[31m \xff\xc3'";
	r->command = command;
	*vec_push(&r->notes) = "of \x1b]0;owned\a, nothing";
}

static void make_extremes(struct stat_report *r)
{
	report_add_clock(r, "task-clock", 0.0000004);
	report_add(r, "huge", STAT_ROLE_EVENT, 18446744073709551615.0)->raw = UINT64_MAX;
	report_add(r, "exact", STAT_ROLE_NONE, 9007199254740991);
	report_add(r, "tiny", STAT_ROLE_NONE, 5e-324)->is_exact = false;
	report_add(r, "third", STAT_ROLE_NONE, 1.0 / 3)->is_exact = false;
	report_add(r, "not-a-number", STAT_ROLE_EVENT, 0)->value.value = NAN;
	report_add(r, "endless", STAT_ROLE_EVENT, 0)->value.value = INFINITY;
	report_add(r, "zero", STAT_ROLE_EVENT, 0);
	r->runs = 2;
	r->elapsed.value = 0;
	for (size_t i = 0; i < r->rows.n; i++)
		r->rows.at[i].value.error = NAN;
	r->each = three + 1;
	r->shows_table = true;
	r->rusage = &usage;
	r->shows_rusage = true;
}

static void make_nothing(struct stat_report *r)
{
	r->rusage = &usage;
}

static const struct {
	const char *name;
	void (*make)(struct stat_report *r);
} makers[] = {
	{ "run", make_run },
	{ "no_pmu", make_no_pmu },
	{ "missing", make_missing },
	{ "rusage", make_rusage },
	{ "caches", make_caches },
	{ "multiplexed", make_multiplexed },
	{ "repeats", make_repeats },
	{ "interval", make_interval },
	{ "cpus", make_cpus },
	{ "cpus_interval", make_cpus_interval },
	{ "threads", make_threads },
	{ "threads_interval", make_threads_interval },
	{ "cgroups", make_cgroups },
	{ "hostile", make_hostile },
	{ "extremes", make_extremes },
	{ "nothing", make_nothing },
};

const char *report_kind(size_t i)
{
	return i < sizeof(makers) / sizeof(makers[0]) ? makers[i].name : NULL;
}

void report_make(const char *kind, struct stat_report *r, struct stat_style *style)
{
	report_init(r);
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(makers[i].name, kind) == 0)
			makers[i].make(r);
	*style = (struct stat_style){ .separator = ",", .has_heading = true };
}

void report_free(struct stat_report *r)
{
	vec_free(&r->rows);
	vec_free(&r->notes);
}
