/*
 * One ELF file that processes have mapped, and the set of all of them.
 *
 * An image is known by what the kernel says of a mapping (its path, and a build id or else device and inode) and is shared
 * by every process that maps it. It is opened at the first sample that needs it, while its process is most likely alive,
 * and the descriptor is kept: a process that is gone, or a file that was deleted since, still has names. A file that was
 * overwritten in place since has none: what it holds now is another program's. What is in the file is hostile input.
 * Pseudo-images stand for the vDSO and for memory that has no file, so a mapping always has an image.
 */
#ifndef FPPROF_SYMBOLIZE_IMAGE_H
#define FPPROF_SYMBOLIZE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/intern.h"
#include "base/table.h"
#include "base/vec.h"
#include "symbolize/build_id.h"
#include "symbolize/fdes.h"
#include "symbolize/gopclntab.h"
#include "symbolize/lines.h"
#include "symbolize/rules.h"
#include "symbolize/symtab.h"

enum image_kind {
	IMAGE_FILE,
	IMAGE_VDSO,
	IMAGE_ANON, /* //anon, [heap], [stack], memory made executable at run time: code from a JIT */
	IMAGE_UNKNOWN, /* [unknown]: what is in no mapping that is known */
};

enum image_state {
	IMAGE_UNOPENED,
	IMAGE_OPEN,    /* an ELF file whose headers make sense */
	IMAGE_MISSING, /* could not be opened; `trouble` says why */
	IMAGE_BAD,     /* opened, but not an ELF file we can use, or no longer; `trouble` says why */
};

/* One PT_LOAD: how file offsets become the file's own virtual addresses. They differ in real files. */
struct segment {
	uint64_t offset, file_size, vaddr;
};

/* By which a file is known to have been changed. */
struct file_mark {
	uint64_t size;
	struct timespec modified, changed;
};

struct image {
	enum image_kind kind;
	enum image_state state;
	uint32_t index; /* in images.at */
	uint32_t major, minor;
	uint64_t inode, generation;
	char *path; /* as the process sees it, without " (deleted)" */
	const char *root; /* as images.root. Borrowed */
	bool deleted;
	char *trouble; /* owned; NULL while all is well */
	struct build_id ran;      /* what the kernel told of the file that was mapped; empty: nothing */
	struct build_id build_id; /* of the file; where that is another one than ran, of what ran */
	struct segment_vec VEC_OF(struct segment) segments;
	struct image *unique; /* the first that was opened of this path and build, see image_unique(); NULL: not known yet */
	int fd;               /* -1: not open, the vDSO, or a copy */
	struct file_mark mark; /* of the file when it was opened */
	char *copy;           /* the whole file, where no descriptor could be kept; owned */
	struct Elf *elf;      /* NULL: not open */
	uint64_t entry;       /* where a program begins, file's own address; 0 for a library */
	bool has_interpreter; /* it is linked dynamically: its C library is another file */
	struct rules rules;
	struct symtab symtab;   /* loaded by image_symtab() */
	struct gopclntab go;    /* loaded by image_go() */
	struct lines lines;     /* opened by image_lines() */
	struct fdes fdes;       /* loaded by image_fdes() */
	bool symtab_tried, go_tried, lines_tried, fdes_tried;
	bool is_compared;     /* the file with its mark, since tables were dropped last */
	struct table calls;   /* file offsets that were asked of image_follows_call(), with the answer */
	struct call_vec VEC_OF(struct call_site {
		uint64_t offset;
		bool follows;
	}) call_sites;
};

/* What the kernel says of a mapping. Borrowed. Device and inode are 0 where there is no file, or a build id is told. */
struct image_id {
	const char *path;
	uint32_t major, minor;
	uint64_t inode;
	uint64_t generation; /* of the inode, which file systems give out again; 0: not known */
	struct build_id build_id; /* as the kernel read it when the file was mapped; empty: it did not tell */
};

/* Where an image's file is to be found when it is first needed. */
struct image_where {
	pid_t pid;           /* 0: no process is alive to ask (replay) */
	uint64_t start, end; /* the mapping, for /proc/PID/map_files */
};

/* The build of whatever has that path, as somebody other than its mappings tells; n is 0 where it is told in two ways. */
struct told_build {
	char *path; /* owned */
	struct build_id build_id;
};

struct images {
	struct table table;
	struct table builds; /* those that were opened, by path and build id */
	struct image_vec VEC_OF(struct image *) at;
	struct table told_by_path;
	struct told_build_vec VEC_OF(struct told_build) told;
	/* A directory that holds the files of another machine, as perf's --symfs; NULL for this machine's own. Borrowed. */
	const char *root;
	unsigned int open_limit; /* descriptors kept at most; what comes after is copied while it is small */
	unsigned int open_now;
	uint64_t copied; /* bytes in copies, which are bounded as well */
};

void images_init(struct images *images, const char *root);
void images_free(struct images *images);

/* Mappings of that path that do not tell their build are of this one. To be told before images_get() is asked for them. */
void images_tell_build(struct images *images, const char *path, const struct build_id *build_id);

/* What was told of that path; empty where nothing is known. */
struct build_id images_told_build(const struct images *images, const char *path);

/* The image of that id, made when it is new. Owned by the set, valid until images_free(). */
struct image *images_get(struct images *images, const struct image_id *id);

/* Opens the image if nobody has tried yet. True when it is open. */
bool image_open(struct images *images, struct image *image, const struct image_where *where);

/*
 * The image that stands for all of its path and build, once it is open: /proc tells the inode of a file that was mapped
 * before we came, and the kernel's records tell the build id of the same file.
 */
struct image *image_unique(struct images *images, struct image *image);

/*
 * Is it open, and what is in its file still what was opened? Gives it up where it is not. The file is looked at before the
 * first table is loaded of it, and then not again before image_drop_tables().
 */
bool image_is_intact(struct image *image);

/* The virtual address, in the file's own terms, of a file offset. */
bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *vaddr);

/* The other way: where the bytes of a virtual address are in the file, and how many follow in the same segment. */
bool image_offset(const struct image *image, uint64_t vaddr, uint64_t *offset, uint64_t *left);

/* Reads up to n bytes of the file at that offset; returns how many there were (0: none, or not open). */
size_t image_read(struct image *image, uint64_t offset, void *to, size_t n);

/*
 * Does the instruction before this file offset call? True also where the bytes cannot be had: nothing speaks against it
 * then. Cached.
 */
bool image_follows_call(struct image *image, uint64_t offset);

/* Tables of names, each loaded at the first call; empty when there is none. image_drop_tables() frees them again. */
const struct symtab *image_symtab(struct image *image);
const struct gopclntab *image_go(struct image *image);
struct lines *image_lines(struct image *image);
const struct fdes *image_fdes(struct image *image);
void image_drop_tables(struct image *image);

#endif
