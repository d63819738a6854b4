/* A frame never vanishes: what has no symbol has its file and its address there, which is what addr2line wants. */
#include "symbolize/symbolize.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "symbolize/demangle.h"

enum { ENTRY_SPAN = 64, START_GAP = 256 };

/*
 * Where programs and threads begin, by the file that has such a function: anybody may call one of his own `clone`. A name
 * that ends in '*' stands for all that begin like it.
 */
static const char *const libc_roots[] = {
	"__libc_start_main*", "__libc_start_call_main", "start_thread", "clone3", "clone", "__clone", "__clone3", /* glibc */
	"_dl_start_user", "_dl_start", "libc_start_main_stage2", "start", NULL, /* its loader; musl */
};
static const char *const go_roots[] = { "runtime.goexit*", "runtime.mstart*", "runtime.rt0_go*", NULL };
static const char *const libc_files[] = { "libc.so*", "libc-2.*", "libpthread*", "libc.musl-*", "ld-*", "ld.so*", NULL };

static bool matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return strncmp(pattern, name, n - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static bool is_among(const char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (matches(*patterns, name))
			return true;
	return false;
}

static const char *base_name(const struct image *image)
{
	const char *slash = strrchr(image->path, '/');

	if (image->kind == IMAGE_ANON && image->path[0] != '[')
		return "[anon]"; /* the kernel's "//anon" */
	return slash && slash[1] ? slash + 1 : image->path;
}

/* A static program has its C library within. */
static bool has_libc(const struct image *image)
{
	return is_among(libc_files, base_name(image)) || (image->entry && !image->has_interpreter);
}

/* The function that a program's entry point lies in is a root whatever its name. No C function has a dot in its name. */
static bool is_root(const struct image *image, const struct symbol *symbol, const char *name)
{
	if (image->entry && image->entry >= symbol->start && image->entry < symbol->end)
		return true;
	return is_among(go_roots, name) || (has_libc(image) && is_among(libc_roots, name));
}

/*
 * A stripped C library does not name the helper of __libc_start_main that calls main; it stands right before it, with no
 * symbol of its own (glibc 2.34 and later, sysdeps/nptl/libc_start_call_main.h).
 */
static bool is_before_libc_start(const struct symtab *symtab, uint64_t vaddr)
{
	const struct symbol *next = symtab->has_symtab ? NULL : symtab_find_next(symtab, vaddr);

	return next && next->start - vaddr <= START_GAP &&
	       strncmp(symtab_name(symtab, next), "__libc_start_main", 17) == 0;
}

static char *clean(const char *name)
{
	struct buf out = { 0 };

	utf8_clean(name, strlen(name), &out);
	return out.at ? out.at : xstrdup("");
}

static void name_by_place(const struct image *image, uint64_t addr, struct function_name *out)
{
	cleanup_buf struct buf name = { 0 };

	buf_printf(&name, "%s+0x%llx", base_name(image), (unsigned long long)addr);
	out->name = clean(name.at);
	out->system_name = xstrdup(out->name);
}

static void name_by_symbol(const char *name, struct function_name *out)
{
	char *readable = demangle(name);

	out->has_symbol = true;
	out->name = clean(readable);
	out->system_name = clean(name);
	free(readable);
}

void symbolize(struct image *image, uint64_t offset, struct function_name *out)
{
	const struct symtab *symtab;
	const struct symbol *symbol;
	uint64_t vaddr;

	*out = (struct function_name){ 0 };
	if (image->state != IMAGE_OPEN || !image_vaddr(image, offset, &vaddr)) {
		name_by_place(image, offset, out);
		return;
	}
	symtab = image_symtab(image);
	symbol = symtab_find(symtab, vaddr);
	if (symbol) {
		name_by_symbol(symtab_name(symtab, symbol), out);
		out->is_root = is_root(image, symbol, symtab_name(symtab, symbol));
		return;
	}
	name_by_place(image, vaddr, out);
	out->is_root = is_before_libc_start(symtab, vaddr) || (image->entry && vaddr - image->entry < ENTRY_SPAN);
}

void function_name_free(struct function_name *name)
{
	free(name->name);
	free(name->system_name);
}
