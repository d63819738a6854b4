/* buf, vec, table and intern against naive models of what they promise. */
#include "base/buf.h"
#include "base/intern.h"
#include "base/table.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct int_vec VEC_OF(int);

static void a_buffer_is_text_at_every_length(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		buf_putc(&b, 'x');
		assert_int_equal(b.n, i + 1);
		assert_int_equal(strlen(b.at), b.n);
	}
	buf_clear(&b);
	assert_string_equal(b.at, "");
	buf_printf(&b, "%s-%d", "a", 7);
	buf_puts(&b, "!");
	buf_add(&b, "\0z", 2);
	assert_memory_equal(b.at, "a-7!\0z", 7);
	assert_int_equal(b.n, 6);
	buf_free(&b);
	assert_null(b.at);
}

static void grown_room_is_where_the_next_bytes_go(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "ab");
	memcpy(buf_grow(&b, 1000), "cd", 2);
	b.n += 2;
	assert_memory_equal(b.at, "abcd", 4);
	assert_true(b.cap >= 1002);
	buf_free(&b);
}

static void a_vector_keeps_its_order(void **state)
{
	struct int_vec v = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		*vec_push(&v) = i;
	*vec_insert(&v, 0) = -1;
	*vec_insert(&v, 51) = 1000;
	*vec_insert(&v, v.n) = 2000;
	assert_int_equal(v.n, 103);
	assert_int_equal(v.at[0], -1);
	assert_int_equal(v.at[50], 49);
	assert_int_equal(v.at[51], 1000);
	assert_int_equal(v.at[52], 50);
	assert_int_equal(v.at[102], 2000);
	vec_remove(&v, 51);
	assert_int_equal(v.at[51], 50);
	vec_remove(&v, v.n - 1);
	assert_int_equal(v.at[v.n - 1], 99);
	vec_free(&v);
	assert_int_equal(v.n, 0);
}

/* ---- table: random operations, with an array that knows the truth ---- */

enum { KEYS = 300, OPERATIONS = 100000 };

static bool is_key(const void *ctx, uint32_t value)
{
	return *(const uint32_t *)ctx == value;
}

/* Few distinct hashes, so that runs of collisions are long and wrap around the end. */
static uint64_t crowded_hash(uint32_t key)
{
	return key % 3 ? (uint64_t)key % 40 + 1 : UINT64_MAX - key % 5;
}

static void assert_table_is(const struct table *t, const bool *there)
{
	for (uint32_t key = 0; key < KEYS; key++) {
		uint32_t *found = table_find(t, crowded_hash(key), is_key, &key);

		assert_int_equal(found != NULL, there[key]);
		if (found)
			assert_int_equal(*found, key);
	}
}

static void a_table_holds_what_was_added_and_not_removed(void **state)
{
	bool there[KEYS] = { false };
	struct table t = { 0 };
	size_t n = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < OPERATIONS; i++) {
		uint32_t key = (uint32_t)rand() % KEYS;

		if (there[key]) {
			assert_true(table_remove(&t, crowded_hash(key), key));
			n--;
		} else {
			assert_false(table_remove(&t, crowded_hash(key), key));
			table_add(&t, crowded_hash(key), key);
			n++;
		}
		there[key] = !there[key];
		assert_int_equal(t.n, n);
		if (i % 500 == 0)
			assert_table_is(&t, there);
	}
	assert_true(t.cap <= 1024);
	table_free(&t);
	assert_int_equal(t.cap, 0);
}

static void an_empty_table_finds_and_removes_nothing(void **state)
{
	struct table t = { 0 };
	uint32_t key = 1;

	(void)state;
	assert_null(table_find(&t, 1, is_key, &key));
	assert_false(table_remove(&t, 1, 1));
	table_free(&t);
}

static void hashes_are_never_the_mark_of_a_free_slot(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		assert_int_not_equal(hash_u64(i), 0);
		assert_int_not_equal(hash_pair(i, ~i), 0);
		assert_int_not_equal(hash_bytes(&i, i % 9), 0);
	}
}

static void hashes_depend_on_every_byte_and_on_the_length(void **state)
{
	char text[40] = { 0 };
	uint64_t all = hash_bytes(text, sizeof(text));

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = 1;
		assert_int_not_equal(hash_bytes(text, sizeof(text)), all);
		text[i] = 0;
		assert_int_not_equal(hash_bytes(text, i), all);
	}
	assert_int_equal(hash_bytes(text, sizeof(text)), all);
	assert_int_not_equal(hash_pair(1, 2), hash_pair(2, 1));
}

/* ---- intern ---- */

static void a_string_has_one_number_and_keeps_its_place(void **state)
{
	struct intern in;
	const char *first;
	char text[16];

	(void)state;
	intern_init(&in);
	assert_int_equal(intern_str(&in, ""), 0);
	assert_int_equal(intern_str(&in, "first"), 1);
	first = in.at[1];
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "s%d", i);
		assert_int_equal(intern_str(&in, text), i + 2);
	}
	assert_ptr_equal(in.at[1], first);
	assert_int_equal(intern_str(&in, "s77"), 79);
	assert_int_equal(intern_str(&in, "first"), 1);
	assert_string_equal(in.at[79], "s77");
	intern_free(&in);
}

static void bytes_are_interned_up_to_a_nul(void **state)
{
	struct intern in;
	uint32_t ab;

	(void)state;
	intern_init(&in);
	ab = intern_bytes(&in, "abc", 2);
	assert_string_equal(in.at[ab], "ab");
	assert_int_equal(intern_bytes(&in, "ab\0zz", 5), ab);
	assert_int_not_equal(intern_str(&in, "abc"), ab);
	assert_int_equal(intern_bytes(&in, "", 0), 0);
	intern_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_is_text_at_every_length),
		cmocka_unit_test(grown_room_is_where_the_next_bytes_go),
		cmocka_unit_test(a_vector_keeps_its_order),
		cmocka_unit_test(a_table_holds_what_was_added_and_not_removed),
		cmocka_unit_test(an_empty_table_finds_and_removes_nothing),
		cmocka_unit_test(hashes_are_never_the_mark_of_a_free_slot),
		cmocka_unit_test(hashes_depend_on_every_byte_and_on_the_length),
		cmocka_unit_test(a_string_has_one_number_and_keeps_its_place),
		cmocka_unit_test(bytes_are_interned_up_to_a_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
