/*
 * Linkers differ in their tables (.plt, .plt.sec, .plt.got; with or without endbr64 and bnd), but in each entry there is
 * one jump through memory, and that is what is looked for. Sections are known by their names, as nothing else marks them.
 */
#include "symbolize/plt.h"

#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum { SECTIONS_MAX = 65536, SECTION_BYTES_MAX = 64 << 20, SLOTS_MAX = 1 << 20, JUMP_BYTES = 6, ENTRY_BYTES = 16 };

/* A word that a relocation fills with the address of a function. */
struct slot {
	uint64_t at;
	const char *name;
	uint64_t resolver;
};
struct slot_vec VEC_OF(struct slot);

static const char *symbol_name(Elf *elf, size_t table, size_t number)
{
	Elf_Scn *scn = elf_getscn(elf, table);
	Elf_Data *data;
	GElf_Shdr sh;
	GElf_Sym sym;

	if (!scn || !gelf_getshdr(scn, &sh) || sh.sh_type != SHT_DYNSYM || sh.sh_size > SECTION_BYTES_MAX)
		return NULL;
	data = elf_getdata(scn, NULL);
	if (!data || number > INT32_MAX || !gelf_getsym(data, (int)number, &sym))
		return NULL;
	return elf_strptr(elf, sh.sh_link, sym.st_name);
}

static void add_slots(Elf *elf, Elf_Scn *scn, const GElf_Shdr *sh, struct slot_vec *slots)
{
	Elf_Data *data = sh->sh_size <= SECTION_BYTES_MAX ? elf_getdata(scn, NULL) : NULL;
	size_t n = data && sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
	GElf_Rela rela;

	for (size_t i = 0; i < n && slots->n < SLOTS_MAX && gelf_getrela(data, (int)i, &rela); i++) {
		struct slot slot = { .at = rela.r_offset };

		switch (GELF_R_TYPE(rela.r_info)) {
		case R_X86_64_JUMP_SLOT:
		case R_X86_64_GLOB_DAT:
			slot.name = symbol_name(elf, sh->sh_link, GELF_R_SYM(rela.r_info));
			break;
		case R_X86_64_IRELATIVE:
			slot.resolver = (uint64_t)rela.r_addend;
			break;
		default:
			break;
		}
		if ((slot.name && slot.name[0]) || slot.resolver)
			*vec_push(slots) = slot;
	}
}

static int by_address(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static const struct slot *find_slot(const struct slot_vec *slots, uint64_t at)
{
	return slots->n ? bsearch(&(struct slot){ .at = at }, slots->at, slots->n, sizeof(*slots->at), by_address) : NULL;
}

/* jmp *distance(%rip), at that place in the code: what it jumps through */
static const struct slot *jump_at(const struct slot_vec *slots, const uint8_t *code, uint64_t vaddr)
{
	int32_t distance;

	if (code[0] != 0xff || code[1] != 0x25)
		return NULL;
	memcpy(&distance, code + 2, sizeof(distance));
	return find_slot(slots, vaddr + JUMP_BYTES + (uint64_t)(int64_t)distance);
}

/* Entries have 8 or 16 bytes, which not every linker says; what may stand before the jump has less than 8. */
static void visit_section(Elf_Scn *scn, const GElf_Shdr *sh, const struct slot_vec *slots, plt_visit_fn *visit, void *ctx)
{
	Elf_Data *data = sh->sh_size <= SECTION_BYTES_MAX ? elf_rawdata(scn, NULL) : NULL;
	const uint8_t *code = data && data->d_buf ? data->d_buf : NULL;
	struct plt_entry last = { 0 };

	for (size_t at = 0; code && at + JUMP_BYTES <= data->d_size; at++) {
		const struct slot *slot = jump_at(slots, code + at, sh->sh_addr + at);
		uint64_t start = sh->sh_addr + (at & ~(size_t)7);

		if (!slot)
			continue;
		last.size = start - last.start < ENTRY_BYTES ? start - last.start : ENTRY_BYTES;
		if (last.start)
			visit(ctx, &last);
		last = (struct plt_entry){ start, ENTRY_BYTES, slot->name, slot->resolver };
	}
	if (last.start)
		visit(ctx, &last);
}

void plt_visit(Elf *elf, plt_visit_fn *visit, void *ctx)
{
	struct slot_vec slots = { 0 };
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++)
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_RELA && sh.sh_flags & SHF_ALLOC)
			add_slots(elf, scn, &sh, &slots);
	if (slots.n)
		qsort(slots.at, slots.n, sizeof(*slots.at), by_address);
	for (size_t n = 0; slots.n && n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;

		if (name && strncmp(name, ".plt", 4) == 0 && sh.sh_type == SHT_PROGBITS && sh.sh_flags & SHF_EXECINSTR)
			visit_section(scn, &sh, &slots, visit, ctx);
	}
	vec_free(&slots);
}
