/*
 * Where a file keeps its call-frame information. libdw reads sections whole, so how large they are is looked at before:
 * no file may make us take more memory than a sane one needs. For .debug_frame libdw would read all of the debugging
 * information; it is handed a file that has only that section.
 */
#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/cfi.h"

enum { EH_FRAME_BYTES_MAX = 512 << 20, DEBUG_FRAME_BYTES_MAX = 64 << 20, HEADERS_MAX = 65536 };

/*
 * libdw finds .eh_frame through PT_GNU_EH_FRAME and then takes it to reach to the end of the segment it lies in; or,
 * without one, by its name.
 */
static bool size_is_sane(Elf *elf)
{
	GElf_Phdr ph, header = { 0 };
	GElf_Shdr sh;
	Elf_Scn *scn = NULL;
	size_t n = 0;

	if (elf_getphdrnum(elf, &n) != 0 || n > HEADERS_MAX)
		return false;
	for (size_t i = 0; i < n && gelf_getphdr(elf, (int)i, &ph); i++)
		if (ph.p_type == PT_GNU_EH_FRAME)
			header = ph;
	if (header.p_filesz > EH_FRAME_BYTES_MAX)
		return false;
	for (size_t i = 0; header.p_filesz && i < n && gelf_getphdr(elf, (int)i, &ph); i++)
		if (ph.p_type == PT_LOAD && header.p_offset - ph.p_offset < ph.p_filesz)
			return ph.p_filesz - (header.p_offset - ph.p_offset) <= EH_FRAME_BYTES_MAX;
	for (n = 0; n < HEADERS_MAX && (scn = elf_nextscn(elf, scn)); n++)
		if (!gelf_getshdr(scn, &sh) || (sh.sh_type == SHT_PROGBITS && sh.sh_size > EH_FRAME_BYTES_MAX))
			return false;
	return true;
}

/* ---- .debug_frame ------------------------------------------------------------------------------------------------ */

static Elf_Scn *find_section(Elf *elf, const char *wanted, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	for (size_t n = 0; n < HEADERS_MAX && (scn = elf_nextscn(elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, sh) ? elf_strptr(elf, names, sh->sh_name) : NULL;

		if (name && strcmp(name, wanted) == 0)
			return scn;
	}
	return NULL;
}

/* Go compresses its debugging sections. */
static Elf_Data *section_bytes(Elf_Scn *scn, const GElf_Shdr *sh)
{
	GElf_Chdr ch;

	if (sh->sh_type == SHT_NOBITS || sh->sh_size > DEBUG_FRAME_BYTES_MAX)
		return NULL;
	if (sh->sh_flags & SHF_COMPRESSED)
		if (!gelf_getchdr(scn, &ch) || ch.ch_size > DEBUG_FRAME_BYTES_MAX || elf_compress(scn, 0, 0) < 0)
			return NULL;
	return elf_rawdata(scn, NULL);
}

/* An ELF header, two section headers behind the empty one, their names, and the section. */
static char *make_copy(const Elf_Data *data, uint16_t machine, size_t *size)
{
	static const char names[] = "\0.debug_frame\0.shstrtab";
	const size_t sections_at = sizeof(Elf64_Ehdr), names_at = sections_at + 3 * sizeof(Elf64_Shdr);
	const size_t data_at = (names_at + sizeof(names) + 7) & ~(size_t)7;
	const Elf64_Shdr sections[] = {
		{ 0 },
		{ .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = data_at, .sh_size = data->d_size, .sh_addralign = 8 },
		{ .sh_name = 14, .sh_type = SHT_STRTAB, .sh_offset = names_at, .sh_size = sizeof(names), .sh_addralign = 1 },
	};
	const Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = machine, .e_version = EV_CURRENT, .e_shoff = sections_at,
		.e_ehsize = sizeof(header), .e_shentsize = sizeof(sections[0]), .e_shnum = 3, .e_shstrndx = 2,
	};
	char *copy = xcalloc(1, data_at + data->d_size);

	memcpy(copy, &header, sizeof(header));
	memcpy(copy + sections_at, sections, sizeof(sections));
	memcpy(copy + names_at, names, sizeof(names));
	memcpy(copy + data_at, data->d_buf, data->d_size);
	*size = data_at + data->d_size;
	return copy;
}

static void open_debug_frame(struct cfi *cfi)
{
	GElf_Shdr sh;
	GElf_Ehdr eh;
	Elf_Scn *scn = find_section(cfi->elf, ".debug_frame", &sh);
	Elf_Data *data = scn && gelf_getehdr(cfi->elf, &eh) ? section_bytes(scn, &sh) : NULL;
	size_t size;

	if (!data || !data->d_buf || !data->d_size || data->d_size > DEBUG_FRAME_BYTES_MAX)
		return;
	cfi->copy_bytes = make_copy(data, eh.e_machine, &size);
	cfi->copy = elf_memory(cfi->copy_bytes, size);
	cfi->dwarf = cfi->copy ? dwarf_begin_elf(cfi->copy, DWARF_C_READ, NULL) : NULL;
	cfi->debug = cfi->dwarf ? dwarf_getcfi(cfi->dwarf) : NULL;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

void cfi_open(struct cfi *cfi)
{
	if (cfi->tried || !cfi->elf)
		return;
	cfi->tried = true;
	if (size_is_sane(cfi->elf))
		cfi->eh = dwarf_getcfi_elf(cfi->elf);
	open_debug_frame(cfi);
}

/* What dwarf_getcfi() gave goes with its Dwarf. */
void cfi_close(struct cfi *cfi)
{
	if (cfi->eh)
		dwarf_cfi_end(cfi->eh);
	if (cfi->dwarf)
		dwarf_end(cfi->dwarf);
	if (cfi->copy)
		elf_end(cfi->copy);
	free(cfi->copy_bytes);
}
