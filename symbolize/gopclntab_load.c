/*
 * Go's linker names the section; another linker may merge it into a larger one, and a stripped file may have no sections
 * at all. Then the segments are searched for its first bytes. Since Go 1.18 entries are counted from the start of the
 * runtime's text, which only the runtime's moduledata tells reliably: that is found by its first word, which points to
 * the table. Where a file is loaded anywhere (PIE) such words are zero, and the dynamic relocations have their values.
 */
#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "symbolize/gopclntab.h"
#include "symbolize/image.h"

enum {
	TABLE_BYTES_MAX = 256 << 20,   /* the largest programs known have a fifth of that */
	INLINED_BYTES_MAX = 64 << 20,
	RELOCATIONS_BYTES_MAX = 128 << 20,
	SEARCH_BYTES_MAX = 1 << 30,    /* of all segments */
	SEARCH_STEP = 1 << 20,
	SECTIONS_MAX = 65536,
	TABLE_ALIGN = 8,               /* of Go 1.26; it was 32 */
};

/* Words of the runtime's moduledata; src/runtime/symtab.go. Unchanged from Go 1.16 to 1.26, up to `text`. */
enum {
	MODULE_TABLE = 0, MODULE_MIN_PC = 20, MODULE_TEXT = 22, MODULE_GOFUNC_1_18 = 38, MODULE_GOFUNC_1_20 = 40,
	MODULE_WORDS = 41,
};

struct loader {
	struct image *image;
	struct gopclntab *out;
	uint64_t vaddr;                /* of the table */
	uint64_t section_bytes;        /* 0: not known */
	bool is_go;                    /* something says so */
	Elf64_Rela *relocations;
	size_t n_relocations;
};

/* ---- reading by address ------------------------------------------------------------------------------------------ */

static void load_relocations(struct loader *l)
{
	uint64_t at = 0, size = 0, offset, left;
	Elf64_Dyn dynamic[256];
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(l->image->elf, &n) != 0)
		return;
	for (size_t i = 0; i < n && i < SECTIONS_MAX && gelf_getphdr(l->image->elf, (int)i, &ph); i++) {
		if (ph.p_type != PT_DYNAMIC)
			continue;
		n = image_read(l->image, ph.p_offset, dynamic, sizeof(dynamic)) / sizeof(*dynamic);
		for (size_t k = 0; k < n && dynamic[k].d_tag != DT_NULL; k++) {
			at = dynamic[k].d_tag == DT_RELA ? dynamic[k].d_un.d_ptr : at;
			size = dynamic[k].d_tag == DT_RELASZ ? dynamic[k].d_un.d_val : size;
		}
		break;
	}
	if (!size || size > RELOCATIONS_BYTES_MAX || !image_offset(l->image, at, &offset, &left) || size > left)
		return;
	l->relocations = xmalloc(size);
	l->n_relocations = image_read(l->image, offset, l->relocations, size) / sizeof(*l->relocations);
}

static void relocate(const struct loader *l, uint64_t vaddr, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < l->n_relocations; i++) {
		const Elf64_Rela *r = &l->relocations[i];
		uint64_t at = r->r_offset - vaddr;

		if (at < n && n - at >= sizeof(r->r_addend) && ELF64_R_TYPE(r->r_info) == R_X86_64_RELATIVE)
			memcpy(bytes + at, &r->r_addend, sizeof(r->r_addend));
	}
}

/* What is at an address once the file is loaded: at most `max` bytes, to the end of the segment; the caller's. */
static uint8_t *read_at(const struct loader *l, uint64_t vaddr, uint64_t max, size_t *n)
{
	uint64_t offset, left;
	uint8_t *bytes;

	if (!image_offset(l->image, vaddr, &offset, &left))
		return NULL;
	bytes = xmalloc(left < max ? left : max);
	*n = image_read(l->image, offset, bytes, left < max ? left : max);
	relocate(l, vaddr, bytes, *n);
	return bytes;
}

/* ---- where the table is ------------------------------------------------------------------------------------------ */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* A file without section headers may be anything. */
static void look_at_sections(struct loader *l)
{
	Elf *elf = l->image->elf;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names = 0, n;

	l->is_go = elf_getshdrnum(elf, &n) == 0 && n == 0;
	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	for (n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;

		if (!name || sh.sh_type == SHT_NOBITS)
			continue;
		l->is_go |= strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".note.go.buildid") == 0;
		if (ends_with(name, ".gopclntab")) {
			l->vaddr = sh.sh_addr;
			l->section_bytes = sh.sh_size;
		}
	}
}

static bool try_table(struct loader *l)
{
	uint64_t max = l->section_bytes && l->section_bytes < TABLE_BYTES_MAX ? l->section_bytes : TABLE_BYTES_MAX;
	uint64_t offset, left;
	uint8_t start[8], *bytes;
	size_t n = 0;

	if (!image_offset(l->image, l->vaddr, &offset, &left) ||
	    image_read(l->image, offset, start, sizeof(start)) != sizeof(start) || !gopclntab_is_start(start))
		return false;
	bytes = read_at(l, l->vaddr, max, &n);
	return bytes && gopclntab_parse(bytes, n, l->out);
}

/* Calls `visit` with each piece of the file that is loaded, until it returns true. */
static bool search(struct loader *l, bool (*visit)(struct loader *l, uint64_t vaddr, const uint8_t *bytes, size_t n))
{
	cleanup_free uint8_t *piece = xmalloc(SEARCH_STEP);
	uint64_t left = SEARCH_BYTES_MAX;

	for (size_t i = 0; i < l->image->segments.n; i++) {
		const struct segment *s = &l->image->segments.at[i];

		for (uint64_t at = 0; at < s->file_size && left; at += SEARCH_STEP) {
			uint64_t want = s->file_size - at < SEARCH_STEP ? s->file_size - at : SEARCH_STEP;
			size_t n = image_read(l->image, s->offset + at, piece, want);

			if (visit(l, s->vaddr + at, piece, n))
				return true;
			if (n < want)
				break;
			left = left > n ? left - n : 0;
		}
	}
	return false;
}

static bool find_start(struct loader *l, uint64_t vaddr, const uint8_t *bytes, size_t n)
{
	for (size_t i = -vaddr % TABLE_ALIGN; i + TABLE_ALIGN <= n; i += TABLE_ALIGN) {
		if (!gopclntab_is_start(bytes + i))
			continue;
		l->vaddr = vaddr + i;
		if (try_table(l))
			return true;
	}
	return false;
}

/* ---- the runtime's own description of the program ---------------------------------------------------------------- */

static bool take_module(struct loader *l, uint64_t vaddr)
{
	struct gopclntab *t = l->out;
	uint64_t words[MODULE_WORDS] = { 0 }, gofunc;
	size_t n = 0;
	cleanup_free uint8_t *bytes = read_at(l, vaddr, sizeof(words), &n);

	if (!bytes || n != sizeof(words))
		return false;
	memcpy(words, bytes, sizeof(words));
	if (words[MODULE_TABLE] != l->vaddr ||
	    words[MODULE_TEXT] - t->text + gopclntab_first_entry(t) != words[MODULE_MIN_PC])
		return false;
	t->text = words[MODULE_TEXT];
	gofunc = words[t->format == GO_1_18 ? MODULE_GOFUNC_1_18 : MODULE_GOFUNC_1_20];
	t->inlined = read_at(l, gofunc, INLINED_BYTES_MAX, &t->n_inlined);
	return true;
}

static bool find_module(struct loader *l, uint64_t vaddr, const uint8_t *bytes, size_t n)
{
	for (size_t i = -vaddr % 8; i + 8 <= n; i += 8)
		if (memcmp(bytes + i, &l->vaddr, 8) == 0 && take_module(l, vaddr + i))
			return true;
	return false;
}

static bool find_relocated_module(struct loader *l)
{
	for (size_t i = 0; i < l->n_relocations; i++)
		if ((uint64_t)l->relocations[i].r_addend == l->vaddr && take_module(l, l->relocations[i].r_offset))
			return true;
	return false;
}

void gopclntab_load(struct image *image, struct gopclntab *out)
{
	struct loader l = { .image = image, .out = out };
	GElf_Ehdr eh;

	*out = (struct gopclntab){ 0 };
	look_at_sections(&l);
	if ((!l.is_go && !l.section_bytes) || !gelf_getehdr(image->elf, &eh))
		return;
	if (eh.e_type == ET_DYN)
		load_relocations(&l);
	if ((try_table(&l) || search(&l, find_start)) && out->format >= GO_1_18 && !find_relocated_module(&l))
		search(&l, find_module);
	free(l.relocations);
}
