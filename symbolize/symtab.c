/*
 * Loaded whole, looked up by binary search, dropped when its image is done. Everything in the file is somebody else's
 * word: counts and sizes are bounded before memory is taken for them, names must end within their section.
 */
#include "symbolize/symtab.h"

#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum { SECTION_BYTES_MAX = 512 << 20, SECTIONS_MAX = 65536, NAME_BYTES_MAX = 4096 };

/* A symbol before the choice among those at one address. */
struct candidate {
	struct symbol symbol;
	uint8_t rank; /* lower is better: what a developer would expect */
};
struct candidate_vec VEC_OF(struct candidate);

struct loader {
	Elf *elf;
	struct symtab *out;
	struct candidate_vec candidates;
};

void symtab_free(struct symtab *symtab)
{
	vec_free(&symtab->at);
	vec_free(&symtab->names);
	symtab->has_symtab = false;
}

const char *symtab_name(const struct symtab *symtab, const struct symbol *symbol)
{
	return symtab->names.at + symbol->name;
}

static bool is_executable(Elf *elf, GElf_Section index)
{
	GElf_Shdr sh;
	Elf_Scn *scn = index == SHN_UNDEF || index >= SHN_LORESERVE ? NULL : elf_getscn(elf, index);

	return scn && gelf_getshdr(scn, &sh) && sh.sh_flags & SHF_EXECINSTR;
}

/* Functions; and labels without a type in code, which is what assembly has. */
static bool is_function(Elf *elf, const GElf_Sym *sym)
{
	int type = GELF_ST_TYPE(sym->st_info);

	if (sym->st_shndx == SHN_UNDEF || !sym->st_value)
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	return type == STT_NOTYPE && is_executable(elf, sym->st_shndx);
}

static unsigned int leading_underscores(const char *name)
{
	unsigned int n = 0;

	while (n < 3 && name[n] == '_')
		n++;
	return n;
}

static uint8_t rank_of(const GElf_Sym *sym, const char *name)
{
	int binding = GELF_ST_BIND(sym->st_info);
	unsigned int bind = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
	unsigned int untyped = GELF_ST_TYPE(sym->st_info) == STT_NOTYPE;

	return (uint8_t)(untyped << 6 | bind << 4 | (sym->st_size == 0) << 3 | leading_underscores(name));
}

static uint32_t add_name(struct symtab *out, const char *name, size_t n)
{
	uint32_t offset = (uint32_t)out->names.n;

	vec_reserve(&out->names, out->names.n + n + 1);
	memcpy(out->names.at + offset, name, n);
	out->names.at[offset + n] = '\0';
	out->names.n += n + 1;
	return offset;
}

/* The name, if it ends within the string table, with its length. */
static const char *name_at(const Elf_Data *strings, size_t offset, size_t *n)
{
	const char *name;

	if (!strings || !strings->d_buf || offset >= strings->d_size)
		return NULL;
	name = (const char *)strings->d_buf + offset;
	*n = strnlen(name, strings->d_size - offset);
	return *n && *n < strings->d_size - offset && *n <= NAME_BYTES_MAX ? name : NULL;
}

static void add_symbol(struct loader *l, const GElf_Sym *sym, const Elf_Data *strings)
{
	size_t n;
	const char *name = is_function(l->elf, sym) ? name_at(strings, sym->st_name, &n) : NULL;
	uint64_t end = sym->st_value + sym->st_size;

	if (!name || name[0] == '$' || l->out->names.n + n + 1 > UINT32_MAX)
		return; /* $x and $d mark instruction sets and data, they name nothing */
	if (end < sym->st_value)
		end = sym->st_value;
	*vec_push(&l->candidates) = (struct candidate){
		.symbol = { .start = sym->st_value, .end = end, .name = add_name(l->out, name, n) },
		.rank = rank_of(sym, name),
	};
}

static Elf_Data *section_data(Elf_Scn *scn, GElf_Shdr *sh)
{
	if (!scn || !gelf_getshdr(scn, sh) || sh->sh_size > SECTION_BYTES_MAX || sh->sh_type == SHT_NOBITS)
		return NULL;
	return elf_getdata(scn, NULL);
}

static void load_section(struct loader *l, Elf_Scn *scn)
{
	GElf_Shdr sh, strings_sh;
	Elf_Data *data = section_data(scn, &sh), *strings;
	GElf_Sym sym;

	if (!data || !sh.sh_entsize)
		return;
	strings = section_data(elf_getscn(l->elf, sh.sh_link), &strings_sh);
	for (size_t i = 0; strings && i < data->d_size / sh.sh_entsize && i < INT32_MAX; i++)
		if (gelf_getsym(data, (int)i, &sym))
			add_symbol(l, &sym, strings);
}

static void load_sections(struct loader *l)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(l->elf, scn)); n++) {
		if (!gelf_getshdr(scn, &sh) || (sh.sh_type != SHT_SYMTAB && sh.sh_type != SHT_DYNSYM))
			continue;
		l->out->has_symtab |= sh.sh_type == SHT_SYMTAB;
		load_section(l, scn);
	}
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct candidate *x = a, *y = b;
	const struct symtab *out = ctx;
	size_t nx, ny;

	if (x->symbol.start != y->symbol.start)
		return x->symbol.start < y->symbol.start ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	nx = strlen(symtab_name(out, &x->symbol));
	ny = strlen(symtab_name(out, &y->symbol));
	if (nx != ny)
		return nx < ny ? -1 : 1;
	return strcmp(symtab_name(out, &x->symbol), symtab_name(out, &y->symbol));
}

/* The best name at each address, with the widest range any of them claims. */
static void choose(struct loader *l)
{
	struct symtab *out = l->out;

	if (l->candidates.n)
		qsort_r(l->candidates.at, l->candidates.n, sizeof(struct candidate), compare, out);
	for (size_t i = 0; i < l->candidates.n; i++) {
		const struct symbol *symbol = &l->candidates.at[i].symbol;
		struct symbol *last = out->at.n ? &out->at.at[out->at.n - 1] : NULL;

		if (!last || last->start != symbol->start)
			*vec_push(&out->at) = *symbol;
		else if (symbol->end > last->end)
			last->end = symbol->end;
	}
}

/* Where the section that holds vaddr ends; vaddr + 1 where none does. */
static uint64_t section_end(Elf *elf, uint64_t vaddr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++)
		if (gelf_getshdr(scn, &sh) && sh.sh_flags & SHF_ALLOC && vaddr >= sh.sh_addr &&
		    vaddr - sh.sh_addr < sh.sh_size)
			return sh.sh_addr + sh.sh_size;
	return vaddr + 1;
}

/* A symbol without a size reaches to the next one, or to the end of its section. */
static void stretch(struct loader *l)
{
	struct symtab *out = l->out;

	for (size_t i = 0; i < out->at.n; i++) {
		struct symbol *symbol = &out->at.at[i];
		uint64_t end;

		if (symbol->end != symbol->start)
			continue;
		end = section_end(l->elf, symbol->start);
		if (i + 1 < out->at.n && out->at.at[i + 1].start < end)
			end = out->at.at[i + 1].start;
		symbol->end = end;
	}
}

void symtab_load(Elf *elf, struct symtab *out)
{
	struct loader l = { .elf = elf, .out = out };

	load_sections(&l);
	choose(&l);
	stretch(&l);
	vec_free(&l.candidates);
}

/* How many symbols start at or before vaddr. */
static size_t count_until(const struct symtab *symtab, uint64_t vaddr)
{
	size_t low = 0, high = symtab->at.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symtab->at.at[middle].start <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The nearest symbol that starts at or before vaddr and reaches past it. A function may lie within another's range
 * (assembly does that), so a short one that ends too early does not hide the long one before it.
 */
const struct symbol *symtab_find(const struct symtab *symtab, uint64_t vaddr)
{
	enum { LOOK_BACK = 16 };

	for (size_t i = count_until(symtab, vaddr), back = 0; i > 0 && back < LOOK_BACK; i--, back++)
		if (vaddr < symtab->at.at[i - 1].end)
			return &symtab->at.at[i - 1];
	return NULL;
}

const struct symbol *symtab_find_next(const struct symtab *symtab, uint64_t vaddr)
{
	size_t i = count_until(symtab, vaddr);

	return i < symtab->at.n ? &symtab->at.at[i] : NULL;
}
