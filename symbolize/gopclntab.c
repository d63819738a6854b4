/*
 * The table is looked up where it lies: a binary search for the function, and three short programs of (value, pc) steps
 * for the file, the line and the inlined call. Every read is bounded by the table, every walk by a number of steps.
 */
#include "symbolize/gopclntab.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum {
	STEPS_MAX = 1 << 20,       /* of one function's program */
	PCDATA_INLINED = 2,        /* which of a function's programs says what inlined call a pc is in */
	FUNCDATA_INLINED = 3,      /* and which of its data are those calls */
	INLINED_1_18_BYTES = 20, INLINED_1_20_BYTES = 16,
	START_BYTES = 8, WORD = 8,
};

static const uint32_t magics[] = {
	[GO_1_2] = 0xfffffffb, [GO_1_16] = 0xfffffffa, [GO_1_18] = 0xfffffff0, [GO_1_20] = 0xfffffff1,
};

struct go_function {
	uint64_t entry;
	uint32_t name, file, line;   /* offsets: of the name, and of programs */
	uint32_t unit;
	uint32_t start_line;
	uint32_t inlined_program, inlined_calls; /* 0 and UINT32_MAX: none */
};

struct inlined_call {
	uint32_t name, parent_pc, start_line;
};

static struct bytes from(const struct gopclntab *t, uint64_t offset)
{
	struct bytes b = bytes_of(t->at, t->n);

	bytes_take(&b, offset < t->n ? offset : t->n);
	return b;
}

/* ---- the header -------------------------------------------------------------------------------------------------- */

static enum go_format format_of(struct bytes *b)
{
	uint32_t magic = bytes_u32(b);
	bool is_padded = !bytes_u16(b);
	uint8_t quantum = bytes_u8(b), pointer = bytes_u8(b);

	if (b->bad || !is_padded || pointer != WORD || (quantum != 1 && quantum != 2 && quantum != 4))
		return GO_NONE;
	for (enum go_format f = GO_1_2; f <= GO_1_20; f++)
		if (magics[f] == magic)
			return f;
	return GO_NONE;
}

bool gopclntab_is_start(const uint8_t *bytes)
{
	struct bytes b = bytes_of(bytes, START_BYTES);

	return format_of(&b) != GO_NONE;
}

static size_t entry_bytes(const struct gopclntab *t)
{
	return t->format >= GO_1_18 ? 4 : 8;
}

static uint64_t take_entry(const struct gopclntab *t, struct bytes *b)
{
	return entry_bytes(t) == 4 ? t->text + bytes_u32(b) : bytes_u64(b);
}

/* The index has an entry and an offset for each function, and the end of the last one. */
static bool has_index(const struct gopclntab *t)
{
	size_t entry = entry_bytes(t);

	return t->n_functions && t->index < t->n && t->n_functions < (t->n - t->index) / (2 * entry) &&
	       t->functions < t->n && t->names < t->n && t->values < t->n && t->files < t->n && t->units < t->n;
}

static void read_1_2(struct gopclntab *t, struct bytes *b)
{
	struct bytes tail;

	t->n_functions = bytes_u64(b);
	t->index = START_BYTES + WORD;
	if (t->n_functions >= t->n / (2 * WORD))
		return;
	tail = from(t, t->index + t->n_functions * 2 * WORD);
	bytes_u64(&tail);
	t->files = bytes_u32(&tail);
}

static void read_1_16(struct gopclntab *t, struct bytes *b)
{
	t->n_functions = bytes_u64(b);
	bytes_u64(b); /* the number of files */
	if (t->format >= GO_1_18)
		t->text = bytes_u64(b);
	t->names = bytes_u64(b);
	t->units = bytes_u64(b);
	t->files = bytes_u64(b);
	t->values = bytes_u64(b);
	t->functions = t->index = bytes_u64(b);
}

bool gopclntab_parse(uint8_t *bytes, size_t n, struct gopclntab *out)
{
	struct bytes b = bytes_of(bytes, n);

	*out = (struct gopclntab){ .at = bytes, .n = n };
	out->format = format_of(&b);
	out->quantum = out->format ? bytes[6] : 0;
	if (out->format == GO_1_2)
		read_1_2(out, &b);
	else if (out->format)
		read_1_16(out, &b);
	if (out->format && !b.bad && has_index(out))
		return true;
	gopclntab_free(out);
	return false;
}

void gopclntab_free(struct gopclntab *t)
{
	free(t->at);
	free(t->inlined);
	*t = (struct gopclntab){ 0 };
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static uint64_t entry_of(const struct gopclntab *t, uint64_t i)
{
	struct bytes b = from(t, t->index + i * 2 * entry_bytes(t));

	return take_entry(t, &b);
}

uint64_t gopclntab_first_entry(const struct gopclntab *t)
{
	return entry_of(t, 0);
}

static bool find_function(const struct gopclntab *t, uint64_t vaddr, uint64_t *found)
{
	uint64_t low = 0, high = t->n_functions;

	if (!t->format || vaddr < entry_of(t, 0) || vaddr >= entry_of(t, high))
		return false;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (entry_of(t, middle) <= vaddr)
			low = middle;
		else
			high = middle;
	}
	*found = low;
	return true;
}

/* Behind a function's fixed part are its numbers of programs, and then those of its data. */
static void read_inlined(struct bytes *b, uint32_t n_programs, struct go_function *out)
{
	uint8_t n_data;

	bytes_take(b, 3);
	n_data = bytes_u8(b);
	for (uint32_t i = 0; i < n_programs && !b->bad; i++) {
		uint32_t program = bytes_u32(b);

		out->inlined_program = i == PCDATA_INLINED ? program : out->inlined_program;
	}
	for (uint8_t i = 0; i < n_data && !b->bad; i++) {
		uint32_t data = bytes_u32(b);

		out->inlined_calls = i == FUNCDATA_INLINED ? data : out->inlined_calls;
	}
}

static bool read_function(const struct gopclntab *t, uint64_t i, struct go_function *out)
{
	struct bytes index = from(t, t->index + i * 2 * entry_bytes(t)), b;
	uint32_t n_programs;

	*out = (struct go_function){ .entry = take_entry(t, &index), .inlined_calls = UINT32_MAX };
	b = from(t, t->functions + (entry_bytes(t) == 4 ? bytes_u32(&index) : bytes_u64(&index)));
	bytes_take(&b, entry_bytes(t));
	out->name = bytes_u32(&b);
	bytes_take(&b, 12); /* arguments, deferreturn, stack pointer */
	out->file = bytes_u32(&b);
	out->line = bytes_u32(&b);
	n_programs = bytes_u32(&b);
	if (t->format >= GO_1_16)
		out->unit = bytes_u32(&b);
	if (t->format >= GO_1_20)
		out->start_line = bytes_u32(&b);
	if (b.bad || index.bad)
		return false;
	if (t->format >= GO_1_18)
		read_inlined(&b, n_programs, out);
	return true;
}

/* ---- values by pc ------------------------------------------------------------------------------------------------ */

/* The value that a program gives for a pc; -1 where it gives none. */
static int64_t value_at(const struct gopclntab *t, uint32_t program, uint64_t entry, uint64_t pc)
{
	struct bytes b = from(t, t->values + program);
	uint32_t value = UINT32_MAX, step;

	for (size_t i = 0; program && i < STEPS_MAX; i++) {
		step = bytes_uleb32(&b);
		if (!step && i)
			break;
		value += step & 1 ? ~(step >> 1) : step >> 1;
		entry += (uint64_t)bytes_uleb32(&b) * t->quantum;
		if (b.bad)
			break;
		if (pc < entry)
			return (int32_t)value;
	}
	return -1;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static const char *text_at(const struct gopclntab *t, uint64_t offset)
{
	struct bytes b = from(t, offset);

	return bytes_cstr(&b);
}

static const char *file_at(const struct gopclntab *t, const struct go_function *f, uint64_t pc)
{
	int64_t number = value_at(t, f->file, f->entry, pc);
	struct bytes b;
	uint32_t offset;

	if (number < 0)
		return NULL;
	b = from(t, t->format == GO_1_2 ? t->files + (uint64_t)number * 4 : t->units + ((uint64_t)number + f->unit) * 4);
	offset = bytes_u32(&b);
	if (b.bad || offset == UINT32_MAX)
		return NULL;
	return text_at(t, t->format == GO_1_2 ? offset : t->files + offset);
}

static int64_t line_at(const struct gopclntab *t, const struct go_function *f, uint64_t pc)
{
	int64_t line = value_at(t, f->line, f->entry, pc);

	return line > 0 ? line : 0;
}

/* ---- inlined calls ----------------------------------------------------------------------------------------------- */

/* The inlined call that a pc is in, with the pc whose line is that of the call itself. */
static bool inlined_at(const struct gopclntab *t, const struct go_function *f, uint64_t pc, struct inlined_call *out)
{
	bool has_calls = t->inlined && f->inlined_calls != UINT32_MAX;
	int64_t number = has_calls ? value_at(t, f->inlined_program, f->entry, pc) : -1;
	size_t size = t->format == GO_1_18 ? INLINED_1_18_BYTES : INLINED_1_20_BYTES;
	struct bytes b;

	if (number < 0)
		return false;
	b = bytes_of(t->inlined, t->n_inlined);
	bytes_take(&b, f->inlined_calls + (uint64_t)number * size);
	bytes_take(&b, t->format == GO_1_18 ? 12 : 4); /* the parent, its file and line; the kind of function */
	out->name = bytes_u32(&b);
	out->parent_pc = bytes_u32(&b);
	out->start_line = t->format == GO_1_18 ? 0 : bytes_u32(&b);
	return !b.bad;
}

/* Before 1.20 a function's start is not told; its first instruction has the line of its `func`. */
static int64_t start_of(const struct gopclntab *t, const struct go_function *f)
{
	return t->format >= GO_1_20 ? (int32_t)f->start_line : line_at(t, f, f->entry);
}

size_t gopclntab_frames(const struct gopclntab *t, uint64_t vaddr, struct source_frame *out)
{
	struct go_function f;
	struct inlined_call call = { 0 };
	uint64_t i, pc = vaddr;
	size_t n = 0;

	if (!find_function(t, vaddr, &i) || !read_function(t, i, &f))
		return 0;
	for (bool is_inlined = true; is_inlined; n++) {
		is_inlined = n + 1 < SOURCE_FRAMES_MAX && inlined_at(t, &f, pc, &call);
		out[n] = (struct source_frame){
			.function = text_at(t, t->names + (is_inlined ? call.name : f.name)),
			.file = file_at(t, &f, pc),
			.line = line_at(t, &f, pc),
			.start_line = is_inlined ? (int32_t)call.start_line : start_of(t, &f),
		};
		if (!out[n].function || !out[n].function[0])
			return 0;
		pc = f.entry + call.parent_pc;
	}
	return n;
}
