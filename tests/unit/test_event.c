/* Event names, as perf users write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/event.h"

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
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS, .exclude_kernel = 1 };
	struct event e = event_describe(&attr);

	(void)state;
	assert_string_equal(e.name, "page-faults");
	assert_true(e.no_kernel);
	attr.type = 12345;
	assert_string_equal(event_describe(&attr).name, "event");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_aliases_are_known),
		cmocka_unit_test(modifiers_say_what_is_counted),
		cmocka_unit_test(a_mistyped_name_gets_the_nearest_ones),
		cmocka_unit_test(what_is_no_event_is_refused),
		cmocka_unit_test(a_name_of_any_length_is_refused_in_a_sentence),
		cmocka_unit_test(the_clock_keeps_the_modifiers_of_what_it_stands_in_for),
		cmocka_unit_test(a_missing_counter_is_told_from_a_missing_permission),
		cmocka_unit_test(an_attribute_tells_its_event),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
