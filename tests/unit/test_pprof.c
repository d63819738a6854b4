/*
 * What is encoded obeys the readers' rules and comes back as it was. The rules are looked at in the messages themselves,
 * not through our own decoder.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "src/output/gzip.h"
#include "src/output/pprof.h"
#include "src/output/profile.pb-c.h"
#include "tests/unit/profiles.h"

static Fpprof__Pb__Profile *message_of(const struct profile *p)
{
	struct buf zipped = { 0 }, raw = { 0 };
	Fpprof__Pb__Profile *message;

	encode_profile(p, &zipped);
	assert_int_equal(gunzip(zipped.at, zipped.n, 1 << 30, &raw, NULL), 0);
	message = fpprof__pb__profile__unpack(NULL, raw.n, (uint8_t *)raw.at);
	assert_non_null(message);
	buf_free(&zipped);
	buf_free(&raw);
	return message;
}

static const char *text(const Fpprof__Pb__Profile *m, int64_t index)
{
	assert_true(index >= 0 && (size_t)index < m->n_string_table);
	return m->string_table[index];
}

static void done(Fpprof__Pb__Profile *m)
{
	fpprof__pb__profile__free_unpacked(m, NULL);
}

/* ---- what was written comes back --------------------------------------------------------------------------------- */

static void print_stack(const struct profile *p, const struct run *stack, struct buf *out)
{
	for (uint32_t i = 0; i < stack->n; i++) {
		const struct location *l = &p->locations.at[p->stack_pool.at[stack->first + i]];
		const char *file = l->mapping == PROFILE_NONE ? "-" :
				   profile_text(p, p->mappings.at[l->mapping].filename);

		buf_printf(out, " %s@%" PRIx64, file, l->address);
		for (uint32_t k = 0; k < l->n_lines; k++) {
			const struct line *line = &p->lines.at[l->first_line + k];
			const struct function *f = &p->functions.at[line->function];

			buf_printf(out, "(%s|%s|%s:%" PRId64 ":%" PRId64 "+%" PRId64 ")", profile_text(p, f->name),
				   profile_text(p, f->system_name), profile_text(p, f->filename), line->line, line->column,
				   f->start_line);
		}
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_labels(const struct profile *p, const struct run *set, struct buf *out)
{
	char *texts[8];

	for (uint32_t i = 0; i < set->n; i++) {
		const struct label *l = &p->label_pool.at[set->first + i];

		texts[i] = xasprintf(" %s=%s/%" PRId64 "%s", profile_text(p, l->key), profile_text(p, l->str), l->num,
				     profile_text(p, l->num_unit));
	}
	qsort(texts, set->n, sizeof(texts[0]), by_text);
	for (uint32_t i = 0; i < set->n; i++) {
		buf_puts(out, texts[i]);
		free(texts[i]);
	}
}

/* All that a reader can see, as text. */
static void print_profile(const struct profile *p, struct buf *out)
{
	buf_printf(out, "default %s, period %" PRId64 " %s/%s, at %" PRId64 " for %" PRId64 "\n",
		   profile_text(p, p->default_type), p->period, profile_text(p, p->period_type.type),
		   profile_text(p, p->period_type.unit), p->time_nanos, p->duration_nanos);
	for (size_t i = 0; i < p->n_types; i++)
		buf_printf(out, "type %s/%s\n", profile_text(p, p->types[i].type), profile_text(p, p->types[i].unit));
	for (size_t i = 0; i < p->comments.n; i++)
		buf_printf(out, "comment %s\n", profile_text(p, p->comments.at[i]));
	for (size_t i = 0; i < p->mappings.n; i++) {
		const struct mapping *m = &p->mappings.at[i];

		buf_printf(out, "mapping %s %s %" PRIx64 "-%" PRIx64 "+%" PRIx64 "\n", profile_text(p, m->filename),
			   profile_text(p, m->build_id), m->start, m->limit, m->offset);
	}
	for (size_t i = 0; i < p->samples.n; i++) {
		const struct sample *s = &p->samples.at[i];

		for (size_t k = 0; k < p->n_types; k++)
			buf_printf(out, "%" PRId64 " ", s->values[k]);
		print_stack(p, &p->stacks.at[s->stack], out);
		print_labels(p, &p->label_sets.at[s->labels], out);
		buf_putc(out, '\n');
	}
}

static void assert_comes_back(const struct profile *p, const char *want)
{
	struct buf file = { 0 }, got = { 0 };
	struct error err = ERROR_INIT;
	struct profile back;

	encode_profile(p, &file);
	profile_init(&back);
	if (pprof_decode(file.at, file.n, &back, &err))
		fail_msg("%s", err.text);
	print_profile(&back, &got);
	assert_string_equal(got.at, want);
	profile_free(&back);
	buf_free(&file);
	buf_free(&got);
}

static void a_profile_comes_back_as_it_was(void **state)
{
	struct profile *p = *state;
	struct buf want = { 0 };

	fill_profile(p);
	struct line named = line_of(p, "named now", "", 0);
	profile_name_location(p, profile_location(p, 1, 0x1300), &named, 1);
	print_profile(p, &want);
	assert_comes_back(p, want.at);
	buf_free(&want);
}

static void a_large_profile_comes_back_as_it_was(void **state)
{
	struct profile *p = *state;
	struct buf want = { 0 };
	char name[32];

	for (uint32_t m = 0; m < 5; m++)
		add_mapping(p, (snprintf(name, sizeof(name), "/lib/%u.so", m), name));
	for (uint32_t i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "function_%u", i / 3);
		add_named(p, i % 5, 0x1000 + i, name);
	}
	for (uint32_t i = 0; i < 5000; i++) {
		struct label label = { .key = profile_str(p, "tid"), .num = i % 7 + 1, .num_unit = profile_str(p, "tid") };

		add_sample(p, (uint32_t[]){ i % 3000, i % 2999, i % 11, i % 3 }, i % 5, profile_labels(p, &label, i % 2));
	}
	print_profile(p, &want);
	assert_comes_back(p, want.at);
	buf_free(&want);
}

static void extreme_numbers_come_back(void **state)
{
	struct profile *p = *state;
	struct buf want = { 0 };
	struct label label = { .key = profile_str(p, "n"), .num = INT64_MIN, .num_unit = profile_str(p, "u") };
	uint32_t location = add_named(p, PROFILE_NONE, UINT64_MAX, "top");

	profile_add(p, profile_stack(p, &location, 1), profile_labels(p, &label, 1), (int64_t[]){ INT64_MAX, INT64_MIN });
	p->time_nanos = INT64_MAX;
	print_profile(p, &want);
	assert_comes_back(p, want.at);
	buf_free(&want);
}

static void equal_profiles_are_equal_files(void **state)
{
	struct buf a = { 0 }, b = { 0 };

	fill_profile(*state);
	encode_profile(*state, &a);
	encode_profile(*state, &b);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.at, b.at, a.n);
	buf_free(&a);
	buf_free(&b);
}

static void bytes_that_are_not_compressed_are_read(void **state)
{
	struct buf file = { 0 }, raw = { 0 };
	struct profile back;

	fill_profile(*state);
	encode_profile(*state, &file);
	assert_int_equal(gunzip(file.at, file.n, 1 << 30, &raw, NULL), 0);
	profile_init(&back);
	assert_int_equal(pprof_decode(raw.at, raw.n, &back, NULL), 0);
	assert_int_equal(back.samples.n, 3);
	profile_free(&back);
	buf_free(&file);
	buf_free(&raw);
}

/* ---- the rules of the encoder ------------------------------------------------------------------------------------ */

static void the_file_is_one_gzip_member(void **state)
{
	struct buf file = { 0 };
	z_stream stream = { 0 };
	char out[65536];

	fill_profile(*state);
	encode_profile(*state, &file);
	assert_true(gzip_is(file.at, file.n));
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_in = (Bytef *)file.at;
	stream.avail_in = (uInt)file.n;
	stream.next_out = (Bytef *)out;
	stream.avail_out = sizeof(out);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	inflateEnd(&stream);
	buf_free(&file);
}

static void the_first_string_is_empty_and_all_are_clean(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;

	fill_profile(p);
	add_sample(p, (uint32_t[]){ add_named(p, 0, 9, "bad\xff\x01name\n") }, 1, 0);
	profile_comment(p, "\xc3\x28");
	m = message_of(p);
	assert_string_equal(m->string_table[0], "");
	for (size_t i = 0; i < m->n_string_table; i++)
		assert_true(utf8_is_clean(m->string_table[i], strlen(m->string_table[i])));
	done(m);
}

static void ids_are_the_index_and_one(void **state)
{
	Fpprof__Pb__Profile *m;

	fill_profile(*state);
	m = message_of(*state);
	for (size_t i = 0; i < m->n_mapping; i++)
		assert_int_equal(m->mapping[i]->id, i + 1);
	for (size_t i = 0; i < m->n_location; i++)
		assert_int_equal(m->location[i]->id, i + 1);
	for (size_t i = 0; i < m->n_function; i++)
		assert_int_equal(m->function[i]->id, i + 1);
	done(m);
}

static void every_reference_leads_somewhere(void **state)
{
	Fpprof__Pb__Profile *m;

	fill_profile(*state);
	m = message_of(*state);
	for (size_t i = 0; i < m->n_sample; i++) {
		assert_int_equal(m->sample[i]->n_value, m->n_sample_type);
		for (size_t k = 0; k < m->sample[i]->n_location_id; k++)
			assert_in_range(m->sample[i]->location_id[k], 1, m->n_location);
	}
	for (size_t i = 0; i < m->n_location; i++) {
		assert_in_range(m->location[i]->mapping_id, 0, m->n_mapping);
		for (size_t k = 0; k < m->location[i]->n_line; k++)
			assert_in_range(m->location[i]->line[k]->function_id, 1, m->n_function);
	}
	done(m);
}

static void every_location_has_a_line(void **state)
{
	Fpprof__Pb__Profile *m;
	const char *name = NULL;

	fill_profile(*state);
	m = message_of(*state);
	for (size_t i = 0; i < m->n_location; i++) {
		assert_true(m->location[i]->n_line > 0);
		if (m->location[i]->address == 0x1300)
			name = text(m, m->function[m->location[i]->line[0]->function_id - 1]->name);
	}
	assert_string_equal(name, "app+0x500");
	done(m);
}

static void only_what_samples_use_is_written(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;
	uint32_t first = add_mapping(p, "/bin/first"), unused = add_mapping(p, "/bin/unused");
	uint32_t used = add_mapping(p, "/bin/used");

	add_named(p, unused, 0x2000, "never seen");
	add_sample(p, (uint32_t[]){ add_named(p, used, 0x3000, "seen") }, 1, 0);
	assert_int_equal(first, 0);
	m = message_of(p);
	assert_int_equal(m->n_location, 1);
	assert_int_equal(m->n_function, 1);
	assert_int_equal(m->n_mapping, 2);
	for (size_t i = 0; i < m->n_string_table; i++)
		assert_null(strstr(m->string_table[i], "never seen"));
	done(m);
}

static void the_first_mapping_stays_the_first_even_unused(void **state)
{
	Fpprof__Pb__Profile *m;

	fill_profile(*state);
	m = message_of(*state);
	assert_string_equal(text(m, m->mapping[0]->filename), "[system host]");
	done(m);
}

static void a_mapping_claims_what_its_locations_show(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;
	uint32_t nameless = add_mapping(p, "/lib/nameless"), named = add_mapping(p, "/lib/named");
	uint32_t lines = add_mapping(p, "/lib/lines"), at = profile_location(p, lines, 0x1000);
	struct line both[] = { line_of(p, "in", "a.c", 3), line_of(p, "out", "a.c", 9) };

	p->mappings.at[nameless].has_functions = true; /* not so */
	profile_name_location(p, at, both, 2);
	add_sample(p, (uint32_t[]){ profile_location(p, nameless, 1), add_named(p, named, 2, "f"), at }, 3, 0);
	m = message_of(p);
	assert_false(m->mapping[nameless]->has_functions);
	assert_true(m->mapping[named]->has_functions);
	assert_false(m->mapping[named]->has_filenames || m->mapping[named]->has_line_numbers);
	assert_true(m->mapping[lines]->has_functions && m->mapping[lines]->has_filenames &&
		    m->mapping[lines]->has_line_numbers && m->mapping[lines]->has_inline_frames);
	done(m);
}

static void frames_keep_their_order(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;

	fill_profile(p);
	m = message_of(p);
	const Fpprof__Pb__Location *leaf = m->location[m->sample[0]->location_id[0] - 1];

	assert_int_equal(leaf->address, 0x1200);
	assert_string_equal(text(m, m->function[leaf->line[0]->function_id - 1]->name), "inner");
	assert_string_equal(text(m, m->function[leaf->line[1]->function_id - 1]->name), "outer");
	assert_int_equal(m->function[leaf->line[1]->function_id - 1]->start_line, 33);
	done(m);
}

static void a_number_without_a_unit_gets_its_key_as_one(void **state)
{
	struct profile *p = *state;
	struct label label = { .key = profile_str(p, "cpu"), .num = 0 };
	Fpprof__Pb__Profile *m;

	add_sample(p, NULL, 0, profile_labels(p, &label, 1));
	m = message_of(p);
	assert_string_equal(text(m, m->sample[0]->label[0]->num_unit), "cpu");
	done(m);
}

static void text_labels_have_neither_number_nor_unit(void **state)
{
	struct profile *p = *state;
	struct label label = { .key = profile_str(p, "comm"), .str = profile_str(p, "sh"), .num = 5,
			       .num_unit = profile_str(p, "x") };
	Fpprof__Pb__Profile *m;

	add_sample(p, NULL, 0, profile_labels(p, &label, 1));
	m = message_of(p);
	assert_int_equal(m->sample[0]->label[0]->num, 0);
	assert_int_equal(m->sample[0]->label[0]->num_unit, 0);
	done(m);
}

static void names_of_types_suit_every_reader(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;

	p->n_types = 0;
	profile_add_type(p, "cache-misses", "count");
	profile_add_type(p, "123", "count");
	profile_add_type(p, "cache_misses", "count");
	profile_add_type(p, "", "count");
	p->default_type = profile_str(p, "cache-misses");
	m = message_of(p);
	assert_string_equal(text(m, m->sample_type[0]->type), "cache_misses");
	assert_string_equal(text(m, m->sample_type[1]->type), "_123");
	assert_string_equal(text(m, m->sample_type[2]->type), "cache_misses_3");
	assert_string_equal(text(m, m->sample_type[3]->type), "_");
	assert_string_equal(text(m, m->default_sample_type), "cache_misses");
	done(m);
}

static void a_default_that_is_no_type_is_left_out(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;

	p->default_type = profile_str(p, "wall");
	m = message_of(p);
	assert_int_equal(m->default_sample_type, 0);
	assert_null(m->period_type);
	done(m);
}

static void a_name_to_be_read_as_it_is_has_no_linker_name(void **state)
{
	struct profile *p = *state;
	Fpprof__Pb__Profile *m;

	add_sample(p, (uint32_t[]){ add_named(p, PROFILE_NONE, 1, "<unknown>"), add_named(p, PROFILE_NONE, 2, "plain"),
				    add_named(p, PROFILE_NONE, 3, "_ZN1aE") }, 3, 0);
	m = message_of(p);
	assert_string_equal(text(m, m->function[0]->system_name), "");
	assert_string_equal(text(m, m->function[1]->system_name), "plain");
	assert_string_equal(text(m, m->function[2]->system_name), "_ZN1aE");
	done(m);
}

static void no_frames_are_dropped_by_the_file(void **state)
{
	Fpprof__Pb__Profile *m;

	fill_profile(*state);
	m = message_of(*state);
	assert_int_equal(m->drop_frames, 0);
	assert_int_equal(m->keep_frames, 0);
	done(m);
}

static void a_profile_without_types_is_refused(void **state)
{
	struct profile *p = *state;
	struct buf file = { 0 };

	p->n_types = 0;
	assert_int_equal(pprof_encode(p, &file, NULL), -EINVAL);
	assert_int_equal(file.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROFILE(a_profile_comes_back_as_it_was),
		WITH_PROFILE(a_large_profile_comes_back_as_it_was),
		WITH_PROFILE(extreme_numbers_come_back),
		WITH_PROFILE(equal_profiles_are_equal_files),
		WITH_PROFILE(bytes_that_are_not_compressed_are_read),
		WITH_PROFILE(the_file_is_one_gzip_member),
		WITH_PROFILE(the_first_string_is_empty_and_all_are_clean),
		WITH_PROFILE(ids_are_the_index_and_one),
		WITH_PROFILE(every_reference_leads_somewhere),
		WITH_PROFILE(every_location_has_a_line),
		WITH_PROFILE(only_what_samples_use_is_written),
		WITH_PROFILE(the_first_mapping_stays_the_first_even_unused),
		WITH_PROFILE(a_mapping_claims_what_its_locations_show),
		WITH_PROFILE(frames_keep_their_order),
		WITH_PROFILE(a_number_without_a_unit_gets_its_key_as_one),
		WITH_PROFILE(text_labels_have_neither_number_nor_unit),
		WITH_PROFILE(names_of_types_suit_every_reader),
		WITH_PROFILE(a_default_that_is_no_type_is_left_out),
		WITH_PROFILE(a_name_to_be_read_as_it_is_has_no_linker_name),
		WITH_PROFILE(no_frames_are_dropped_by_the_file),
		WITH_PROFILE(a_profile_without_types_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
