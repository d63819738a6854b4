/*
 * Files, lines and inlined calls of a file with DWARF debugging information (versions 2 to 5), read by libdw.
 *
 * libdw's own look-up by address walks a whole unit each time. So what is found on the way is kept: sorted arrays of the
 * address ranges of units, of each unit's functions, and of the calls that were inlined into each function, made when an
 * address first falls into them. Addresses are the file's own.
 */
#ifndef FPPROF_SYMBOLIZE_LINES_H
#define FPPROF_SYMBOLIZE_LINES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/vec.h"
#include "symbolize/source.h"

/* A range of addresses and what it belongs to. */
struct interval {
	uint64_t low, high; /* [low, high) */
	uint32_t of;
	uint32_t up;        /* the interval that this one lies in, or UINT32_MAX */
};
struct interval_vec VEC_OF(struct interval);

/* A function, or a call that was inlined. */
struct scope {
	Dwarf_Die die;
	const char *name;          /* the linker's where there is one; NULL: not asked for yet, or unknown. Borrowed */
	const char *call_file;     /* borrowed; NULL: not known */
	int64_t call_line, call_column, start_line;
	uint32_t parent;           /* the scope that it was inlined into; UINT32_MAX: it is a function */
	bool is_described;         /* the fields above are filled in */
	bool is_expanded;          /* of a function: `calls` has what was inlined into it */
	struct interval_vec calls; /* of a function */
};

struct unit {
	Dwarf_Die die;
	Dwarf_Lines *rows;         /* libdw's; sorted by address */
	size_t n_rows;
	Dwarf_Files *files;        /* libdw's */
	const char *directory;     /* that it was compiled in; libdw's, or NULL */
	bool rows_tried;
	struct scope_vec VEC_OF(struct scope) scopes;
	struct interval_vec functions;
	bool is_read, is_searched; /* its outer functions are known; all of them are */
};

struct lines_file {
	struct Elf *elf; /* NULL: there is none */
	int fd;          /* that elf reads from, and goes with it; -1: it is somebody else's */
	Dwarf *dwarf;
	bool is_file;    /* elf reads from a descriptor: its headers are copies, and may be changed */
};

struct lines {
	struct lines_file file;
	struct lines_file shared;  /* what `file` has in common with others (dwz) */
	struct unit_vec VEC_OF(struct unit) units;
	struct interval_vec ranges; /* of units */
	struct timespec deadline;   /* what is not read by then is left out */
	size_t steps;
	bool is_cut;                /* a limit was met */
};

/* Has the file debugging information of its code, of whatever size? */
bool lines_has_info(struct Elf *elf);

/* Takes both files, also where there is no debugging information in them. True when there is. */
bool lines_open(struct lines *lines, const struct lines_file *file, const struct lines_file *shared);
void lines_close(struct lines *lines);

/*
 * The functions at vaddr, innermost first; returns how many, at most SOURCE_FRAMES_MAX, 0 where nothing is known. The
 * outermost one's name is NULL where only the line is known.
 */
size_t lines_frames(struct lines *lines, uint64_t vaddr, struct source_frame *out);

/* Is there time left to look at one more entry? Counts and sets is_cut. */
bool lines_may_go_on(struct lines *lines);

/* ---- of one unit, for lines.c ---- */

/* Sorts, and links each interval to the one around it. */
void intervals_settle(struct interval_vec *intervals);
const struct interval *intervals_find(const struct interval_vec *intervals, uint64_t vaddr); /* the innermost, or NULL */

/* Adds the ranges of a DIE; false: it has none. */
bool intervals_add(struct interval_vec *intervals, Dwarf_Die *die, uint32_t of);

/* The innermost scope at vaddr, or NULL. */
struct scope *unit_find(struct lines *lines, struct unit *unit, uint64_t vaddr);

/* Fills in a scope's name and the place of its call. */
void unit_describe(struct unit *unit, struct scope *scope);
void unit_free(struct unit *unit);

#endif
