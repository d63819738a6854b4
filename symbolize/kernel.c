/*
 * kallsyms: "ffffffff81000000 T _stext" or "ffffffffc0201000 t nft_init\t[nf_tables]", see proc(5) and kernel/kallsyms.c.
 * One pass: symbols of the kernel proper come in order, those of modules and BPF after them in order by themselves.
 * Each symbol waits for the next one, which says where it ends; the addresses between the two are its own. All but a few
 * lines cost the parsing of their number and one binary search.
 */
#include "symbolize/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"

enum {
	CHUNK = 256 << 10,
	SYMBOL_REACH = 1 << 20, /* no function is longer: what lies further behind one belongs to no symbol */
	NAME_MAX_BYTES = 512,   /* the kernel's KSYM_NAME_LEN */
	NOTES_BYTES_MAX = 1 << 20,
};

/* One line, in place. */
struct kallsym {
	uint64_t addr;
	char type;
	const char *name;
	size_t name_n;
	const char *module; /* NULL: the kernel proper */
	size_t module_n;
};

/* The last function seen, whose end the next symbol will tell. */
struct pending {
	uint64_t addr; /* 0: none */
	unsigned int rank;
	char name[NAME_MAX_BYTES], module[NAME_MAX_BYTES];
};

struct resolver {
	struct kernel_name *names;
	size_t n;
	struct kernel_info *info;
	struct pending pending;
	bool any_address;
};

static bool parse_address(const char **at, const char *end, uint64_t *out)
{
	uint64_t value = 0;
	const char *p = *at;

	for (; p < end && *p != ' '; p++) {
		unsigned int c = (unsigned char)*p;

		if (c - '0' > 9 && c - 'a' > 5)
			return false;
		value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = value;
	*at = p;
	return p != end;
}

static bool parse_line(const char *at, const char *end, struct kallsym *out)
{
	const char *tab;

	if (!parse_address(&at, end, &out->addr) || end - at < 4)
		return false;
	out->type = at[1];
	out->name = at + 3;
	tab = memchr(out->name, '\t', (size_t)(end - out->name));
	out->name_n = (size_t)((tab ? tab : end) - out->name);
	out->module = NULL;
	out->module_n = 0;
	if (tab && end - tab > 3 && tab[1] == '[' && end[-1] == ']') {
		out->module = tab + 2;
		out->module_n = (size_t)(end - tab) - 3;
	}
	return out->name_n > 0;
}

static bool is_text(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* Padding before a function carries a name of its own on kernels built for call depth tracking. */
static bool is_padding(const struct kallsym *sym)
{
	return sym->name_n > 6 && memcmp(sym->name, "__pfx_", 6) == 0;
}

static size_t first_at_or_behind(const struct resolver *r, uint64_t addr)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->names[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of several names at one address the one with fewer underscores wins, then the global one, then the first. */
static unsigned int rank_of(const struct kallsym *sym)
{
	unsigned int underscores = 0, binding = sym->type == 'T' ? 0 : sym->type == 't' ? 2 : 1;

	while (underscores < sym->name_n && sym->name[underscores] == '_')
		underscores++;
	return underscores * 3 + binding;
}

static void copy_text(char *to, const char *from, size_t n)
{
	n = n < NAME_MAX_BYTES ? n : NAME_MAX_BYTES - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static void take_name(struct kernel_name *to, const struct pending *from)
{
	free(to->name);
	free(to->module);
	to->start = from->addr;
	to->name = xstrdup(from->name);
	to->module = from->module[0] ? xstrdup(from->module) : NULL;
}

/* The pending symbol ends at `end`: the addresses in it are named, unless a nearer symbol has done so. */
static void settle(struct resolver *r, uint64_t end)
{
	const struct pending *p = &r->pending;

	for (size_t i = p->addr ? first_at_or_behind(r, p->addr) : r->n; i < r->n; i++) {
		if (r->names[i].addr >= end || r->names[i].addr - p->addr >= SYMBOL_REACH)
			break;
		if (!r->names[i].name || p->addr > r->names[i].start)
			take_name(&r->names[i], p);
	}
	r->pending.addr = 0;
}

static void replace_pending(struct resolver *r, const struct kallsym *sym)
{
	struct pending *p = &r->pending;
	unsigned int rank = rank_of(sym);

	if (p->addr == sym->addr && p->rank <= rank)
		return;
	p->addr = sym->addr;
	p->rank = rank;
	copy_text(p->name, sym->name, sym->name_n);
	copy_text(p->module, sym->module ? sym->module : "", sym->module_n);
}

static void note_bounds(struct kernel_info *info, const struct kallsym *sym)
{
	if (sym->name_n == 5 && memcmp(sym->name, "_text", 5) == 0)
		info->text = sym->addr;
	if (sym->name_n == 6 && memcmp(sym->name, "_stext", 6) == 0)
		info->text_start = sym->addr;
	if (sym->name_n == 6 && memcmp(sym->name, "_etext", 6) == 0)
		info->text_end = sym->addr;
}

static void take_line(struct resolver *r, const char *at, const char *end)
{
	struct kallsym sym;

	if (!parse_line(at, end, &sym))
		return;
	r->any_address |= sym.addr != 0;
	if (sym.name[0] == '_')
		note_bounds(r->info, &sym);
	if (!sym.addr)
		return;
	if (sym.addr != r->pending.addr)
		settle(r, sym.addr > r->pending.addr ? sym.addr : UINT64_MAX);
	if (is_text(sym.type) && !is_padding(&sym))
		replace_pending(r, &sym);
}

/* Hands over all whole lines; returns how many bytes are left over at the end. */
static size_t take_lines(struct resolver *r, char *text, size_t n)
{
	char *at = text, *end = text + n, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		take_line(r, at, newline);
		at = newline + 1;
	}
	memmove(text, at, (size_t)(end - at));
	return (size_t)(end - at);
}

int kernel_resolve(const char *path, struct kernel_name *names, size_t n, struct kernel_info *info, struct error *err)
{
	struct resolver r = { .names = names, .n = n, .info = info };
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = xmalloc(CHUNK);
	size_t have = 0;
	ssize_t got;

	*info = (struct kernel_info){ 0 };
	if (fd < 0)
		return error_errno(err, errno, "cannot open %s", path);
	while ((got = read(fd, text + have, CHUNK - have)) > 0) {
		have = take_lines(&r, text, have + (size_t)got);
		if (have == CHUNK)
			have = 0; /* no line is that long: this is no kallsyms */
	}
	if (got < 0)
		return error_errno(err, errno, "cannot read %s", path);
	settle(&r, UINT64_MAX);
	info->hidden = !r.any_address;
	return 0;
}

bool kernel_agrees(const struct kernel_info *info, uint64_t anchor)
{
	return anchor && (anchor == info->text || anchor == info->text_start);
}

struct build_id kernel_build_id(void)
{
	struct build_id id = { .n = 0 };
	cleanup_buf struct buf notes = { 0 };

	if (file_read("/sys/kernel/notes", NOTES_BYTES_MAX, &notes, NULL) == 0)
		build_id_find(notes.at, notes.n, 4, &id);
	return id;
}

void kernel_names_free(struct kernel_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(names[i].name);
		free(names[i].module);
		names[i].name = names[i].module = NULL;
	}
}
