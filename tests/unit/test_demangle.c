/* Samples are names that g++, rustc and dmd make; the hostile ones are made by nobody but an attacker. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "symbolize/demangle.h"

static void assert_readable(const char *name, const char *expected)
{
	char *readable = demangle(name);

	assert_string_equal(readable, expected);
	free(readable);
}

static void cplusplus_is_readable(void **state)
{
	(void)state;
	assert_readable("_ZN3foo3barEv", "foo::bar()");
	assert_readable("_ZNK3FooclEv", "Foo::operator()() const");
	assert_readable("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)");
	assert_readable("_Z3foov.cold", "foo() [clone .cold]");
}

static void rust_is_readable_and_loses_its_hash(void **state)
{
	(void)state;
	assert_readable("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write");
	assert_readable("_ZN4core3fmt5write17h0123456789abcdefE.llvm.1234", "core::fmt::write");
	assert_readable("_RNvCs1234_7mycrate3foo", "mycrate::foo");
}

static void d_is_readable(void **state)
{
	(void)state;
	assert_readable("_D3foo3barFZv", "foo.bar()");
	assert_readable("_Dmain", "D main");
}

static void other_names_stay_as_they_are(void **state)
{
	static const char *const names[] = {
		"", "main", "_start", "__libc_start_main", "runtime.goexit", "main.(*T).Run", "_Z", "_ZZZgarbage", "_R", "_D",
		"_RNvCgarbage", "_GLOBAL__sub_I_foo", "_Zebra", "_Rust", "_Do",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_readable(names[i], names[i]);
}

/* Each argument is a pair of the one before it: the readable name doubles with every eight bytes. */
static void a_name_that_would_fill_the_memory_is_cut(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	cleanup_buf struct buf name = { 0 };
	char *readable;

	(void)state;
	buf_puts(&name, "_Z1f1AIiiE");
	for (size_t i = 0; i < sizeof(digits) - 1; i++)
		buf_printf(&name, "S_IS%c_S%c_E", digits[i], digits[i]);
	buf_putc(&name, 'i');
	readable = demangle(name.at);
	assert_memory_equal(readable, "f(A<int, int>, A<A<int, int>, A<int, int> >", 43);
	assert_true(strlen(readable) < 10000);
	assert_string_equal(readable + strlen(readable) - 3, "...");
	free(readable);
}

static void add_reference(struct buf *out, size_t distance)
{
	if (distance >= 26)
		buf_putc(out, (char)('A' + distance / 26));
	buf_putc(out, (char)('a' + distance % 26));
}

static void a_d_name_of_many_references_stays_as_it_is(void **state)
{
	cleanup_buf struct buf name = { 0 };
	size_t before = 5;

	(void)state;
	buf_puts(&name, "_D1fFB2ii");
	for (int i = 0; i < 40; i++) {
		size_t here = name.n;

		buf_puts(&name, "B2");
		for (int k = 0; k < 2; k++) {
			size_t distance = name.n - before;

			buf_putc(&name, 'Q');
			add_reference(&name, distance);
		}
		before = here;
	}
	buf_puts(&name, "Zv");
	assert_readable(name.at, name.at);
}

static void an_overlong_name_stays_as_it_is(void **state)
{
	cleanup_buf struct buf name = { 0 };

	(void)state;
	buf_puts(&name, "_Z");
	for (int i = 0; i < 10000; i++)
		buf_putc(&name, 'P');
	assert_readable(name.at, name.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cplusplus_is_readable),
		cmocka_unit_test(rust_is_readable_and_loses_its_hash),
		cmocka_unit_test(d_is_readable),
		cmocka_unit_test(other_names_stay_as_they_are),
		cmocka_unit_test(a_name_that_would_fill_the_memory_is_cut),
		cmocka_unit_test(a_d_name_of_many_references_stays_as_it_is),
		cmocka_unit_test(an_overlong_name_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
