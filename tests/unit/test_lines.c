/* Ranges that lie in one another, and files that say absurd things of their size. What lines are right: tests/oracle. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <elf.h>
#include <gelf.h>
#include <string.h>
#include <cmocka.h>

#include "symbolize/lines.h"

static void add(struct interval_vec *intervals, uint64_t low, uint64_t high)
{
	uint32_t number = (uint32_t)intervals->n;

	*vec_push(intervals) = (struct interval){ .low = low, .high = high, .of = number };
}

static void assert_found(const struct interval_vec *intervals, uint64_t vaddr, uint32_t of)
{
	const struct interval *found = intervals_find(intervals, vaddr);

	assert_int_equal(found ? found->of : UINT32_MAX, of);
}

static void the_innermost_range_is_found(void **state)
{
	struct interval_vec v = { 0 };

	(void)state;
	add(&v, 40, 50);
	add(&v, 10, 100);
	add(&v, 20, 30);
	add(&v, 20, 60);
	intervals_settle(&v);
	assert_found(&v, 9, UINT32_MAX);
	assert_found(&v, 10, 1);
	assert_found(&v, 25, 2);
	assert_found(&v, 35, 3);
	assert_found(&v, 45, 0);
	assert_found(&v, 55, 3);
	assert_found(&v, 99, 1);
	assert_found(&v, 100, UINT32_MAX);
	vec_free(&v);
}

static void ranges_that_cross_are_both_found(void **state)
{
	struct interval_vec v = { 0 };

	(void)state;
	add(&v, 0, 10);
	add(&v, 5, 15);
	add(&v, 20, 30);
	intervals_settle(&v);
	assert_found(&v, 4, 0);
	assert_found(&v, 7, 1);
	assert_found(&v, 14, 1);
	assert_found(&v, 17, UINT32_MAX);
	assert_found(&v, 20, 2);
	vec_free(&v);
}

static void of_equal_ranges_the_later_one_is_the_inner(void **state)
{
	struct interval_vec v = { 0 };

	(void)state;
	add(&v, 10, 20);
	add(&v, 10, 20);
	intervals_settle(&v);
	assert_found(&v, 10, 1);
	vec_free(&v);
}

/* A file of nothing but a .debug_info of that size. */
struct file {
	Elf64_Ehdr header;
	Elf64_Shdr sections[3];
	char names[32];
	char info[64];
};

static bool opens(uint64_t size, uint64_t flags, Elf64_Chdr compression, bool *is_cut)
{
	static struct file file;
	struct lines lines;
	bool is_open;

	file = (struct file){
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_shoff = offsetof(struct file, sections), .e_ehsize = sizeof(Elf64_Ehdr),
			.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2,
		},
		.sections = {
			[1] = { .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = offsetof(struct file, info),
				.sh_size = size, .sh_flags = flags, .sh_addralign = 8 },
			[2] = { .sh_name = 13, .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct file, names), .sh_size = 32 },
		},
		.names = "\0.debug_info\0.shstrtab",
	};
	memcpy(file.info, &compression, sizeof(compression));
	elf_version(EV_CURRENT);
	is_open = lines_open(&lines, &(struct lines_file){ .elf = elf_memory((char *)&file, sizeof(file)), .fd = -1 },
			     &(struct lines_file){ .fd = -1 });
	*is_cut = lines.is_cut;
	lines_close(&lines);
	return is_open;
}

static void a_section_of_absurd_size_is_refused_and_said(void **state)
{
	bool is_cut;

	(void)state;
	assert_false(opens(UINT64_MAX - 8, 0, (Elf64_Chdr){ 0 }, &is_cut));
	assert_true(is_cut);
	assert_false(opens(64, 0, (Elf64_Chdr){ 0 }, &is_cut));
	assert_false(is_cut);
}

static void a_section_that_would_grow_without_bound_is_refused_and_said(void **state)
{
	bool is_cut;

	(void)state;
	assert_false(opens(64, SHF_COMPRESSED, (Elf64_Chdr){ ELFCOMPRESS_ZLIB, 0, 1ULL << 40, 1 }, &is_cut));
	assert_true(is_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_innermost_range_is_found),
		cmocka_unit_test(ranges_that_cross_are_both_found),
		cmocka_unit_test(of_equal_ranges_the_later_one_is_the_inner),
		cmocka_unit_test(a_section_of_absurd_size_is_refused_and_said),
		cmocka_unit_test(a_section_that_would_grow_without_bound_is_refused_and_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
