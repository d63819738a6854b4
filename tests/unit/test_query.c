/* The table of functions counts as pprof counts; that its lines are pprof's is for tests/oracle. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "src/profile/query.h"

static int setup(void **state)
{
	struct profile *p = calloc(1, sizeof(*p));

	profile_init(p);
	profile_add_type(p, "samples", "count");
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	profile_free(*state);
	free(*state);
	return 0;
}

static uint32_t function(struct profile *p, const char *name, const char *file)
{
	return profile_function(p, &(struct function){ .name = profile_str(p, name), .filename = profile_str(p, file) });
}

/* A location of its own for "leaf<outer": what stands left is inlined into what stands right. */
static uint32_t place(struct profile *p, const char *names)
{
	struct line lines[8];
	char *copy = strdup(names), *rest = copy, *name;
	uint32_t location = profile_add_location(p, &(struct location){ .mapping = PROFILE_NONE });
	size_t n = 0;

	while ((name = strsep(&rest, "<")))
		lines[n++] = (struct line){ .function = function(p, name, "") };
	profile_name_location(p, location, lines, n);
	free(copy);
	return location;
}

/* "leaf caller root", as for place(). */
static void add(struct profile *p, const char *stack, int64_t value)
{
	uint32_t locations[16];
	char *copy = strdup(stack), *rest = copy, *name;
	size_t n = 0;

	while ((name = strsep(&rest, " ")))
		locations[n++] = place(p, name);
	profile_add(p, profile_stack(p, locations, n), 0, &value);
	free(copy);
}

static struct top top_of(const struct profile *p, const struct top_options *options)
{
	struct top top;

	profile_top(p, options, &top);
	return top;
}

static void assert_row(const struct top *top, size_t i, const char *name, int64_t flat, int64_t cum)
{
	assert_true(i < top->rows.n);
	assert_string_equal(top->rows.at[i].name, name);
	assert_int_equal(top->rows.at[i].flat, flat);
	assert_int_equal(top->rows.at[i].cum, cum);
}

static void flat_is_the_leaf_and_cum_the_whole_stack(void **state)
{
	add(*state, "work main", 10);
	add(*state, "main", 3);
	struct top top = top_of(*state, &(struct top_options){ 0 });

	assert_int_equal(top.rows.n, 2);
	assert_row(&top, 0, "work", 10, 10);
	assert_row(&top, 1, "main", 3, 13);
	assert_int_equal(top.total, 13);
	assert_int_equal(top.shown, 13);
	top_free(&top);
}

static void recursion_counts_once(void **state)
{
	add(*state, "f f g f main", 5);
	struct top top = top_of(*state, &(struct top_options){ 0 });

	assert_row(&top, 0, "f", 5, 5);
	top_free(&top);
}

static void functions_of_one_name_are_one_row(void **state)
{
	struct profile *p = *state;
	uint32_t location = profile_add_location(p, &(struct location){ .mapping = PROFILE_NONE });
	struct line line = { .function = function(p, "f", "other.c") };

	profile_name_location(p, location, &line, 1);
	profile_add(p, profile_stack(p, &location, 1), 0, (int64_t[]){ 4 });
	add(p, "f", 1);
	struct top top = top_of(p, &(struct top_options){ 0 });

	assert_int_equal(top.rows.n, 1);
	assert_row(&top, 0, "f", 5, 5);
	top_free(&top);
}

static void an_inlined_function_is_a_row_of_its_own(void **state)
{
	add(*state, "small<big main", 7);
	struct top top = top_of(*state, &(struct top_options){ 0 });

	assert_row(&top, 0, "small", 7, 7);
	assert_row(&top, 1, "big", 0, 7);
	assert_int_equal(top.rows.at[0].inlined, TOP_INLINED);
	assert_int_equal(top.rows.at[1].inlined, TOP_CALLED);
	top_free(&top);
}

static void a_function_that_is_also_called_is_partly_inlined(void **state)
{
	add(*state, "small<big main", 7);
	add(*state, "small other", 7);
	struct top top = top_of(*state, &(struct top_options){ 0 });

	assert_row(&top, 0, "small", 14, 14);
	assert_int_equal(top.rows.at[0].inlined, TOP_PARTLY_INLINED);
	top_free(&top);
}

static void rare_calls_do_not_say_how_a_function_is_called(void **state)
{
	add(*state, "small<big main", 10000);
	add(*state, "small other", 1);
	struct top top = top_of(*state, &(struct top_options){ .edge_fraction = 0.001 });

	assert_int_equal(top.rows.at[0].inlined, TOP_INLINED);
	top_free(&top);
}

static void small_functions_are_dropped_and_counted(void **state)
{
	add(*state, "work main", 1000);
	add(*state, "tiny main", 4);
	add(*state, "least main", 1);
	struct top top = top_of(*state, &(struct top_options){ .node_fraction = 0.005 });

	assert_int_equal(top.rows.n, 2);
	assert_int_equal(top.dropped, 2);
	assert_int_equal(top.total, 1005);
	assert_int_equal(top.shown, 1000);
	top_free(&top);
}

static void rows_beyond_the_limit_are_cut_and_counted(void **state)
{
	add(*state, "a main", 3);
	add(*state, "b main", 2);
	add(*state, "c main", 1);
	struct top top = top_of(*state, &(struct top_options){ .max_rows = 2 });

	assert_int_equal(top.rows.n, 2);
	assert_int_equal(top.candidates, 4);
	assert_row(&top, 1, "b", 2, 2);
	assert_int_equal(top.shown, 5);
	top_free(&top);
}

static void equal_values_are_sorted_by_name(void **state)
{
	add(*state, "b", 1);
	add(*state, "c", 1);
	add(*state, "a", 1);
	struct top top = top_of(*state, &(struct top_options){ 0 });

	assert_row(&top, 0, "a", 1, 1);
	assert_row(&top, 1, "b", 1, 1);
	assert_row(&top, 2, "c", 1, 1);
	top_free(&top);
}

static void by_cum_the_callers_come_first(void **state)
{
	add(*state, "work helper main", 9);
	add(*state, "main", 1);
	struct top top = top_of(*state, &(struct top_options){ .by_cum = true });

	assert_row(&top, 0, "main", 1, 10);
	assert_row(&top, 1, "helper", 0, 9);
	top_free(&top);
}

static void values_below_zero_are_ranked_by_size(void **state)
{
	add(*state, "freed", -8);
	add(*state, "kept", 5);
	struct top top = top_of(*state, &(struct top_options){ 0 });

	assert_row(&top, 0, "freed", -8, -8);
	assert_int_equal(top.total, 13);
	assert_int_equal(top.shown, -3);
	top_free(&top);
}

static struct top focus_on(const struct profile *p, const char *text)
{
	struct top_options options = { 0 };
	struct top top;
	regex_t focus;

	assert_int_equal(regcomp(&focus, text, REG_EXTENDED | REG_NOSUB), 0);
	options.focus = &focus;
	profile_top(p, &options, &top);
	regfree(&focus);
	return top;
}

static void focus_keeps_whole_stacks_and_the_whole_total(void **state)
{
	add(*state, "work parse main", 6);
	add(*state, "work print main", 4);
	struct top top = focus_on(*state, "^par");

	assert_int_equal(top.rows.n, 3);
	assert_row(&top, 0, "work", 6, 6);
	assert_int_equal(top.total, 10);
	assert_int_equal(top.shown, 6);
	top_free(&top);
}

static void focus_looks_at_source_files_and_mapped_files(void **state)
{
	struct profile *p = *state;
	struct mapping map = { .filename = profile_str(p, "/lib/libz.so.1") };
	uint32_t mapped = profile_location(p, profile_add_mapping(p, &map), 0x10);
	uint32_t sourced = profile_location(p, PROFILE_NONE, 0x20);
	struct line line = { .function = function(p, "f", "inflate.c") };

	profile_name_location(p, sourced, &line, 1);
	profile_add(p, profile_stack(p, &mapped, 1), 0, (int64_t[]){ 1 });
	profile_add(p, profile_stack(p, &sourced, 1), 0, (int64_t[]){ 2 });
	struct top by_map = focus_on(p, "libz"), by_source = focus_on(p, "inflate\\.c");

	assert_int_equal(by_map.shown, 1);
	assert_int_equal(by_source.shown, 2);
	top_free(&by_map);
	top_free(&by_source);
}

static void a_focus_on_nothing_leaves_no_row(void **state)
{
	add(*state, "work main", 6);
	struct top top = focus_on(*state, "absent");

	assert_int_equal(top.rows.n, 0);
	assert_int_equal(top.total, 6);
	top_free(&top);
}

static void locations_without_a_name_are_a_row_for_each_file(void **state)
{
	struct profile *p = *state;
	struct mapping map = { .filename = profile_str(p, "/lib/libz.so.1") };
	uint32_t mapping = profile_add_mapping(p, &map);
	uint32_t at[] = { profile_location(p, mapping, 1), profile_location(p, mapping, 2),
			  profile_location(p, PROFILE_NONE, 3) };

	for (size_t i = 0; i < 3; i++)
		profile_add(p, profile_stack(p, &at[i], 1), 0, (int64_t[]){ 1 });
	struct top top = top_of(p, &(struct top_options){ 0 });

	assert_int_equal(top.rows.n, 2);
	assert_row(&top, 0, "[libz.so.1]", 2, 2);
	assert_row(&top, 1, "<unknown>", 1, 1);
	top_free(&top);
}

static void a_profile_without_samples_has_no_rows(void **state)
{
	struct top top = top_of(*state, &(struct top_options){ .node_fraction = 0.005 });

	assert_int_equal(top.rows.n, 0);
	assert_int_equal(top.total, 0);
	top_free(&top);
}

static void values_at_the_limits_do_no_harm(void **state)
{
	add(*state, "a main", INT64_MIN);
	add(*state, "b main", INT64_MIN);
	add(*state, "c main", INT64_MAX);
	struct top top = top_of(*state, &(struct top_options){ .node_fraction = 0.005, .edge_fraction = 0.001 });

	assert_int_equal(top.rows.n, 4);
	assert_true(top.total == INT64_MAX);
	top_free(&top);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flat_is_the_leaf_and_cum_the_whole_stack),
		TEST(recursion_counts_once),
		TEST(functions_of_one_name_are_one_row),
		TEST(an_inlined_function_is_a_row_of_its_own),
		TEST(a_function_that_is_also_called_is_partly_inlined),
		TEST(rare_calls_do_not_say_how_a_function_is_called),
		TEST(small_functions_are_dropped_and_counted),
		TEST(rows_beyond_the_limit_are_cut_and_counted),
		TEST(equal_values_are_sorted_by_name),
		TEST(by_cum_the_callers_come_first),
		TEST(values_below_zero_are_ranked_by_size),
		TEST(focus_keeps_whole_stacks_and_the_whole_total),
		TEST(focus_looks_at_source_files_and_mapped_files),
		TEST(a_focus_on_nothing_leaves_no_row),
		TEST(locations_without_a_name_are_a_row_for_each_file),
		TEST(a_profile_without_samples_has_no_rows),
		TEST(values_at_the_limits_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
