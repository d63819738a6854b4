/*
 * The profile is laid out as protobuf-c's structs, one array a message type, packed once and deflated once. The rules
 * that readers impose beyond the schema are in docs/pprof-format.md.
 */
#include "src/output/pprof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "src/output/output.h"
#include "src/output/profile.pb-c.h"

/* zlib's own choice, 6, takes three times as long for a tenth less. */
enum { DEFLATE_LEVEL = 3, GZIP_WINDOW = 15 + 16, DEFLATE_MEMORY = 8 };

/* An array of messages, and the array of pointers to them that protobuf-c wants. */
#define DEFINE_MESSAGES(name, type, init)                                                          \
	static type **new_##name(size_t n)                                                         \
	{                                                                                          \
		type **pointers = xcalloc(n + 1, sizeof(*pointers));                               \
		type *messages = xcalloc(n + 1, sizeof(*messages));                                \
                                                                                                   \
		for (size_t i = 0; i <= n; i++) {                                                  \
			init(&messages[i]);                                                        \
			pointers[i] = &messages[i];                                                \
		}                                                                                  \
		return pointers;                                                                   \
	}

DEFINE_MESSAGES(types, Fpprof__Pb__ValueType, fpprof__pb__value_type__init)
DEFINE_MESSAGES(samples, Fpprof__Pb__Sample, fpprof__pb__sample__init)
DEFINE_MESSAGES(labels, Fpprof__Pb__Label, fpprof__pb__label__init)
DEFINE_MESSAGES(mappings, Fpprof__Pb__Mapping, fpprof__pb__mapping__init)
DEFINE_MESSAGES(locations, Fpprof__Pb__Location, fpprof__pb__location__init)
DEFINE_MESSAGES(lines, Fpprof__Pb__Line, fpprof__pb__line__init)
DEFINE_MESSAGES(functions, Fpprof__Pb__Function, fpprof__pb__function__init)

/* Also frees the messages, which start where the first pointer points. */
static void free_messages(void *pointers)
{
	void **array = pointers;

	if (!array)
		return;
	free(array[0]);
	free(array);
}

struct encoder {
	const struct profile *p;
	Fpprof__Pb__Profile message;
	Fpprof__Pb__Label **labels;   /* parallel to the profile's label pool */
	Fpprof__Pb__Line **lines;     /* parallel to the profile's lines, then one for each location without any */
	uint64_t *ids;                /* parallel to the stack pool */
	int64_t *comments;
	char **strings, **cleaned;    /* cleaned: those that had to be; NULL for the others */
	size_t nameless;              /* locations without a line */
};

/* ---- strings ----------------------------------------------------------------------------------------------------- */

static void put_string(struct encoder *e, size_t at, const char *text)
{
	struct buf clean = { 0 };
	size_t n = strlen(text);

	if (utf8_is_clean(text, n)) {
		e->strings[at] = (char *)(uintptr_t)text;
		return;
	}
	utf8_clean(text, n, &clean);
	e->strings[at] = e->cleaned[at] = clean.at;
}

static size_t count_nameless(const struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->locations.n; i++)
		n += !p->locations.at[i].n_lines;
	return n;
}

static void lay_strings(struct encoder *e)
{
	size_t room = e->p->strings.n + e->nameless;

	e->strings = xcalloc(room, sizeof(*e->strings));
	e->cleaned = xcalloc(room, sizeof(*e->cleaned));
	for (size_t i = 0; i < e->p->strings.n; i++)
		put_string(e, i, e->p->strings.at[i]);
	e->message.string_table = e->strings;
	e->message.n_string_table = e->p->strings.n;
}

/* A location that nobody named still is a row: "libfoo.so+0x1234". Returns the number of the new string. */
static int64_t add_place_name(struct encoder *e, const struct location *l)
{
	const char *file = l->mapping < e->p->mappings.n ?
				   profile_text(e->p, e->p->mappings.at[l->mapping].filename) : "";
	const char *slash = strrchr(file, '/');
	cleanup_free char *name = xasprintf("%s%s0x%llx", slash ? slash + 1 : file, *file ? "+" : "",
					    (unsigned long long)l->address);
	size_t at = e->message.n_string_table++;
	struct buf clean = { 0 };

	utf8_clean(name, strlen(name), &clean);
	e->strings[at] = e->cleaned[at] = clean.at;
	return (int64_t)at;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void lay_types(struct encoder *e)
{
	const struct profile *p = e->p;

	e->message.sample_type = new_types(p->n_types);
	e->message.n_sample_type = p->n_types;
	for (size_t i = 0; i < p->n_types; i++) {
		e->message.sample_type[i]->type = p->types[i].type;
		e->message.sample_type[i]->unit = p->types[i].unit;
	}
	e->message.period_type = e->message.sample_type[p->n_types]; /* the spare one */
	e->message.period_type->type = p->period_type.type;
	e->message.period_type->unit = p->period_type.unit;
}

static void lay_mappings(struct encoder *e)
{
	const struct profile *p = e->p;

	e->message.mapping = new_mappings(p->mappings.n);
	e->message.n_mapping = p->mappings.n;
	for (size_t i = 0; i < p->mappings.n; i++) {
		const struct mapping *from = &p->mappings.at[i];
		Fpprof__Pb__Mapping *to = e->message.mapping[i];

		to->id = i + 1;
		to->memory_start = from->start;
		to->memory_limit = from->limit;
		to->file_offset = from->offset;
		to->filename = from->filename;
		to->build_id = from->build_id;
		to->has_functions = true; /* every location is named here, so that no reader tries it anew */
		to->has_filenames = from->has_filenames;
		to->has_line_numbers = from->has_line_numbers;
		to->has_inline_frames = from->has_inline_frames;
	}
}

static void lay_functions(struct encoder *e)
{
	const struct profile *p = e->p;

	e->message.function = new_functions(p->functions.n + e->nameless);
	e->message.n_function = p->functions.n;
	for (size_t i = 0; i < p->functions.n; i++) {
		const struct function *from = &p->functions.at[i];
		Fpprof__Pb__Function *to = e->message.function[i];

		to->id = i + 1;
		to->name = from->name;
		to->system_name = from->system_name;
		to->filename = from->filename;
		to->start_line = from->start_line;
	}
}

static void lay_lines(struct encoder *e)
{
	const struct profile *p = e->p;

	e->lines = new_lines(p->lines.n + e->nameless);
	for (size_t i = 0; i < p->lines.n; i++) {
		e->lines[i]->function_id = p->lines.at[i].function + 1;
		e->lines[i]->line = p->lines.at[i].line;
		e->lines[i]->column = p->lines.at[i].column;
	}
}

static void name_nameless(struct encoder *e, const struct location *from, Fpprof__Pb__Location *to, size_t number)
{
	Fpprof__Pb__Function *function = e->message.function[e->message.n_function++];
	Fpprof__Pb__Line **line = &e->lines[e->p->lines.n + number];

	function->id = e->message.n_function;
	function->name = function->system_name = add_place_name(e, from);
	line[0]->function_id = function->id;
	to->line = line;
	to->n_line = 1;
}

static void lay_locations(struct encoder *e)
{
	const struct profile *p = e->p;
	size_t nameless = 0;

	e->message.location = new_locations(p->locations.n);
	e->message.n_location = p->locations.n;
	for (size_t i = 0; i < p->locations.n; i++) {
		const struct location *from = &p->locations.at[i];
		Fpprof__Pb__Location *to = e->message.location[i];

		to->id = i + 1;
		to->mapping_id = from->mapping == PROFILE_NONE ? 0 : from->mapping + 1;
		to->address = from->address;
		to->is_folded = from->is_folded;
		to->line = e->lines + from->first_line;
		to->n_line = from->n_lines;
		if (!from->n_lines)
			name_nameless(e, from, to, nameless++);
	}
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

/* A numeric label without a unit is lost when its value is 0: its key will do as one. */
static void lay_labels(struct encoder *e)
{
	const struct profile *p = e->p;

	e->labels = new_labels(p->label_pool.n);
	for (size_t i = 0; i < p->label_pool.n; i++) {
		const struct label *from = &p->label_pool.at[i];

		e->labels[i]->key = from->key;
		e->labels[i]->str = from->str;
		e->labels[i]->num = from->num;
		e->labels[i]->num_unit = from->str ? 0 : from->num_unit ? from->num_unit : from->key;
	}
}

static void lay_samples(struct encoder *e)
{
	const struct profile *p = e->p;

	e->ids = xcalloc(p->stack_pool.n, sizeof(*e->ids));
	for (size_t i = 0; i < p->stack_pool.n; i++)
		e->ids[i] = p->stack_pool.at[i] + 1;
	e->message.sample = new_samples(p->samples.n);
	e->message.n_sample = p->samples.n;
	for (size_t i = 0; i < p->samples.n; i++) {
		struct sample *from = &p->samples.at[i];
		const struct run *stack = &p->stacks.at[from->stack], *labels = &p->label_sets.at[from->labels];
		Fpprof__Pb__Sample *to = e->message.sample[i];

		to->location_id = e->ids + stack->first;
		to->n_location_id = stack->n;
		to->value = from->values;
		to->n_value = p->n_types;
		to->label = e->labels + labels->first;
		to->n_label = labels->n;
	}
}

static void lay_comments(struct encoder *e)
{
	const struct profile *p = e->p;

	e->comments = xcalloc(p->comments.n, sizeof(*e->comments));
	for (size_t i = 0; i < p->comments.n; i++)
		e->comments[i] = p->comments.at[i];
	e->message.comment = e->comments;
	e->message.n_comment = p->comments.n;
}

static void lay_out(struct encoder *e)
{
	const struct profile *p = e->p;

	fpprof__pb__profile__init(&e->message);
	e->nameless = count_nameless(p);
	lay_strings(e);
	lay_types(e);
	lay_mappings(e);
	lay_functions(e);
	lay_lines(e);
	lay_locations(e);
	lay_labels(e);
	lay_samples(e);
	lay_comments(e);
	e->message.time_nanos = p->time_nanos;
	e->message.duration_nanos = p->duration_nanos;
	e->message.period = p->period;
	e->message.default_sample_type = p->default_type;
}

static void encoder_done(struct encoder *e)
{
	for (size_t i = 0; i < e->message.n_string_table; i++)
		free(e->cleaned[i]);
	free(e->cleaned);
	free(e->strings);
	free(e->ids);
	free(e->comments);
	free_messages(e->message.sample_type);
	free_messages(e->message.sample);
	free_messages(e->message.mapping);
	free_messages(e->message.location);
	free_messages(e->message.function);
	free_messages(e->labels);
	free_messages(e->lines);
}

/* ---- gzip -------------------------------------------------------------------------------------------------------- */

static int gzip(const struct buf *in, struct buf *out, struct error *err)
{
	z_stream z = { 0 };
	int rc;

	if (in->n > UINT32_MAX)
		return error_set(err, EFBIG, "the profile is larger than 4 GiB; record for a shorter time");
	if (deflateInit2(&z, DEFLATE_LEVEL, Z_DEFLATED, GZIP_WINDOW, DEFLATE_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return error_set(err, ENOMEM, "cannot compress the profile: zlib has no memory");
	z.avail_out = (uInt)deflateBound(&z, in->n);
	z.next_out = (Bytef *)buf_grow(out, z.avail_out);
	z.next_in = (Bytef *)in->at;
	z.avail_in = (uInt)in->n;
	rc = deflate(&z, Z_FINISH);
	out->n += z.total_out;
	deflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : error_set(err, EIO, "cannot compress the profile: zlib error %d", rc);
}

int pprof_encode(const struct profile *p, struct buf *out, struct error *err)
{
	struct encoder e = { .p = p };
	cleanup_buf struct buf raw = { 0 };

	lay_out(&e);
	size_t size = fpprof__pb__profile__get_packed_size(&e.message);
	raw.n = fpprof__pb__profile__pack(&e.message, (uint8_t *)buf_grow(&raw, size));
	encoder_done(&e);
	return gzip(&raw, out, err);
}

const struct output output_pprof = {
	.name = "pprof",
	.endings = ".pb.gz .pprof .prof",
	.summary = "pprof's profile.proto, compressed",
	.write = pprof_encode,
};
