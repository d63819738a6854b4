/*
 * ELF files, opened with libelf only after a look at what opening will take: libelf believes a file's headers.
 */
#ifndef FPPROF_SYMBOLIZE_CHECKED_ELF_H
#define FPPROF_SYMBOLIZE_CHECKED_ELF_H

#include <stddef.h>

struct Elf;

/*
 * NULL: no ELF file, or one whose headers nobody can mean; *trouble (which may be NULL) says so, a static string. To be
 * closed with elf_end(); the descriptor or the bytes stay the caller's, and must last as long.
 */
struct Elf *checked_elf_fd(int fd, const char **trouble);
struct Elf *checked_elf_memory(char *bytes, size_t n, const char **trouble);

#endif
