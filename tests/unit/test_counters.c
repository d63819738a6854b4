/* Counters on made-up machines: how groups are led, what is opened where, and what is left out when it is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collectors/counters.h"
#include "tests/unit/fake_kernel.h"
#include "tests/unit/machines.h"

static struct event_list list;
static struct target target;
static struct counters counters;
static char *root;

/* What the kernel refuses to a member of a group, and only there: 0 or an errno. */
static int (*refuse_member)(const struct perf_event_attr *attr);

static int counting_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	int code = group >= 0 && refuse_member ? refuse_member(attr) : 0;

	return code ? -code : event_open(attr, pid, cpu, group, flags);
}

static int setup(void **state)
{
	(void)state;
	fake_start(2);
	root = made_machine(MADE_INTEL | MADE_UNCORE | MADE_TRACEFS);
	list = (struct event_list){ .machine = { .open = counting_open, .pmus = { .root = root } } };
	target = (struct target)TARGET_INIT;
	counters = (struct counters){ 0 };
	refuse_member = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	counters_close(&counters);
	fake_done();
	events_done(&list);
	target_done(&target);
	made_machine_remove(root);
	return 0;
}

static void use(const char *events, enum target_kind kind, int ids)
{
	assert_int_equal(events_parse(events, &list, NULL), 0);
	target.kind = kind;
	for (int i = 0; i < ids; i++)
		*vec_push(&target.ids) = 100000000 + i; /* more than any pid */
}

static int open_counters_as(struct counters_config config)
{
	config.events = &list;
	config.target = &target;
	return counters_open(&counters, &config, NULL);
}

static void open_counters(void)
{
	assert_int_equal(open_counters_as((struct counters_config){ .inherits = true, .enables_on_exec = true }), 0);
}

static const struct fake_event *event_of(size_t event, size_t unit)
{
	for (size_t i = fake.events.n; i-- > 0;)
		if (fake.events.at[i].fd == counters.at[event].fds.at[unit])
			return &fake.events.at[i];
	fail_msg("event %zu is not open on unit %zu", event, unit);
	return NULL;
}

static bool is_open(size_t event, size_t unit)
{
	return counters.at[event].fds.at[unit] >= 0;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static void members_are_opened_under_their_leader(void **state)
{
	(void)state;
	use("{cycles,instructions},{cs,faults},branches", TARGET_THREADS, 2);
	open_counters();
	for (size_t unit = 0; unit < 2; unit++) {
		assert_int_equal(event_of(0, unit)->group, -1);
		assert_int_equal(event_of(1, unit)->group, event_of(0, unit)->fd);
		assert_int_equal(event_of(2, unit)->group, -1);
		assert_int_equal(event_of(3, unit)->group, event_of(2, unit)->fd);
		assert_int_equal(event_of(4, unit)->group, -1);
	}
}

/* A member that is disabled by itself would stay so: the exec enables leaders, and members follow. */
static void leaders_alone_wait_for_the_exec(void **state)
{
	(void)state;
	use("{cycles,instructions},cs", TARGET_COMMAND, 1);
	open_counters();
	assert_true(event_of(0, 0)->attr.disabled && event_of(0, 0)->attr.enable_on_exec);
	assert_false(event_of(1, 0)->attr.disabled || event_of(1, 0)->attr.enable_on_exec);
	assert_true(event_of(2, 0)->attr.disabled && event_of(2, 0)->attr.enable_on_exec);
}

static int has_no_hardware(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	(void)cpu;
	return attr->type == PERF_TYPE_HARDWARE ? ENOENT : 0;
}

static void the_first_member_that_opens_leads(void **state)
{
	(void)state;
	fake.refuse = has_no_hardware;
	use("{cycles,cs,faults}", TARGET_COMMAND, 1);
	open_counters();
	assert_int_equal(counters.at[0].state, COUNTER_MISSING);
	assert_int_equal(counters.at[0].code, ENOENT);
	assert_int_equal(event_of(1, 0)->group, -1);
	assert_true(event_of(1, 0)->attr.enable_on_exec);
	assert_int_equal(event_of(2, 0)->group, event_of(1, 0)->fd);
	assert_false(counters.at[1].left_its_group || counters.at[2].left_its_group);
}

static int has_room_for_one(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_HARDWARE ? EINVAL : 0;
}

static void what_does_not_fit_into_its_group_is_opened_alone(void **state)
{
	(void)state;
	refuse_member = has_room_for_one;
	use("{cycles,instructions,cs}", TARGET_COMMAND, 1);
	open_counters();
	assert_int_equal(event_of(1, 0)->group, -1);
	assert_true(event_of(1, 0)->attr.disabled && event_of(1, 0)->attr.enable_on_exec);
	assert_true(counters.at[1].left_its_group);
	assert_int_equal(event_of(2, 0)->group, event_of(0, 0)->fd); /* not under the one that left */
	assert_false(counters.at[0].left_its_group || counters.at[2].left_its_group);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static int hides_the_kernel(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	(void)cpu;
	return attr->exclude_kernel ? 0 : EACCES;
}

static void a_user_who_may_not_see_the_kernel_counts_without_it(void **state)
{
	(void)state;
	fake.refuse = hides_the_kernel;
	use("cycles,cycles:u,cycles:k", TARGET_THREADS, 2);
	open_counters();
	assert_true(counters.at[0].is_user_only);
	assert_true(event_of(0, 0)->attr.exclude_kernel && event_of(0, 0)->attr.exclude_hv);
	assert_true(event_of(0, 1)->attr.exclude_kernel);
	assert_false(counters.at[1].is_user_only); /* it asked for that */
	assert_int_equal(counters.at[2].state, COUNTER_REFUSED); /* nothing would be left of it */
	assert_int_equal(counters.at[2].code, EACCES);
	assert_false(counters.at[2].is_user_only);
}

static void on_whole_cpus_there_is_no_such_way_out(void **state)
{
	(void)state;
	fake.refuse = hides_the_kernel;
	use("cycles", TARGET_SYSTEM, 0);
	assert_int_equal(open_counters_as((struct counters_config){ 0 }), -EACCES);
	assert_int_equal(fake.events.n, 0);
}

static int has_no_perf(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)attr;
	(void)pid;
	(void)cpu;
	return ENOSYS;
}

static void a_kernel_without_perf_events_is_a_failure(void **state)
{
	(void)state;
	fake.refuse = has_no_perf;
	use("cycles,cs", TARGET_COMMAND, 1);
	assert_int_equal(open_counters_as((struct counters_config){ 0 }), -ENOSYS);
}

static void a_machine_without_the_counters_is_none(void **state)
{
	(void)state;
	fake.refuse = has_no_hardware;
	use("cycles,instructions", TARGET_COMMAND, 1);
	open_counters();
	assert_int_equal(counters.at[1].state, COUNTER_MISSING);
}

static int is_hardly_precise(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)pid;
	(void)cpu;
	return attr->precise_ip > 1 ? EOPNOTSUPP : 0;
}

static void precision_is_lowered_to_what_there_is(void **state)
{
	(void)state;
	fake.refuse = is_hardly_precise;
	use("cycles:P,cycles:ppp,cycles:p", TARGET_THREADS, 2);
	open_counters();
	for (size_t event = 0; event < 3; event++) {
		assert_int_equal(counters.at[event].precise, 1);
		assert_int_equal(event_of(event, 0)->attr.precise_ip, 1);
		assert_int_equal(event_of(event, 1)->attr.precise_ip, 1);
	}
}

/* ---- where ------------------------------------------------------------------------------------------------------- */

static int second_has_ended(const struct perf_event_attr *attr, pid_t pid, int cpu)
{
	(void)attr;
	(void)cpu;
	return pid == 100000001 ? ESRCH : 0;
}

static void a_thread_that_has_ended_leaves_a_gap(void **state)
{
	struct reading out[6];

	(void)state;
	fake.refuse = second_has_ended;
	use("cs,faults", TARGET_THREADS, 3);
	open_counters();
	assert_int_equal(counters.at[0].state, COUNTER_OPEN);
	assert_true(is_open(0, 0) && !is_open(0, 1) && is_open(0, 2));
	assert_int_equal(event_of(1, 2)->pid, 100000002);
	memset(out, 0xff, sizeof(out));
	counters_read(&counters, out);
	assert_true(out[1].enabled == 0 && out[1].value == 0 && out[4].enabled == 0);
}

static void a_pmu_of_other_cpus_is_not_opened_there(void **state)
{
	(void)state;
	use("power/energy-pkg/,cs", TARGET_SYSTEM, 0);
	open_counters();
	assert_true(is_open(0, 0) && !is_open(0, 1));
	assert_true(is_open(1, 0) && is_open(1, 1));
	assert_int_equal(event_of(0, 0)->attr.type, 23);
	assert_int_equal(counters.at[0].state, COUNTER_OPEN);
	assert_int_equal(fake.events.n, 3);
}

static void whole_cpus_are_not_inherited(void **state)
{
	(void)state;
	use("cs", TARGET_SYSTEM, 0);
	open_counters();
	for (int cpu = 0; cpu < 2; cpu++) {
		assert_int_equal(event_of(0, (size_t)cpu)->pid, -1);
		assert_int_equal(event_of(0, (size_t)cpu)->cpu, cpu);
		assert_false(event_of(0, (size_t)cpu)->attr.inherit);
	}
}

static void what_a_thread_starts_is_counted_when_asked_for(void **state)
{
	(void)state;
	use("cs", TARGET_COMMAND, 1);
	open_counters();
	assert_true(event_of(0, 0)->attr.inherit);
	counters_close(&counters);
	assert_int_equal(open_counters_as((struct counters_config){ 0 }), 0);
	assert_false(event_of(0, 0)->attr.inherit);
}

static void each_cgroup_is_opened_on_each_cpu(void **state)
{
	struct target groups[2] = { { .cgroup_fd = 1001 }, { .cgroup_fd = 1002 } };
	const struct target_vec cgroups = { .at = groups, .n = 2 };

	(void)state;
	use("cs", TARGET_SYSTEM, 0);
	assert_int_equal(open_counters_as((struct counters_config){ .cgroups = &cgroups }), 0);
	assert_int_equal(counters.units.n, 4);
	for (size_t unit = 0; unit < 4; unit++) {
		assert_int_equal(event_of(0, unit)->pid, groups[counters.units.at[unit].cgroup].cgroup_fd);
		assert_int_equal(event_of(0, unit)->cpu, unit % 2);
		assert_true(event_of(0, unit)->flags & PERF_FLAG_PID_CGROUP);
	}
}

/* ---- afterwards -------------------------------------------------------------------------------------------------- */

/* What the n-th event that is opened says. */
static void say_which(const struct fake_event *event)
{
	const struct reading r = { .value = 10 * fake.events.n, .enabled = 7, .running = 5 };

	assert_int_equal(pwrite(event->fd, &r, sizeof(r), 0), sizeof(r));
}

static void reads_fill_the_places_of_their_events_and_units(void **state)
{
	struct reading out[6];

	(void)state;
	fake.opened = say_which;
	use("cs,duration_time,faults", TARGET_THREADS, 2);
	open_counters();
	memset(out, 0xff, sizeof(out));
	counters_read(&counters, out);
	assert_int_equal(out[0].value, 10);
	assert_int_equal(out[1].value, 20);
	assert_int_equal(out[2].value, 0); /* a time is no counter */
	assert_int_equal(out[3].value, 0);
	assert_int_equal(out[4].value, 30);
	assert_int_equal(out[5].value, 40);
	assert_true(out[5].enabled == 7 && out[5].running == 5);
}

static void all_are_switched(void **state)
{
	(void)state;
	use("{cycles,instructions},cs", TARGET_THREADS, 2);
	open_counters();
	assert_int_equal(fake_count_enabled(-1, -1), 0);
	assert_int_equal(counters_enable(&counters, NULL), 0);
	assert_int_equal(fake_count_enabled(-1, -1), 6);
	counters_disable(&counters);
	assert_int_equal(fake_count_enabled(-1, -1), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(members_are_opened_under_their_leader),
		test(leaders_alone_wait_for_the_exec),
		test(the_first_member_that_opens_leads),
		test(what_does_not_fit_into_its_group_is_opened_alone),
		test(a_user_who_may_not_see_the_kernel_counts_without_it),
		test(on_whole_cpus_there_is_no_such_way_out),
		test(a_kernel_without_perf_events_is_a_failure),
		test(a_machine_without_the_counters_is_none),
		test(precision_is_lowered_to_what_there_is),
		test(a_thread_that_has_ended_leaves_a_gap),
		test(a_pmu_of_other_cpus_is_not_opened_there),
		test(whole_cpus_are_not_inherited),
		test(what_a_thread_starts_is_counted_when_asked_for),
		test(each_cgroup_is_opened_on_each_cpu),
		test(reads_fill_the_places_of_their_events_and_units),
		test(all_are_switched),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
