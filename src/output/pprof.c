/*
 * A protobuf message may be written as several, each with a part of the fields: a reader joins them. So the file is made
 * in parts of some hundred samples or locations that go to zlib at once, and writing a profile takes little more memory
 * than the numbers of its things.
 *
 * The rules that the file obeys, and who needs them, are in docs/pprof-format.md.
 */
#include "src/output/pprof.h"

#include <errno.h>

#include "src/output/gzip.h"
#include "src/output/numbering.h"
#include "src/output/output.h"
#include "src/output/profile.pb-c.h"

enum { PART = 256 };

struct encoder {
	const struct profile *p;
	struct numbering n;
	struct gzip gzip;
	struct buf part; /* scratch */
};

static void put_part(struct encoder *e, const Fpprof__Pb__Profile *part)
{
	buf_clear(&e->part);
	buf_grow(&e->part, fpprof__pb__profile__get_packed_size(part));
	e->part.n = fpprof__pb__profile__pack(part, (uint8_t *)e->part.at);
	gzip_put(&e->gzip, e->part.at, e->part.n);
}

/* ---- the header -------------------------------------------------------------------------------------------------- */

static void put_types(struct encoder *e)
{
	Fpprof__Pb__Profile part = FPPROF__PB__PROFILE__INIT;
	Fpprof__Pb__ValueType types[PROFILE_TYPES_MAX], *pointers[PROFILE_TYPES_MAX];

	for (size_t i = 0; i < e->p->n_types; i++) {
		fpprof__pb__value_type__init(&types[i]);
		types[i].type = e->n.types[i];
		types[i].unit = number_string(&e->n, e->p->types[i].unit);
		pointers[i] = &types[i];
	}
	part.sample_type = pointers;
	part.n_sample_type = e->p->n_types;
	if (e->p->default_type && e->p->types[profile_default_type(e->p)].type == e->p->default_type)
		part.default_sample_type = e->n.types[profile_default_type(e->p)];
	put_part(e, &part);
}

static void put_header(struct encoder *e)
{
	const struct profile *p = e->p;
	Fpprof__Pb__Profile part = FPPROF__PB__PROFILE__INIT;
	Fpprof__Pb__ValueType period_type = FPPROF__PB__VALUE_TYPE__INIT;

	period_type.type = number_string(&e->n, p->period_type.type);
	period_type.unit = number_string(&e->n, p->period_type.unit);
	if (period_type.type || period_type.unit)
		part.period_type = &period_type;
	part.period = p->period;
	part.time_nanos = p->time_nanos;
	part.duration_nanos = p->duration_nanos;
	part.n_comment = p->comments.n;
	part.comment = xcalloc(p->comments.n + 1, sizeof(*part.comment));
	for (size_t i = 0; i < p->comments.n; i++)
		part.comment[i] = number_string(&e->n, p->comments.at[i]);
	put_part(e, &part);
	free(part.comment);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

struct sample_part {
	Fpprof__Pb__Sample at[PART], *pointers[PART];
	struct VEC_OF(uint64_t) ids;
	struct VEC_OF(Fpprof__Pb__Label) labels;
	struct VEC_OF(Fpprof__Pb__Label *) label_pointers;
};

static void fill_label(struct encoder *e, const struct label *from, Fpprof__Pb__Label *to)
{
	fpprof__pb__label__init(to);
	to->key = number_string(&e->n, from->key);
	to->str = number_string(&e->n, from->str);
	if (from->str)
		return;
	to->num = from->num;
	/* Readers drop a zero without a unit, and guess the unit from the key. */
	to->num_unit = from->num_unit ? number_string(&e->n, from->num_unit) : (uint32_t)to->key;
}

static void fill_sample(struct encoder *e, struct sample_part *part, struct sample *from, Fpprof__Pb__Sample *to)
{
	const struct run *stack = &e->p->stacks.at[from->stack], *labels = &e->p->label_sets.at[from->labels];

	fpprof__pb__sample__init(to);
	to->value = from->values;
	to->n_value = e->p->n_types;
	to->location_id = part->ids.at + part->ids.n;
	to->n_location_id = stack->n;
	for (uint32_t i = 0; i < stack->n; i++)
		part->ids.at[part->ids.n++] = e->n.location_ids[e->p->stack_pool.at[stack->first + i]];
	to->label = part->label_pointers.at + part->label_pointers.n;
	to->n_label = labels->n;
	for (uint32_t i = 0; i < labels->n; i++) {
		Fpprof__Pb__Label *label = &part->labels.at[part->labels.n++];

		fill_label(e, &e->p->label_pool.at[labels->first + i], label);
		part->label_pointers.at[part->label_pointers.n++] = label;
	}
}

/* The vectors are grown beforehand, as messages point into them. */
static void reserve_samples(const struct profile *p, struct sample_part *part, size_t first, size_t n)
{
	size_t frames = 0, labels = 0;

	for (size_t i = 0; i < n; i++) {
		frames += p->stacks.at[p->samples.at[first + i].stack].n;
		labels += p->label_sets.at[p->samples.at[first + i].labels].n;
	}
	vec_reserve(&part->ids, frames + 1);
	vec_reserve(&part->labels, labels + 1);
	vec_reserve(&part->label_pointers, labels + 1);
	part->ids.n = part->labels.n = part->label_pointers.n = 0;
}

static void put_samples(struct encoder *e)
{
	struct sample_part *part = xcalloc(1, sizeof(*part));
	size_t n;

	for (size_t first = 0; first < e->p->samples.n; first += n) {
		Fpprof__Pb__Profile message = FPPROF__PB__PROFILE__INIT;

		n = e->p->samples.n - first < PART ? e->p->samples.n - first : PART;
		reserve_samples(e->p, part, first, n);
		for (size_t i = 0; i < n; i++) {
			fill_sample(e, part, &e->p->samples.at[first + i], &part->at[i]);
			part->pointers[i] = &part->at[i];
		}
		message.sample = part->pointers;
		message.n_sample = n;
		put_part(e, &message);
	}
	vec_free(&part->ids);
	vec_free(&part->labels);
	vec_free(&part->label_pointers);
	free(part);
}

/* ---- mappings, locations, functions, strings ---------------------------------------------------------------------- */

/*
 * What a mapping claims is what its locations show. A claim makes pprof leave the whole mapping as it is, which is right
 * as soon as one name is ours; without any, pprof is free to look for the file itself.
 */
static void claim(const struct profile *p, const struct location *l, Fpprof__Pb__Mapping *m)
{
	for (uint32_t i = 0; i < l->n_lines; i++) {
		const struct line *line = &p->lines.at[l->first_line + i];

		m->has_functions = true;
		m->has_filenames |= p->functions.at[line->function].filename != 0;
		m->has_line_numbers |= line->line != 0;
		m->has_inline_frames |= l->n_lines > 1;
	}
}

static void put_mapping(struct encoder *e, const struct mapping *from, Fpprof__Pb__Mapping *m)
{
	Fpprof__Pb__Profile part = FPPROF__PB__PROFILE__INIT;

	m->memory_start = from->start;
	m->memory_limit = from->limit;
	m->file_offset = from->offset;
	m->filename = number_string(&e->n, from->filename);
	m->build_id = number_string(&e->n, from->build_id);
	part.mapping = &m;
	part.n_mapping = 1;
	put_part(e, &part);
}

static void put_mappings(struct encoder *e)
{
	const struct profile *p = e->p;
	Fpprof__Pb__Mapping *at = xcalloc(p->mappings.n + 1, sizeof(*at));

	for (size_t i = 0; i < p->mappings.n; i++) {
		fpprof__pb__mapping__init(&at[i]);
		at[i].id = e->n.mapping_ids[i];
	}
	for (size_t i = 0; i < p->locations.n; i++)
		if (e->n.location_ids[i] && p->locations.at[i].mapping != PROFILE_NONE)
			claim(p, &p->locations.at[i], &at[p->locations.at[i].mapping]);
	for (size_t i = 0; i < p->mappings.n; i++)
		if (e->n.mapping_ids[i])
			put_mapping(e, &p->mappings.at[i], &at[i]);
	free(at);
}

struct location_part {
	Fpprof__Pb__Location at[PART], *pointers[PART];
	size_t n;
	struct VEC_OF(Fpprof__Pb__Line) lines;
	struct VEC_OF(Fpprof__Pb__Line *) line_pointers;
};

static void fill_lines(struct encoder *e, uint32_t location, Fpprof__Pb__Line *to)
{
	const struct location *l = &e->p->locations.at[location];

	fpprof__pb__line__init(to);
	if (!l->n_lines)
		to->function_id = invent_function(&e->n, location);
	for (uint32_t i = 0; i < l->n_lines; i++) {
		const struct line *line = &e->p->lines.at[l->first_line + i];

		fpprof__pb__line__init(&to[i]);
		to[i].function_id = number_function(&e->n, line->function);
		to[i].line = line->line;
		to[i].column = line->column;
	}
}

static void fill_location(struct encoder *e, struct location_part *part, uint32_t location)
{
	const struct location *from = &e->p->locations.at[location];
	Fpprof__Pb__Location *to = &part->at[part->n];

	fpprof__pb__location__init(to);
	to->id = e->n.location_ids[location];
	to->mapping_id = from->mapping == PROFILE_NONE ? 0 : e->n.mapping_ids[from->mapping];
	to->address = from->address;
	to->is_folded = from->is_folded;
	to->n_line = from->n_lines ? from->n_lines : 1;
	vec_reserve(&part->lines, part->lines.n + to->n_line);
	fill_lines(e, location, part->lines.at + part->lines.n);
	part->lines.n += to->n_line;
	part->pointers[part->n++] = to;
}

static void put_location_part(struct encoder *e, struct location_part *part)
{
	Fpprof__Pb__Profile message = FPPROF__PB__PROFILE__INIT;
	size_t line = 0;

	vec_reserve(&part->line_pointers, part->lines.n);
	for (size_t i = 0; i < part->lines.n; i++)
		part->line_pointers.at[i] = &part->lines.at[i];
	for (size_t i = 0; i < part->n; i++) {
		part->at[i].line = part->line_pointers.at + line;
		line += part->at[i].n_line;
	}
	message.location = part->pointers;
	message.n_location = part->n;
	put_part(e, &message);
	part->n = part->lines.n = 0;
}

static void put_locations(struct encoder *e)
{
	struct location_part *part = xcalloc(1, sizeof(*part));

	for (uint32_t i = 0; i < e->p->locations.n; i++) {
		if (!e->n.location_ids[i])
			continue;
		fill_location(e, part, i);
		if (part->n == PART)
			put_location_part(e, part);
	}
	put_location_part(e, part);
	vec_free(&part->lines);
	vec_free(&part->line_pointers);
	free(part);
}

static void put_functions(struct encoder *e)
{
	Fpprof__Pb__Function at[PART], *pointers[PART];
	size_t n;

	for (size_t first = 0; first < e->n.functions.n; first += n) {
		Fpprof__Pb__Profile part = FPPROF__PB__PROFILE__INIT;

		n = e->n.functions.n - first < PART ? e->n.functions.n - first : PART;
		for (size_t i = 0; i < n; i++) {
			const struct function *from = &e->n.functions.at[first + i];

			fpprof__pb__function__init(&at[i]);
			at[i].id = first + i + 1;
			at[i].name = from->name;
			at[i].system_name = from->system_name;
			at[i].filename = from->filename;
			at[i].start_line = from->start_line;
			pointers[i] = &at[i];
		}
		part.function = pointers;
		part.n_function = n;
		put_part(e, &part);
	}
}

static void put_strings(struct encoder *e)
{
	Fpprof__Pb__Profile part = FPPROF__PB__PROFILE__INIT;

	part.string_table = e->n.strings.at;
	part.n_string_table = e->n.strings.n;
	put_part(e, &part);
}

int pprof_encode(const struct profile *p, struct buf *out, struct error *err)
{
	struct encoder e = { .p = p };
	int rc;

	if (!p->n_types)
		return error_set(err, EINVAL, "cannot write a profile that counts nothing: it has no type of values");
	rc = gzip_begin(&e.gzip, out, err);
	if (rc)
		return rc;
	numbering_init(&e.n, p);
	put_types(&e);
	put_samples(&e);
	put_mappings(&e);
	put_locations(&e);
	put_functions(&e);
	put_header(&e);
	put_strings(&e);
	gzip_end(&e.gzip);
	numbering_done(&e.n);
	buf_free(&e.part);
	return 0;
}

const struct output output_pprof = {
	.name = "pprof",
	.endings = ".pb.gz .pprof .prof",
	.summary = "profile.proto, gzip'ed: for go tool pprof, Pyroscope, Parca, speedscope",
	.write = pprof_encode,
};
