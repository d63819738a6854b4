/*
 * Loaded whole, looked up by binary search, dropped when its image is done. Everything in the file is somebody else's
 * word: what it takes to load is added up from the sizes it claims, and held against one budget, before any of it is
 * read; beyond that there are no symbols at all. Names must end within their section.
 */
#include "symbolize/symtab.h"

#include <elf.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/plt.h"

enum {
	TABLES_BYTES_MAX = 1 << 30, /* for all tables of a file and what becomes of them; browsers take half of that */
	NAME_BYTES_MAX = 4096, /* longer names are cut */
};

/* A symbol before the choice among those at one address. */
struct candidate {
	struct symbol symbol; /* end == start where the size is not known */
	uint64_t limit;       /* the end of its section */
	uint8_t rank;         /* lower is better: what a developer would expect */
};
struct candidate_vec VEC_OF(struct candidate);

struct loader {
	Elf *elf;
	struct symtab *out;
	struct candidate_vec candidates;
	uint64_t bytes;   /* of sections, so far */
	bool in_libc;     /* local symbols that come now are of a source of the C library's */
	size_t n_symbols; /* candidates from symbol tables, sorted, when linkage tables are read */
};

void symtab_free(struct symtab *symtab)
{
	vec_free(&symtab->at);
	vec_free(&symtab->names);
	symtab->has_symtab = symtab->is_cut = false;
}

const char *symtab_name(const struct symtab *symtab, const struct symbol *symbol)
{
	return symtab->names.at + symbol->name;
}

static bool section_of(Elf *elf, const GElf_Sym *sym, GElf_Shdr *sh)
{
	Elf_Scn *scn = sym->st_shndx >= SHN_LORESERVE ? NULL : elf_getscn(elf, sym->st_shndx);

	return scn && gelf_getshdr(scn, sh);
}

/* Functions; and labels without a type in code, which is what assembly has. */
static bool is_function(Elf *elf, const GElf_Sym *sym)
{
	int type = GELF_ST_TYPE(sym->st_info);
	GElf_Shdr sh;

	if (sym->st_shndx == SHN_UNDEF || !sym->st_value)
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	return type == STT_NOTYPE && section_of(elf, sym, &sh) && sh.sh_flags & SHF_EXECINSTR;
}

/* Where a symbol without a size must end at the latest. */
static uint64_t limit_of(Elf *elf, const GElf_Sym *sym)
{
	GElf_Shdr sh;

	if (!section_of(elf, sym, &sh) || sym->st_value - sh.sh_addr >= sh.sh_size ||
	    sh.sh_addr + sh.sh_size < sh.sh_addr)
		return sym->st_value + 1;
	return sh.sh_addr + sh.sh_size;
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

/*
 * The name, if it ends within the string table, with its length: without a version ("realpath@@GLIBC_2.3"). It is not read
 * further than it is kept: any number of symbols may have the same endless one.
 */
static const char *name_at(const Elf_Data *strings, size_t offset, size_t *n)
{
	const char *name, *version;
	size_t left;

	if (!strings || !strings->d_buf || offset >= strings->d_size)
		return NULL;
	name = (const char *)strings->d_buf + offset;
	left = strings->d_size - offset;
	*n = strnlen(name, left < NAME_BYTES_MAX ? left : NAME_BYTES_MAX);
	if (!*n || *n == left)
		return NULL;
	version = memchr(name + 1, '@', *n - 1);
	*n = version ? (size_t)(version - name) : *n;
	return name;
}

/* $x and $d mark instruction sets and data, .L marks a place within a function: they name nothing. */
static bool is_mark(const char *name)
{
	return name[0] == '$' || strncmp(name, ".L", 2) == 0;
}

/* The name of what is a function, with its length; NULL for anything else. */
static const char *function_name(struct loader *l, const GElf_Sym *sym, const Elf_Data *strings, size_t *n)
{
	const char *name = is_function(l->elf, sym) ? name_at(strings, sym->st_name, n) : NULL;

	return name && !is_mark(name) ? name : NULL;
}

/*
 * Local symbols stand behind the name of their source (gABI, "Symbol Table", STT_FILE). These are the ones in which glibc and
 * musl begin programs and threads.
 */
static void note_source(struct loader *l, const GElf_Sym *sym, const Elf_Data *strings)
{
	size_t n;
	const char *name = GELF_ST_TYPE(sym->st_info) == STT_FILE ? name_at(strings, sym->st_name, &n) : NULL;

	if (GELF_ST_TYPE(sym->st_info) == STT_FILE || GELF_ST_BIND(sym->st_info) != STB_LOCAL)
		l->in_libc = name && (strncmp(name, "pthread_create.", 15) == 0 || strncmp(name, "__libc_start_main.", 18) == 0);
}

static void add_symbol(struct loader *l, const GElf_Sym *sym, const Elf_Data *strings)
{
	size_t n;
	const char *name = function_name(l, sym, strings, &n);
	uint64_t end = sym->st_value + sym->st_size;

	if (!name)
		return;
	if (end < sym->st_value)
		end = sym->st_value;
	*vec_push(&l->candidates) = (struct candidate){
		.symbol = { .start = sym->st_value, .end = end, .name = add_name(l->out, name, n),
			    .is_libc = l->in_libc || leading_underscores(name) >= 2 },
		.limit = limit_of(l->elf, sym),
		.rank = rank_of(sym, name),
	};
}

static bool afford(struct loader *l, uint64_t bytes)
{
	if (bytes > TABLES_BYTES_MAX - l->bytes) {
		l->out->is_cut = true;
		return false;
	}
	l->bytes += bytes;
	return true;
}

/* Names may be shared by any number of symbols, and each has its own copy. */
static bool afford_names(struct loader *l, Elf_Data *data, size_t n, const Elf_Data *strings)
{
	uint64_t bytes = 0;
	GElf_Sym sym;
	size_t length;

	for (size_t i = 0; i < n; i++)
		if (gelf_getsym(data, (int)i, &sym) && function_name(l, &sym, strings, &length))
			bytes += length + 1;
	return afford(l, bytes);
}

static void load_section(struct loader *l, Elf_Scn *scn)
{
	Elf_Data *data, *strings;
	GElf_Shdr sh, strings_sh;
	GElf_Sym sym;
	size_t n;
	Elf_Scn *names = gelf_getshdr(scn, &sh) ? elf_getscn(l->elf, sh.sh_link) : NULL;

	if (!names || !gelf_getshdr(names, &strings_sh) || strings_sh.sh_type == SHT_NOBITS || !sh.sh_entsize)
		return;
	if (!afford(l, sh.sh_size) || !afford(l, strings_sh.sh_size) ||
	    !afford(l, sh.sh_size / sh.sh_entsize * sizeof(struct candidate)))
		return;
	data = elf_getdata(scn, NULL);
	strings = elf_getdata(names, NULL);
	n = data && strings ? data->d_size / sh.sh_entsize : 0;
	if (n > INT32_MAX || !afford_names(l, data, n, strings))
		return;
	for (size_t i = 0; i < n; i++)
		if (gelf_getsym(data, (int)i, &sym)) {
			note_source(l, &sym, strings);
			add_symbol(l, &sym, strings);
		}
}

static Elf_Scn *find_section(Elf *elf, uint32_t type)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == type)
			return scn;
	return NULL;
}

/* A file has one table of each kind (gABI, "Sections"); what comes after the first is not looked at. */
static void load_sections(struct loader *l)
{
	Elf_Scn *symtab = find_section(l->elf, SHT_SYMTAB), *dynsym = find_section(l->elf, SHT_DYNSYM);

	l->out->has_symtab |= symtab != NULL;
	if (symtab)
		load_section(l, symtab);
	if (dynsym)
		load_section(l, dynsym);
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

/* Two names of one function. */
static void join(struct symbol *best, const struct symbol *other)
{
	best->end = other->end > best->end ? other->end : best->end;
	best->is_libc |= other->is_libc;
}

/* Leaves the best candidate at each address, with the widest range any of them claims. */
static void choose(struct loader *l)
{
	struct candidate_vec *c = &l->candidates;
	size_t kept = 0;

	if (c->n)
		qsort_r(c->at, c->n, sizeof(*c->at), compare, l->out);
	for (size_t i = 0; i < c->n; i++) {
		struct candidate *last = kept ? &c->at[kept - 1] : NULL;

		if (!last || last->symbol.start != c->at[i].symbol.start)
			c->at[kept++] = c->at[i];
		else
			join(&last->symbol, &c->at[i].symbol);
	}
	c->n = kept;
}

/* The function that chooses among implementations has their name; for an entry that only has its address. */
static const char *resolver_name(const struct loader *l, uint64_t vaddr)
{
	const struct candidate_vec sorted = { l->candidates.at, l->n_symbols, 0 };
	size_t n = vec_count_until(&sorted, symbol.start, vaddr);

	return n && sorted.at[n - 1].symbol.start == vaddr ? symtab_name(l->out, &sorted.at[n - 1].symbol) : NULL;
}

static void add_plt_entry(void *ctx, const struct plt_entry *entry)
{
	struct loader *l = ctx;
	const char *target = entry->name ? entry->name : resolver_name(l, entry->resolver);
	char name[NAME_BYTES_MAX];
	int n = target ? snprintf(name, sizeof(name), "%.*s@plt", NAME_BYTES_MAX - 16, target) : 0;

	if (n <= 0 || !afford(l, sizeof(struct candidate) + (size_t)n + 1))
		return;
	*vec_push(&l->candidates) = (struct candidate){
		.symbol = { entry->start, entry->start + entry->size, add_name(l->out, name, (size_t)n), false },
		.limit = entry->start + entry->size,
		.rank = UINT8_MAX,
	};
}

/*
 * A symbol without a size reaches to the next one, or to the end of its section; within a function that has a size it is
 * a label of that function's, and goes.
 */
static void settle(struct loader *l)
{
	const struct candidate_vec *c = &l->candidates;
	uint64_t covered = 0;

	vec_reserve(&l->out->at, c->n);
	for (size_t i = 0; i < c->n; i++) {
		struct symbol symbol = c->at[i].symbol;
		bool has_size = symbol.end != symbol.start;

		if (!has_size && symbol.start < covered)
			continue;
		if (has_size)
			covered = symbol.end > covered ? symbol.end : covered;
		else if (i + 1 < c->n && c->at[i + 1].symbol.start < c->at[i].limit)
			symbol.end = c->at[i + 1].symbol.start;
		else
			symbol.end = c->at[i].limit;
		*vec_push(&l->out->at) = symbol;
	}
}

/* Symbols that were left out would give their places to others. */
static void drop_symbols(struct symtab *out)
{
	vec_free(&out->at);
	vec_free(&out->names);
}

void symtab_load(Elf *const *elfs, size_t n, struct symtab *out)
{
	struct loader l = { .out = out };

	for (size_t i = 0; i < n; i++) {
		l.elf = elfs[i];
		if (l.elf)
			load_sections(&l);
	}
	choose(&l);
	l.n_symbols = l.candidates.n;
	for (size_t i = 0; i < n; i++)
		if (elfs[i])
			plt_visit(elfs[i], add_plt_entry, &l);
	choose(&l);
	settle(&l);
	vec_free(&l.candidates);
	if (out->is_cut)
		drop_symbols(out);
}

/*
 * The nearest symbol that starts at or before vaddr and reaches past it. A function may lie within another's range
 * (assembly does that), so a short one that ends too early does not hide the long one before it.
 */
const struct symbol *symtab_find(const struct symtab *symtab, uint64_t vaddr)
{
	enum { LOOK_BACK = 16 };

	for (size_t i = vec_count_until(&symtab->at, start, vaddr), back = 0; i > 0 && back < LOOK_BACK; i--, back++)
		if (vaddr < symtab->at.at[i - 1].end)
			return &symtab->at.at[i - 1];
	return NULL;
}

const struct symbol *symtab_find_next(const struct symtab *symtab, uint64_t vaddr)
{
	size_t i = vec_count_until(&symtab->at, start, vaddr);

	return i < symtab->at.n ? &symtab->at.at[i] : NULL;
}
