/* perf.data files: the recorded one, cut at every eighth byte, with headers that lie, and small ones made up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "collectors/perfdata.h"
#include "tests/unit/records.h"

static struct buf recorded;

static int load(void **state)
{
	const char *srcdir = getenv("srcdir");
	cleanup_free char *path = xasprintf("%s/tests/replay/tiny.data", srcdir ? srcdir : ".");

	(void)state;
	return file_read(path, 1 << 20, &recorded, NULL);
}

static int unload(void **state)
{
	(void)state;
	buf_free(&recorded);
	return 0;
}

static void records_come_in_time_order(void **state)
{
	struct perfdata pd;
	size_t samples = 0;

	(void)state;
	assert_int_equal(perfdata_open(&pd, recorded.at, recorded.n, NULL), 0);
	for (size_t i = 0; i < pd.records.n; i++) {
		struct record r;
		const struct perfdata_record *at = &pd.records.at[i];

		assert_true(i == 0 || at->time >= pd.records.at[i - 1].time);
		assert_true(record_parse(pd.bytes + at->offset, at->size, &pd.events.at[at->event].layout, &r));
		samples += r.type == PERF_RECORD_SAMPLE;
	}
	assert_int_equal(samples, 29);
	perfdata_close(&pd);
}

static void events_have_the_names_that_the_file_gives(void **state)
{
	struct perfdata pd;

	(void)state;
	assert_int_equal(perfdata_open(&pd, recorded.at, recorded.n, NULL), 0);
	assert_string_equal(pd.events.at[0].name, "cpu-clock:pppH");
	perfdata_close(&pd);
}

static void files_have_the_builds_that_the_file_gives(void **state)
{
	static const uint8_t start[] = { 0x97, 0x2b, 0xc3, 0x88 };
	struct perfdata pd;

	(void)state;
	assert_int_equal(perfdata_open(&pd, recorded.at, recorded.n, NULL), 0);
	assert_int_equal(pd.build_ids.n, 3);
	assert_string_equal(pd.build_ids.at[1].path, "/replay/tiny");
	assert_int_equal(pd.build_ids.at[1].n, 20);
	assert_memory_equal(pd.build_ids.at[1].bytes, start, sizeof(start));
	perfdata_close(&pd);
}

/* All that is behind the records can be missing, or made up. */
static void names_that_are_damaged_are_left_out(void **state)
{
	struct perfdata pd;
	size_t named = 0;

	(void)state;
	for (size_t n = recorded.n; n >= 8; n -= 8) {
		cleanup_buf struct buf cut = { 0 };

		buf_add(&cut, recorded.at, n);
		if (perfdata_open(&pd, cut.at, cut.n, NULL) < 0)
			break;
		named += pd.events.at[0].name[0] != '\0';
		perfdata_close(&pd);
	}
	assert_true(named > 0 && named < recorded.n / 8);
}

static void a_file_cut_anywhere_is_refused_or_read_within_its_bytes(void **state)
{
	size_t refused = 0;

	(void)state;
	for (size_t n = 0; n < recorded.n; n += 8) {
		struct perfdata pd;
		struct error err = { 0 };
		char *cut = malloc(n + 1); /* of just that size, so that a sanitizer sees what reads past it */

		memcpy(cut, recorded.at, n);
		if (perfdata_open(&pd, cut, n, &err) < 0) {
			assert_true(err.text[0]);
			refused++;
		} else {
			perfdata_close(&pd);
		}
		free(cut);
	}
	assert_true(refused * 8 > recorded.n / 2);
}

/* Puts a 64-bit word over the one at `offset`, and wants the file refused. */
static void assert_refused_with(size_t offset, uint64_t word)
{
	cleanup_buf struct buf lie = { 0 };
	struct error err = { 0 };
	struct perfdata pd;

	buf_add(&lie, recorded.at, recorded.n);
	memcpy(lie.at + offset, &word, sizeof(word));
	assert_true(perfdata_open(&pd, lie.at, lie.n, &err) < 0);
	assert_true(err.text[0]);
}

static void a_header_that_lies_is_refused(void **state)
{
	static const uint64_t lies[] = { UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 40, (uint64_t)1 << 63 };

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		assert_refused_with(16, lies[i]); /* the size of an event's description */
		assert_refused_with(24, lies[i]); /* where they are */
		assert_refused_with(32, lies[i]); /* how many bytes */
		assert_refused_with(40, lies[i]); /* where the records are */
		assert_refused_with(48, lies[i]); /* how many bytes */
	}
	assert_refused_with(0, 0);
	assert_refused_with(16, 0);
	assert_refused_with(8, 16); /* what pipe mode has */
}

/* ---- several events ---------------------------------------------------------------------------------------------- */

static void put_section(struct buf *b, uint64_t offset, uint64_t size)
{
	put_u64(b, offset);
	put_u64(b, size);
}

/* A file of two events, with ids 70 and 71: the header, their descriptions, and the ids. Records go behind it. */
static void put_file(struct buf *b, const struct perf_event_attr attrs[2], size_t record_bytes)
{
	enum { HEADER = 104, ENTRY = sizeof(*attrs) + 16, IDS = HEADER + 2 * ENTRY };

	buf_puts(b, "PERFILE2");
	put_u64(b, HEADER);
	put_u64(b, ENTRY);
	put_section(b, HEADER, 2 * ENTRY);
	put_section(b, IDS + 16, record_bytes);
	put_section(b, 0, 0);
	for (int i = 0; i < 4; i++)
		put_u64(b, 0);
	for (uint64_t i = 0; i < 2; i++) {
		struct perf_event_attr attr = attrs[i];

		attr.size = sizeof(attr);
		buf_add(b, &attr, sizeof(attr));
		put_section(b, IDS + 8 * i, 8);
	}
	put_u64(b, 70);
	put_u64(b, 71);
}

static void put_sample_with_id(struct buf *b, uint64_t time, uint64_t id)
{
	size_t at = record_begin(b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER);

	put_u64(b, 0x401000);
	put_u64(b, time);
	put_u64(b, id);
	record_end(b, at);
}

/* perf record -c 1000 -e cpu-clock -e page-faults/period=1/: neither samples nor files say more of the period. */
static void each_sample_is_its_own_events_and_has_its_fixed_period(void **state)
{
	const uint64_t type = PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_ID;
	const struct perf_event_attr attrs[] = { { .sample_type = type, .sample_id_all = 1, .sample_period = 1000 },
						 { .sample_type = type, .sample_id_all = 1, .sample_period = 1 } };
	cleanup_buf struct buf records = { 0 }, file = { 0 };
	struct perfdata pd;

	(void)state;
	for (uint64_t i = 0; i < 9; i++)
		put_sample_with_id(&records, i + 1, i % 3 ? 71 : 70);
	put_file(&file, attrs, records.n);
	buf_add(&file, records.at, records.n);
	assert_int_equal(perfdata_open(&pd, file.at, file.n, NULL), 0);
	assert_int_equal(pd.records.n, 9);
	for (size_t i = 0; i < 9; i++) {
		const struct perfdata_record *at = &pd.records.at[i];
		struct record r;

		assert_int_equal(at->event, i % 3 ? 1 : 0);
		assert_true(record_parse(pd.bytes + at->offset, at->size, &pd.events.at[at->event].layout, &r));
		assert_int_equal(r.sample.period, i % 3 ? 1 : 1000);
	}
	perfdata_close(&pd);
}

/* A file of n events, whose tables of ids are all the same: 70 and up. Records go behind it. */
static void put_shared_ids(struct buf *b, size_t n, uint64_t ids, size_t record_bytes)
{
	const struct perf_event_attr attr = { .size = sizeof(attr),
					      .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_ID };
	size_t entry = sizeof(attr) + 16, table = 104 + n * entry;

	buf_puts(b, "PERFILE2");
	put_u64(b, 104);
	put_u64(b, entry);
	put_section(b, 104, n * entry);
	put_section(b, table + 8 * ids, record_bytes);
	put_section(b, 0, 0);
	for (int i = 0; i < 4; i++)
		put_u64(b, 0);
	for (size_t i = 0; i < n; i++) {
		buf_add(b, &attr, sizeof(attr));
		put_section(b, table, 8 * ids);
	}
	for (uint64_t i = 0; i < ids; i++)
		put_u64(b, 70 + i);
}

static void tables_of_ids_that_lie_over_one_another_are_read_within_one_limit(void **state)
{
	cleanup_buf struct buf small = { 0 }, large = { 0 };
	struct error err = ERROR_INIT;
	struct perfdata pd;

	(void)state;
	put_shared_ids(&small, 4, 100, 0);
	assert_int_equal(perfdata_open(&pd, small.at, small.n, &err), 0);
	assert_int_equal(pd.ids.n, 100);
	assert_int_equal(pd.ids.at[99].event, 0);
	perfdata_close(&pd);
	put_shared_ids(&large, 64, 1 << 15, 0); /* two million */
	assert_int_equal(perfdata_open(&pd, large.at, large.n, &err), -EINVAL);
	assert_non_null(strstr(err.text, "event 32"));
}

/* Looking through all ids for each would take many seconds. */
static void the_event_of_an_id_is_found_in_no_time(void **state)
{
	enum { ids = 1 << 18, records = 80000 };
	cleanup_buf struct buf file = { 0 };
	double start = (double)clock() / CLOCKS_PER_SEC;
	struct perfdata pd = { 0 };

	(void)state;
	put_shared_ids(&file, 2, ids, records * (size_t)32);
	for (uint64_t i = 0; i < records; i++)
		put_sample_with_id(&file, i + 1, 70 + ids - 1 - i);
	assert_int_equal(perfdata_open(&pd, file.at, file.n, NULL), 0);
	assert_int_equal(pd.records.n, records);
	perfdata_close(&pd);
	assert_true((double)clock() / CLOCKS_PER_SEC - start < 3);
}

static void a_frequency_is_no_period(void **state)
{
	const struct perf_event_attr attr = { .sample_type = PERF_SAMPLE_IP, .freq = 1, .sample_freq = 999 };
	cleanup_buf struct buf file = { 0 };
	struct perfdata pd;

	(void)state;
	put_file(&file, (struct perf_event_attr[]){ attr, attr }, 0);
	assert_int_equal(perfdata_open(&pd, file.at, file.n, NULL), 0);
	assert_int_equal(pd.events.at[0].layout.period, 0);
	perfdata_close(&pd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_time_order),
		cmocka_unit_test(events_have_the_names_that_the_file_gives),
		cmocka_unit_test(files_have_the_builds_that_the_file_gives),
		cmocka_unit_test(names_that_are_damaged_are_left_out),
		cmocka_unit_test(a_file_cut_anywhere_is_refused_or_read_within_its_bytes),
		cmocka_unit_test(a_header_that_lies_is_refused),
		cmocka_unit_test(each_sample_is_its_own_events_and_has_its_fixed_period),
		cmocka_unit_test(tables_of_ids_that_lie_over_one_another_are_read_within_one_limit),
		cmocka_unit_test(the_event_of_an_id_is_found_in_no_time),
		cmocka_unit_test(a_frequency_is_no_period),
	};

	return cmocka_run_group_tests_name("perfdata", tests, load, unload);
}
