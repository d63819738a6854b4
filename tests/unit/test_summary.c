/* What a profile says of itself: nothing that is counted may be missing. */
#include "src/cmd/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void start(struct pipeline *p)
{
	const struct pipeline_config config = {
		.event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS }, .title = "[test]", .kallsyms = "/dev/null",
	};

	pipeline_init(p, &config);
	pipeline_finish(p, NULL);
	p->stats = (struct pipeline_stats){ 0 };
}

static void comments_of(struct pipeline *p, const struct origin *o, struct buf *out)
{
	summary_comment(p, o);
	for (size_t i = 0; i < p->profile.comments.n; i++)
		buf_printf(out, "%s\n", profile_text(&p->profile, p->profile.comments.at[i]));
}

static void assert_says(const struct buf *text, uint64_t number)
{
	char wanted[24];

	snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)number);
	if (!strstr(text->at, wanted))
		fail_msg("%s is not in:\n%s", wanted, text->at);
}

/* Of these the comments give the share. */
static bool is_told_as_a_share(const struct pipeline_stats *s, const uint64_t *counter)
{
	return counter == &s->frames || counter == &s->named || counter == &s->ends[UNWIND_ROOT];
}

/* All but the last field are numbers, whichever they are: a new one is in the comments or fails here. */
static void every_counter_of_the_pipeline_is_in_the_comments(void **state)
{
	const size_t n = offsetof(struct pipeline_stats, kallsyms_hidden) / sizeof(uint64_t);
	const struct origin origin = { .how = "by hand" };
	cleanup_buf struct buf text = { 0 };
	struct pipeline p;
	uint64_t *counters = (uint64_t *)(void *)&p.stats;

	(void)state;
	start(&p);
	for (size_t i = 0; i < n; i++)
		counters[i] = 70001 + i;
	comments_of(&p, &origin, &text);
	for (size_t i = 0; i < n; i++)
		if (!is_told_as_a_share(&p.stats, &counters[i]))
			assert_says(&text, 70001 + i);
	pipeline_done(&p);
}

static void mappings_that_were_dropped_are_in_the_comments(void **state)
{
	const struct origin origin = { .how = "by hand" };
	cleanup_buf struct buf text = { 0 };
	struct pipeline p;

	(void)state;
	start(&p);
	p.processes.maps_dropped = 90001;
	comments_of(&p, &origin, &text);
	assert_says(&text, 90001);
	pipeline_done(&p);
}

static void every_counter_of_the_source_is_in_the_comments(void **state)
{
	const struct origin origin = {
		.how = "by hand", .seconds = 80001, .lost = 80002, .side_band_lost = 80003, .late = 80004, .corrupt = 80005,
		.bad_maps = 80006, .other_events = 80007, .foreign = 80008,
		.unreadable_maps = 80009,
	};
	cleanup_buf struct buf text = { 0 };
	struct pipeline p;

	(void)state;
	start(&p);
	comments_of(&p, &origin, &text);
	for (uint64_t n = 80001; n <= 80009; n++)
		assert_says(&text, n);
	assert_non_null(strstr(text.at, "event cpu-clock, by hand"));
	assert_null(strstr(text.at, "host"));
	pipeline_done(&p);
}

static void what_was_lost_is_said_once_though_it_is_counted_twice(void **state)
{
	const struct origin origin = { .how = "by hand", .lost = 5, .side_band_lost = 2 };
	cleanup_buf struct buf text = { 0 };
	struct pipeline p;

	(void)state;
	start(&p);
	p.stats.lost = 3;
	p.stats.side_band_lost = 4;
	comments_of(&p, &origin, &text);
	assert_non_null(strstr(text.at, " 5 lost,"));
	assert_non_null(strstr(text.at, "; 4 mapping or process records lost"));
	pipeline_done(&p);
}

static void what_did_not_happen_is_not_said(void **state)
{
	const struct origin origin = { .how = "by hand", .seconds = 1.5 };
	cleanup_buf struct buf text = { 0 };
	struct pipeline p;

	(void)state;
	start(&p);
	comments_of(&p, &origin, &text);
	assert_string_equal(text.at, "fpprof " PACKAGE_VERSION ": 0 samples in 1.5 s, 0 lost, throttled 0 times\n"
				     "event cpu-clock, by hand\n");
	pipeline_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_of_the_pipeline_is_in_the_comments),
		cmocka_unit_test(mappings_that_were_dropped_are_in_the_comments),
		cmocka_unit_test(every_counter_of_the_source_is_in_the_comments),
		cmocka_unit_test(what_was_lost_is_said_once_though_it_is_counted_twice),
		cmocka_unit_test(what_did_not_happen_is_not_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
