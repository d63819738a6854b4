/* Event names, as perf users write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/event.h"
#include "tests/unit/machines.h"

static struct event_machine machine;
static char *root;

static void use(unsigned int parts, event_open_fn *open)
{
	root = made_machine(parts);
	machine = (struct event_machine){ .open = open, .pmus = { .root = root } };
}

static int leave(void **state)
{
	(void)state;
	if (root)
		made_machine_remove(root);
	root = NULL;
	event_machine_done(&machine);
	return 0;
}

static struct event parse(const char *name)
{
	struct error err = ERROR_INIT;
	struct event e = { 0 };

	if (event_parse_on(&machine, name, &e, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	return e;
}

/* The sentence that a name is refused with. */
static const char *refusal(const char *name)
{
	static struct error err;
	struct event e = { .config = 42 };

	err = (struct error)ERROR_INIT;
	assert_true(event_parse_on(&machine, name, &e, &err) < 0);
	assert_int_equal(e.config, 42);
	assert_true(strlen(err.text) > 0);
	return err.text;
}

static void assert_says(const char *sentence, const char *part)
{
	if (!strstr(sentence, part))
		fail_msg("'%s' does not say '%s'", sentence, part);
}

static void names_and_aliases_are_known(void **state)
{
	struct event a, b;

	(void)state;
	assert_int_equal(event_parse("cycles", &a, NULL), 0);
	assert_int_equal(event_parse("cpu-cycles", &b, NULL), 0);
	assert_int_equal(a.config, b.config);
	assert_int_equal(a.unit, EVENT_UNIT_CYCLES);
	assert_int_equal(event_parse("cpu-clock", &a, NULL), 0);
	assert_int_equal(a.unit, EVENT_UNIT_NANOSECONDS);
	assert_int_equal(event_parse("cs", &a, NULL), 0);
	assert_int_equal(a.config, PERF_COUNT_SW_CONTEXT_SWITCHES);
	assert_int_equal(event_parse("r1a2", &a, NULL), 0);
	assert_int_equal(a.type, PERF_TYPE_RAW);
	assert_int_equal(a.config, 0x1a2);
}

static void modifiers_say_what_is_counted(void **state)
{
	struct event e;

	(void)state;
	assert_int_equal(event_parse("cycles:u", &e, NULL), 0);
	assert_true(e.no_kernel && e.no_hypervisor && !e.no_user);
	assert_int_equal(event_parse("cycles:k", &e, NULL), 0);
	assert_true(e.no_user && !e.no_kernel);
	assert_int_equal(event_parse("cycles:uk", &e, NULL), 0);
	assert_true(!e.no_user && !e.no_kernel && e.no_hypervisor);
	assert_int_equal(event_parse("cycles:pp", &e, NULL), 0);
	assert_int_equal(e.precise, 2);
	assert_int_equal(event_parse("cycles:P", &e, NULL), 0);
	assert_int_equal(e.precise, 3);
	assert_true(!e.no_user && !e.no_kernel);
	assert_string_equal(e.name, "cycles:P");
}

static void a_mistyped_name_gets_the_nearest_ones(void **state)
{
	struct error err = { 0 };
	struct event e;

	(void)state;
	assert_int_equal(event_parse("cpu-clok", &e, &err), -EINVAL);
	assert_non_null(strstr(err.text, "did you mean cpu-clock"));
	assert_int_equal(event_parse("branch-mises", &e, &err), -EINVAL);
	assert_non_null(strstr(err.text, "branch-misses"));
}

static void what_is_no_event_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", ":", "cycles:", "cycles:z", "cycles:pppp", "rxyz", "r", "no/such/", "a:b:c:../../x",
	};
	struct event e = { .config = 42 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = { 0 };

		assert_true(event_parse(wrong[i], &e, &err) < 0);
		assert_true(strlen(err.text) > 0);
	}
	assert_int_equal(e.config, 42);
}

static void a_name_of_any_length_is_refused_in_a_sentence(void **state)
{
	char name[5000];
	struct error err = { 0 };
	struct event e;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(event_parse(name, &e, &err), -EINVAL);
}

static void the_clock_keeps_the_modifiers_of_what_it_stands_in_for(void **state)
{
	struct event cycles, clock;

	(void)state;
	assert_int_equal(event_parse("cycles:u", &cycles, NULL), 0);
	clock = event_clock(&cycles);
	assert_string_equal(clock.name, "cpu-clock:u");
	assert_int_equal(clock.type, PERF_TYPE_SOFTWARE);
	assert_true(clock.no_kernel);
}

static void a_missing_counter_is_told_from_a_missing_permission(void **state)
{
	(void)state;
	assert_true(event_is_missing(ENOENT) && event_is_missing(ENODEV) && event_is_missing(ENXIO) &&
		    event_is_missing(EOPNOTSUPP));
	assert_false(event_is_missing(EACCES) || event_is_missing(EPERM) || event_is_missing(EINVAL));
}

static void an_attribute_tells_its_event(void **state)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS, .exclude_kernel = 1,
	};
	struct event e = event_describe(&attr, NULL);

	(void)state;
	assert_string_equal(e.name, "page-faults:uh");
	assert_true(e.no_kernel);
	attr.type = 12345;
	assert_string_equal(event_describe(&attr, NULL).name, "event");
}

static const char *described(struct perf_event_attr attr, struct event_machine *m)
{
	static struct event e;

	e = event_describe(&attr, m);
	return e.name;
}

static void what_all_machines_have_is_named_without_one(void **state)
{
	static const struct {
		struct perf_event_attr attr;
		const char *name;
	} cases[] = {
		{ { .type = PERF_TYPE_HARDWARE, .exclude_kernel = 1, .exclude_hv = 1 }, "cycles:u" },
		{ { .type = PERF_TYPE_HARDWARE, .config = UINT64_C(10) << 32 | 1 }, "instructions" },
		{ { .type = PERF_TYPE_HW_CACHE, .config = 0x10002 }, "LLC-load-misses" },
		{ { .type = PERF_TYPE_HW_CACHE, .config = 0xff }, "event" },
		{ { .type = PERF_TYPE_RAW, .config = 0x1a8 }, "r1a8" },
		{ { .type = PERF_TYPE_BREAKPOINT, .bp_type = 3, .bp_addr = 0x1000, .bp_len = 4 }, "mem:0x1000/4:rw" },
		{ { .type = PERF_TYPE_TRACEPOINT, .config = 372 }, "event" },
		{ { .type = 9 }, "event" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(described(cases[i].attr, NULL), cases[i].name);
}

static void what_a_machine_numbered_is_named_by_it(void **state)
{
	static const struct {
		struct perf_event_attr attr;
		const char *name;
	} cases[] = {
		{ { .type = PERF_TYPE_TRACEPOINT, .config = 372 }, "sched:sched_switch" },
		{ { .type = PERF_TYPE_TRACEPOINT, .config = 1 }, "event" },
		{ { .type = 9, .config = 1 }, "msr/aperf/" },
		{ { .type = 9, .config = 7, .config1 = 1, .exclude_user = 1, .exclude_hv = 1 },
		  "msr/config=0x7,config1=0x1/k" },
		{ { .type = PERF_TYPE_HARDWARE, .config = UINT64_C(10) << 32 }, "cpu_atom/cycles/" },
	};

	(void)state;
	use(MADE_INTEL | MADE_TRACEFS | MADE_HYBRID, made_open);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(described(cases[i].attr, &machine), cases[i].name);
}

/* ---- caches ---- */

static void cache_names_are_a_cache_and_what_happens_in_it(void **state)
{
	static const struct {
		const char *name;
		uint64_t config;
	} cases[] = {
		{ "L1-dcache-loads", 0 }, { "L1-dcache-load-misses", 0x10000 }, { "L1-dcache-stores", 0x100 },
		{ "L1-dcache-prefetch-misses", 0x10200 }, { "L1-icache-load-misses", 0x10001 }, { "LLC-loads", 2 },
		{ "LLC-load-misses", 0x10002 }, { "LLC-misses", 0x10002 }, { "LLC-miss-load", 0x10002 },
		{ "llc-loads", 2 },
		{ "l1d", 0 }, { "l1d-write-miss", 0x10100 }, { "L1-data-speculative-read", 0x200 }, { "L2-refs", 2 },
		{ "dTLB-store-misses", 0x10103 }, { "Data-TLB", 3 }, { "iTLB-loads", 4 }, { "branch-loads", 5 },
		{ "branch-load-misses", 0x10005 }, { "bpu", 5 }, { "node-prefetches", 0x206 }, { "node-stores", 0x106 },
	};

	(void)state;
	use(MADE_INTEL, made_open);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event e = parse(cases[i].name);

		assert_int_equal(e.type, PERF_TYPE_HW_CACHE);
		assert_int_equal(e.config, cases[i].config);
	}
}

static void combinations_that_no_cache_has_are_refused(void **state)
{
	static const char *const wrong[] = {
		"L1-icache-stores", "iTLB-stores", "iTLB-prefetch-misses", "branch-stores", "L1-dcache-",
		"L1-dcache-loads-stores", "L1-dcache-misses-misses", "L1-dcacheloads", "LLC-loads-misses-refs",
		"node-", "L3-loads",
	};

	(void)state;
	use(MADE_INTEL, made_open);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refusal(wrong[i]);
	assert_says(refusal("L1-dcache-load-mises"), "did you mean L1-dcache-load-misses");
}

/* ---- modifiers ---- */

static void modifiers_choose_sides_and_places(void **state)
{
	struct event e;

	(void)state;
	use(MADE_INTEL, made_open);
	e = parse("cycles:G");
	assert_true(e.no_host && !e.no_guest && !e.no_user);
	e = parse("cycles:H");
	assert_true(e.no_guest && !e.no_host);
	e = parse("cycles:GH");
	assert_true(!e.no_guest && !e.no_host);
	e = parse("cycles:uID");
	assert_true(e.no_idle && e.is_pinned && e.no_kernel && !e.is_exclusive);
	assert_true(parse("msr/tsc/e").is_exclusive);
	assert_true(parse("tsc:k").no_user);
}

static void modifiers_that_mean_nothing_here_are_refused(void **state)
{
	(void)state;
	use(MADE_INTEL, made_open);
	assert_says(refusal("cycles:S"), "modifier S");
	assert_says(refusal("cycles:b"), "BPF");
	assert_says(refusal("cycles:W"), "behind the group's }");
	assert_says(refusal("cycles:uu"), "twice");
	assert_says(refusal("cycles:pppp"), "ppp");
	assert_says(refusal("cycles:"), "no modifier");
	assert_says(refusal("cycles:ukz"), "unknown modifier 'z'");
	assert_says(refusal("cycles:ukz"), "\n  cycles:ukz\n           ^");
	assert_says(refusal("cylces:u"), "unknown event 'cylces'; did you mean cycles");
}

/* ---- PMUs ---- */

static void terms_fill_the_fields_of_a_pmu(void **state)
{
	struct event e;

	(void)state;
	use(MADE_INTEL, made_open);
	e = parse("cpu/event=0xc0,umask=1,cmask=2,inv,any=0/u");
	assert_int_equal(e.type, 4);
	assert_int_equal(e.config, 0x028001c0);
	assert_true(e.no_kernel);
	assert_string_equal(e.name, "cpu/event=0xc0,umask=1,cmask=2,inv,any=0/u");
	assert_string_equal(e.pmu, "cpu");
	e = parse("cpu/event=1,split=0x7f,whole=0xffffffffffffffff/");
	assert_true(e.config1 == (UINT64_C(1) << 44 | 0x7c0 | 2));
	assert_true(e.config2 == UINT64_MAX);
	e = parse("cpu/config=0x1a8,config1=7,umask=2/");
	assert_int_equal(e.config, 0x2a8);
	assert_int_equal(e.config1, 7);
	assert_int_equal(parse("cpu/r1a8/").config, 0x1a8);
	assert_int_equal(parse("cpu/r0x1a8/").config, 0x1a8);
	assert_int_equal(parse("msr/event=010/").config, 10);
	assert_int_equal(parse("msr//").config, 0);
	assert_int_equal(parse("msr/ tsc /").type, 9);
}

static void a_named_event_is_its_terms_and_later_ones_count(void **state)
{
	struct event e;

	(void)state;
	use(MADE_INTEL | MADE_UNCORE, made_open);
	assert_int_equal(parse("cpu/mem-loads/").config1, 3);
	e = parse("cpu/mem-loads,ldlat=30/pp");
	assert_int_equal(e.config, 0x1cd);
	assert_int_equal(e.config1, 30);
	assert_int_equal(e.precise, 2);
	assert_int_equal(parse("cpu/wanting,umask=4/").config, 0x410);
	e = parse("power/energy-pkg/");
	assert_string_equal(e.scale_unit, "Joules");
	assert_true(e.scale < 1e-9);
	assert_true(parse("cycles").scale == 1);
	e = parse("tsc");
	assert_int_equal(e.type, 9);
	assert_string_equal(e.name, "tsc");
}

static void a_name_of_ones_own_is_shown(void **state)
{
	(void)state;
	use(MADE_INTEL, made_open);
	assert_string_equal(parse("cpu/event=0xa8,name='LSD, all/most: cmask=1'/u").name, "LSD, all/most: cmask=1");
	assert_string_equal(parse("msr/tsc,name=a.b-c:d/").name, "a.b-c:d");
	assert_string_equal(parse("cs/name=switches/").name, "switches");
	assert_says(refusal("msr/tsc,name=/"), "NAME=VALUE");
	assert_says(refusal("msr/tsc,name='\x1b[31m'/"), "control characters");
}

static void generic_events_can_be_asked_of_the_core(void **state)
{
	(void)state;
	use(MADE_INTEL, made_open);
	assert_int_equal(parse("cpu/cycles/").type, PERF_TYPE_HARDWARE);
	assert_int_equal(parse("cpu/cycles/").unit, EVENT_UNIT_CYCLES);
	assert_int_equal(parse("cpu/L1-dcache-load-misses/").type, PERF_TYPE_HW_CACHE);
	assert_int_equal(parse("cpu/L1-dcache-load-misses/").config, 0x10000);
	assert_says(refusal("cpu/cycles,umask=1/"), "no further terms");
	assert_says(refusal("msr/cycles/"), "PMU msr has no event or term 'cycles'");
}

static void terms_that_are_wrong_are_refused_by_name(void **state)
{
	static const struct {
		const char *name, *part;
	} cases[] = {
		{ "cpu/event=256/", "256 is too large for 'event', which is at most 0xff" },
		{ "cpu/split=0x80/", "at most 0x7f" },
		{ "cpu/inv=2/", "at most 0x1" },
		{ "cpu/event=0x/", "no number" },
		{ "cpu/event=-1/", "no number" },
		{ "cpu/event=12x/", "no number" },
		{ "cpu/config=0x10000000000000000/", "of 64 bits" },
		{ "cpu/evnt=1/", "PMU cpu has no event or term 'evnt'; did you mean event" },
		{ "cpu/mem-load/", "did you mean mem-loads" },
		{ "cpu/event=1,event=2/", "given twice" },
		{ "cpu/mem-loads,cpu-cycles/", "second event" },
		{ "cpu/mem-loads=1/", "takes no value" },
		{ "cpu/wanting/", "needs a value for 'umask'" },
		{ "cpu/period=100/", "'period' says how to record" },
		{ "cpu/event=1,call-graph=dwarf/", "'call-graph' says how to record" },
		{ "cs/freq=100/", "'freq' says how to record" },
		{ "cpu/percore/", "percore" },
		{ "cs/event=1/", "only name='X'" },
		{ "cpu/event=1,/", "NAME=VALUE" },
		{ "cpu/=1/", "NAME=VALUE" },
		{ "cpu/event=/", "NAME=VALUE" },
		{ "cpu/event=1", "is not closed" },
		{ "cpu/name='x/", "is not closed" },
		{ "cpuu/event=1/", "no PMU 'cpuu'; did you mean cpu" },
		{ "/event=1/", "name of a PMU is missing" },
		{ "cpu/event=1/:u", "unknown modifier ':'" },
		{ "sched:sched_switch/name=x/", "has no terms" },
		{ "odd/backwards=1/", "odd/format/backwards says 'config:7-0'" },
		{ "odd/unlimited/", "too large" },
		{ "odd/unfielded/", "'nofield'" },
		{ "wordy/event=1/", "wordy/type" },
		{ "../cpu/event=1/", "unknown modifier 'v'" },
		{ "../cpu/", "no PMU '..'" },
		{ "msr/..=1/", "has no event or term" },
	};

	(void)state;
	use(MADE_INTEL | MADE_BROKEN, made_open);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_says(refusal(cases[i].name), cases[i].part);
}

/* ---- tracepoints, breakpoints, times ---- */

static void tracepoints_have_the_number_of_this_kernel(void **state)
{
	struct event e;

	(void)state;
	use(MADE_TRACEFS, made_open);
	e = parse("sched:sched_switch");
	assert_int_equal(e.type, PERF_TYPE_TRACEPOINT);
	assert_int_equal(e.config, 372);
	assert_true(parse("sched:sched_switch:u").no_kernel);
	assert_says(refusal("sched:sched_swich"), "did you mean sched:sched_switch");
	assert_says(refusal("shed:sched_switch"), "did you mean sched?");
	assert_says(refusal("sched_switch"), "did you mean sched:sched_switch?");
	assert_says(refusal("sched:*"), "3 events");
	assert_says(refusal("sched:nothing*"), "no tracepoint matches");
	assert_says(refusal("sched:"), "unknown event");
	assert_says(refusal("../sched:sched_switch"), "not closed");
	assert_says(refusal("..:sched_switch"), "unknown event");
	assert_says(refusal("..:u"), "unknown event");
}

static void a_machine_without_tracefs_says_how_to_mount_it(void **state)
{
	(void)state;
	use(MADE_INTEL, made_open);
	assert_says(refusal("sched:sched_switch"), "mount -t tracefs");
}

static void breakpoints_have_an_address_and_a_length(void **state)
{
	struct event e;

	(void)state;
	use(MADE_INTEL, made_open);
	e = parse("mem:0x1000");
	assert_true(e.type == PERF_TYPE_BREAKPOINT && e.config1 == 0x1000 && e.config2 == 4 && e.bp_type == 3);
	e = parse("mem:4096/8:w:u");
	assert_true(e.config1 == 4096 && e.config2 == 8 && e.bp_type == 2 && e.no_kernel);
	assert_string_equal(e.name, "mem:4096/8:w:u");
	e = parse("mem:0x1000:x");
	assert_true(e.bp_type == 4 && e.config2 == sizeof(long));
	assert_true(parse("mem:0x1000:u").no_kernel);
	assert_says(refusal("mem:"), "mem:ADDRESS");
	assert_says(refusal("mem:main"), "mem:ADDRESS");
	assert_says(refusal("mem:0x1000/0"), "1 to 8 bytes");
	assert_says(refusal("mem:0x1000/9"), "1 to 8 bytes");
	assert_says(refusal("mem:0x1000/4/"), "does not belong");
	refusal("mem:0x1000:rz");
	refusal("mem:0x1000:");
	refusal("mem:0x10000000000000000");
}

static void times_that_are_taken_cannot_be_sampled(void **state)
{
	(void)state;
	use(MADE_INTEL, made_open);
	assert_says(refusal("duration_time"), "fpprof stat");
	assert_says(refusal("user_time:u"), "no modifiers");
}

static void one_event_at_a_time_is_sampled(void **state)
{
	(void)state;
	use(MADE_INTEL, made_open);
	assert_says(refusal("cs,faults"), "one event at a time");
	assert_says(refusal("{cs}"), "one event at a time");
}

/* ---- several kinds of cores ---- */

static void an_event_is_opened_for_the_core_of_its_cpu(void **state)
{
	struct perf_event_attr attr = { 0 };
	struct event e;

	(void)state;
	use(MADE_HYBRID, made_open);
	e = parse("cycles");
	assert_true(e.type == PERF_TYPE_HARDWARE && e.config == 0);
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 1, &attr));
	assert_true(attr.type == PERF_TYPE_HARDWARE && attr.config == UINT64_C(4) << 32);
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 5, &attr));
	assert_true(attr.config == UINT64_C(10) << 32);
	assert_false(event_bind(&e, &machine, 6, &attr));
	assert_true(attr.type == PERF_TYPE_SOFTWARE && attr.config == PERF_COUNT_SW_DUMMY);
	e = parse("r1a8");
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 5, &attr));
	assert_true(attr.type == 10 && attr.config == 0x1a8);
}

static void an_event_of_one_kind_of_core_is_nowhere_else(void **state)
{
	struct perf_event_attr attr = { 0 };
	struct event e;

	(void)state;
	use(MADE_HYBRID, made_open);
	e = parse("cpu_atom/cycles/");
	assert_true(e.type == PERF_TYPE_HARDWARE && e.config == UINT64_C(10) << 32);
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 4, &attr));
	assert_true(attr.config == UINT64_C(10) << 32);
	assert_false(event_bind(&e, &machine, 0, &attr));
	e = parse("cs");
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 77, &attr));
	assert_true(attr.config == PERF_COUNT_SW_CONTEXT_SWITCHES);
}

static void one_kind_of_core_is_left_to_the_kernel(void **state)
{
	struct perf_event_attr attr = { 0 };
	struct event e;

	(void)state;
	use(MADE_INTEL, made_open);
	e = parse("cycles");
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 0, &attr));
	assert_true(attr.config == 0);
	assert_int_equal(parse("cpu/cycles/").config, 0);
}

static void a_kernel_that_cannot_be_asked_for_a_kind_is_not(void **state)
{
	struct perf_event_attr attr = { 0 };
	struct event e;

	(void)state;
	use(MADE_HYBRID, made_open_without_pmu);
	e = parse("cycles");
	event_fill_attr(&e, &attr);
	assert_true(event_bind(&e, &machine, 5, &attr));
	assert_true(attr.config == 0);
}

/* ---- what the kernel says ---- */

static int refuses_samples(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	return attr->sample_period ? -EINVAL : made_open(attr, pid, cpu, group, flags);
}

static int refuses_all(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	(void)attr, (void)pid, (void)cpu, (void)group, (void)flags;
	return -EINVAL;
}

/* As a user at perf_event_paranoid 2 finds it. */
static int hides_the_kernel(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	return attr->exclude_kernel ? made_open(attr, pid, cpu, group, flags) : -EACCES;
}

static int hides_and_cannot_exclude(const struct perf_event_attr *attr, pid_t pid, int cpu, int group,
				    unsigned long flags)
{
	(void)pid, (void)cpu, (void)group, (void)flags;
	return attr->exclude_kernel ? -EINVAL : -EACCES;
}

static void a_refusal_is_found_to_be_the_events_own_or_not(void **state)
{
	const struct event e = { .type = 9 };

	(void)state;
	assert_int_equal(event_find_trouble(&e, made_open), EVENT_TROUBLE_NONE);
	assert_int_equal(event_find_trouble(&e, refuses_samples), EVENT_TROUBLE_SAMPLING);
	assert_int_equal(event_find_trouble(&e, refuses_all), EVENT_TROUBLE_ITSELF);
	assert_int_equal(event_find_trouble(&e, hides_the_kernel), EVENT_TROUBLE_NONE);
	assert_int_equal(event_find_trouble(&e, hides_and_cannot_exclude), EVENT_TROUBLE_PERMISSION);
}

static void a_name_ends_where_its_modifiers_begin(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} cases[] = {
		{ "cycles", 6 }, { "cycles:u", 6 }, { "sched:sched_switch", 18 }, { "sched:sched_switch:k", 18 },
		{ "msr/tsc/", 8 }, { "msr/tsc/uk", 8 }, { "my name", 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(event_base_length(cases[i].name), cases[i].n);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(names_and_aliases_are_known, leave),
		cmocka_unit_test_teardown(modifiers_say_what_is_counted, leave),
		cmocka_unit_test_teardown(a_mistyped_name_gets_the_nearest_ones, leave),
		cmocka_unit_test_teardown(what_is_no_event_is_refused, leave),
		cmocka_unit_test_teardown(a_name_of_any_length_is_refused_in_a_sentence, leave),
		cmocka_unit_test_teardown(the_clock_keeps_the_modifiers_of_what_it_stands_in_for, leave),
		cmocka_unit_test_teardown(a_missing_counter_is_told_from_a_missing_permission, leave),
		cmocka_unit_test_teardown(an_attribute_tells_its_event, leave),
		cmocka_unit_test_teardown(what_all_machines_have_is_named_without_one, leave),
		cmocka_unit_test_teardown(what_a_machine_numbered_is_named_by_it, leave),
		cmocka_unit_test_teardown(cache_names_are_a_cache_and_what_happens_in_it, leave),
		cmocka_unit_test_teardown(combinations_that_no_cache_has_are_refused, leave),
		cmocka_unit_test_teardown(modifiers_choose_sides_and_places, leave),
		cmocka_unit_test_teardown(modifiers_that_mean_nothing_here_are_refused, leave),
		cmocka_unit_test_teardown(terms_fill_the_fields_of_a_pmu, leave),
		cmocka_unit_test_teardown(a_named_event_is_its_terms_and_later_ones_count, leave),
		cmocka_unit_test_teardown(a_name_of_ones_own_is_shown, leave),
		cmocka_unit_test_teardown(generic_events_can_be_asked_of_the_core, leave),
		cmocka_unit_test_teardown(terms_that_are_wrong_are_refused_by_name, leave),
		cmocka_unit_test_teardown(tracepoints_have_the_number_of_this_kernel, leave),
		cmocka_unit_test_teardown(a_machine_without_tracefs_says_how_to_mount_it, leave),
		cmocka_unit_test_teardown(breakpoints_have_an_address_and_a_length, leave),
		cmocka_unit_test_teardown(times_that_are_taken_cannot_be_sampled, leave),
		cmocka_unit_test_teardown(one_event_at_a_time_is_sampled, leave),
		cmocka_unit_test_teardown(an_event_is_opened_for_the_core_of_its_cpu, leave),
		cmocka_unit_test_teardown(an_event_of_one_kind_of_core_is_nowhere_else, leave),
		cmocka_unit_test_teardown(one_kind_of_core_is_left_to_the_kernel, leave),
		cmocka_unit_test_teardown(a_kernel_that_cannot_be_asked_for_a_kind_is_not, leave),
		cmocka_unit_test_teardown(a_refusal_is_found_to_be_the_events_own_or_not, leave),
		cmocka_unit_test_teardown(a_name_ends_where_its_modifiers_begin, leave),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
