/*
 * Files that claim more than they are, or hold more than a program can: sparse ones of gigabytes cost nothing to make,
 * and must cost nothing to look at.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "symbolize/symbolize.h"

static const uint64_t GIB = 1 << 30;
enum { ROOM = 4096, GROWTH_KB_MAX = 96 << 10 };

/* A file in the making: headers first, and from ROOM on what they lead to. */
struct fixture {
	char path[32];
	int fd;
	struct images images;
	long rss_kb;
};

static long peak_rss_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/limits-XXXXXX");
	f->fd = mkstemp(f->path);
	images_init(&f->images, NULL);
	f->rss_kb = peak_rss_kb();
	*state = f;
	return f->fd < 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	images_free(&f->images);
	close(f->fd);
	unlink(f->path);
	free(f);
	return 0;
}

static void put(struct fixture *f, uint64_t offset, const void *bytes, size_t n)
{
	assert_int_equal(pwrite(f->fd, bytes, n, (off_t)offset), (ssize_t)n);
}

/* A library whose section headers stand right behind its ELF header. */
static Elf64_Ehdr library(uint16_t sections)
{
	Elf64_Ehdr eh = {
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = sections,
	};

	memcpy(eh.e_ident, (uint8_t[]){ ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, 7);
	return eh;
}

static void put_section(struct fixture *f, unsigned int i, const Elf64_Shdr *sh)
{
	put(f, sizeof(Elf64_Ehdr) + i * sizeof(*sh), sh, sizeof(*sh));
}

static struct image *open_it(struct fixture *f)
{
	struct image *image = images_get(&f->images, &(struct image_id){ .path = f->path });

	image_open(&f->images, image, &(struct image_where){ 0 });
	return image;
}

static void assert_little_memory_was_taken(const struct fixture *f)
{
	long grown = peak_rss_kb() - f->rss_kb;

	if (grown > GROWTH_KB_MAX)
		fail_msg("%ld MiB were taken", grown >> 10);
}

static void assert_refused(struct fixture *f, const char *why)
{
	const struct image *image = open_it(f);

	assert_int_equal(image->state, IMAGE_BAD);
	assert_non_null(strstr(image->trouble, why));
	assert_little_memory_was_taken(f);
}

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

/* Section 1 is the string table "\0first\0second\0"; `n` tables of one symbol each follow, which name one after the other. */
static void put_symbol_tables(struct fixture *f, unsigned int n, uint32_t type)
{
	static const char names[] = "\0first\0second";
	Elf64_Ehdr eh = library((uint16_t)(n + 2));

	put(f, 0, &eh, sizeof(eh));
	put(f, ROOM, names, sizeof(names));
	put_section(f, 1, &(Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = ROOM, .sh_size = sizeof(names) });
	for (unsigned int i = 0; i < n; i++) {
		Elf64_Sym sym = { .st_name = i ? 7 : 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1,
				  .st_value = 0x1000 * (i + 1), .st_size = 16 };
		Elf64_Shdr sh = { .sh_type = type, .sh_offset = ROOM + 64 * (i + 1), .sh_size = sizeof(sym), .sh_link = 1,
				  .sh_entsize = sizeof(sym) };

		put(f, sh.sh_offset, &sym, sizeof(sym));
		put_section(f, i + 2, &sh);
	}
}

static void of_several_symbol_tables_the_first_is_loaded(void **state)
{
	struct fixture *f = *state;
	const struct symtab *symtab;

	put_symbol_tables(f, 30, SHT_SYMTAB);
	symtab = image_symtab(open_it(f));
	assert_int_equal(symtab->at.n, 1);
	assert_string_equal(symtab_name(symtab, &symtab->at.at[0]), "first");
	assert_true(symtab->has_symtab);
}

static void of_several_dynamic_symbol_tables_the_first_is_loaded(void **state)
{
	struct fixture *f = *state;
	const struct symtab *symtab;

	put_symbol_tables(f, 30, SHT_DYNSYM);
	symtab = image_symtab(open_it(f));
	assert_int_equal(symtab->at.n, 1);
	assert_string_equal(symtab_name(symtab, &symtab->at.at[0]), "first");
	assert_false(symtab->has_symtab);
}

/* Symbols and names of `size` bytes each, in `n` tables that show the same hole in the file. */
static struct image *open_with_large_tables(struct fixture *f, unsigned int n, uint64_t size)
{
	Elf64_Ehdr eh = library((uint16_t)(n + 1));
	Elf64_Shdr sh = { .sh_type = SHT_SYMTAB, .sh_offset = ROOM, .sh_size = size, .sh_link = 1, .sh_entsize = 24 };

	put(f, 0, &eh, sizeof(eh));
	for (unsigned int i = 1; i <= n; i++)
		put_section(f, i, &sh);
	assert_int_equal(ftruncate(f->fd, (off_t)(ROOM + size)), 0);
	return open_it(f);
}

static void symbol_tables_that_are_too_large_are_refused_unread(void **state)
{
	struct fixture *f = *state;
	struct image *image = open_with_large_tables(f, 30, 480 << 20);

	assert_int_equal(image->state, IMAGE_OPEN);
	assert_int_equal(image_symtab(image)->at.n, 0);
	assert_string_equal(image->trouble, "its symbol tables are larger than is read");
	assert_little_memory_was_taken(f);
}

/* A symbol takes more memory than it has bytes in the file. */
static void what_becomes_of_symbols_counts_as_well(void **state)
{
	struct fixture *f = *state;
	struct image *image = open_with_large_tables(f, 1, 330 << 20);

	assert_int_equal(image_symtab(image)->at.n, 0);
	assert_non_null(image->trouble);
	assert_little_memory_was_taken(f);
}

/* The names that come out are larger than the file. */
static void names_that_symbols_share_are_counted_as_often_as_they_are_used(void **state)
{
	enum { SYMBOLS = 300000, NAME = 4095 };
	struct fixture *f = *state;
	cleanup_free Elf64_Sym *syms = xcalloc(SYMBOLS, sizeof(*syms));
	cleanup_free char *names = xcalloc(1, NAME + 2);
	Elf64_Ehdr eh = library(3);
	struct image *image;

	memset(names + 1, 'x', NAME);
	for (unsigned int i = 0; i < SYMBOLS; i++)
		syms[i] = (Elf64_Sym){ .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1,
				       .st_value = 16 * (i + 1), .st_size = 16 };
	put(f, 0, &eh, sizeof(eh));
	put_section(f, 1, &(Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = ROOM, .sh_size = NAME + 2 });
	put_section(f, 2, &(Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_offset = 4 * ROOM, .sh_size = SYMBOLS * sizeof(*syms),
					 .sh_link = 1, .sh_entsize = sizeof(*syms) });
	put(f, ROOM, names, NAME + 2);
	put(f, 4 * ROOM, syms, SYMBOLS * sizeof(*syms));
	image = open_it(f);
	assert_int_equal(image_symtab(image)->at.n, 0);
	assert_string_equal(image->trouble, "its symbol tables are larger than is read");
	assert_little_memory_was_taken(f);
}

/* All symbols have names that start in one long run of letters: no name is read further than it is kept. */
static void names_that_do_not_end_are_not_read_again_and_again(void **state)
{
	enum { SYMBOLS = 100000, NAMES = 16 << 20 };
	struct fixture *f = *state;
	cleanup_free Elf64_Sym *syms = xcalloc(SYMBOLS, sizeof(*syms));
	cleanup_free char *names = xmalloc(NAMES);
	Elf64_Ehdr eh = library(3);
	clock_t begin = clock();

	memset(names, 'x', NAMES);
	for (unsigned int i = 0; i < SYMBOLS; i++)
		syms[i] = (Elf64_Sym){ .st_name = i, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1,
				       .st_value = 16 * (i + 1), .st_size = 16 };
	put(f, 0, &eh, sizeof(eh));
	put_section(f, 1, &(Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = 1024 * ROOM, .sh_size = NAMES });
	put_section(f, 2, &(Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_offset = ROOM, .sh_size = SYMBOLS * sizeof(*syms),
					 .sh_link = 1, .sh_entsize = sizeof(*syms) });
	put(f, 1024 * ROOM, names, NAMES);
	put(f, ROOM, syms, SYMBOLS * sizeof(*syms));
	image_symtab(open_it(f));
	assert_true(clock() - begin < 10 * CLOCKS_PER_SEC);
}

/* ---- headers ----------------------------------------------------------------------------------------------------- */

/* Where the ELF header says 0, the first section's size is the number of sections. */
static void more_sections_than_a_program_has_are_refused_unread(void **state)
{
	struct fixture *f = *state;
	Elf64_Ehdr eh = library(0);

	put(f, 0, &eh, sizeof(eh));
	put_section(f, 0, &(Elf64_Shdr){ .sh_size = 4 << 20 });
	assert_int_equal(ftruncate(f->fd, (off_t)GIB), 0);
	assert_refused(f, "more sections");
}

static void sections_are_bounded_where_the_header_counts_them_too(void **state)
{
	struct fixture *f = *state;
	Elf64_Ehdr eh = library(UINT16_MAX - 256);

	put(f, 0, &eh, sizeof(eh));
	assert_int_equal(ftruncate(f->fd, 8 << 20), 0);
	assert_refused(f, "more sections");
}

static void more_segments_than_a_program_has_are_refused_unread(void **state)
{
	struct fixture *f = *state;
	Elf64_Ehdr eh = library(1);

	eh.e_phnum = PN_XNUM;
	eh.e_phoff = ROOM;
	put(f, 0, &eh, sizeof(eh));
	put_section(f, 0, &(Elf64_Shdr){ .sh_info = 16 << 20 });
	assert_int_equal(ftruncate(f->fd, (off_t)GIB), 0);
	assert_refused(f, "more segments");
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(of_several_symbol_tables_the_first_is_loaded),
		test(of_several_dynamic_symbol_tables_the_first_is_loaded),
		test(symbol_tables_that_are_too_large_are_refused_unread),
		test(what_becomes_of_symbols_counts_as_well),
		test(names_that_symbols_share_are_counted_as_often_as_they_are_used),
		test(names_that_do_not_end_are_not_read_again_and_again),
		test(more_sections_than_a_program_has_are_refused_unread),
		test(sections_are_bounded_where_the_header_counts_them_too),
		test(more_segments_than_a_program_has_are_refused_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
