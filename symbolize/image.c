/*
 * Files are read with pread, never mapped: a process can cut its own executable short under us, and a mapping would
 * then kill us with SIGBUS. libelf keeps the descriptor and reads what is asked for.
 */
#include "symbolize/image.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "symbolize/arch.h"
#include "symbolize/checked_elf.h"
#include "symbolize/debugfile.h"
#include "symbolize/image_find.h"

enum {
	SEGMENTS_MAX = 256,
	OPEN_LIMIT = 2048,
	VDSO_BYTES_MAX = 65536,
	NOTE_BYTES_MAX = 4096, /* of one segment; those of real files take some hundred */
	COPY_BYTES_MAX = 32 << 20,   /* of one file */
	COPIES_BYTES_MAX = 256 << 20 /* of all */
};

static const char deleted_suffix[] = " (deleted)";

/* ---- the set ----------------------------------------------------------------------------------------------------- */

void images_init(struct images *images, const char *root)
{
	struct rlimit files;

	*images = (struct images){ .root = root, .open_limit = OPEN_LIMIT };
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur / 2 < OPEN_LIMIT)
		images->open_limit = (unsigned int)files.rlim_cur / 2;
	elf_version(EV_CURRENT);
}

static void image_free(struct image *image)
{
	rules_free(&image->rules);
	image_drop_tables(image);
	if (image->elf)
		elf_end(image->elf);
	if (image->fd >= 0)
		close(image->fd);
	table_free(&image->calls);
	vec_free(&image->call_sites);
	vec_free(&image->segments);
	free(image->copy);
	free(image->trouble);
	free(image->path);
	free(image);
}

void images_free(struct images *images)
{
	for (size_t i = 0; i < images->at.n; i++)
		image_free(images->at.at[i]);
	vec_free(&images->at);
	table_free(&images->table);
	table_free(&images->builds);
	for (size_t i = 0; i < images->told.n; i++)
		free(images->told.at[i].path);
	vec_free(&images->told);
	table_free(&images->told_by_path);
}

/* Names that start with one slash are files, memfds among them; "//anon" and "[heap]" are not. */
static enum image_kind kind_of(const char *path)
{
	if (strcmp(path, "[vdso]") == 0)
		return IMAGE_VDSO;
	if (strcmp(path, "[unknown]") == 0)
		return IMAGE_UNKNOWN;
	return path[0] == '/' && path[1] != '/' ? IMAGE_FILE : IMAGE_ANON;
}

/* The file's own name ends before " (deleted)", which the kernel appends. */
static size_t path_length(const char *path)
{
	size_t n = strlen(path), suffix = sizeof(deleted_suffix) - 1;

	return n > suffix && strcmp(path + n - suffix, deleted_suffix) == 0 ? n - suffix : n;
}

/* A file that took over a deleted one's inode has another generation; /proc does not tell it, so 0 fits any. */
static bool same_generation(const struct image *image, const struct image_id *id)
{
	return image->generation == id->generation || !image->generation || !id->generation;
}

static bool same(const void *ctx, uint32_t value)
{
	const void *const *want = ctx;
	const struct images *images = want[0];
	const struct image_id *id = want[1];
	const struct image *image = images->at.at[value];
	size_t n = path_length(id->path);

	return image->inode == id->inode && image->major == id->major && image->minor == id->minor &&
	       same_generation(image, id) && build_id_fits(&image->ran, &id->build_id) &&
	       strncmp(image->path, id->path, n) == 0 && image->path[n] == '\0';
}

static bool same_told(const void *ctx, uint32_t value)
{
	const void *const *want = ctx;
	const struct images *images = want[0];
	const char *path = want[1];
	size_t n = path_length(path);

	return strncmp(images->told.at[value].path, path, n) == 0 && images->told.at[value].path[n] == '\0';
}

static struct told_build *find_told(const struct images *images, const char *path)
{
	const void *want[] = { images, path };
	uint32_t *found = table_find(&images->told_by_path, hash_bytes(path, path_length(path)), same_told, want);

	return found ? &images->told.at[*found] : NULL;
}

void images_tell_build(struct images *images, const char *path, const struct build_id *build_id)
{
	size_t n = path_length(path);
	struct told_build *told = find_told(images, path);

	if (told) {
		if (told->build_id.n != build_id->n || !build_id_fits(&told->build_id, build_id))
			told->build_id.n = 0;
		return;
	}
	table_add(&images->told_by_path, hash_bytes(path, n), (uint32_t)images->told.n);
	*vec_push(&images->told) = (struct told_build){ xstrndup(path, n), *build_id };
}

struct build_id images_told_build(const struct images *images, const char *path)
{
	const struct told_build *told = find_told(images, path);

	return told ? told->build_id : (struct build_id){ .n = 0 };
}

static struct image *image_new(const struct image_id *id, uint32_t index)
{
	struct image *image = xcalloc(1, sizeof(*image));
	size_t n = path_length(id->path);

	image->kind = kind_of(id->path);
	image->index = index;
	image->major = id->major;
	image->minor = id->minor;
	image->inode = id->inode;
	image->generation = id->generation;
	image->ran = id->build_id;
	image->path = xstrndup(id->path, n);
	image->deleted = id->path[n] != '\0';
	image->fd = -1;
	return image;
}

static struct image *get(struct images *images, const struct image_id *id)
{
	const void *want[] = { images, id };
	uint64_t file = id->build_id.n ? hash_bytes(id->build_id.bytes, id->build_id.n) :
					 id->inode ^ (uint64_t)id->major << 52 ^ (uint64_t)id->minor << 40;
	uint64_t hash = hash_pair(file, hash_bytes(id->path, path_length(id->path)));
	uint32_t *found = table_find(&images->table, hash, same, want);
	struct image *image;

	if (found) {
		image = images->at.at[*found];
		image->generation = image->generation ? image->generation : id->generation;
		return image;
	}
	image = image_new(id, (uint32_t)images->at.n);
	image->root = images->root;
	table_add(&images->table, hash, image->index);
	*vec_push(&images->at) = image;
	return image;
}

struct image *images_get(struct images *images, const struct image_id *id)
{
	struct image_id with_build = *id;

	if (!id->build_id.n)
		with_build.build_id = images_told_build(images, id->path);
	return get(images, &with_build);
}

/* ---- opening it -------------------------------------------------------------------------------------------------- */

static bool give_up(struct image *image, enum image_state state, char *trouble)
{
	image->state = state;
	free(image->trouble);
	image->trouble = trouble;
	return false;
}

static const char *open_trouble(const struct image *image, int code)
{
	if ((code == ENOENT || code == ESTALE) && image->deleted)
		return "deleted before it could be opened";
	if (code == ESTALE)
		return "was replaced on disk: another file has its name now";
	if (code == EINVAL)
		return "not a regular file";
	return strerror(code);
}

static void read_segments(struct image *image)
{
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(image->elf, &n) != 0)
		return;
	for (size_t i = 0; i < n && i < SEGMENTS_MAX && gelf_getphdr(image->elf, (int)i, &ph); i++) {
		image->has_interpreter |= ph.p_type == PT_INTERP;
		if (ph.p_type == PT_LOAD)
			*vec_insert(&image->segments, ph.p_flags & PF_X ? 0 : image->segments.n) =
				(struct segment){ ph.p_offset, ph.p_filesz, ph.p_vaddr };
	}
}

/* In the machine's own byte order: other files are not what runs here. */
static void read_build_id(struct image *image, struct build_id *out)
{
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(image->elf, &n) != 0)
		return;
	for (size_t i = 0; i < n && i < SEGMENTS_MAX && gelf_getphdr(image->elf, (int)i, &ph); i++) {
		uint8_t notes[NOTE_BYTES_MAX];
		size_t want = ph.p_filesz < sizeof(notes) ? ph.p_filesz : sizeof(notes);

		if (ph.p_type == PT_NOTE && build_id_find(notes, image_read(image, ph.p_offset, notes, want), ph.p_align,
							  out))
			return;
	}
}

/* The profile shows the identity of what ran, so that whoever has that file can still name its functions. */
static bool refuse_other_build(struct image *image)
{
	image->build_id = image->ran;
	return give_up(image, IMAGE_BAD, xstrdup("is not the one that ran: its build id differs"));
}

/* `trouble` says why image->elf is NULL, if it is. */
static bool read_headers(struct image *image, const char *trouble)
{
	GElf_Ehdr eh;

	if (!image->elf)
		return give_up(image, IMAGE_BAD, xstrdup(trouble));
	if (!gelf_getehdr(image->elf, &eh))
		return give_up(image, IMAGE_BAD, xstrdup("not an ELF file"));
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return give_up(image, IMAGE_BAD, xstrdup("neither a program nor a library"));
	image->entry = eh.e_entry;
	image->state = IMAGE_OPEN;
	read_segments(image);
	read_build_id(image, &image->build_id);
	if (image->ran.n && (!image->build_id.n || !build_id_fits(&image->ran, &image->build_id)))
		return refuse_other_build(image);
	if (eh.e_machine == arch_elf_machine())
		rules_init(&image->rules, image->elf);
	return true;
}

/* The vDSO of every process is ours too: the kernel has one for each kind of program. */
static bool open_vdso(const struct images *images, struct image *image)
{
	char *start = (char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT: the kernel hands over a number */
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)(void *)start;
	const char *trouble = NULL;
	size_t size;

	if (images->root)
		return give_up(image, IMAGE_MISSING, xstrdup("part of another machine's kernel"));
	if (!start)
		return give_up(image, IMAGE_MISSING, xstrdup("this kernel has no vDSO"));
	size = eh->e_shoff + (size_t)eh->e_shnum * eh->e_shentsize;
	if (size > VDSO_BYTES_MAX)
		return give_up(image, IMAGE_BAD, xstrdup("larger than a vDSO can be"));
	image->elf = checked_elf_memory(start, size, &trouble);
	return read_headers(image, trouble);
}

/* There are more files than we may keep open: a small one is kept in memory instead. The descriptor stays the caller's. */
static bool copy_file(struct images *images, struct image *image, int fd)
{
	struct stat st;
	const char *trouble = NULL;
	size_t size;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > COPY_BYTES_MAX ||
	    images->copied + (uint64_t)st.st_size > COPIES_BYTES_MAX)
		return give_up(image, IMAGE_MISSING, xstrdup("too many files are open; raise the limit with 'ulimit -n'"));
	size = (size_t)st.st_size;
	image->copy = xcalloc(1, size);
	images->copied += size;
	if (pread(fd, image->copy, size, 0) < 0)
		return give_up(image, IMAGE_MISSING, xstrdup(strerror(errno)));
	image->elf = checked_elf_memory(image->copy, size, &trouble);
	return read_headers(image, trouble);
}

/* Where it cannot be had it is zero, and then it is so each time. */
static void read_mark(int fd, struct file_mark *mark)
{
	struct stat st = { 0 };

	fstat(fd, &st);
	*mark = (struct file_mark){ (uint64_t)st.st_size, st.st_mtim, st.st_ctim };
}

static bool keep_file(struct images *images, struct image *image, int fd)
{
	const char *trouble = NULL;

	image->fd = fd;
	read_mark(fd, &image->mark);
	image->elf = checked_elf_fd(fd, &trouble);
	if (!read_headers(image, trouble)) {
		elf_end(image->elf);
		image->elf = NULL;
		image->fd = -1;
		close(fd);
		return false;
	}
	images->open_now++;
	return true;
}

static bool open_file(struct images *images, struct image *image, const struct image_where *where)
{
	cleanup_close int fd = image_find(images->root, image, where);

	if (fd < 0)
		return give_up(image, IMAGE_MISSING, xstrdup(open_trouble(image, -fd)));
	if (images->open_now >= images->open_limit)
		return copy_file(images, image, fd);
	return keep_file(images, image, take_fd(&fd));
}

bool image_open(struct images *images, struct image *image, const struct image_where *where)
{
	if (image->state != IMAGE_UNOPENED)
		return image->state == IMAGE_OPEN;
	if (image->kind == IMAGE_VDSO)
		return open_vdso(images, image);
	if (image->kind == IMAGE_ANON)
		return give_up(image, IMAGE_MISSING, xstrdup("memory without a file, such as code from a JIT"));
	if (image->kind == IMAGE_UNKNOWN)
		return give_up(image, IMAGE_MISSING, xstrdup("in no mapping that is known: it could not be read, or was lost"));
	return open_file(images, image, where);
}

/* ---- is it still the same? --------------------------------------------------------------------------------------- */

static bool same_build(const void *ctx, uint32_t value)
{
	const void *const *want = ctx;
	const struct images *images = want[0];
	const struct image *image = want[1], *have = images->at.at[value];

	return have->build_id.n == image->build_id.n && build_id_fits(&have->build_id, &image->build_id) &&
	       strcmp(have->path, image->path) == 0;
}

struct image *image_unique(struct images *images, struct image *image)
{
	const void *want[] = { images, image };
	uint32_t *found;
	uint64_t hash;

	if (image->unique)
		return image->unique;
	if (image->state != IMAGE_OPEN || !image->build_id.n)
		return image;
	hash = hash_pair(hash_bytes(image->build_id.bytes, image->build_id.n), hash_bytes(image->path, strlen(image->path)));
	found = table_find(&images->builds, hash, same_build, want);
	if (!found)
		table_add(&images->builds, hash, image->index);
	image->unique = found ? images->at.at[*found] : image;
	return image->unique;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/*
 * Who writes into a file may set back the time of its modification; the time of its change is also that of a new name, mode
 * or owner. So the times only say when to look again whether it is still the same build. One of another size is not taken
 * though it says so: strip(1) leaves the build id, and not the tables that were there.
 */
static bool has_changed(struct image *image)
{
	struct build_id build_id = { .n = 0 };
	struct file_mark now;

	if (image->fd < 0)
		return false; /* in memory that is nobody else's */
	read_mark(image->fd, &now);
	if (now.size != image->mark.size)
		return true;
	if (same_time(&now.changed, &image->mark.changed) && same_time(&now.modified, &image->mark.modified))
		return false;
	read_build_id(image, &build_id);
	if (!image->build_id.n)
		return !same_time(&now.modified, &image->mark.modified);
	return build_id.n != image->build_id.n || !build_id_fits(&build_id, &image->build_id);
}

bool image_is_intact(struct image *image)
{
	if (image->state != IMAGE_OPEN)
		return false;
	if (!image->is_compared && has_changed(image))
		return give_up(image, IMAGE_BAD, xstrdup("was changed after it ran"));
	image->is_compared = true;
	return true;
}

/* ---- asking it --------------------------------------------------------------------------------------------------- */

bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *vaddr)
{
	for (size_t i = 0; i < image->segments.n; i++) {
		const struct segment *s = &image->segments.at[i];

		if (offset >= s->offset && offset - s->offset < s->file_size) {
			*vaddr = s->vaddr + (offset - s->offset);
			return true;
		}
	}
	return false;
}

bool image_offset(const struct image *image, uint64_t vaddr, uint64_t *offset, uint64_t *left)
{
	for (size_t i = 0; i < image->segments.n; i++) {
		const struct segment *s = &image->segments.at[i];

		if (vaddr >= s->vaddr && vaddr - s->vaddr < s->file_size) {
			*offset = s->offset + (vaddr - s->vaddr);
			*left = s->file_size - (vaddr - s->vaddr);
			return true;
		}
	}
	return false;
}

size_t image_read(struct image *image, uint64_t offset, void *to, size_t n)
{
	size_t size = 0;
	const char *raw;
	ssize_t got;

	if (image->fd >= 0) {
		got = pread(image->fd, to, n, (off_t)offset);
		return got > 0 ? (size_t)got : 0;
	}
	raw = image->state == IMAGE_OPEN ? elf_rawfile(image->elf, &size) : NULL;
	if (!raw || offset >= size)
		return 0;
	n = n < size - offset ? n : size - offset;
	memcpy(to, raw + offset, n);
	return n;
}

static bool same_site(const void *ctx, uint32_t value)
{
	const void *const *want = ctx;
	const struct image *image = want[0];

	return image->call_sites.at[value].offset == *(const uint64_t *)want[1];
}

static bool look_for_call(struct image *image, uint64_t offset)
{
	uint8_t before[ARCH_CALL_BYTES_MAX];
	size_t want = offset < sizeof(before) ? offset : sizeof(before);

	return image_read(image, offset - want, before, want) != want || arch_ends_in_call(before, want);
}

bool image_follows_call(struct image *image, uint64_t offset)
{
	const void *want[] = { image, &offset };
	uint32_t *found = table_find(&image->calls, hash_u64(offset), same_site, want);

	if (image->state != IMAGE_OPEN)
		return true;
	if (!found) {
		table_add(&image->calls, hash_u64(offset), (uint32_t)image->call_sites.n);
		*vec_push(&image->call_sites) = (struct call_site){ offset, look_for_call(image, offset) };
		return image->call_sites.at[image->call_sites.n - 1].follows;
	}
	return image->call_sites.at[*found].follows;
}

/* Tables are read through handles of their own: libelf keeps every section it has read for as long as a handle lives. */
static Elf *open_again(struct image *image)
{
	size_t size = 0;
	char *raw = image->fd < 0 ? elf_rawfile(image->elf, &size) : NULL;

	return image->fd < 0 ? checked_elf_memory(raw, size, NULL) : checked_elf_fd(image->fd, NULL);
}

static Elf *open_debug(const struct image *image, int *fd)
{
	*fd = debugfile_open(image);
	return *fd < 0 ? NULL : checked_elf_fd(*fd, NULL);
}

/* A stripped program's symbols are in its debugging file; Fedora's programs have the most of them packed in themselves. */
static void load_more_symbols(struct image *image, Elf *elf)
{
	cleanup_close int fd = -1;
	Elf *debug = open_debug(image, &fd);
	size_t n = 0;
	cleanup_free char *unpacked = debug ? NULL : debugfile_unpack(elf, &n);
	Elf *elfs[] = { elf, debug, unpacked ? checked_elf_memory(unpacked, n, NULL) : NULL };

	symtab_free(&image->symtab);
	symtab_load(elfs, 3, &image->symtab);
	elf_end(elfs[1]);
	elf_end(elfs[2]);
}

static void load_symtab(struct image *image)
{
	Elf *elf = open_again(image);

	symtab_load(&elf, 1, &image->symtab);
	if (elf && !image->symtab.has_symtab)
		load_more_symbols(image, elf);
	elf_end(elf);
	if (image->symtab.is_cut && !image->trouble)
		image->trouble = xstrdup("its symbol tables are larger than is read");
}

const struct symtab *image_symtab(struct image *image)
{
	if (!image->symtab_tried && image_is_intact(image))
		load_symtab(image);
	image->symtab_tried = true;
	return &image->symtab;
}

const struct gopclntab *image_go(struct image *image)
{
	if (!image->go_tried && image_is_intact(image))
		gopclntab_load(image, &image->go);
	image->go_tried = true;
	return &image->go;
}

/* Where the file has none itself its debugging file is asked. */
static void load_lines(struct image *image)
{
	struct lines_file main = { .elf = open_again(image), .fd = -1, .is_file = image->fd >= 0 }, shared = { .fd = -1 };

	if (!lines_has_info(main.elf)) {
		elf_end(main.elf);
		main.elf = open_debug(image, &main.fd);
		main.is_file = true;
	}
	if (main.elf)
		shared.fd = debugfile_open_shared(image, main.elf);
	if (shared.fd >= 0)
		shared.elf = checked_elf_fd(shared.fd, NULL);
	lines_open(&image->lines, &main, &shared);
}

struct lines *image_lines(struct image *image)
{
	if (!image->lines_tried && image_is_intact(image))
		load_lines(image);
	image->lines_tried = true;
	return &image->lines;
}

const struct fdes *image_fdes(struct image *image)
{
	if (!image->fdes_tried && image_is_intact(image))
		fdes_load(image, &image->fdes);
	image->fdes_tried = true;
	return &image->fdes;
}

void image_drop_tables(struct image *image)
{
	symtab_free(&image->symtab);
	gopclntab_free(&image->go);
	fdes_free(&image->fdes);
	if (image->lines_tried && image->state == IMAGE_OPEN) {
		if (image->lines.is_cut && !image->trouble)
			image->trouble = xstrdup("its debugging information is larger than fpprof reads");
		lines_close(&image->lines);
	}
	image->symtab_tried = image->go_tried = image->lines_tried = image->fdes_tried = image->is_compared = false;
}
