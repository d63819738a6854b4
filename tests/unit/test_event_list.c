/* Lists, groups, rows, filters, and what a machine has to choose from, on made-up machines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "collectors/event_catalog.h"
#include "collectors/event_list.h"
#include "tests/unit/machines.h"

static struct event_list list;
static char *root;

static void use(unsigned int parts)
{
	root = made_machine(parts);
	list = (struct event_list){ .machine = { .open = made_open, .pmus = { .root = root } } };
}

static int leave(void **state)
{
	(void)state;
	events_done(&list);
	made_machine_remove(root);
	return 0;
}

static void parse(const char *text)
{
	struct error err = ERROR_INIT;

	if (events_parse(text, &list, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

/* The list in short: "NAME row/group", a group of none being "-". */
static void assert_list(const char *expected)
{
	cleanup_buf struct buf got = { 0 };

	for (size_t i = 0; i < list.at.n; i++) {
		const struct listed_event *e = &list.at.at[i];

		buf_printf(&got, "%s%s %zu/", i ? "; " : "", e->event.name, e->row);
		buf_printf(&got, e->group == EVENT_NO_GROUP ? "-" : "%d", e->group);
	}
	assert_string_equal(got.n ? got.at : "", expected);
}

static const char *refusal(const char *text)
{
	static struct error err;
	size_t before = list.at.n, rows = list.rows;

	err = (struct error)ERROR_INIT;
	assert_int_equal(events_parse(text, &list, &err), -EINVAL);
	assert_int_equal(list.at.n, before);
	assert_int_equal(list.rows, rows);
	return err.text;
}

static void assert_says(const char *sentence, const char *part)
{
	if (!strstr(sentence, part))
		fail_msg("'%s' does not say '%s'", sentence, part);
}

/* ---- lists ---- */

static void commas_separate_events_outside_of_slashes_and_braces(void **state)
{
	(void)state;
	use(MADE_INTEL | MADE_TRACEFS);
	parse("cycles:u,{instructions,branches}:k,sched:sched_switch,cpu/event=1,umask=2/,msr/tsc,name='a,b/c'/");
	assert_list("cycles:u 0/-; instructions:k 1/0; branches:k 2/0; sched:sched_switch 3/-; "
		    "cpu/event=1,umask=2/ 4/-; a,b/c 5/-");
	assert_true(list.at.at[1].event.no_user);
	assert_string_equal(list.at.at[4].event.pmu, "cpu");
	assert_string_equal(list.at.at[4].pmu->name, "cpu");
	assert_null(list.at.at[0].pmu);
}

static void each_list_adds_to_the_one_before(void **state)
{
	(void)state;
	use(MADE_INTEL);
	parse("cs,{faults,cycles}");
	parse("{migrations}, cs ");
	assert_list("cs 0/-; faults 1/0; cycles 2/0; migrations 3/1; cs 4/-");
	assert_int_equal(list.rows, 5);
	assert_int_equal(list.groups, 2);
}

static void a_breakpoint_has_one_slash_and_no_terms(void **state)
{
	(void)state;
	use(MADE_INTEL);
	parse("mem:0x1000/4:w,cs,msr/tsc/,{mem:0x2000/8,cs}");
	assert_list("mem:0x1000/4:w 0/-; cs 1/-; msr/tsc/ 2/-; mem:0x2000/8 3/0; cs 4/0");
}

static void what_is_wrong_is_pointed_at(void **state)
{
	static const struct {
		const char *text, *sentence, *pointer;
	} cases[] = {
		{ "cs,bogus,faults", "unknown event 'bogus'", "\n  cs,bogus,faults\n     ^~~~~" },
		{ "cs,cycles:uz", "unknown modifier 'z'", "\n  cs,cycles:uz\n             ^" },
		{ "cs,,faults", "an event is missing", "\n     ^" },
		{ "cs,", "an event is missing", "\n  cs,\n     ^" },
		{ "{cs,faults", "not closed by a }", "\n  ^" },
		{ "{cs,{faults}}", "groups are not put into groups", "\n      ^" },
		{ "{}", "an event is missing", "\n   ^" },
		{ "cs}", "a comma is missing in front of '}'", "\n    ^" },
		{ "{cs}faults", "a comma is missing in front of 'faults'", "\n      ^" },
		{ "cs,{msr/tsc,faults}", "not closed by another", "\n         ^" },
		{ "cs,cpu/event=1,umask=0x100/", "0x100 is too large for 'umask'", "\n                 ^~~~~~~~~~~" },
		{ "{cs,faults}:uWx", "unknown modifier 'x'", "\n                ^" },
		{ "{cs,faults}:", "no modifier", "\n             ^" },
		{ "{cs,faults:W}", "behind the group's }", "\n             ^" },
		{ "cs,duration_time:u", "has no modifiers", "\n     ^~~~~~~~~~~~~" },
	};

	(void)state;
	use(MADE_INTEL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = refusal(cases[i].text);

		assert_says(text, cases[i].sentence);
		assert_says(text, cases[i].pointer);
	}
	assert_null(strchr(refusal("bogus"), '\n'));
	assert_null(strchr(refusal(""), '\n'));
}

static void a_long_list_is_shown_in_part(void **state)
{
	cleanup_buf struct buf text = { 0 };
	const char *sentence;

	(void)state;
	use(MADE_INTEL);
	for (size_t i = 0; i < 100; i++)
		buf_puts(&text, i == 50 ? "bogus," : "page-faults,");
	buf_puts(&text, "cs");
	sentence = refusal(text.at);
	assert_says(sentence, "page-faults,bogus,page-faults");
	assert_says(sentence, "\n  ..");
	assert_true(strlen(sentence) < 400);
	assert_int_equal(strrchr(sentence, '^') - strrchr(sentence, '\n'),
			 strstr(sentence, ",bogus,") + 1 - strstr(sentence, "\n  .."));
}

static void more_events_than_can_be_counted_are_refused(void **state)
{
	cleanup_buf struct buf text = { 0 };

	(void)state;
	use(MADE_TRACEFS);
	for (size_t i = 0; i <= EVENTS_MAX; i++)
		buf_puts(&text, i ? ",cs" : "cs");
	assert_says(refusal(text.at), "no more than 4096 events");
}

/* ---- groups ---- */

static void a_groups_modifiers_are_those_of_its_events(void **state)
{
	(void)state;
	use(MADE_INTEL);
	parse("{cycles,cs:k,cpu/event=1/,cpu/event=2,name=own/}:u");
	assert_list("cycles:u 0/0; cs:ku 1/0; cpu/event=1/u 2/0; own 3/0");
	assert_false(list.at.at[1].event.no_user || list.at.at[1].event.no_kernel);
	assert_true(list.at.at[1].event.no_hypervisor);
	assert_true(list.at.at[3].event.no_kernel);
}

static void a_weak_group_is_a_group_like_any_other(void **state)
{
	(void)state;
	use(MADE_INTEL);
	parse("{cycles,cs}:W,{cycles,cs}:Wu");
	assert_list("cycles 0/0; cs 1/0; cycles:u 2/1; cs:u 3/1");
}

static void the_leader_alone_is_pinned(void **state)
{
	(void)state;
	use(MADE_INTEL);
	parse("{cycles,cs}:De");
	assert_true(list.at.at[0].event.is_pinned && list.at.at[0].event.is_exclusive);
	assert_false(list.at.at[1].event.is_pinned || list.at.at[1].event.is_exclusive);
	assert_says(refusal("{cycles,cs:D}"), "only the first event of a group");
	parse("{cycles:D,cs}");
	assert_true(list.at.at[2].event.is_pinned);
}

static void times_are_in_no_group(void **state)
{
	(void)state;
	use(MADE_INTEL);
	parse("duration_time,user_time,system_time");
	assert_list("duration_time 0/-; user_time 1/-; system_time 2/-");
	assert_int_equal(list.at.at[1].event.tool, EVENT_TOOL_USER_TIME);
	assert_says(refusal("{cs,duration_time}"), "cannot be in a group");
}

/* ---- one expression, several events ---- */

static void a_generic_event_is_one_for_each_kind_of_core(void **state)
{
	const struct listed_event *e;

	(void)state;
	use(MADE_HYBRID);
	parse("cycles:u,r1a8,L1-dcache-loads,cs");
	assert_list("cpu_core/cycles/u 0/-; cpu_atom/cycles/u 1/-; cpu_core/r1a8/ 2/-; cpu_atom/r1a8/ 3/-; "
		    "cpu_core/L1-dcache-loads/ 4/-; cpu_atom/L1-dcache-loads/ 5/-; cs 6/-");
	e = list.at.at;
	assert_true(e[0].event.config == UINT64_C(4) << 32 && e[1].event.config == UINT64_C(10) << 32);
	assert_true(e[0].event.no_kernel && e[0].event.unit == EVENT_UNIT_CYCLES);
	assert_true(e[2].event.type == 4 && e[2].event.config == 0x1a8 && e[3].event.type == 10);
	assert_string_equal(e[0].pmu->name, "cpu_core");
	assert_int_equal(e[0].pmu->cpus.n, 4);
}

static void what_is_shown_can_be_typed_again(void **state)
{
	(void)state;
	use(MADE_HYBRID);
	parse("cpu_atom/cycles/u,cpu_core/L1-dcache-loads/,cpu_core/r1a8/,mem-loads,cpu_*/event=1/k");
	assert_list("cpu_atom/cycles/u 0/-; cpu_core/L1-dcache-loads/ 1/-; cpu_core/r1a8/ 2/-; "
		    "cpu_core/mem-loads/ 3/-; cpu_atom/mem-loads/ 4/-; cpu_core/event=1/k 5/-; cpu_atom/event=1/k 6/-");
	assert_int_equal(list.at.at[3].event.config, 0x1cd);
	assert_int_equal(list.at.at[4].event.config, 0x5d0);
}

static void a_group_is_one_for_each_kind_of_core(void **state)
{
	(void)state;
	use(MADE_HYBRID | MADE_UNCORE);
	parse("cs,{cs,cycles,instructions},{cpu_core/cycles/,cs},{imc/cas_count_read/,imc/cas_count_write/}");
	assert_list("cs 0/-; cs 1/0; cpu_core/cycles/ 2/0; cpu_core/instructions/ 4/0; cpu_atom/cycles/ 3/1; "
		    "cpu_atom/instructions/ 5/1; cpu_core/cycles/ 6/2; cs 7/2; imc/cas_count_read/ 8/3; "
		    "imc/cas_count_write/ 9/3; imc/cas_count_read/ 8/4; imc/cas_count_write/ 9/4");
	assert_int_equal(list.groups, 5);
}

static void each_kind_of_core_has_its_pinned_leader(void **state)
{
	(void)state;
	use(MADE_HYBRID);
	parse("{cycles:D,instructions}");
	assert_true(list.at.at[0].event.is_pinned && list.at.at[2].event.is_pinned);
	assert_false(list.at.at[1].event.is_pinned || list.at.at[3].event.is_pinned);
}

static void instances_of_a_pmu_share_a_row(void **state)
{
	static const char *const same[] = {
		"uncore_imc/cas_count_read/", "imc/cas_count_read/", "cas_count_read", "*imc_[01]/cas_count_read/",
	};

	(void)state;
	use(MADE_UNCORE);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const struct listed_event *e;

		parse(same[i]);
		assert_int_equal(list.at.n, 2 * (i + 1));
		e = &list.at.at[2 * i];
		assert_true(e[0].row == i && e[1].row == i);
		assert_true(e[0].event.type == 20 && e[1].event.type == 21);
		assert_string_equal(e[0].event.name, same[i]);
		assert_string_equal(e[1].event.pmu, "uncore_imc_1");
		assert_string_equal(e[1].event.scale_unit, "MiB");
		assert_int_equal(e[0].pmu->cpus.at[1], 18);
	}
	parse("uncore_imc_1/cas_count_read/");
	assert_int_equal(list.at.n, 9);
	assert_int_equal(list.at.at[8].row, 4);
}

static void a_glob_takes_the_pmus_that_have_the_event(void **state)
{
	(void)state;
	use(MADE_UNCORE | MADE_BROKEN);
	parse("*imc*/data_read/");
	assert_int_equal(list.at.n, 1);
	assert_int_equal(list.at.at[0].event.type, 22);
	assert_says(refusal("*imc*/nothing/"), "no event or term 'nothing'");
	made_machine_put(root, "/sys/bus/event_source/devices/uncore_imc_2/type", "24\n");
	pmus_done(&list.machine.pmus);
	vec_free(&list.at); /* whose pmu is gone */
	assert_says(refusal("imc/cas_count_read/"), "PMU uncore_imc_2 has no event");
}

static void a_glob_of_tracepoints_is_each_of_them(void **state)
{
	(void)state;
	use(MADE_TRACEFS);
	parse("sched:sched_sw*:u,s*:*_read,{sched:*}");
	assert_list("sched:sched_swap_numa:u 0/-; sched:sched_switch:u 1/-; syscalls:sys_enter_read 2/-; "
		    "syscalls:sys_exit_read 3/-; sched:sched_swap_numa 4/0; sched:sched_switch 5/0; "
		    "sched:sched_wakeup 6/0");
	assert_int_equal(list.at.at[1].event.config, 372);
	assert_true(list.at.at[0].event.no_kernel);
}

static void too_wide_a_glob_of_tracepoints_is_refused(void **state)
{
	(void)state;
	use(MADE_TRACEFS);
	for (int i = 0; i <= 4096; i++) {
		cleanup_free char *path = xasprintf("/sys/kernel/tracing/events/many/t%d/id", i);

		made_machine_put(root, path, "1\n");
	}
	assert_says(refusal("many:*"), "4097 tracepoints");
}

/* ---- filters ---- */

static void a_filter_is_for_the_tracepoints_in_front_of_it(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	use(MADE_TRACEFS);
	assert_int_equal(events_set_filter(&list, "pid == 1", &err), -EINVAL);
	assert_says(err.text, "behind the tracepoint");
	parse("sched:sched_wakeup,sched:sched_sw*");
	assert_int_equal(events_set_filter(&list, "prev_pid == 1", &err), 0);
	assert_null(list.at.at[0].filter);
	assert_string_equal(list.at.at[1].filter, "prev_pid == 1");
	assert_string_equal(list.at.at[2].filter, "prev_pid == 1");
	assert_int_equal(events_set_filter(&list, "cpu == 2", &err), 0);
	assert_string_equal(list.at.at[2].filter, "(prev_pid == 1) && (cpu == 2)");
	parse("cs");
	assert_int_equal(events_set_filter(&list, "pid == 1", &err), -EINVAL);
	assert_says(err.text, "only tracepoints");
}

/* ---- what there is ---- */

static bool has(const struct catalog_vec *catalog, const char *name, const char *kind)
{
	for (size_t i = 0; i < catalog->n; i++)
		if (strcmp(catalog->at[i].name, name) == 0)
			return strcmp(catalog->at[i].kind, kind) == 0;
	return false;
}

static void the_catalog_has_what_the_machine_has(void **state)
{
	struct catalog_vec all = { 0 };

	(void)state;
	use(MADE_INTEL | MADE_UNCORE | MADE_TRACEFS);
	event_catalog(&list.machine, NULL, &all);
	assert_true(has(&all, "cycles", "hardware"));
	assert_true(has(&all, "page-faults", "software"));
	assert_true(has(&all, "LLC-load-misses", "cache"));
	assert_false(has(&all, "L1-icache-stores", "cache"));
	assert_true(has(&all, "duration_time", "tool"));
	assert_true(has(&all, "msr/tsc/", "PMU"));
	assert_true(has(&all, "power/energy-pkg/", "PMU"));
	assert_true(has(&all, "cpu/wanting,umask=?/", "PMU"));
	assert_true(has(&all, "rNNN", "raw"));
	assert_true(has(&all, "msr/event=N/", "raw"));
	assert_true(has(&all, "sched:sched_switch", "tracepoint"));
	catalog_free(&all);
}

static void what_does_not_open_is_not_in_the_catalog(void **state)
{
	struct catalog_vec all = { 0 };

	(void)state;
	use(MADE_INTEL);
	list.machine.open = made_open_without_pmu;
	event_catalog(&list.machine, NULL, &all);
	assert_false(has(&all, "cycles", "hardware"));
	assert_false(has(&all, "LLC-loads", "cache"));
	assert_true(has(&all, "cpu-clock", "software"));
	catalog_free(&all);
}

static void a_pattern_is_a_kind_a_glob_or_a_part(void **state)
{
	static const struct {
		const char *pattern;
		size_t n;
	} cases[] = {
		{ "hw", 10 }, { "hardware", 10 }, { "sched:*", 3 }, { "*_read", 2 }, { "sched_switch", 1 },
		{ "tsc", 1 },
		{ "idle-cycles", 2 }, { "hwcache", 32 }, { "tool", 3 }, { "nothing of the kind", 0 },
	};

	(void)state;
	use(MADE_INTEL | MADE_TRACEFS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct catalog_vec some = { 0 };

		event_catalog(&list.machine, cases[i].pattern, &some);
		assert_int_equal(some.n, cases[i].n);
		catalog_free(&some);
	}
}

static void all_that_is_listed_is_understood(void **state)
{
	struct catalog_vec all = { 0 };

	(void)state;
	use(MADE_INTEL | MADE_UNCORE | MADE_TRACEFS);
	event_catalog(&list.machine, NULL, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!strpbrk(all.at[i].name, "N?[")) /* a value is for the user to fill in */
			parse(all.at[i].name);
	assert_true(list.at.n > 60);
	catalog_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(commas_separate_events_outside_of_slashes_and_braces, leave),
		cmocka_unit_test_teardown(each_list_adds_to_the_one_before, leave),
		cmocka_unit_test_teardown(a_breakpoint_has_one_slash_and_no_terms, leave),
		cmocka_unit_test_teardown(what_is_wrong_is_pointed_at, leave),
		cmocka_unit_test_teardown(a_long_list_is_shown_in_part, leave),
		cmocka_unit_test_teardown(more_events_than_can_be_counted_are_refused, leave),
		cmocka_unit_test_teardown(a_groups_modifiers_are_those_of_its_events, leave),
		cmocka_unit_test_teardown(a_weak_group_is_a_group_like_any_other, leave),
		cmocka_unit_test_teardown(the_leader_alone_is_pinned, leave),
		cmocka_unit_test_teardown(times_are_in_no_group, leave),
		cmocka_unit_test_teardown(a_generic_event_is_one_for_each_kind_of_core, leave),
		cmocka_unit_test_teardown(what_is_shown_can_be_typed_again, leave),
		cmocka_unit_test_teardown(a_group_is_one_for_each_kind_of_core, leave),
		cmocka_unit_test_teardown(each_kind_of_core_has_its_pinned_leader, leave),
		cmocka_unit_test_teardown(instances_of_a_pmu_share_a_row, leave),
		cmocka_unit_test_teardown(a_glob_takes_the_pmus_that_have_the_event, leave),
		cmocka_unit_test_teardown(a_glob_of_tracepoints_is_each_of_them, leave),
		cmocka_unit_test_teardown(too_wide_a_glob_of_tracepoints_is_refused, leave),
		cmocka_unit_test_teardown(a_filter_is_for_the_tracepoints_in_front_of_it, leave),
		cmocka_unit_test_teardown(the_catalog_has_what_the_machine_has, leave),
		cmocka_unit_test_teardown(what_does_not_open_is_not_in_the_catalog, leave),
		cmocka_unit_test_teardown(a_pattern_is_a_kind_a_glob_or_a_part, leave),
		cmocka_unit_test_teardown(all_that_is_listed_is_understood, leave),
	};

	return cmocka_run_group_tests_name("event_list", tests, NULL, NULL);
}
