/* Symbols of this very program, whose truth the compiler and the dynamic linker know. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "symbolize/symbolize.h"
#include "tests/unit/own.h"

void an_exported_function(void);
void __attribute__((noinline)) an_exported_function(void)
{
	__asm__ volatile("");
}

static void __attribute__((noinline)) a_static_function(void)
{
	__asm__ volatile("nop; nop; nop");
}

/*
 * From assembly: a function without type and size, one with a size and a label in its middle, one name beside others at
 * the same address, and a gap that no symbol covers.
 */
void bare_label(void);
void sized_function(void);
void best_name(void);
void gap_start(void);
__asm__(".pushsection .text\n"
	".globl bare_label\n"
	"bare_label: nop; nop; nop; nop\n"
	".globl sized_function\n"
	".type sized_function, @function\n"
	"sized_function: nop; nop\n"
	"inner_label: nop; nop\n"
	".size sized_function, . - sized_function\n"
	".weak a_weak_name\n"
	".globl __best_name, best_name\n"
	".type a_weak_name, @function\n"
	".type __best_name, @function\n"
	".type best_name, @function\n"
	".type a_local_name, @function\n"
	"a_local_name: a_weak_name: __best_name: best_name: nop; nop\n"
	".size best_name, 2\n"
	".size __best_name, 2\n"
	".size a_weak_name, 2\n"
	".globl gap_start\n"
	".type gap_start, @function\n"
	"gap_start: nop\n"
	".size gap_start, 1\n"
	".skip 16, 0x90\n"
	".popsection\n");

static struct own own;

static int setup(void **state)
{
	(void)state;
	own_load(&own);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	own_free(&own);
	return 0;
}

static struct place_name name_at(const void *function, size_t plus)
{
	uint64_t offset = 0;
	struct image *image = own_image_at(&own, function, &offset);
	struct place_name name;

	assert_non_null(image);
	symbolize(image, offset + plus, &name);
	return name;
}

static void assert_name(const void *function, size_t plus, const char *expected)
{
	struct place_name name = name_at(function, plus);

	assert_string_equal(name.at.at[0].name, expected);
	assert_true(name.has_symbol);
	place_name_free(&name);
}

static void functions_have_their_names(void **state)
{
	(void)state;
	an_exported_function();
	a_static_function();
	assert_name((const void *)an_exported_function, 0, "an_exported_function");
	assert_name((const void *)a_static_function, 0, "a_static_function");
	assert_name((const void *)a_static_function, 2, "a_static_function");
	assert_name((const void *)symbolize, 5, "symbolize");
}

static void a_label_without_a_size_reaches_to_the_next_symbol(void **state)
{
	(void)state;
	assert_name((const void *)bare_label, 0, "bare_label");
	assert_name((const void *)bare_label, 3, "bare_label");
	assert_name((const void *)bare_label, 4, "sized_function");
}

static void a_label_within_a_function_does_not_split_it(void **state)
{
	(void)state;
	assert_name((const void *)sized_function, 2, "sized_function");
	assert_name((const void *)sized_function, 3, "sized_function");
}

static void of_several_names_the_plain_global_one_is_taken(void **state)
{
	(void)state;
	assert_name((const void *)best_name, 1, "best_name");
}

static void a_gap_between_functions_is_named_by_file_and_address(void **state)
{
	struct place_name name = name_at((const void *)gap_start, 5);

	(void)state;
	assert_false(name.has_symbol);
	assert_false(name.is_root);
	assert_memory_equal(name.at.at[0].name, "test_symbolize+0x", 17);
	assert_string_equal(name.at.at[0].name, name.at.at[0].system_name);
	place_name_free(&name);
}

static void functions_of_the_c_library_have_their_names(void **state)
{
	struct place_name name = name_at((const void *)qsort, 1);

	(void)state;
	assert_true(name.has_symbol);
	assert_non_null(strstr(name.at.at[0].name, "qsort"));
	place_name_free(&name);
}

void _start(void);

static void the_start_of_a_program_is_a_root(void **state)
{
	struct place_name name = name_at((const void *)_start, 8);

	(void)state;
	assert_string_equal(name.at.at[0].name, "_start");
	assert_true(name.is_root);
	place_name_free(&name);
	name = name_at((const void *)an_exported_function, 0);
	assert_false(name.is_root);
	place_name_free(&name);
}

/* The return address of main() lies in the C library's helper that called it, whether its name was stripped or not. */
static void *return_of_main;

static void the_caller_of_main_is_a_root(void **state)
{
	struct place_name name = name_at(return_of_main, 0);

	(void)state;
	if (!name.is_root)
		fail_msg("%s is no root", name.at.at[0].name);
	place_name_free(&name);
}

/* A program may call a function of its own as it likes; it is linked with a C library that is another file. */
__attribute__((noinline)) void __clone3(void);
__attribute__((noinline)) void __clone3(void)
{
	__asm__ volatile("nop");
}

static void a_users_function_is_no_root_whatever_its_name(void **state)
{
	struct place_name name = name_at((const void *)__clone3, 0);

	(void)state;
	assert_string_equal(name.at.at[0].name, "__clone3");
	assert_false(name.is_root);
	place_name_free(&name);
}

static void memory_without_a_file_keeps_its_address(void **state)
{
	struct image *anon = images_get(&own.images, &(struct image_id){ .path = "//anon" });
	struct image *heap = images_get(&own.images, &(struct image_id){ .path = "[heap]" });
	struct place_name name;

	(void)state;
	symbolize(anon, 0x7f1234, &name);
	assert_string_equal(name.at.at[0].name, "[anon]+0x7f1234");
	assert_false(name.has_symbol);
	place_name_free(&name);
	symbolize(heap, 0x10, &name);
	assert_string_equal(name.at.at[0].name, "[heap]+0x10");
	place_name_free(&name);
}

static void a_file_that_is_missing_keeps_name_and_offset(void **state)
{
	struct image *image = images_get(&own.images, &(struct image_id){ .path = "/no/such/lib\033[31m.so", .inode = 1 });
	struct place_name name;

	(void)state;
	image_open(&own.images, image, &(struct image_where){ 0 });
	symbolize(image, 0xabc, &name);
	assert_string_equal(name.at.at[0].name, "lib\\x1b[31m.so+0xabc");
	assert_true(utf8_is_clean(name.at.at[0].name, strlen(name.at.at[0].name)));
	place_name_free(&name);
}

/* Its lines are known to the preprocessor. */
enum { INLINED_LINE = __LINE__ + 3, CALL_LINE = __LINE__ + 11 };
static inline __attribute__((always_inline)) void inlined(void)
{
	__asm__ volatile(".globl the_place\n"
			 "the_place: nop; nop; nop; nop");
}
void the_place(void);

void calls_an_inlined(void);
void __attribute__((noinline)) calls_an_inlined(void)
{
	inlined();
}

static void an_inlined_function_comes_before_the_one_it_is_in(void **state)
{
	struct place_name name = name_at((const void *)the_place, 2);

	(void)state;
	calls_an_inlined();
	if (!name.at.at[0].file)
		skip(); /* built without -g */
	assert_int_equal(name.at.n, 2);
	assert_string_equal(name.at.at[0].name, "inlined");
	assert_int_equal(name.at.at[0].line, INLINED_LINE);
	assert_int_equal(name.at.at[0].start_line, INLINED_LINE - 2);
	assert_string_equal(name.at.at[1].name, "calls_an_inlined");
	assert_int_equal(name.at.at[1].line, CALL_LINE);
	assert_int_equal(name.at.at[0].file[0], '/');
	assert_non_null(strstr(name.at.at[0].file, "/tests/unit/test_symbolize.c"));
	place_name_free(&name);
}

static void dropped_symbols_are_loaded_again(void **state)
{
	uint64_t offset;
	struct image *image = own_image_at(&own, (const void *)an_exported_function, &offset);

	(void)state;
	assert_true(image_symtab(image)->at.n > 0);
	image_drop_tables(image);
	assert_name((const void *)an_exported_function, 0, "an_exported_function");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_their_names),
		cmocka_unit_test(a_label_without_a_size_reaches_to_the_next_symbol),
		cmocka_unit_test(a_label_within_a_function_does_not_split_it),
		cmocka_unit_test(of_several_names_the_plain_global_one_is_taken),
		cmocka_unit_test(a_gap_between_functions_is_named_by_file_and_address),
		cmocka_unit_test(functions_of_the_c_library_have_their_names),
		cmocka_unit_test(the_start_of_a_program_is_a_root),
		cmocka_unit_test(the_caller_of_main_is_a_root),
		cmocka_unit_test(a_users_function_is_no_root_whatever_its_name),
		cmocka_unit_test(memory_without_a_file_keeps_its_address),
		cmocka_unit_test(a_file_that_is_missing_keeps_name_and_offset),
		cmocka_unit_test(an_inlined_function_comes_before_the_one_it_is_in),
		cmocka_unit_test(dropped_symbols_are_loaded_again),
	};

	return_of_main = __builtin_return_address(0);
	return cmocka_run_group_tests(tests, setup, teardown);
}
