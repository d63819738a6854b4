/*
 * Files are made for each test: whole, cut, replaced, deleted, and of kinds that must never be opened.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "symbolize/arch.h"
#include "symbolize/symbolize.h"
#include "tests/unit/own.h"

struct fixture {
	char dir[32];
	struct images images;
	struct buf self; /* the bytes of this program */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/image-XXXXXX");
	images_init(&f->images, NULL);
	*state = f;
	return !mkdtemp(f->dir) || file_read("/proc/self/exe", 1 << 28, &f->self, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[64];

	images_free(&f->images);
	buf_free(&f->self);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	free(f);
	return system(command);
}

static char *path_in(const struct fixture *f, const char *name)
{
	return xasprintf("%s/%s", f->dir, name);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

/* The image that a mapping of that file would give. */
static struct image *image_of(struct fixture *f, const char *path)
{
	struct image_id id = { .path = path };
	struct stat st;

	if (stat(path, &st) == 0) {
		id.major = major(st.st_dev);
		id.minor = minor(st.st_dev);
		id.inode = st.st_ino;
	}
	return images_get(&f->images, &id);
}

static const struct image_where nowhere = { 0 };

static void our_own_program_opens_with_segments_and_build_id(void **state)
{
	struct own own;
	struct image *image;
	uint64_t offset;
	unsigned char first[4];

	(void)state;
	own_load(&own);
	image = own_image_at(&own, (const void *)own_load, &offset);
	assert_non_null(image);
	assert_int_equal(image->kind, IMAGE_FILE);
	assert_true(image->segments.n >= 2);
	assert_null(image->trouble);
	assert_int_equal(image_read(image, 0, first, 4), 4);
	assert_memory_equal(first, ELFMAG, 4);
	assert_int_equal(image_read(image, UINT64_MAX / 2, first, 4), 0);
	own_free(&own);
}

static void add_note(struct buf *out, const char *owner, uint32_t type, const void *desc, uint32_t n, uint32_t align)
{
	uint32_t header[] = { (uint32_t)strlen(owner) + 1, n, type };

	buf_add(out, header, sizeof(header));
	buf_add(out, owner, header[0]);
	while (out->n % align)
		buf_putc(out, 0);
	buf_add(out, desc, n);
	while (out->n % align)
		buf_putc(out, 0);
}

static void a_build_id_is_found_among_other_notes(void **state)
{
	cleanup_buf struct buf notes = { 0 };
	struct build_id id = { .n = 0 };

	(void)state;
	add_note(&notes, "GNU", NT_GNU_PROPERTY_TYPE_0, "123456789", 9, 8);
	add_note(&notes, "Go", NT_GNU_BUILD_ID, "not this", 8, 8);
	add_note(&notes, "longer", NT_GNU_BUILD_ID, "nor this", 8, 8);
	add_note(&notes, "GNU", NT_GNU_BUILD_ID, "abcdefgh", 8, 8);
	assert_true(build_id_find(notes.at, notes.n, 8, &id));
	assert_int_equal(id.n, 8);
	assert_memory_equal(id.bytes, "abcdefgh", 8);
	for (size_t n = 0; n < notes.n; n++)
		assert_false(build_id_find(notes.at, n, 8, &id));
}

static void a_build_id_that_does_not_fit_is_none(void **state)
{
	cleanup_buf struct buf notes = { 0 };
	struct build_id id = { .n = 0 };

	(void)state;
	add_note(&notes, "GNU", NT_GNU_BUILD_ID, "0123456789012345678901", 21, 4);
	assert_false(build_id_find(notes.at, notes.n, 4, &id));
	assert_int_equal(id.n, 0);
}

static void an_offset_becomes_the_files_own_address(void **state)
{
	struct own own;
	struct image *image;
	uint64_t offset, vaddr;

	(void)state;
	own_load(&own);
	image = own_image_at(&own, (const void *)own_load, &offset);
	assert_true(image_vaddr(image, offset, &vaddr));
	/* The dynamic linker's own word for where the program was moved to. */
	assert_int_equal(vaddr + _r_debug.r_map->l_addr, (uintptr_t)own_load);
	assert_false(image_vaddr(image, UINT64_MAX, &vaddr));
	own_free(&own);
}

static void one_file_is_one_image(void **state)
{
	struct fixture *f = *state;
	struct image_id id = { .path = "/lib/a.so", .major = 8, .minor = 1, .inode = 7 };
	struct image *image = images_get(&f->images, &id);

	assert_ptr_equal(images_get(&f->images, &id), image);
	id.path = "/lib/a.so (deleted)";
	assert_ptr_equal(images_get(&f->images, &id), image);
	id.inode = 8;
	assert_ptr_not_equal(images_get(&f->images, &id), image);
	assert_true(images_get(&f->images, &id)->deleted);
	assert_string_equal(images_get(&f->images, &id)->path, "/lib/a.so");
}

static void memory_without_a_file_is_a_pseudo_image(void **state)
{
	static const char *const names[] = { "//anon", "", "[heap]", "[stack]", "[vsyscall]", "//toolong" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct image *image = images_get(&f->images, &(struct image_id){ .path = names[i] });

		assert_int_equal(image->kind, IMAGE_ANON);
		assert_false(image_open(&f->images, image, &nowhere));
		assert_non_null(image->trouble);
	}
}

static void a_place_in_no_mapping_is_not_taken_for_code_from_a_JIT(void **state)
{
	struct fixture *f = *state;
	struct image *image = images_get(&f->images, &(struct image_id){ .path = "[unknown]" });

	assert_false(image_open(&f->images, image, &nowhere));
	assert_non_null(strstr(image->trouble, "in no mapping that is known"));
}

static void the_vdso_is_read_from_our_own_memory(void **state)
{
	struct fixture *f = *state;
	struct image *image = images_get(&f->images, &(struct image_id){ .path = "[vdso]" });
	const struct symtab *symtab;
	bool has_gettime = false;

	assert_true(image_open(&f->images, image, &nowhere));
	assert_true(image->build_id.n > 0);
	symtab = image_symtab(image);
	for (size_t i = 0; i < symtab->at.n; i++)
		has_gettime |= strstr(symtab_name(symtab, &symtab->at.at[i]), "clock_gettime") != NULL;
	assert_true(has_gettime);
}

static void a_file_that_is_no_elf_is_bad_and_leaves_no_descriptor(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "text");
	struct image *image;

	write_file(path, "#!/bin/sh\n", 10);
	image = image_of(f, path);
	assert_false(image_open(&f->images, image, &nowhere));
	assert_int_equal(image->state, IMAGE_BAD);
	assert_string_equal(image->trouble, "not an ELF file");
	assert_int_equal(f->images.open_now, 0);
	assert_int_equal(image_read(image, 0, (char[4]){ 0 }, 4), 0);
	assert_int_equal(image_symtab(image)->at.n, 0);
}

static void a_file_that_is_not_there_says_so(void **state)
{
	struct fixture *f = *state;
	struct image *image = images_get(&f->images, &(struct image_id){ .path = "/nonexistent/lib.so", .inode = 1 });

	assert_false(image_open(&f->images, image, &nowhere));
	assert_int_equal(image->state, IMAGE_MISSING);
	assert_non_null(strstr(image->trouble, "No such file"));
	image = images_get(&f->images, &(struct image_id){ .path = "/nonexistent/b.so (deleted)", .inode = 1 });
	assert_false(image_open(&f->images, image, &nowhere));
	assert_non_null(strstr(image->trouble, "deleted"));
}

static void a_file_that_took_anothers_name_is_not_opened(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program"), *fresh = path_in(f, "fresh");
	struct image *image;

	write_file(path, f->self.at, f->self.n);
	image = image_of(f, path);
	write_file(fresh, f->self.at, f->self.n);
	assert_int_equal(rename(fresh, path), 0);
	assert_false(image_open(&f->images, image, &nowhere));
	assert_int_equal(image->state, IMAGE_MISSING);
	assert_non_null(strstr(image->trouble, "replaced"));
}

static void fifos_devices_and_directories_are_never_opened(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *fifo = path_in(f, "fifo");
	const char *const paths[] = { fifo, "/dev/zero", "/dev/tty", f->dir };

	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < 4; i++) {
		struct image *image = images_get(&f->images, &(struct image_id){ .path = paths[i] });

		assert_false(image_open(&f->images, image, &nowhere));
		assert_string_equal(image->trouble, "not a regular file");
	}
}

/* A file that is mapped and deleted is still read, by what is mapped. */
static void a_deleted_file_that_is_mapped_opens_while_its_process_lives(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "gone.so"), *deleted = xasprintf("%s (deleted)", path);
	int fd;
	void *at;
	struct image *image;
	struct image_where where;
	struct stat st;

	write_file(path, f->self.at, f->self.n);
	fd = open(path, O_RDONLY);
	fstat(fd, &st);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	unlink(path);
	where = (struct image_where){ getpid(), (uintptr_t)at, (uintptr_t)at + 4096 };
	image = images_get(&f->images, &(struct image_id){ .path = deleted, .inode = st.st_ino });
	if (!image_open(&f->images, image, &where)) {
		print_message("/proc/PID/map_files cannot be followed here: %s\n", image->trouble);
		munmap(at, 4096);
		skip();
	}
	munmap(at, 4096);
}

static void a_mapping_of_another_file_at_that_place_is_not_taken(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "other.so");
	struct image_where where;
	struct image *image;
	void *at;
	int fd;

	write_file(path, f->self.at, f->self.n);
	fd = open(path, O_RDONLY);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	where = (struct image_where){ getpid(), (uintptr_t)at, (uintptr_t)at + 4096 };
	image = images_get(&f->images, &(struct image_id){ .path = "/long/gone.so", .inode = 12345 });
	assert_false(image_open(&f->images, image, &where));
	munmap(at, 4096);
}

static void another_root_is_used_alone_and_not_left(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *bin = path_in(f, "bin"), *program = path_in(f, "bin/program"), *link = path_in(f, "bin/link");
	struct images images;

	mkdir(bin, 0755);
	write_file(program, f->self.at, f->self.n);
	assert_int_equal(symlink("../../../../proc/self/exe", link), 0);
	images_init(&images, f->dir);
	assert_true(image_open(&images, images_get(&images, &(struct image_id){ .path = "/bin/program", .inode = 9 }), &nowhere));
	assert_false(image_open(&images, images_get(&images, &(struct image_id){ .path = "/bin/link" }), &nowhere));
	assert_false(image_open(&images, images_get(&images, &(struct image_id){ .path = "/bin/sh" }), &nowhere));
	assert_false(image_open(&images, images_get(&images, &(struct image_id){ .path = "[vdso]" }), &nowhere));
	images_free(&images);
}

static void beyond_the_limit_of_descriptors_small_files_are_copied(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "copied");
	struct image *image;
	unsigned char first[4];

	write_file(path, f->self.at, f->self.n);
	f->images.open_limit = 0;
	image = image_of(f, path);
	assert_true(image_open(&f->images, image, &nowhere));
	assert_int_equal(f->images.open_now, 0);
	assert_int_equal(image_read(image, 0, first, 4), 4);
	assert_memory_equal(first, ELFMAG, 4);
	assert_true(image_symtab(image)->at.n > 0);
}

static void return_addresses_are_known_by_the_call_before_them(void **state)
{
	struct own own;
	struct image *image;
	uint64_t offset;

	(void)state;
	own_load(&own);
	image = own_image_at(&own, __builtin_return_address(0), &offset);
	assert_non_null(image);
	assert_true(image_follows_call(image, offset));
	assert_true(image_follows_call(image, offset)); /* the cached answer */
	assert_false(image_follows_call(image, 0));
	own_free(&own);
}

/* What any user of an image does with it. */
static void use_image(struct image *image, uint64_t n)
{
	struct place_name name;
	uint64_t vaddr;

	for (uint64_t offset = 0; offset < n; offset += 509) {
		if (image_vaddr(image, offset, &vaddr))
			rules_at(image, vaddr, ARCH_DWARF_FP);
		symbolize(image, offset, &name);
		place_name_free(&name);
	}
}

static void a_file_cut_at_any_length_does_no_harm(void **state)
{
	struct fixture *f = *state;
	size_t n = f->self.n;

	for (size_t i = 0; i < 200; i++) {
		cleanup_free char *path = xasprintf("%s/cut%zu", f->dir, i);
		size_t length = i < 100 ? i * 16 : n - (i - 99) * (n / 101);
		struct image *image;

		write_file(path, f->self.at, length);
		image = image_of(f, path);
		if (image_open(&f->images, image, &nowhere))
			use_image(image, n < 100000 ? n : 100000);
		image_drop_tables(image);
		unlink(path);
	}
}

/* A program can be cut short while we have it open: no read of ours may fault. */
static void a_file_that_is_cut_while_it_is_open_does_no_harm(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "shrinking");
	struct image *image;

	write_file(path, f->self.at, f->self.n);
	image = image_of(f, path);
	assert_true(image_open(&f->images, image, &nowhere));
	assert_int_equal(truncate(path, 4096), 0);
	use_image(image, 100000);
	assert_int_equal(truncate(path, 0), 0);
	image_drop_tables(image);
	use_image(image, 100000);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void a_file_of_another_build_is_not_used(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program");
	struct image_id id = { .path = path };
	struct image *image;
	struct build_id real;

	write_file(path, f->self.at, f->self.n);
	image = images_get(&f->images, &id);
	assert_true(image_open(&f->images, image, &nowhere));
	real = image->build_id;
	assert_true(real.n > 0);
	id.build_id = real;
	id.build_id.bytes[0] ^= 1;
	image = images_get(&f->images, &id);
	assert_false(image_open(&f->images, image, &nowhere));
	assert_non_null(strstr(image->trouble, "build id differs"));
	assert_memory_equal(image->build_id.bytes, id.build_id.bytes, real.n); /* the profile tells what ran */
	id.build_id = real;
	assert_ptr_not_equal(images_get(&f->images, &id), image); /* two builds are two images */
}

static void what_is_told_of_a_path_is_what_its_mappings_are_of(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program"), *deleted = xasprintf("%s (deleted)", path);
	const struct build_id one = { { 1 }, 16 }, two = { { 2 }, 16 };
	struct image *image;

	write_file(path, f->self.at, f->self.n);
	images_tell_build(&f->images, path, &one);
	image = images_get(&f->images, &(struct image_id){ .path = deleted });
	assert_false(image_open(&f->images, image, &nowhere));
	assert_non_null(strstr(image->trouble, "build id differs"));
	assert_int_equal(images_get(&f->images, &(struct image_id){ .path = path, .build_id = two })->ran.bytes[0], 2);
	images_tell_build(&f->images, path, &two); /* which of them, nobody knows */
	assert_int_equal(images_told_build(&f->images, path).n, 0);
	assert_int_equal(images_told_build(&f->images, "/another").n, 0);
}

static void a_file_that_is_told_by_inode_and_by_build_id_is_one(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program");
	struct image_id id = { .path = path };
	struct image *by_inode, *by_build_id;

	write_file(path, f->self.at, f->self.n);
	by_inode = image_of(f, path);
	assert_ptr_equal(image_unique(&f->images, by_inode), by_inode); /* not open: nothing is known */
	assert_true(image_open(&f->images, by_inode, &nowhere));
	id.build_id = by_inode->build_id;
	by_build_id = images_get(&f->images, &id);
	assert_ptr_not_equal(by_build_id, by_inode);
	assert_true(image_open(&f->images, by_build_id, &nowhere));
	assert_ptr_equal(image_unique(&f->images, by_inode), by_inode);
	assert_ptr_equal(image_unique(&f->images, by_build_id), by_inode);
}

/* A mapping at that place, of a program that the process became since: with a build id there is no inode to tell by. */
static void a_mapping_with_another_name_is_not_taken_for_a_build(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *other = path_in(f, "other"), *path = path_in(f, "program");
	struct image_id id = { .path = path, .build_id = { { 1 }, 20 } };
	struct image_where where;
	struct image *image;
	void *at;
	int fd;

	write_file(other, f->self.at, f->self.n);
	fd = open(other, O_RDONLY);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	where = (struct image_where){ getpid(), (uintptr_t)at, (uintptr_t)at + 4096 };
	image = images_get(&f->images, &id);
	assert_false(image_open(&f->images, image, &where));
	assert_int_equal(image->state, IMAGE_MISSING);
	munmap(at, 4096);
}

static struct image *open_copy(struct fixture *f, const char *path)
{
	struct image *image;

	write_file(path, f->self.at, f->self.n);
	image = image_of(f, path);
	assert_true(image_open(&f->images, image, &nowhere));
	return image;
}

static void check_refused(struct image *image)
{
	assert_false(image_is_intact(image));
	assert_int_equal(image->state, IMAGE_BAD);
	assert_string_equal(image->trouble, "was changed after it ran");
	assert_int_equal(image_symtab(image)->at.n, 0);
	assert_true(image->build_id.n > 0); /* of what ran */
}

static void names_are_not_read_from_a_file_that_was_overwritten(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program");
	struct image *image = open_copy(f, path);

	write_file(path, "another", 7);
	check_refused(image);
}

static void nor_from_another_build_of_the_same_size_and_age(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program"), *other = malloc(f->self.n);
	struct image *image = open_copy(f, path);
	struct timespec times[2];
	struct stat st;
	char *id;

	assert_int_equal(stat(path, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	memcpy(other, f->self.at, f->self.n);
	id = memmem(other, f->self.n, image->build_id.bytes, image->build_id.n);
	assert_non_null(id);
	id[0] ^= 1;
	usleep(20000); /* the clock of a file system ticks a hundred times a second at least */
	write_file(path, other, f->self.n);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	check_refused(image);
}

static void a_file_that_was_renamed_removed_or_written_anew_has_its_names(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *path = path_in(f, "program"), *moved = path_in(f, "moved");
	struct image *image = open_copy(f, path);

	usleep(20000);
	write_file(path, f->self.at, f->self.n);
	assert_true(image_is_intact(image));
	image_drop_tables(image);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(rename(path, moved), 0);
	assert_true(image_is_intact(image));
	image_drop_tables(image);
	assert_int_equal(unlink(moved), 0);
	assert_true(image_symtab(image)->at.n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(our_own_program_opens_with_segments_and_build_id),
		test(a_build_id_is_found_among_other_notes),
		test(a_build_id_that_does_not_fit_is_none),
		test(an_offset_becomes_the_files_own_address),
		test(one_file_is_one_image),
		test(memory_without_a_file_is_a_pseudo_image),
		test(a_place_in_no_mapping_is_not_taken_for_code_from_a_JIT),
		test(the_vdso_is_read_from_our_own_memory),
		test(a_file_that_is_no_elf_is_bad_and_leaves_no_descriptor),
		test(a_file_that_is_not_there_says_so),
		test(a_file_that_took_anothers_name_is_not_opened),
		test(fifos_devices_and_directories_are_never_opened),
		test(a_deleted_file_that_is_mapped_opens_while_its_process_lives),
		test(a_mapping_of_another_file_at_that_place_is_not_taken),
		test(another_root_is_used_alone_and_not_left),
		test(beyond_the_limit_of_descriptors_small_files_are_copied),
		test(return_addresses_are_known_by_the_call_before_them),
		test(a_file_cut_at_any_length_does_no_harm),
		test(a_file_that_is_cut_while_it_is_open_does_no_harm),
		test(a_file_of_another_build_is_not_used),
		test(what_is_told_of_a_path_is_what_its_mappings_are_of),
		test(a_file_that_is_told_by_inode_and_by_build_id_is_one),
		test(a_mapping_with_another_name_is_not_taken_for_a_build),
		test(names_are_not_read_from_a_file_that_was_overwritten),
		test(nor_from_another_build_of_the_same_size_and_age),
		test(a_file_that_was_renamed_removed_or_written_anew_has_its_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
