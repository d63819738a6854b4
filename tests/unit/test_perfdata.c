/* perf.data files: the recorded one, cut at every eighth byte, and with headers that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "collectors/perfdata.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_time_order),
		cmocka_unit_test(events_have_the_names_that_the_file_gives),
		cmocka_unit_test(names_that_are_damaged_are_left_out),
		cmocka_unit_test(a_file_cut_anywhere_is_refused_or_read_within_its_bytes),
		cmocka_unit_test(a_header_that_lies_is_refused),
	};

	return cmocka_run_group_tests_name("perfdata", tests, load, unload);
}
