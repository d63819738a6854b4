/*
 * Files beside a program that know more of it: its debugging information, by build id or by .gnu_debuglink; what several
 * such files share (dwz); and the symbols that Fedora packs into the program itself (.gnu_debugdata).
 *
 * Each is taken only when it says that it belongs to the other: by its build id, or by the checksum in the link. Names in
 * a file are somebody else's: none leads out of the directories that are looked into.
 */
#ifndef FPPROF_SYMBOLIZE_DEBUGFILE_H
#define FPPROF_SYMBOLIZE_DEBUGFILE_H

#include <stddef.h>

struct Elf;
struct image;

/* The file with the debugging information of an open image: a descriptor that is the caller's, or -1. */
int debugfile_open(const struct image *image);

/* The file that a debugging file shares with others, as its .gnu_debugaltlink says; a descriptor, or -1. */
int debugfile_open_shared(const struct image *image, struct Elf *elf);

/* The ELF file within .gnu_debugdata, unpacked; the caller's to free, *n long. NULL: there is none, or it is too large. */
char *debugfile_unpack(struct Elf *elf, size_t *n);

#endif
