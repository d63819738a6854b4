/* The model keeps each thing once and loses no value. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "src/profile/profile.h"
#include "tests/unit/profiles.h"

static void add(struct profile *p, uint32_t stack, uint32_t labels, int64_t count, int64_t ns)
{
	profile_add(p, stack, labels, (int64_t[]){ count, ns });
}

static struct label text_label(struct profile *p, const char *key, const char *value)
{
	return (struct label){ .key = profile_str(p, key), .str = profile_str(p, value) };
}

static void two_equal_stacks_become_one_sample(void **state)
{
	struct profile *p = *state;

	add(p, profile_stack(p, (uint32_t[]){ 3, 2, 1 }, 3), 0, 1, 10);
	add(p, profile_stack(p, (uint32_t[]){ 3, 2, 1 }, 3), 0, 2, 20);
	assert_int_equal(p->samples.n, 1);
	assert_int_equal(p->samples.at[0].values[0], 3);
	assert_int_equal(p->samples.at[0].values[1], 30);
}

static void stacks_that_differ_in_one_frame_stay_two(void **state)
{
	struct profile *p = *state;

	assert_int_not_equal(profile_stack(p, (uint32_t[]){ 3, 2, 1 }, 3), profile_stack(p, (uint32_t[]){ 3, 2 }, 2));
	assert_int_not_equal(profile_stack(p, (uint32_t[]){ 3, 2, 1 }, 3), profile_stack(p, (uint32_t[]){ 1, 2, 3 }, 3));
}

static void an_empty_stack_is_a_stack(void **state)
{
	struct profile *p = *state;
	uint32_t empty = profile_stack(p, NULL, 0);

	profile_stack(p, (uint32_t[]){ 1 }, 1);
	assert_int_equal(profile_stack(p, NULL, 0), empty);
	assert_int_equal(p->stacks.at[empty].n, 0);
}

static void the_same_stack_with_other_labels_is_another_sample(void **state)
{
	struct profile *p = *state;
	struct label label = text_label(p, "comm", "cc1");
	uint32_t stack = profile_stack(p, (uint32_t[]){ 1 }, 1);

	add(p, stack, 0, 1, 1);
	add(p, stack, profile_labels(p, &label, 1), 1, 1);
	assert_int_equal(p->samples.n, 2);
}

static void label_set_0_is_the_empty_one(void **state)
{
	assert_int_equal(profile_labels(*state, NULL, 0), 0);
}

static void the_order_of_labels_does_not_matter(void **state)
{
	struct profile *p = *state;
	struct label comm = text_label(p, "comm", "ld"), thread = text_label(p, "thread", "worker");
	uint32_t set = profile_labels(p, (struct label[]){ comm, thread }, 2);

	assert_int_equal(profile_labels(p, (struct label[]){ thread, comm }, 2), set);
	assert_int_equal(p->label_sets.at[set].n, 2);
}

static void of_two_values_for_a_key_the_later_wins(void **state)
{
	struct profile *p = *state;
	struct label old = text_label(p, "comm", "sh"), new = text_label(p, "comm", "cc1");

	assert_int_equal(profile_labels(p, (struct label[]){ old, new }, 2), profile_labels(p, &new, 1));
	assert_int_not_equal(profile_labels(p, &old, 1), profile_labels(p, &new, 1));
}

static void numeric_labels_differ_by_number_and_by_unit(void **state)
{
	struct profile *p = *state;
	struct label a = { .key = profile_str(p, "size"), .num = 1 }, b = a, c = a;

	b.num = 2;
	c.num_unit = profile_str(p, "bytes");
	assert_int_not_equal(profile_labels(p, &a, 1), profile_labels(p, &b, 1));
	assert_int_not_equal(profile_labels(p, &a, 1), profile_labels(p, &c, 1));
	assert_int_equal(profile_labels(p, &a, 1), profile_labels(p, &a, 1));
}

static void an_address_is_one_location_in_each_mapping(void **state)
{
	struct profile *p = *state;

	assert_int_equal(profile_location(p, 0, 0x1000), profile_location(p, 0, 0x1000));
	assert_int_not_equal(profile_location(p, 0, 0x1000), profile_location(p, 1, 0x1000));
	assert_int_not_equal(profile_location(p, 0, 0x1000), profile_location(p, PROFILE_NONE, 0x1000));
}

static void functions_are_kept_once(void **state)
{
	struct profile *p = *state;
	struct function f = { .name = profile_str(p, "f"), .filename = profile_str(p, "f.c"), .start_line = 7 }, g = f;

	g.start_line = 8;
	assert_int_equal(profile_function(p, &f), profile_function(p, &f));
	assert_int_not_equal(profile_function(p, &f), profile_function(p, &g));
}

static void many_stacks_are_all_found_again(void **state)
{
	enum { MANY = 20000 };
	struct profile *p = *state;

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < MANY; i++)
			add(p, profile_stack(p, (uint32_t[]){ i, i / 2, i / 4 }, 3), 0, 1, 5);
	assert_int_equal(p->samples.n, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(p->samples.at[i].values[1], 10);
}

static void a_sum_stays_at_the_limit(void **state)
{
	struct profile *p = *state;
	uint32_t stack = profile_stack(p, NULL, 0);

	add(p, stack, 0, INT64_MAX, INT64_MIN);
	add(p, stack, 0, 1, -1);
	assert_true(p->samples.at[0].values[0] == INT64_MAX);
	assert_true(p->samples.at[0].values[1] == INT64_MIN);
}

static void the_last_type_is_the_default_unless_one_is_named(void **state)
{
	struct profile *p = *state;

	assert_int_equal(profile_default_type(p), 1);
	p->default_type = profile_str(p, "samples");
	assert_int_equal(profile_default_type(p), 0);
	p->default_type = profile_str(p, "no such type");
	assert_int_equal(profile_default_type(p), 1);
}

static void assert_base_name(const char *path, const char *want)
{
	size_t n;
	const char *got = profile_base_name(path, &n);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, n);
}

static void a_base_name_is_the_last_part_of_a_path(void **state)
{
	(void)state;
	assert_base_name("/usr/lib/libc.so.6", "libc.so.6");
	assert_base_name("a.out", "a.out");
	assert_base_name("/opt/app/", "app");
	assert_base_name("/", "/");
	assert_base_name("", "");
	assert_base_name("[vdso]", "[vdso]");
}

static void assert_described(struct profile *p, uint32_t mapping, uint64_t address, const char *want)
{
	struct buf got = { 0 };

	profile_describe_location(p, profile_location(p, mapping, address), &got);
	assert_string_equal(got.at, want);
	buf_free(&got);
}

static void a_location_without_a_name_is_a_place_in_its_file(void **state)
{
	struct profile *p = *state;
	struct mapping map = { .start = 0x7000, .limit = 0x9000, .offset = 0x1000 }, nameless = map;

	map.filename = profile_str(p, "/lib/libx.so");
	assert_described(p, profile_add_mapping(p, &map), 0x7010, "libx.so+0x1010");
	assert_described(p, profile_add_mapping(p, &nameless), 0x7010, "0x7010");
	assert_described(p, PROFILE_NONE, 0xabc, "0xabc");
}

static void samples_that_become_equal_are_summed(void **state)
{
	struct profile *p = *state;
	const uint32_t one = profile_location(p, PROFILE_NONE, 1), two = profile_location(p, PROFILE_NONE, 2);
	const uint32_t both[] = { one, two };
	const int64_t values[] = { 1, 10 };
	uint32_t stack = profile_stack(p, &one, 1);

	profile_add(p, stack, 0, values);
	profile_add(p, profile_stack(p, both, 2), 0, values);
	profile_add(p, profile_stack(p, &two, 1), 0, values);
	p->samples.at[1].stack = stack;
	profile_regroup(p);
	assert_int_equal(p->samples.n, 2);
	assert_int_equal(p->samples.at[0].values[1], 20);
	profile_add(p, stack, 0, values); /* and is found again */
	assert_int_equal(p->samples.n, 2);
	assert_int_equal(p->samples.at[0].values[1], 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROFILE(two_equal_stacks_become_one_sample),
		WITH_PROFILE(stacks_that_differ_in_one_frame_stay_two),
		WITH_PROFILE(an_empty_stack_is_a_stack),
		WITH_PROFILE(the_same_stack_with_other_labels_is_another_sample),
		WITH_PROFILE(label_set_0_is_the_empty_one),
		WITH_PROFILE(the_order_of_labels_does_not_matter),
		WITH_PROFILE(of_two_values_for_a_key_the_later_wins),
		WITH_PROFILE(numeric_labels_differ_by_number_and_by_unit),
		WITH_PROFILE(samples_that_become_equal_are_summed),
		WITH_PROFILE(an_address_is_one_location_in_each_mapping),
		WITH_PROFILE(functions_are_kept_once),
		WITH_PROFILE(many_stacks_are_all_found_again),
		WITH_PROFILE(a_sum_stays_at_the_limit),
		WITH_PROFILE(the_last_type_is_the_default_unless_one_is_named),
		cmocka_unit_test(a_base_name_is_the_last_part_of_a_path),
		WITH_PROFILE(a_location_without_a_name_is_a_place_in_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
