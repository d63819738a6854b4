/* A frame never vanishes: what has no symbol has its file and its address there, which is what addr2line wants. */
#include "symbolize/symbolize.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "symbolize/demangle.h"
#include "symbolize/lines.h"

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

/* A static program has its C library within, among functions of its own that may have any name. */
static bool is_libc(const struct image *image, const struct symbol *symbol)
{
	return is_among(libc_files, base_name(image)) || (image->entry && !image->has_interpreter && symbol->is_libc);
}

/* The function that a program's entry point lies in is a root whatever its name. No C function has a dot in its name. */
static bool is_root(const struct image *image, const struct symbol *symbol, const char *name)
{
	if (image->entry && image->entry >= symbol->start && image->entry < symbol->end)
		return true;
	return is_among(go_roots, name) || (is_among(libc_roots, name) && is_libc(image, symbol));
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

static char *full_path(const struct source_frame *frame)
{
	cleanup_buf struct buf path = { 0 };

	if (!frame->file || !frame->file[0])
		return NULL;
	if (frame->file[0] == '/' || !frame->directory)
		return clean(frame->file);
	buf_printf(&path, "%s/%s", frame->directory, frame->file);
	return clean(path.at);
}

static void add_function(const char *name, const struct source_frame *frame, struct place_name *out)
{
	cleanup_free char *readable = demangle(name);

	*vec_push(&out->at) = (struct function_name){
		.name = clean(readable),
		.system_name = clean(name),
		.file = full_path(frame),
		.line = frame->line,
		.column = frame->column,
		.start_line = frame->start_line,
	};
}

/* Of a place whose function is unknown the line may still be known. */
static void name_by_place(const struct image *image, uint64_t addr, const struct source_frame *frame, struct place_name *out)
{
	cleanup_buf struct buf name = { 0 };

	buf_printf(&name, "%s+0x%llx", base_name(image), (unsigned long long)addr);
	add_function(name.at, frame, out);
}

/* What Go's own table covers it knows best; the C code in a Go program is not in it. */
static bool name_by_go(struct image *image, uint64_t vaddr, struct place_name *out)
{
	struct source_frame frames[SOURCE_FRAMES_MAX];
	size_t n = gopclntab_frames(image_go(image), vaddr, frames);

	for (size_t i = 0; i < n; i++)
		add_function(frames[i].function, &frames[i], out);
	out->has_symbol = n;
	out->is_root = n && (is_among(go_roots, frames[n - 1].function) || vaddr - image->entry < ENTRY_SPAN);
	return n;
}

/* A function that has no name is known by where it starts, so that it is one however many of its places were met. */
static void name_by_range(struct image *image, uint64_t vaddr, const struct source_frame *frame, struct place_name *out)
{
	cleanup_buf struct buf name = { 0 };
	uint64_t start, end;

	if (!fdes_find(image_fdes(image), image, vaddr, &start, &end)) {
		name_by_place(image, vaddr, frame, out);
		return;
	}
	buf_printf(&name, "%s!0x%llx", base_name(image), (unsigned long long)start);
	add_function(name.at, frame, out);
}

/*
 * Lines and inlined calls come from the debugging information. The outermost function goes by the name that its symbol
 * has, as it does where there is no such information: compilers split functions, and call the parts "f.cold".
 */
static void name_by_lines(struct image *image, uint64_t vaddr, const char *symbol, struct place_name *out)
{
	struct source_frame frames[SOURCE_FRAMES_MAX] = { 0 };
	size_t n = lines_frames(image_lines(image), vaddr, frames), last = n ? n - 1 : 0;

	frames[last].function = symbol ? symbol : frames[last].function;
	for (size_t i = 0; i < last; i++)
		add_function(frames[i].function ? frames[i].function : "[inlined]", &frames[i], out);
	out->has_symbol = frames[last].function;
	if (out->has_symbol)
		add_function(frames[last].function, &frames[last], out);
	else
		name_by_range(image, vaddr, &frames[last], out);
}

void symbolize(struct image *image, uint64_t offset, struct place_name *out)
{
	const struct source_frame nothing = { 0 };
	const struct symtab *symtab;
	const struct symbol *symbol;
	const char *name;
	uint64_t vaddr;

	*out = (struct place_name){ 0 };
	if (!image_is_intact(image) || !image_vaddr(image, offset, &vaddr)) {
		name_by_place(image, offset, &nothing, out);
		return;
	}
	if (name_by_go(image, vaddr, out))
		return;
	symtab = image_symtab(image);
	symbol = symtab_find(symtab, vaddr);
	name = symbol ? symtab_name(symtab, symbol) : NULL;
	name_by_lines(image, vaddr, name, out);
	if (symbol)
		out->is_root = is_root(image, symbol, name);
	else
		out->is_root = is_before_libc_start(symtab, vaddr) || (image->entry && vaddr - image->entry < ENTRY_SPAN);
}

void place_name_free(struct place_name *place)
{
	for (size_t i = 0; i < place->at.n; i++) {
		free(place->at.at[i].name);
		free(place->at.at[i].system_name);
		free(place->at.at[i].file);
	}
	vec_free(&place->at);
}
