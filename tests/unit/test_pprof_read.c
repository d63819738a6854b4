/* What others wrote is believed in nothing: it is read, or refused with a sentence that says why. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "src/output/gzip.h"
#include "src/output/pprof.h"
#include "src/output/profile.pb-c.h"
#include "tests/unit/profiles.h"

/* ---- what others wrote ------------------------------------------------------------------------------------------- */

/* A small sound message, to be spoiled. Nothing in it is owned. */
struct crafted {
	Fpprof__Pb__Profile m;
	Fpprof__Pb__ValueType type, *types[9];
	Fpprof__Pb__Sample sample, *samples[1];
	Fpprof__Pb__Label label, *labels[1];
	Fpprof__Pb__Mapping mapping[2], *mappings[2];
	Fpprof__Pb__Location location[2], *locations[2];
	Fpprof__Pb__Function function[2], *functions[2];
	Fpprof__Pb__Line line, *lines[1];
	char *strings[4];
	uint64_t ids[2];
	int64_t values[2], comments[1];
};

static void craft_places(struct crafted *c)
{
	for (size_t i = 0; i < 2; i++) {
		fpprof__pb__mapping__init(c->mappings[i] = &c->mapping[i]);
		fpprof__pb__location__init(c->locations[i] = &c->location[i]);
		fpprof__pb__function__init(c->functions[i] = &c->function[i]);
		c->mapping[i].id = 70 + i;
		c->location[i].id = 1000000 - i;
		c->location[i].mapping_id = 70;
		c->function[i].id = UINT64_MAX - i;
		c->function[i].name = 3;
	}
	fpprof__pb__line__init(c->lines[0] = &c->line);
	c->line.function_id = UINT64_MAX - 1;
	c->location[0].line = c->lines;
	c->location[0].n_line = 1;
}

static void craft_sample(struct crafted *c)
{
	fpprof__pb__sample__init(c->samples[0] = &c->sample);
	fpprof__pb__label__init(c->labels[0] = &c->label);
	c->label.key = 1;
	c->label.str = 2;
	c->ids[0] = 1000000;
	c->ids[1] = 999999;
	c->values[0] = 5;
	c->sample.location_id = c->ids;
	c->sample.n_location_id = 2;
	c->sample.value = c->values;
	c->sample.n_value = 1;
	c->sample.label = c->labels;
	c->sample.n_label = 1;
}

static void craft(struct crafted *c)
{
	static char strings[][8] = { "", "cpu", "ns", "f" };

	memset(c, 0, sizeof(*c));
	fpprof__pb__profile__init(&c->m);
	for (size_t i = 0; i < 4; i++)
		c->strings[i] = strings[i];
	fpprof__pb__value_type__init(&c->type);
	for (size_t i = 0; i < 9; i++)
		c->types[i] = &c->type;
	c->type.type = 1;
	c->type.unit = 2;
	craft_places(c);
	craft_sample(c);
	c->m.string_table = c->strings;
	c->m.n_string_table = 4;
	c->m.sample_type = c->types;
	c->m.n_sample_type = 1;
	c->m.sample = c->samples;
	c->m.n_sample = 1;
	c->m.mapping = c->mappings;
	c->m.location = c->locations;
	c->m.function = c->functions;
	c->m.n_mapping = c->m.n_location = c->m.n_function = 2;
	c->m.comment = c->comments;
	c->m.n_comment = 1;
}

static int decode_crafted(const struct crafted *c, struct profile *p, struct error *err)
{
	struct buf raw = { 0 };
	int rc;

	raw.n = fpprof__pb__profile__pack(&c->m, (uint8_t *)buf_grow(&raw, fpprof__pb__profile__get_packed_size(&c->m)));
	profile_init(p);
	rc = pprof_decode(raw.at, raw.n, p, err);
	buf_free(&raw);
	return rc;
}

static void assert_refused(const struct crafted *c, const char *what)
{
	struct error err = ERROR_INIT;
	struct profile p;

	assert_int_equal(decode_crafted(c, &p, &err), -EBADMSG);
	if (!strstr(err.text, what))
		fail_msg("'%s' is not in '%s'", what, err.text);
	assert_int_equal(p.samples.n + p.locations.n + p.n_types, 0);
	profile_free(&p);
}

static void ids_may_be_any_numbers(void **state)
{
	struct error err = ERROR_INIT;
	struct crafted c;
	struct profile p;

	(void)state;
	craft(&c);
	assert_int_equal(decode_crafted(&c, &p, &err), 0);
	assert_int_equal(p.samples.n, 1);
	assert_int_equal(p.stack_pool.at[0], 0);
	assert_int_equal(p.stack_pool.at[1], 1);
	assert_int_equal(p.locations.at[1].mapping, 0);
	assert_int_equal(p.lines.at[0].function, 1);
	profile_free(&p);
}

static void references_that_lead_nowhere_are_refused(void **state)
{
	struct crafted c;

	(void)state;
	craft(&c);
	c.ids[1] = 3;
	assert_refused(&c, "sample 1 names location 3, which is not in the file");
	craft(&c);
	c.ids[1] = 0;
	assert_refused(&c, "sample 1 names location 0");
	craft(&c);
	c.location[1].mapping_id = 9;
	assert_refused(&c, "location 999999 names mapping 9");
	craft(&c);
	c.line.function_id = 0;
	assert_refused(&c, "location 1000000 names function 0");
}

static void ids_must_be_there_and_differ(void **state)
{
	struct crafted c;

	(void)state;
	craft(&c);
	c.mapping[1].id = 70;
	assert_refused(&c, "two mappings have the id 70");
	craft(&c);
	c.location[1].id = 1000000;
	assert_refused(&c, "two locations have the id 1000000");
	craft(&c);
	c.function[1].id = UINT64_MAX;
	assert_refused(&c, "two functions have the id 18446744073709551615");
	craft(&c);
	c.function[1].id = 0;
	assert_refused(&c, "function 2 has the id 0");
}

static void every_string_index_is_checked(void **state)
{
	static const size_t fields[] = {
		offsetof(struct crafted, type.type), offsetof(struct crafted, type.unit),
		offsetof(struct crafted, label.key), offsetof(struct crafted, label.str),
		offsetof(struct crafted, label.num_unit), offsetof(struct crafted, mapping[1].filename),
		offsetof(struct crafted, mapping[1].build_id), offsetof(struct crafted, function[0].name),
		offsetof(struct crafted, function[0].system_name), offsetof(struct crafted, function[0].filename),
		offsetof(struct crafted, comments[0]), offsetof(struct crafted, m.default_sample_type),
	};
	static const int64_t wrong[] = { 4, -1, INT64_MAX, INT64_MIN, 0x100000001 };

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
			struct crafted c;

			craft(&c);
			memcpy((char *)&c + fields[i], &wrong[k], sizeof(wrong[k]));
			assert_refused(&c, "the file has 4 strings");
		}
	}
}

static void values_must_be_as_many_as_types(void **state)
{
	struct crafted c;

	(void)state;
	craft(&c);
	c.sample.n_value = 2;
	assert_refused(&c, "sample 1 has 2 values, but there are 1 types");
	craft(&c);
	c.sample.n_value = 0;
	assert_refused(&c, "sample 1 has 0 values");
	craft(&c);
	c.m.n_sample_type = 9;
	assert_refused(&c, "9 types of values");
	craft(&c);
	c.m.n_sample_type = 0;
	assert_refused(&c, "not a pprof profile");
}

static void the_first_string_must_be_empty(void **state)
{
	struct crafted c;

	(void)state;
	craft(&c);
	c.strings[0] = c.strings[1];
	assert_refused(&c, "not a pprof profile");
	craft(&c);
	c.m.n_string_table = 0;
	assert_refused(&c, "not a pprof profile");
}

static void two_profiles_in_one_file_are_told(void **state)
{
	struct buf file = { 0 };
	struct error err = ERROR_INIT;
	struct profile p;

	fill_profile(*state);
	encode_profile(*state, &file);
	encode_profile(*state, &file);
	profile_init(&p);
	assert_int_equal(pprof_decode(file.at, file.n, &p, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "two profiles were written one after the other"));
	profile_free(&p);
	buf_free(&file);
}

static void two_locations_of_one_address_stay_two(void **state)
{
	struct crafted c;
	struct profile p;

	(void)state;
	craft(&c);
	assert_int_equal(decode_crafted(&c, &p, NULL), 0);
	assert_int_equal(p.locations.n, 2);
	assert_int_equal(p.stacks.at[0].n, 2);
	profile_free(&p);
}

static void what_is_no_profile_is_refused(void **state)
{
	static const char *const files[] = { "", "x", "hello, world\n", "\x1f\x8b", "\177ELF\x02\x01\x01", "\x08\x01" };
	struct profile p;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct error err = ERROR_INIT;

		profile_init(&p);
		assert_int_equal(pprof_decode(files[i], strlen(files[i]), &p, &err), -EBADMSG);
		assert_true(strlen(err.text) > 8);
		profile_free(&p);
	}
}

static void bytes_beyond_the_limit_are_not_read(void **state)
{
	struct buf file = { 0 }, raw = { 0 };
	struct profile p;

	fill_profile(*state);
	encode_profile(*state, &file);
	assert_int_equal(gunzip(file.at, file.n, 1 << 30, &raw, NULL), 0);
	profile_init(&p);
	assert_int_equal(pprof_decode_within(file.at, file.n, raw.n - 1, &p, NULL), -EFBIG);
	assert_int_equal(pprof_decode_within(raw.at, raw.n, raw.n - 1, &p, NULL), -EFBIG);
	assert_int_equal(pprof_decode_within(file.at, file.n, raw.n, &p, NULL), 0);
	profile_free(&p);
	buf_free(&file);
	buf_free(&raw);
}

/* Two bytes that cost eighty in memory, eight million times. */
static void a_bomb_of_empty_messages_is_refused(void **state)
{
	enum { MANY = 8 << 20 };
	char *bytes = malloc(2 * MANY);
	struct error err = ERROR_INIT;
	struct profile p;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		memcpy(bytes + 2 * i, "\x12\x00", 2);
	profile_init(&p);
	assert_int_equal(pprof_decode(bytes, 2 * MANY, &p, &err), -EFBIG);
	assert_non_null(strstr(err.text, "more memory"));
	profile_free(&p);
	free(bytes);
}

/* Seventeen million strings of one byte, each of which takes a piece of the heap. */
static void a_bomb_of_empty_strings_is_refused(void **state)
{
	enum { MANY = 17 << 20 };
	char *bytes = malloc(2 * MANY);
	struct error err = ERROR_INIT;
	struct profile p;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		memcpy(bytes + 2 * i, "\x32\x00", 2);
	profile_init(&p);
	assert_int_equal(pprof_decode(bytes, 2 * MANY, &p, &err), -EFBIG);
	assert_non_null(strstr(err.text, "more memory"));
	profile_free(&p);
	free(bytes);
}

static void more_than_is_ever_read_is_refused_at_its_size(void **state)
{
	struct error err = ERROR_INIT;
	struct profile p;

	(void)state;
	profile_init(&p);
	assert_int_equal(pprof_decode("\x0a\x00", (128 << 20) + 1, &p, &err), -EFBIG);
	assert_non_null(strstr(err.text, "134217728 bytes"));
	profile_free(&p);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

/* Decodes, and what decodes is encoded again: neither may fail in any other way than with a sentence. */
static bool survives(const void *bytes, size_t n)
{
	struct error err = ERROR_INIT;
	struct buf again = { 0 };
	uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
	struct profile p;
	int rc;

	memcpy(exact, bytes, n);
	profile_init(&p);
	rc = pprof_decode_within(exact, n, 1 << 20, &p, &err);
	if (rc)
		assert_true(err.text[0] != '\0');
	else
		encode_profile(&p, &again);
	profile_free(&p);
	buf_free(&again);
	free(exact);
	return rc == 0;
}

static void raw_file(const struct profile *p, struct buf *raw)
{
	struct buf file = { 0 };

	encode_profile(p, &file);
	assert_int_equal(gunzip(file.at, file.n, 1 << 30, raw, NULL), 0);
	buf_free(&file);
}

static void a_file_cut_anywhere_is_refused_or_read(void **state)
{
	struct buf file = { 0 }, raw = { 0 };

	fill_profile(*state);
	encode_profile(*state, &file);
	raw_file(*state, &raw);
	for (size_t n = 0; n < file.n; n++)
		assert_false(survives(file.at, n));
	for (size_t n = 0; n < raw.n; n++)
		survives(raw.at, n);
	buf_free(&file);
	buf_free(&raw);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void flipped_bits_do_no_harm(void **state)
{
	struct buf raw = { 0 };
	uint64_t random = 20;

	fill_profile(*state);
	raw_file(*state, &raw);
	for (size_t bit = 0; bit < raw.n * 8; bit++) {
		raw.at[bit / 8] ^= (char)(1 << bit % 8);
		survives(raw.at, raw.n);
		raw.at[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (int round = 0; round < 3000; round++) {
		struct buf copy = { 0 };

		buf_add(&copy, raw.at, raw.n);
		for (uint64_t flips = next_random(&random) % 8; flips-- > 0;)
			copy.at[next_random(&random) % copy.n] = (char)next_random(&random);
		survives(copy.at, copy.n);
		buf_free(&copy);
	}
	buf_free(&raw);
}

static void random_bytes_do_no_harm(void **state)
{
	uint64_t random = 7, bytes[32];

	(void)state;
	for (int round = 0; round < 5000; round++) {
		for (size_t i = 0; i < 32; i++)
			bytes[i] = next_random(&random);
		survives(bytes, next_random(&random) % sizeof(bytes));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, profile_setup, profile_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids_may_be_any_numbers),
		TEST(references_that_lead_nowhere_are_refused),
		TEST(ids_must_be_there_and_differ),
		TEST(every_string_index_is_checked),
		TEST(values_must_be_as_many_as_types),
		TEST(the_first_string_must_be_empty),
		TEST(two_profiles_in_one_file_are_told),
		TEST(two_locations_of_one_address_stay_two),
		TEST(what_is_no_profile_is_refused),
		TEST(bytes_beyond_the_limit_are_not_read),
		TEST(a_bomb_of_empty_messages_is_refused),
		TEST(a_bomb_of_empty_strings_is_refused),
		TEST(more_than_is_ever_read_is_refused_at_its_size),
		TEST(a_file_cut_anywhere_is_refused_or_read),
		TEST(flipped_bits_do_no_harm),
		TEST(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
