/*
 * The file is somebody else's word. protobuf-c checks that the bytes are the messages they claim to be; here every number
 * that points somewhere is followed before it is believed. The first thing that is wrong ends the reading, with a
 * sentence: a profile of which a part was dropped would be a wrong profile.
 *
 * An empty message is two bytes in the file and eighty in memory, and an empty string is one byte that takes a whole
 * piece of the heap: so what protobuf-c may allocate is bounded as well, by what it really takes. What is made of the
 * messages takes about as much again.
 */
#include "src/output/pprof.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src/output/gzip.h"
#include "src/output/profile.pb-c.h"

enum { MEMORY_MAX = 384 << 20, MEMORY_FOR_A_BYTE = 32, MEMORY_AT_LEAST = 1 << 20 };

/* ids are any numbers but 0; most often they are the index + 1, and then no table is needed. */
struct id_map {
	const char *what;
	struct VEC_OF(uint64_t) ids; /* by index */
	struct table table;          /* of those that are not */
};

struct decoder {
	const Fpprof__Pb__Profile *message;
	struct profile *p;
	struct error *err;
	int rc; /* of the first thing that was wrong */
	uint32_t *strings;
	struct id_map mappings, functions, locations;
	struct number_vec stack;
	struct label_vec labels;
};

#define REFUSE(d, ...)                                                                             \
	do {                                                                                       \
		if (!(d)->rc)                                                                      \
			(d)->rc = error_set((d)->err, EBADMSG, __VA_ARGS__);                       \
	} while (0)

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* What malloc() takes: with a word for itself, in pieces of 16 bytes, and never less than two of them. */
static size_t heap_bytes(size_t size)
{
	size_t bytes = (size + 8 + 15) & ~(size_t)15;

	return bytes > 32 ? bytes : 32;
}

static void *budget_alloc(void *data, size_t size)
{
	size_t *left = data;

	if (size > MEMORY_MAX || heap_bytes(size) > *left) {
		*left = 0;
		return NULL;
	}
	*left -= heap_bytes(size);
	return malloc(size);
}

static void budget_free(void *data, void *memory)
{
	(void)data;
	free(memory);
}

static Fpprof__Pb__Profile *unpack(const uint8_t *bytes, size_t n, struct error *err)
{
	bool is_small = n < MEMORY_MAX / MEMORY_FOR_A_BYTE;
	size_t left = is_small ? n * MEMORY_FOR_A_BYTE + MEMORY_AT_LEAST : MEMORY_MAX;
	ProtobufCAllocator allocator = { budget_alloc, budget_free, &left };
	Fpprof__Pb__Profile *message = fpprof__pb__profile__unpack(&allocator, n, bytes);

	if (!message && !left)
		error_set(err, EFBIG, "it is a profile that would take more memory than fpprof spends on one");
	else if (!message)
		error_set(err, EBADMSG, "it is not a pprof profile, or it was cut: its bytes are not a profile.proto message");
	return message;
}

/* ---- ids --------------------------------------------------------------------------------------------------------- */

struct id_lookup {
	const struct id_map *map;
	uint64_t id;
};

static bool same_id(const void *ctx, uint32_t value)
{
	const struct id_lookup *want = ctx;

	return want->map->ids.at[value] == want->id;
}

static bool id_find(const struct id_map *map, uint64_t id, uint32_t *index)
{
	struct id_lookup want = { map, id };
	uint32_t *found;

	if (id && id - 1 < map->ids.n && map->ids.at[id - 1] == id) {
		*index = (uint32_t)(id - 1);
		return true;
	}
	found = table_find(&map->table, hash_u64(id), same_id, &want);
	if (found)
		*index = *found;
	return found;
}

static void id_add(struct decoder *d, struct id_map *map, uint64_t id)
{
	uint32_t index = (uint32_t)map->ids.n;

	if (!id)
		REFUSE(d, "%s %" PRIu32 " has the id 0, which means none", map->what, index + 1);
	else if (id_find(map, id, &index))
		REFUSE(d, "two %ss have the id %" PRIu64 "; the file is damaged, or two profiles were written one after "
			  "the other: merge them with go tool pprof -proto", map->what, id);
	*vec_push(&map->ids) = id;
	if (id != map->ids.n)
		table_add(&map->table, hash_u64(id), (uint32_t)map->ids.n - 1);
}

static void id_free(struct id_map *map)
{
	vec_free(&map->ids);
	table_free(&map->table);
}

/* ---- header ------------------------------------------------------------------------------------------------------ */

static void read_strings(struct decoder *d)
{
	const Fpprof__Pb__Profile *m = d->message;

	d->strings = xcalloc(m->n_string_table + 1, sizeof(*d->strings));
	if (!m->n_string_table || m->string_table[0][0])
		REFUSE(d, "it is not a pprof profile: its first string is not the empty one");
	for (size_t i = 0; !d->rc && i < m->n_string_table; i++)
		d->strings[i] = profile_str(d->p, m->string_table[i]);
}

static uint32_t string(struct decoder *d, int64_t index, const char *what)
{
	if (index >= 0 && (uint64_t)index < d->message->n_string_table)
		return d->strings[index];
	REFUSE(d, "%s is string %" PRId64 ", but the file has %zu strings", what, index, d->message->n_string_table);
	return 0;
}

static struct value_type read_type(struct decoder *d, const Fpprof__Pb__ValueType *from)
{
	return (struct value_type){ string(d, from->type, "a type of values"), string(d, from->unit, "a unit") };
}

static void read_header(struct decoder *d)
{
	const Fpprof__Pb__Profile *m = d->message;

	if (!m->n_sample_type)
		REFUSE(d, "it is not a pprof profile: it does not say what its values are");
	if (m->n_sample_type > PROFILE_TYPES_MAX)
		REFUSE(d, "it has %zu types of values, and fpprof reads at most %d", m->n_sample_type, PROFILE_TYPES_MAX);
	for (size_t i = 0; !d->rc && i < m->n_sample_type; i++)
		d->p->types[d->p->n_types++] = read_type(d, m->sample_type[i]);
	d->p->default_type = string(d, m->default_sample_type, "the default type");
	if (m->period_type)
		d->p->period_type = read_type(d, m->period_type);
	d->p->period = m->period;
	d->p->time_nanos = m->time_nanos;
	d->p->duration_nanos = m->duration_nanos;
	for (size_t i = 0; !d->rc && i < m->n_comment; i++)
		*vec_push(&d->p->comments) = string(d, m->comment[i], "a comment");
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void read_mappings(struct decoder *d)
{
	for (size_t i = 0; !d->rc && i < d->message->n_mapping; i++) {
		const Fpprof__Pb__Mapping *from = d->message->mapping[i];

		id_add(d, &d->mappings, from->id);
		profile_add_mapping(d->p, &(struct mapping){
			.start = from->memory_start,
			.limit = from->memory_limit,
			.offset = from->file_offset,
			.filename = string(d, from->filename, "a mapping's file name"),
			.build_id = string(d, from->build_id, "a mapping's build id"),
			.has_functions = from->has_functions,
			.has_filenames = from->has_filenames,
			.has_line_numbers = from->has_line_numbers,
			.has_inline_frames = from->has_inline_frames,
		});
	}
}

/* Not interned: ids are indices. */
static void read_functions(struct decoder *d)
{
	for (size_t i = 0; !d->rc && i < d->message->n_function; i++) {
		const Fpprof__Pb__Function *from = d->message->function[i];

		id_add(d, &d->functions, from->id);
		*vec_push(&d->p->functions) = (struct function){
			.name = string(d, from->name, "a function's name"),
			.system_name = string(d, from->system_name, "a function's system name"),
			.filename = string(d, from->filename, "a function's file name"),
			.start_line = from->start_line,
		};
	}
}

static void read_lines(struct decoder *d, const Fpprof__Pb__Location *from, uint32_t location)
{
	struct line_vec lines = { 0 };

	for (size_t i = 0; !d->rc && i < from->n_line; i++) {
		struct line line = { .line = from->line[i]->line, .column = from->line[i]->column };

		if (!id_find(&d->functions, from->line[i]->function_id, &line.function))
			REFUSE(d, "location %" PRIu64 " names function %" PRIu64 ", which is not in the file", from->id,
			       from->line[i]->function_id);
		*vec_push(&lines) = line;
	}
	if (!d->rc && lines.n)
		profile_name_location(d->p, location, lines.at, lines.n);
	vec_free(&lines);
}

static void read_locations(struct decoder *d)
{
	for (size_t i = 0; !d->rc && i < d->message->n_location; i++) {
		const Fpprof__Pb__Location *from = d->message->location[i];
		struct location to = {
			.mapping = PROFILE_NONE, .address = from->address, .is_folded = from->is_folded
		};

		id_add(d, &d->locations, from->id);
		if (from->mapping_id && !id_find(&d->mappings, from->mapping_id, &to.mapping))
			REFUSE(d, "location %" PRIu64 " names mapping %" PRIu64 ", which is not in the file", from->id,
			       from->mapping_id);
		read_lines(d, from, profile_add_location(d->p, &to));
	}
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static void read_stack(struct decoder *d, const Fpprof__Pb__Sample *from, size_t number)
{
	d->stack.n = 0;
	vec_reserve(&d->stack, from->n_location_id);
	for (size_t i = 0; i < from->n_location_id; i++) {
		uint32_t location = 0;

		if (!id_find(&d->locations, from->location_id[i], &location))
			REFUSE(d, "sample %zu names location %" PRIu64 ", which is not in the file", number,
			       from->location_id[i]);
		d->stack.at[d->stack.n++] = location;
	}
}

static void read_labels(struct decoder *d, const Fpprof__Pb__Sample *from)
{
	d->labels.n = 0;
	for (size_t i = 0; i < from->n_label; i++) {
		const Fpprof__Pb__Label *label = from->label[i];

		*vec_push(&d->labels) = (struct label){
			.key = string(d, label->key, "a label's key"),
			.str = string(d, label->str, "a label's value"),
			.num = label->num,
			.num_unit = string(d, label->num_unit, "a label's unit"),
		};
	}
}

static void read_samples(struct decoder *d)
{
	for (size_t i = 0; !d->rc && i < d->message->n_sample; i++) {
		const Fpprof__Pb__Sample *from = d->message->sample[i];

		if (from->n_value != d->p->n_types) {
			REFUSE(d, "sample %zu has %zu values, but there are %zu types of values", i + 1, from->n_value,
			       d->p->n_types);
			return;
		}
		read_stack(d, from, i + 1);
		read_labels(d, from);
		if (!d->rc)
			profile_add(d->p, profile_stack(d->p, d->stack.at, d->stack.n),
				    profile_labels(d->p, d->labels.at, d->labels.n), from->value);
	}
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int convert(const Fpprof__Pb__Profile *message, struct profile *p, struct error *err)
{
	struct decoder d = {
		.message = message, .p = p, .err = err,
		.mappings.what = "mapping", .functions.what = "function", .locations.what = "location",
	};

	read_strings(&d);
	if (!d.rc)
		read_header(&d);
	read_mappings(&d);
	read_functions(&d);
	read_locations(&d);
	read_samples(&d);
	id_free(&d.mappings);
	id_free(&d.functions);
	id_free(&d.locations);
	vec_free(&d.stack);
	vec_free(&d.labels);
	free(d.strings);
	return d.rc;
}

/* Takes the message. */
static int decode(Fpprof__Pb__Profile *message, struct profile *p, struct error *err)
{
	int rc;

	if (!message)
		return err ? -err->code : -EBADMSG;
	rc = convert(message, p, err);
	fpprof__pb__profile__free_unpacked(message, NULL);
	if (rc) {
		profile_free(p);
		profile_init(p);
	}
	return rc;
}

int pprof_decode_within(const void *bytes, size_t n, size_t limit, struct profile *p, struct error *err)
{
	Fpprof__Pb__Profile *message = NULL;
	struct buf raw = { 0 };
	int rc;

	if (!n)
		return error_set(err, EBADMSG, "it is empty");
	if (!gzip_is(bytes, n))
		return n > limit ? error_set(err, EFBIG, "it has more than the %zu bytes that fpprof reads", limit) :
				   decode(unpack(bytes, n, err), p, err);
	rc = gunzip(bytes, n, limit, &raw, err);
	if (!rc && !raw.n)
		rc = error_set(err, EBADMSG, "it is empty");
	if (!rc)
		message = unpack((const uint8_t *)raw.at, raw.n, err);
	buf_free(&raw);
	return rc ? rc : decode(message, p, err);
}

int pprof_decode(const void *bytes, size_t n, struct profile *p, struct error *err)
{
	return pprof_decode_within(bytes, n, PPROF_BYTES_MAX, p, err);
}
