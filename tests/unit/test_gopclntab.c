/*
 * Tables of every format, built here as the linker of that release would: two functions of 16 and 32 bytes, the second
 * with a call that was inlined into it where the format tells.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "symbolize/gopclntab.h"

enum { TEXT = 0x401000, FIRST_BYTES = 16, SECOND_BYTES = 32 };

struct table {
	struct buf at;
};

static void put(struct buf *b, uint64_t value, size_t n)
{
	buf_add(b, &value, n);
}

static void set(struct table *t, size_t at, uint64_t value, size_t n)
{
	memcpy(t->at.at + at, &value, n);
}

static size_t put_text(struct table *t, const char *text)
{
	size_t at = t->at.n;

	buf_add(&t->at, text, strlen(text) + 1);
	return at;
}

/* A program of one value up to byte n. */
static uint32_t put_value(struct table *t, uint64_t base, int32_t value, uint8_t n)
{
	uint32_t at = (uint32_t)(t->at.n - base), delta = (uint32_t)(value + 1) << 1;

	put(&t->at, (delta & 0x7f) | 0x80, 1);
	put(&t->at, delta >> 7 & 0x7f, 1);
	put(&t->at, n, 1);
	put(&t->at, 0, 1);
	return at;
}

/* Go 1.2: one table, all offsets from its start. */
static struct gopclntab make_1_2(void)
{
	struct table t = { 0 };
	struct gopclntab out;
	uint64_t index;
	uint32_t name, file, line;
	size_t file_table;

	put(&t.at, 0xfffffffb, 4);
	put(&t.at, 0x08010000, 4);
	put(&t.at, 2, 8);
	index = t.at.n;
	for (int i = 0; i < 6; i++)
		put(&t.at, 0, 8);
	for (uint32_t i = 0; i < 2; i++) {
		name = (uint32_t)put_text(&t, i ? "main.second" : "main.first");
		file = put_value(&t, 0, 1, SECOND_BYTES);
		line = put_value(&t, 0, 10 + (int32_t)i, SECOND_BYTES);
		set(&t, index + 16 * i, TEXT + FIRST_BYTES * i, 8);
		set(&t, index + 16 * i + 8, t.at.n, 8);
		put(&t.at, TEXT + FIRST_BYTES * i, 8);
		for (const uint32_t *f = (uint32_t[]){ name, 0, 0, 0, file, line, 0, 0 }, *end = f + 8; f < end; f++)
			put(&t.at, *f, 4);
	}
	set(&t, index + 32, TEXT + FIRST_BYTES + SECOND_BYTES, 8);
	file_table = t.at.n;
	set(&t, index + 40, file_table, 4);
	put(&t.at, 2, 4);
	put(&t.at, file_table + 8, 4);
	put_text(&t, "/src/main.go");
	assert_true(gopclntab_parse((uint8_t *)t.at.at, t.at.n, &out));
	return out;
}

static struct buf header(uint32_t magic, bool has_text)
{
	struct buf b = { 0 };

	put(&b, magic, 4);
	put(&b, 0x08010000, 4);
	put(&b, 2, 8);
	put(&b, 1, 8);
	if (has_text)
		put(&b, TEXT, 8);
	for (int i = 0; i < 5; i++)
		put(&b, 0, 8);
	return b;
}

static void put_function(struct table *t, enum go_format format, uint64_t entry, const uint32_t *fields)
{
	put(&t->at, entry, format >= GO_1_18 ? 4 : 8);
	for (size_t i = 0; i < 6; i++)
		put(&t->at, fields[i], 4);
	put(&t->at, format >= GO_1_18 ? 3 : 0, 4);
	put(&t->at, 1, 4); /* the unit's first file */
	if (format >= GO_1_20)
		put(&t->at, fields[6], 4);
	put(&t->at, format >= GO_1_18 ? 4u << 24 : 0, 4);
	if (format < GO_1_18)
		return;
	for (const uint32_t *f = (uint32_t[]){ 0, 0, fields[7], UINT32_MAX, UINT32_MAX, UINT32_MAX, fields[8] }, *end = f + 7;
	     f < end; f++)
		put(&t->at, *f, 4);
}

/* Inlined calls: the first was inlined at byte 20, which is within the second; that one at byte 31, outside of both. */
static void give_inlined(struct gopclntab *t, uint32_t name, uint32_t name2, uint32_t parent_of_second)
{
	struct buf b = { 0 };

	for (int i = 0; i < 2; i++) {
		if (t->format == GO_1_18)
			put(&b, 0, 8);
		put(&b, 0, 4);
		put(&b, i ? name2 : name, 4);
		put(&b, i ? parent_of_second : 20, 4);
		if (t->format == GO_1_20)
			put(&b, 70 + (uint64_t)i, 4);
	}
	t->inlined = (uint8_t *)b.at;
	t->n_inlined = b.n;
}

/* Since Go 1.16: tables of their own for names, units, files, values and functions. */
static struct gopclntab make_since_1_16(enum go_format format, uint32_t magic, uint32_t parent_of_second)
{
	bool has_text = format >= GO_1_18;
	struct table t = { .at = header(magic, has_text) };
	size_t offsets = t.at.n - 40, width = has_text ? 4 : 8, index, values;
	uint32_t names[4], fields[2][9] = { 0 };
	struct gopclntab out;

	set(&t, offsets, t.at.n, 8);
	put(&t.at, 0, 1);
	for (size_t i = 0; i < 4; i++)
		names[i] = (uint32_t)(put_text(&t, (const char *[]){ "main.first", "main.second", "main.in", "main.between" }[i]) -
				      (offsets + 40));
	set(&t, offsets + 8, t.at.n, 8);
	put(&t.at, UINT32_MAX, 4);
	put(&t.at, UINT32_MAX, 4);
	put(&t.at, 0, 4);
	set(&t, offsets + 16, t.at.n, 8);
	put_text(&t, "/src/main.go");
	set(&t, offsets + 24, t.at.n, 8);
	values = t.at.n;
	put(&t.at, 0, 1);
	for (uint32_t i = 0; i < 2; i++) {
		fields[i][0] = names[i];
		fields[i][4] = put_value(&t, values, 1, SECOND_BYTES);
		fields[i][5] = put_value(&t, values, 10 + (int32_t)i, SECOND_BYTES);
		fields[i][6] = 7;
		fields[i][8] = i && has_text ? 0 : UINT32_MAX;
	}
	/* In call 0 up to byte 16, in call 1 up to byte 24, then in none. */
	fields[1][7] = (uint32_t)(t.at.n - values);
	buf_add(&t.at, "\x02\x10\x02\x08\x03\x08", 7);
	index = t.at.n;
	set(&t, offsets + 32, index, 8);
	for (size_t i = 0; i < 6; i++)
		put(&t.at, 0, width);
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t entry = (has_text ? 0 : TEXT) + FIRST_BYTES * (uint64_t)i;

		set(&t, index + i * 2 * width, entry, width);
		set(&t, index + i * 2 * width + width, t.at.n - index, width);
		put_function(&t, format, entry, fields[i]);
	}
	set(&t, index + 4 * width, (has_text ? 0 : TEXT) + FIRST_BYTES + SECOND_BYTES, width);
	assert_true(gopclntab_parse((uint8_t *)t.at.at, t.at.n, &out));
	if (has_text)
		give_inlined(&out, names[2], names[3], parent_of_second);
	return out;
}

static void assert_frame(const struct source_frame *f, const char *function, int64_t line, int64_t start_line)
{
	assert_string_equal(f->function, function);
	assert_string_equal(f->file, "/src/main.go");
	assert_int_equal(f->line, line);
	assert_int_equal(f->start_line, start_line);
}

static void assert_functions(struct gopclntab *t, int64_t start_of_first)
{
	struct source_frame f[SOURCE_FRAMES_MAX];

	assert_int_equal(gopclntab_frames(t, TEXT - 1, f), 0);
	assert_int_equal(gopclntab_frames(t, TEXT, f), 1);
	assert_frame(f, "main.first", 10, start_of_first);
	assert_int_equal(gopclntab_frames(t, TEXT + FIRST_BYTES - 1, f), 1);
	assert_frame(f, "main.first", 10, start_of_first);
	assert_int_equal(gopclntab_frames(t, TEXT + FIRST_BYTES + SECOND_BYTES - 1, f), 1);
	assert_string_equal(f->function, "main.second");
	assert_int_equal(gopclntab_frames(t, TEXT + FIRST_BYTES + SECOND_BYTES, f), 0);
}

static void a_table_of_go_1_2_names_functions_files_and_lines(void **state)
{
	struct gopclntab t = make_1_2();

	(void)state;
	assert_functions(&t, 10);
	gopclntab_free(&t);
}

static void a_table_of_go_1_16_names_functions_files_and_lines(void **state)
{
	struct gopclntab t = make_since_1_16(GO_1_16, 0xfffffffa, 31);

	(void)state;
	assert_functions(&t, 10);
	gopclntab_free(&t);
}

static void assert_inlined(struct gopclntab *t, int64_t start_of_in, int64_t start_of_second)
{
	struct source_frame f[SOURCE_FRAMES_MAX];

	assert_int_equal(gopclntab_frames(t, TEXT + FIRST_BYTES + 3, f), 3);
	assert_frame(&f[0], "main.in", 11, start_of_in);
	assert_frame(&f[1], "main.between", 11, start_of_in ? start_of_in + 1 : 0);
	assert_frame(&f[2], "main.second", 11, start_of_second);
	assert_int_equal(gopclntab_frames(t, TEXT + FIRST_BYTES + 16, f), 2);
	assert_string_equal(f[0].function, "main.between");
}

static void inlined_calls_of_go_1_18_come_innermost_first(void **state)
{
	struct gopclntab t = make_since_1_16(GO_1_18, 0xfffffff0, 31);

	(void)state;
	assert_functions(&t, 10);
	assert_inlined(&t, 0, 11);
	gopclntab_free(&t);
}

static void inlined_calls_of_go_1_20_know_where_they_start(void **state)
{
	struct gopclntab t = make_since_1_16(GO_1_20, 0xfffffff1, 31);

	(void)state;
	assert_functions(&t, 7);
	assert_inlined(&t, 70, 7);
	gopclntab_free(&t);
}

static void calls_that_are_inlined_into_themselves_come_to_an_end(void **state)
{
	struct gopclntab t = make_since_1_16(GO_1_20, 0xfffffff1, 20);
	struct source_frame f[SOURCE_FRAMES_MAX];

	(void)state;
	assert_int_equal(gopclntab_frames(&t, TEXT + FIRST_BYTES, f), SOURCE_FRAMES_MAX);
	assert_string_equal(f[SOURCE_FRAMES_MAX - 1].function, "main.second");
	gopclntab_free(&t);
}

static void a_table_cut_anywhere_is_refused_or_says_less(void **state)
{
	struct gopclntab whole = make_since_1_16(GO_1_20, 0xfffffff1, 31), t;
	struct source_frame f[SOURCE_FRAMES_MAX];

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		uint8_t *cut = xmalloc(n + 1);

		memcpy(cut, whole.at, n);
		if (gopclntab_parse(cut, n, &t))
			assert_true(gopclntab_frames(&t, TEXT + 3, f) <= 1);
		gopclntab_free(&t);
	}
	gopclntab_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_of_go_1_2_names_functions_files_and_lines),
		cmocka_unit_test(a_table_of_go_1_16_names_functions_files_and_lines),
		cmocka_unit_test(inlined_calls_of_go_1_18_come_innermost_first),
		cmocka_unit_test(inlined_calls_of_go_1_20_know_where_they_start),
		cmocka_unit_test(calls_that_are_inlined_into_themselves_come_to_an_end),
		cmocka_unit_test(a_table_cut_anywhere_is_refused_or_says_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
