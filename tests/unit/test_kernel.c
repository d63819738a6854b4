/* kallsyms as kernels write it, hidden, out of order, and as no kernel writes it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "symbolize/kernel.h"

static const char fixture[] =
	"0000000000000000 A fixed_percpu_data\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T startup_64\n"
	"ffffffff81000100 t do_one_initcall\n"
	"ffffffff81000200 T __pfx_ksys_read\n"
	"ffffffff81000210 T ksys_read\n"
	"ffffffff81000300 t local_alias\n"
	"ffffffff81000300 W weak_alias\n"
	"ffffffff81000300 T strong\n"
	"ffffffff81000300 T __strong\n"
	"ffffffff81000400 T _etext\n"
	"ffffffff82000000 D some_data\n"
	"ffffffffc0402000 t nft_last\t[nf_tables]\n"
	"ffffffffc0401000 t nft_init\t[nf_tables]\n"
	"ffffffffc0403000 d nft_data\t[nf_tables]\n"
	"ffffffffc0300000 t ext4_open\t[ext4]\n"
	"ffffffffc0500000 t bpf_prog_6deef7357e7b4530\t[bpf]\n";

/* A temporary file with that text, for the length of a test. */
struct text_file {
	char path[32];
};

static struct text_file write_text(const char *text, size_t n)
{
	struct text_file file = { .path = "/tmp/kallsyms-XXXXXX" };
	int fd = mkstemp(file.path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	return file;
}

static int resolve_text(const char *text, size_t text_n, struct kernel_name *names, size_t n, struct kernel_info *info)
{
	struct text_file file = write_text(text, text_n);
	int rc = kernel_resolve(file.path, names, n, info, NULL);

	unlink(file.path);
	return rc;
}

static void assert_name(uint64_t addr, const char *name, const char *module)
{
	struct kernel_name query = { .addr = addr };
	struct kernel_info info;

	assert_int_equal(resolve_text(fixture, sizeof(fixture) - 1, &query, 1, &info), 0);
	if (!name != !query.name || (name && strcmp(name, query.name) != 0))
		fail_msg("%#llx is %s, not %s", (unsigned long long)addr, query.name, name);
	if (!module != !query.module || (module && strcmp(module, query.module) != 0))
		fail_msg("%#llx is in %s, not in %s", (unsigned long long)addr, query.module, module);
	kernel_names_free(&query, 1);
}

static void an_address_has_the_name_of_the_function_that_covers_it(void **state)
{
	(void)state;
	assert_name(0xffffffff81000100, "do_one_initcall", NULL);
	assert_name(0xffffffff810001ff, "do_one_initcall", NULL);
	assert_name(0xffffffff81000210, "ksys_read", NULL);
	assert_name(0xffffffff810002ff, "ksys_read", NULL);
}

static void a_function_is_preferred_to_a_label_with_underscores(void **state)
{
	(void)state;
	assert_name(0xffffffff81000050, "startup_64", NULL);
}

static void a_global_name_is_preferred_to_a_weak_or_local_one(void **state)
{
	(void)state;
	assert_name(0xffffffff81000310, "strong", NULL);
}

static void modules_out_of_order_are_found_with_their_names(void **state)
{
	(void)state;
	assert_name(0xffffffffc0300010, "ext4_open", "ext4");
	assert_name(0xffffffffc0401800, "nft_init", "nf_tables");
	assert_name(0xffffffffc0402800, "nft_last", "nf_tables");
	assert_name(0xffffffffc0500010, "bpf_prog_6deef7357e7b4530", "bpf");
}

static void an_address_far_from_any_function_has_no_name(void **state)
{
	(void)state;
	assert_name(0xffffffff80ffffff, NULL, NULL);
	assert_name(0xffffffff90000000, NULL, NULL);
	assert_name(0xffffffffffff0000, NULL, NULL);
	assert_name(0, NULL, NULL);
}

static void many_addresses_are_resolved_in_one_pass(void **state)
{
	struct kernel_name names[] = {
		{ .addr = 0 },
		{ .addr = 0xffffffff81000000 },
		{ .addr = 0xffffffff81000101 },
		{ .addr = 0xffffffff81000101 },
		{ .addr = 0xffffffff81000220 },
		{ .addr = 0xffffffffc0401001 },
	};
	struct kernel_info info;

	(void)state;
	assert_int_equal(resolve_text(fixture, sizeof(fixture) - 1, names, 6, &info), 0);
	assert_null(names[0].name);
	assert_string_equal(names[1].name, "startup_64");
	assert_string_equal(names[2].name, "do_one_initcall");
	assert_string_equal(names[3].name, "do_one_initcall");
	assert_int_equal(names[3].start, 0xffffffff81000100);
	assert_string_equal(names[4].name, "ksys_read");
	assert_string_equal(names[5].module, "nf_tables");
	assert_int_equal(info.text_start, 0xffffffff81000000);
	assert_int_equal(info.text_end, 0xffffffff81000400);
	assert_false(info.hidden);
	kernel_names_free(names, 6);
}

static void a_table_of_zeros_is_hidden(void **state)
{
	static const char zeros[] = "0000000000000000 T _stext\n0000000000000000 t foo\n";
	struct kernel_name name = { .addr = 0xffffffff81000000 };
	struct kernel_info info;

	(void)state;
	assert_int_equal(resolve_text(zeros, sizeof(zeros) - 1, &name, 1, &info), 0);
	assert_true(info.hidden);
	assert_null(name.name);
}

static void a_file_that_cannot_be_read_is_an_error_that_names_it(void **state)
{
	struct kernel_name name = { .addr = 1 };
	struct kernel_info info;
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(kernel_resolve("/nonexistent/kallsyms", &name, 1, &info, &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/kallsyms"));
}

static void garbage_is_passed_over(void **state)
{
	static const char garbage[] = "\n\n \nxyz\nffffffff81000000\nffffffff81000000 \nffffffff81000000 T\nffffffff81000000 T \n"
				      "ffffffff81000000000000000 T too_long\nffffffff81000010 T real\nffffffff8";
	struct kernel_name name = { .addr = 0xffffffff81000011 };
	struct kernel_info info;

	(void)state;
	assert_int_equal(resolve_text(garbage, sizeof(garbage) - 1, &name, 1, &info), 0);
	assert_string_equal(name.name, "real");
	kernel_names_free(&name, 1);
}

static void a_line_without_end_is_no_line(void **state)
{
	enum { SIZE = 1 << 20 };
	struct kernel_name name = { .addr = 0xffffffff81000011 };
	struct kernel_info info;
	char *text = malloc(SIZE);

	(void)state;
	memset(text, 'x', SIZE);
	assert_int_equal(resolve_text(text, SIZE, &name, 1, &info), 0);
	assert_null(name.name);
	free(text);
}

/* Lines fall on both sides of whatever piece the file is read in. */
static void a_table_larger_than_the_buffer_loses_no_line(void **state)
{
	enum { COUNT = 40000 };
	struct kernel_name *names = calloc(COUNT, sizeof(*names));
	char *text = malloc(COUNT * 48), expected[16];
	struct kernel_info info;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		n += (size_t)sprintf(text + n, "%016llx T f%zu\n", 0xffffffff81000000ull + i * 16, i);
		names[i].addr = 0xffffffff81000000ull + i * 16 + 3;
	}
	assert_int_equal(resolve_text(text, n, names, COUNT, &info), 0);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(expected, sizeof(expected), "f%zu", i);
		assert_non_null(names[i].name);
		assert_string_equal(names[i].name, expected);
	}
	kernel_names_free(names, COUNT);
	free(names);
	free(text);
}

/* The truth is the simplest search there is, over the same file. */
static void our_own_kernels_addresses_are_named(void **state)
{
	struct kernel_name names[64] = { 0 };
	struct kernel_info info;
	char line[1024], name[512];
	unsigned long long addr;
	size_t n = 0, lines = 0;
	char type;
	FILE *f = fopen("/proc/kallsyms", "r");

	(void)state;
	while (f && n < 64 && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %c %511s", &addr, &type, name) == 3 && addr > 1 && type == 'T' &&
		    name[0] != '_' && lines++ % 500 == 0)
			names[n++].addr = addr;
	if (f)
		fclose(f);
	if (!n) {
		print_message("kallsyms shows us no addresses\n");
		skip();
	}
	assert_int_equal(kernel_resolve("/proc/kallsyms", names, n, &info, NULL), 0);
	for (size_t i = 0; i < n; i++)
		if (!names[i].name || names[i].start != names[i].addr)
			fail_msg("%#llx has no name of its own", (unsigned long long)names[i].addr);
	assert_true(info.text_start && info.text_end > info.text_start);
	kernel_names_free(names, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_the_name_of_the_function_that_covers_it),
		cmocka_unit_test(a_function_is_preferred_to_a_label_with_underscores),
		cmocka_unit_test(a_global_name_is_preferred_to_a_weak_or_local_one),
		cmocka_unit_test(modules_out_of_order_are_found_with_their_names),
		cmocka_unit_test(an_address_far_from_any_function_has_no_name),
		cmocka_unit_test(many_addresses_are_resolved_in_one_pass),
		cmocka_unit_test(a_table_of_zeros_is_hidden),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error_that_names_it),
		cmocka_unit_test(garbage_is_passed_over),
		cmocka_unit_test(a_line_without_end_is_no_line),
		cmocka_unit_test(a_table_larger_than_the_buffer_loses_no_line),
		cmocka_unit_test(our_own_kernels_addresses_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
