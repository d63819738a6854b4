/*
 * In a function that moves to another stack (FuncFlagSPWrite) distances are true up to the move, and behind it the frame
 * pointer leads on, as Go keeps it across. A function that nothing calls is marked as well (FuncFlagTopFrame).
 */
#include "symbolize/gostack.h"

#include <gelf.h>
#include <string.h>

#include "base/bytes.h"
#include "symbolize/arch.h"
#include "symbolize/image.h"
#include "symbolize/insn.h"

enum {
	SECTIONS_MAX = 65536,
	HEADER_BYTES = 72,
	MODULE_TEXT_AT = 22 * 8,   /* moduledata.text, unchanged from Go 1.16 to 1.26 */
	FUNCTION_BYTES = 44,
	STEPS_MAX = 1 << 16,
	CODE_BYTES_MAX = 2048, /* of a function that moves to another stack: all are short */
	WORD = 8,
};
enum { MAGIC_1_18 = 0xfffffff0, MAGIC_1_20 = 0xfffffff1 };
enum { FLAG_TOP_FRAME = 1, FLAG_SP_WRITE = 2, FLAG_ASM = 4 };

struct function {
	uint64_t entry;
	uint32_t distances; /* a program, in the table of values */
	uint8_t flags;
};

/* ---- finding the table ------------------------------------------------------------------------------------------- */

struct sections {
	GElf_Shdr table, module, text; /* sh_size is 0 for what is not there */
};

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), n_end = strlen(end);

	return n >= n_end && strcmp(name + n - n_end, end) == 0;
}

static void find_sections(Elf *elf, struct sections *out)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	*out = (struct sections){ 0 };
	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : NULL;

		if (!name || sh.sh_type == SHT_NOBITS)
			continue;
		if (ends_in(name, ".gopclntab"))
			out->table = sh;
		else if (strcmp(name, ".go.module") == 0)
			out->module = sh;
		else if (strcmp(name, ".text") == 0)
			out->text = sh;
	}
}

static struct bytes read_table(struct image *image, uint64_t offset, uint8_t *to, size_t n)
{
	const struct gostack *go = &image->rules.go;
	size_t left = offset < go->n ? (size_t)(go->n - offset) : 0;

	return bytes_of(to, image_read(image, go->at + offset, to, n < left ? n : left));
}

static bool read_header(struct image *image, uint64_t *text)
{
	struct gostack *go = &image->rules.go;
	uint8_t header[HEADER_BYTES];
	struct bytes b = read_table(image, 0, header, sizeof(header));
	uint32_t magic = bytes_u32(&b);

	if ((magic != MAGIC_1_18 && magic != MAGIC_1_20) || bytes_u32(&b) != 0x08010000)
		return false;
	go->flag_at = magic == MAGIC_1_18 ? 37 : 41;
	go->n_functions = bytes_u64(&b);
	bytes_u64(&b); /* the number of files */
	*text = bytes_u64(&b);
	bytes_take(&b, 3 * WORD); /* names, units, files */
	go->values = bytes_u64(&b);
	go->index = bytes_u64(&b);
	return !b.bad && go->n_functions && go->n_functions < go->n / WORD && go->index < go->n && go->values < go->n;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

/* An entry of the index: where a function begins, and where its description is. The last one is where all end. */
static bool read_index(struct image *image, uint64_t i, uint32_t *entry, uint32_t *description)
{
	uint8_t words[8];
	struct bytes b = read_table(image, image->rules.go.index + i * sizeof(words), words, sizeof(words));

	*entry = bytes_u32(&b);
	*description = bytes_u32(&b);
	return i == image->rules.go.n_functions || !b.bad;
}

static bool find_function(struct image *image, uint64_t vaddr, struct function *out)
{
	const struct gostack *go = &image->rules.go;
	uint64_t low = 0, high = go->n_functions, want = vaddr - go->text;
	uint32_t entry, at;
	uint8_t bytes[FUNCTION_BYTES];
	struct bytes b;

	if (!read_index(image, high, &entry, &at) || vaddr < go->text || want >= entry)
		return false;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (!read_index(image, middle, &entry, &at))
			return false;
		low = entry <= want ? middle : low;
		high = entry <= want ? high : middle;
	}
	if (!read_index(image, low, &entry, &at) || entry > want)
		return false;
	b = read_table(image, go->index + at, bytes, sizeof(bytes));
	*out = (struct function){ .entry = go->text + entry };
	bytes_take(&b, 16); /* entry, name, arguments, deferreturn */
	out->distances = bytes_u32(&b);
	bytes_take(&b, go->flag_at - 20);
	out->flags = bytes_u8(&b);
	return !b.bad;
}

/*
 * Where nothing else tells the start of the text, it is that of the section: if then the program's entry is the start of a
 * function, as it is where Go's own linker made the file.
 */
static bool begins_at(struct image *image, uint64_t text)
{
	struct function entry;

	image->rules.go.text = text;
	return find_function(image, image->entry, &entry) && entry.entry == image->entry;
}

static bool find_text(struct image *image, const struct sections *s, uint64_t told)
{
	uint64_t module = 0;

	if (!told && s->module.sh_size > MODULE_TEXT_AT + WORD &&
	    image_read(image, s->module.sh_offset + MODULE_TEXT_AT, &module, WORD) == WORD)
		told = module;
	image->rules.go.text = told;
	return told || begins_at(image, s->text.sh_addr);
}

static bool open_table(struct image *image)
{
	struct gostack *go = &image->rules.go;
	struct sections s;
	uint64_t text;

	if (go->tried)
		return go->n;
	go->tried = true;
	if (!image->rules.cfi.elf)
		return false;
	find_sections(image->rules.cfi.elf, &s);
	go->at = s.table.sh_offset;
	go->n = s.table.sh_size;
	if (!go->n || !read_header(image, &text) || !find_text(image, &s, text))
		go->n = 0;
	return go->n;
}

/* ---- distances --------------------------------------------------------------------------------------------------- */

static bool refill(struct image *image, uint64_t offset, uint8_t *chunk, size_t n, struct bytes *b)
{
	*b = read_table(image, offset, chunk, n);
	return bytes_left(b);
}

/* Steps of value (zigzag) and pc, from -1 and the entry on; a step of value 0 that is not the first ends them. */
static bool find_distance(struct image *image, const struct function *f, uint64_t vaddr, int32_t *out)
{
	uint64_t at = image->rules.go.values + f->distances, pc = f->entry;
	int32_t value = -1;
	uint8_t chunk[512];
	struct bytes b = { 0 };

	for (unsigned int i = 0; i < STEPS_MAX; i++) {
		const uint8_t *before;
		uint32_t step;

		if (bytes_left(&b) < 10 && !refill(image, at, chunk, sizeof(chunk), &b))
			return false;
		before = b.at;
		step = bytes_uleb32(&b);
		if ((!step && i) || b.bad)
			return false;
		value = (int32_t)((uint32_t)value + ((step >> 1) ^ (0U - (step & 1))));
		pc += bytes_uleb32(&b);
		at += (uint64_t)(b.at - before);
		if (vaddr < pc) {
			*out = value;
			return !b.bad;
		}
	}
	return false;
}

/* ---- code -------------------------------------------------------------------------------------------------------- */

/* Which of these (bits, by enum insn_effect) a function's code has before an address. All of them where it is too long. */
static uint32_t effects_before(struct image *image, const struct function *f, uint64_t vaddr)
{
	uint8_t code[CODE_BYTES_MAX];
	uint64_t offset, left, want = vaddr - f->entry;
	uint32_t effects = 0;
	size_t n, at = 0;
	struct insn insn;

	if (want > sizeof(code) || !image_offset(image, f->entry, &offset, &left))
		return UINT32_MAX;
	n = image_read(image, offset, code, sizeof(code));
	while (at < want && insn_decode(code + at, n - at, &insn)) {
		effects |= 1U << insn.effect;
		at += insn.length;
	}
	return at < want ? UINT32_MAX : effects;
}

/* Is this behind an instruction that gives sp another value? */
static bool is_behind_move(struct image *image, const struct function *f, uint64_t vaddr)
{
	return f->flags & FLAG_SP_WRITE && effects_before(image, f, vaddr) & (1U << INSN_LOSE_SP | 1U << INSN_SP_IS_FP);
}

/* What Go compiles keeps a frame pointer wherever it has a frame; what is written by hand need not. */
static bool keeps_fp(struct image *image, const struct function *f, uint64_t vaddr)
{
	return !(f->flags & FLAG_ASM) || effects_before(image, f, vaddr) & 1U << INSN_FP_IS_SP;
}

/* ---- the rule ---------------------------------------------------------------------------------------------------- */

static struct rule by_distance(int32_t distance, bool keeps_fp)
{
	struct rule rule = { .kind = RULE_CFA_SP, .ra_is = PLACE_AT_CFA, .saved_is = PLACE_SAME };

	rule.cfa = distance + WORD;
	rule.ra = -WORD;
	if (distance && keeps_fp) {
		rule.saved_is = PLACE_AT_CFA;
		rule.saved = -2 * WORD;
		rule.has_frame = true;
	}
	return rule;
}

/* Where a signal handler returns to is a function as any other to Go's linker. */
static bool is_trampoline(struct image *image, const struct function *f)
{
	uint64_t offset, left;
	uint8_t code[16];

	return f->flags & FLAG_ASM && image_offset(image, f->entry, &offset, &left) &&
	       arch_is_signal_trampoline(code, image_read(image, offset, code, sizeof(code)));
}

bool gostack_rule(struct image *image, uint64_t vaddr, struct rule *out)
{
	struct function f;
	int32_t distance;

	if (!open_table(image) || !find_function(image, vaddr, &f))
		return false;
	if (is_trampoline(image, &f))
		*out = (struct rule){ .kind = RULE_SIGNAL };
	else if (is_behind_move(image, &f, vaddr))
		*out = (struct rule){ .kind = RULE_BY_FP };
	else if (!find_distance(image, &f, vaddr, &distance) || distance < 0 || distance > INT32_MAX - WORD)
		*out = (struct rule){ .kind = RULE_GAP };
	else
		*out = by_distance(distance, keeps_fp(image, &f, vaddr));
	out->is_top = f.flags & FLAG_TOP_FRAME;
	return true;
}
