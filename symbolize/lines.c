/*
 * Which unit covers an address is taken from the units themselves: .debug_aranges is shorter, and missing from what clang
 * and rustc make. What a file says of its sizes is looked at before libdw reads it whole, and reading it has a time limit,
 * as entries may refer to one another without end.
 */
#include "symbolize/lines.h"

#include <dwarf.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

enum {
	SECONDS_MAX = 20,
	STEPS_PER_LOOK = 1024, /* between two looks at the clock */
	SECTIONS_MAX = 65536,
	UNITS_MAX = 1 << 20,
};

static const uint64_t DEBUG_BYTES_MAX = 1 << 30; /* of all sections, uncompressed */

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* GNU's older way of compressing: "ZLIB", and the size behind it, most significant byte first. */
static uint64_t old_compressed_size(Elf_Scn *scn)
{
	Elf_Data *data = elf_rawdata(scn, NULL);
	uint64_t size = 0;

	if (!data || !data->d_buf || data->d_size < 12 || memcmp(data->d_buf, "ZLIB", 4) != 0)
		return 0;
	memcpy(&size, (const char *)data->d_buf + 4, sizeof(size));
	return __builtin_bswap64(size);
}

static uint64_t loaded_size(Elf_Scn *scn, const GElf_Shdr *sh, const char *name)
{
	GElf_Chdr ch;

	if (sh->sh_type == SHT_NOBITS)
		return 0;
	if (sh->sh_size > DEBUG_BYTES_MAX)
		return sh->sh_size;
	if (sh->sh_flags & SHF_COMPRESSED)
		return gelf_getchdr(scn, &ch) ? ch.ch_size : UINT64_MAX;
	return name[1] == 'z' ? old_compressed_size(scn) : sh->sh_size;
}

static bool is_debug_section(const char *name)
{
	return strncmp(name, ".debug_", 7) == 0 || strncmp(name, ".zdebug_", 8) == 0;
}

/* What libdw will read of a file, in `sum`; and whether it has information, and shares some of it. */
static void survey(Elf *elf, uint64_t *sum, bool *has_info, bool *is_shared)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names) != 0)
		return;
	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;
		uint64_t size;

		*is_shared |= name && strcmp(name, ".gnu_debugaltlink") == 0;
		if (!name || !is_debug_section(name))
			continue;
		size = loaded_size(scn, &sh, name);
		*has_info |= size && strcmp(strchr(name, '_'), "_info") == 0;
		*sum = size > DEBUG_BYTES_MAX || *sum > DEBUG_BYTES_MAX ? UINT64_MAX : *sum + size;
	}
}

bool lines_has_info(Elf *elf)
{
	bool has_info = false, is_shared = false;
	uint64_t sum = 0;

	survey(elf, &sum, &has_info, &is_shared);
	return has_info;
}

/* A file that shares information is read only together with what it shares: libdw would open whatever it names. */
static bool is_worth_reading(struct lines *lines)
{
	bool has_info = false, is_shared = false, has_shared = false;
	uint64_t sum = 0;

	survey(lines->file.elf, &sum, &has_info, &is_shared);
	survey(lines->shared.elf, &sum, &has_shared, &(bool){ false });
	lines->is_cut = has_info && sum > DEBUG_BYTES_MAX;
	return has_info && !lines->is_cut && is_shared == has_shared;
}

/*
 * libdw reads every section that it knows. Where variables are, and what macros and public names there were, is not asked
 * for, and is a quarter of it all: those sections are made to look empty.
 */
static void hide_unused(const struct lines_file *file)
{
	static const char *const unused[] = { "_loc", "_loclists", "_macro", "_macinfo", "_pubnames", "_pubtypes", "_frame" };
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	if (!file->is_file || elf_getshdrstrndx(file->elf, &names) != 0)
		return;
	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(file->elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(file->elf, names, sh.sh_name) : NULL;

		for (size_t i = 0; name && is_debug_section(name) && i < sizeof(unused) / sizeof(*unused); i++)
			if (strcmp(strchr(name, '_'), unused[i]) == 0) {
				sh.sh_type = SHT_NOBITS;
				gelf_update_shdr(scn, &sh);
			}
	}
}

static void open_dwarf(struct lines *lines)
{
	hide_unused(&lines->file);
	lines->file.dwarf = dwarf_begin_elf(lines->file.elf, DWARF_C_READ, NULL);
	if (!lines->file.dwarf || !lines->shared.elf)
		return;
	lines->shared.dwarf = dwarf_begin_elf(lines->shared.elf, DWARF_C_READ, NULL);
	if (lines->shared.dwarf) {
		dwarf_setalt(lines->file.dwarf, lines->shared.dwarf);
	} else {
		dwarf_end(lines->file.dwarf);
		lines->file.dwarf = NULL;
	}
}

static bool is_unit(int tag)
{
	return tag == DW_TAG_compile_unit || tag == DW_TAG_skeleton_unit;
}

static void add_unit(struct lines *lines, Dwarf_Die *die)
{
	if (intervals_add(&lines->ranges, die, (uint32_t)lines->units.n))
		*vec_push(&lines->units) = (struct unit){ .die = *die };
}

/*
 * Unit by unit by its offset: libdw's other way of going through them opens whatever file a unit names for its split-off
 * part, which may be anything.
 */
static void find_units(struct lines *lines)
{
	Dwarf_Off at = 0, next;
	size_t header;
	Dwarf_Die die;

	while (lines->units.n < UNITS_MAX && lines_may_go_on(lines) &&
	       dwarf_next_unit(lines->file.dwarf, at, &next, &header, NULL, NULL, NULL, NULL, NULL, NULL) == 0) {
		if (dwarf_offdie(lines->file.dwarf, at + header, &die) && is_unit(dwarf_tag(&die)))
			add_unit(lines, &die);
		at = next;
	}
	intervals_settle(&lines->ranges);
}

bool lines_open(struct lines *lines, const struct lines_file *file, const struct lines_file *shared)
{
	*lines = (struct lines){ .file = *file, .shared = *shared };
	clock_gettime(CLOCK_MONOTONIC, &lines->deadline);
	lines->deadline.tv_sec += SECONDS_MAX;
	if (is_worth_reading(lines))
		open_dwarf(lines);
	if (lines->file.dwarf)
		find_units(lines);
	return lines->units.n;
}

static void close_file(struct lines_file *file)
{
	if (file->dwarf)
		dwarf_end(file->dwarf);
	if (file->elf)
		elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
}

void lines_close(struct lines *lines)
{
	for (size_t i = 0; i < lines->units.n; i++)
		unit_free(&lines->units.at[i]);
	vec_free(&lines->units);
	vec_free(&lines->ranges);
	close_file(&lines->file);
	close_file(&lines->shared);
	*lines = (struct lines){ .file.fd = -1, .shared.fd = -1 };
}

bool lines_may_go_on(struct lines *lines)
{
	struct timespec now;

	if (lines->is_cut)
		return false;
	if (++lines->steps % STEPS_PER_LOOK)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	lines->is_cut = now.tv_sec > lines->deadline.tv_sec;
	return !lines->is_cut;
}

/* ---- looking up -------------------------------------------------------------------------------------------------- */

static void read_rows(struct unit *unit)
{
	Dwarf_Attribute attribute;

	if (unit->rows_tried)
		return;
	unit->rows_tried = true;
	if (dwarf_getsrclines(&unit->die, &unit->rows, &unit->n_rows) != 0)
		unit->n_rows = 0;
	if (dwarf_getsrcfiles(&unit->die, &unit->files, NULL) != 0)
		unit->files = NULL;
	if (dwarf_attr(&unit->die, DW_AT_comp_dir, &attribute))
		unit->directory = dwarf_formstring(&attribute);
}

/* The last row that starts at or before vaddr; none where it ends a sequence. */
static Dwarf_Line *find_row(const struct unit *unit, uint64_t vaddr)
{
	size_t low = 0, high = unit->n_rows;
	bool is_end = true;
	Dwarf_Line *row;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		Dwarf_Addr at = UINT64_MAX;

		dwarf_lineaddr(dwarf_onesrcline(unit->rows, middle), &at);
		if (at <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	row = low ? dwarf_onesrcline(unit->rows, low - 1) : NULL;
	if (!row || dwarf_lineendsequence(row, &is_end) != 0 || is_end)
		return NULL;
	return row;
}

static void set_place(struct source_frame *frame, Dwarf_Line *row)
{
	int line = 0, column = 0;

	if (!row)
		return;
	frame->file = dwarf_linesrc(row, NULL, NULL);
	dwarf_lineno(row, &line);
	dwarf_linecol(row, &column);
	frame->line = line > 0 ? line : 0;
	frame->column = column > 0 ? column : 0;
}

/* From the scope at the place outwards: where one was called is the place in the next. */
static size_t unfold(struct unit *unit, struct scope *scope, struct source_frame *out)
{
	size_t n = 0;

	for (; n < SOURCE_FRAMES_MAX; scope = &unit->scopes.at[scope->parent]) {
		unit_describe(unit, scope);
		out[n].function = scope->name;
		out[n].start_line = scope->start_line;
		out[n].directory = unit->directory;
		n++;
		if (scope->parent == UINT32_MAX || n == SOURCE_FRAMES_MAX)
			break;
		out[n] = (struct source_frame){ .file = scope->call_file, .line = scope->call_line, .column = scope->call_column };
	}
	return n;
}

size_t lines_frames(struct lines *lines, uint64_t vaddr, struct source_frame *out)
{
	const struct interval *range = intervals_find(&lines->ranges, vaddr);
	struct unit *unit = range ? &lines->units.at[range->of] : NULL;
	struct scope *scope;

	if (!unit)
		return 0;
	read_rows(unit);
	out[0] = (struct source_frame){ 0 };
	set_place(&out[0], find_row(unit, vaddr));
	scope = unit_find(lines, unit, vaddr);
	if (scope)
		return unfold(unit, scope, out);
	out[0].directory = unit->directory;
	return out[0].file ? 1 : 0;
}
