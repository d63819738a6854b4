/* Every parser stands on this reader: what matters is what happens at and behind the end. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void integers_come_in_the_machines_order(void **state)
{
	const uint64_t value = 0x0102030405060708;
	struct bytes b = bytes_of(&value, sizeof(value));

	(void)state;
	assert_int_equal(bytes_u64(&b), value);
	b = bytes_of(&value, sizeof(value));
	assert_int_equal(bytes_u32(&b), (uint32_t)value);
	assert_int_equal(bytes_u16(&b), (uint16_t)(value >> 32));
	assert_int_equal(bytes_u8(&b), (uint8_t)(value >> 48));
	assert_int_equal(bytes_left(&b), 1);
	assert_false(b.bad);
}

static void a_read_past_the_end_is_zero_and_stays_bad(void **state)
{
	const uint8_t three[] = { 1, 2, 3 };
	struct bytes b = bytes_of(three, sizeof(three));

	(void)state;
	assert_int_equal(bytes_u32(&b), 0);
	assert_true(b.bad);
	assert_int_equal(bytes_left(&b), 0);
	assert_int_equal(bytes_u8(&b), 0);
	assert_null(bytes_take(&b, 0));
	assert_null(bytes_cstr(&b));
	assert_true(b.bad);
}

static void a_size_near_the_address_space_does_not_wrap(void **state)
{
	const uint8_t one[] = { 1 };
	struct bytes b = bytes_of(one, sizeof(one));

	(void)state;
	assert_null(bytes_take(&b, SIZE_MAX));
	assert_true(b.bad);
}

static void unaligned_integers_can_be_read(void **state)
{
	const uint8_t at[] = { 0xff, 1, 0, 0, 0 };
	struct bytes b = bytes_of(at, sizeof(at));

	(void)state;
	bytes_u8(&b);
	assert_int_equal(bytes_u32(&b), 1);
}

static void numbers_of_seven_bits_a_byte_are_put_together(void **state)
{
	const uint8_t at[] = { 0x00, 0x7f, 0x80, 0x01, 0xe5, 0x8e, 0x26, 0xff, 0xff, 0xff, 0xff, 0x0f };
	struct bytes b = bytes_of(at, sizeof(at));

	(void)state;
	assert_int_equal(bytes_uleb32(&b), 0);
	assert_int_equal(bytes_uleb32(&b), 127);
	assert_int_equal(bytes_uleb32(&b), 128);
	assert_int_equal(bytes_uleb32(&b), 624485);
	assert_int_equal(bytes_uleb32(&b), UINT32_MAX);
	assert_false(b.bad);
	assert_int_equal(bytes_uleb32(&b), 0);
	assert_true(b.bad);
}

static void a_number_without_an_end_is_read_no_further_than_five_bytes(void **state)
{
	const uint8_t at[] = { 0x80, 0x80, 0x80, 0x80, 0xff, 0xff, 0xff };
	struct bytes b = bytes_of(at, sizeof(at));

	(void)state;
	assert_int_equal(bytes_uleb32(&b), 0xf0000000);
	assert_int_equal(bytes_left(&b), 2);
	assert_int_equal(bytes_uleb32(&b), 0x3fff);
	assert_true(b.bad);
}

static void a_string_ends_within_the_bytes_or_is_none(void **state)
{
	struct bytes b = bytes_of("ab\0cd", 5);

	(void)state;
	assert_string_equal(bytes_cstr(&b), "ab");
	assert_null(bytes_cstr(&b));
	assert_true(b.bad);
}

static void a_tail_is_cut_off_the_end(void **state)
{
	struct bytes b = bytes_of("headtail", 8), tail = bytes_cut_tail(&b, 4);

	(void)state;
	assert_memory_equal(bytes_take(&tail, 4), "tail", 4);
	assert_int_equal(bytes_left(&b), 4);
	assert_memory_equal(bytes_take(&b, 4), "head", 4);
	assert_false(b.bad);
}

static void a_tail_longer_than_the_bytes_is_bad_on_both_sides(void **state)
{
	struct bytes b = bytes_of("abc", 3), tail = bytes_cut_tail(&b, 4);

	(void)state;
	assert_true(b.bad);
	assert_true(tail.bad);
	assert_int_equal(bytes_u8(&tail), 0);
}

static void every_length_of_a_cut_structure_is_survived(void **state)
{
	uint8_t whole[32];

	(void)state;
	memset(whole, 7, sizeof(whole));
	for (size_t n = 0; n <= sizeof(whole); n++) {
		uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read too far */
		struct bytes b = bytes_of(exact, n);

		assert_non_null(exact);
		memcpy(exact, whole, n);
		bytes_u64(&b);
		bytes_u32(&b);
		bytes_u16(&b);
		bytes_u8(&b);
		bytes_take(&b, 17);
		assert_int_equal(b.bad, n < sizeof(whole));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_come_in_the_machines_order),
		cmocka_unit_test(a_read_past_the_end_is_zero_and_stays_bad),
		cmocka_unit_test(a_size_near_the_address_space_does_not_wrap),
		cmocka_unit_test(unaligned_integers_can_be_read),
		cmocka_unit_test(numbers_of_seven_bits_a_byte_are_put_together),
		cmocka_unit_test(a_number_without_an_end_is_read_no_further_than_five_bytes),
		cmocka_unit_test(a_string_ends_within_the_bytes_or_is_none),
		cmocka_unit_test(a_tail_is_cut_off_the_end),
		cmocka_unit_test(a_tail_longer_than_the_bytes_is_bad_on_both_sides),
		cmocka_unit_test(every_length_of_a_cut_structure_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
