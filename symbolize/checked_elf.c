/*
 * Where the ELF header gives no number of sections, libelf takes memory for as many as the first section's header says, up
 * to 2^32 (gABI chapter 4, "ELF Header"); and it keeps some 300 bytes of each that it was told of.
 */
#include "symbolize/checked_elf.h"

#include <elf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum {
	SECTIONS_MAX = 4096, /* programs have some dozen */
	SEGMENTS_MAX = 65536 / sizeof(Elf64_Phdr), /* what the kernel loads (fs/binfmt_elf.c) */
};

union header {
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr e32;
	Elf64_Ehdr e64;
};

static bool is_numbered_by_section(const union header *h)
{
	if (h->ident[EI_CLASS] == ELFCLASS32)
		return !h->e32.e_shnum && h->e32.e_shoff;
	return !h->e64.e_shnum && h->e64.e_shoff;
}

static const char *header_trouble(const union header *h)
{
	if (memcmp(h->ident, ELFMAG, SELFMAG) != 0)
		return "not an ELF file";
	return is_numbered_by_section(h) ? "has more sections than a program can" : NULL;
}

static const char *counts_trouble(Elf *elf)
{
	size_t sections, segments;

	if (elf_kind(elf) != ELF_K_ELF)
		return "not an ELF file";
	if (elf_getshdrnum(elf, &sections) != 0 || elf_getphdrnum(elf, &segments) != 0)
		return "its headers are damaged";
	if (sections > SECTIONS_MAX)
		return "has more sections than a program can";
	return segments > SEGMENTS_MAX ? "has more segments than a program can" : NULL;
}

static Elf *give(Elf *elf, const char *problem, const char **trouble)
{
	if (!problem)
		problem = elf ? counts_trouble(elf) : "not an ELF file";
	if (!problem)
		return elf;
	if (trouble)
		*trouble = problem;
	elf_end(elf);
	return NULL;
}

Elf *checked_elf_fd(int fd, const char **trouble)
{
	union header h = { .ident = { 0 } };
	const char *problem;

	if (pread(fd, &h, sizeof(h), 0) < (ssize_t)sizeof(h.ident))
		return give(NULL, "not an ELF file", trouble);
	problem = header_trouble(&h);
	return give(problem ? NULL : elf_begin(fd, ELF_C_READ, NULL), problem, trouble);
}

Elf *checked_elf_memory(char *bytes, size_t n, const char **trouble)
{
	union header h = { .ident = { 0 } };
	const char *problem;

	memcpy(&h, bytes, n < sizeof(h) ? n : sizeof(h));
	problem = header_trouble(&h);
	return give(problem ? NULL : elf_memory(bytes, n), problem, trouble);
}
