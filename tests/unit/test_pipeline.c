/* Records in, profile out: without a kernel. Names come from a kallsyms that the test writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/pipeline/pipeline.h"
#include "tests/unit/records.h"

static const uint64_t chain[] = { (uint64_t)PERF_CONTEXT_KERNEL, 0xffffffff81000010, 0xffffffff81000105 };
static char kallsyms_path[64];

static int write_kallsyms(void **state)
{
	FILE *f;

	(void)state;
	snprintf(kallsyms_path, sizeof(kallsyms_path), "kallsyms.%d.tmp", (int)getpid());
	f = fopen(kallsyms_path, "w");
	fputs("ffffffff81000000 T _stext\nffffffff81000000 T do_read\nffffffff81000100 t do_syscall\n"
	      "ffffffff81000200 T _etext\n", f);
	return fclose(f);
}

static int remove_kallsyms(void **state)
{
	(void)state;
	return unlink(kallsyms_path);
}

static void start(struct pipeline *p, enum filter_kind keep)
{
	struct pipeline_config config = {
		.event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS },
		.interval_ns = 1e6,
		.labels = LABEL_COMM | LABEL_PID,
		.keep = keep,
		.title = "[test]",
		.kallsyms = kallsyms_path,
	};

	pipeline_init(p, &config);
}

/* Feeds all records in the buffer, and empties it. */
static void feed(struct pipeline *p, struct buf *b)
{
	struct perf_event_header header;

	for (size_t at = 0; at < b->n; at += header.size) {
		memcpy(&header, b->at + at, sizeof(header));
		pipeline_feed(p, b->at + at, header.size, &plain_layout);
	}
	buf_clear(b);
}

static const char *label_of(const struct pipeline *p, const struct sample *s, const char *key)
{
	const struct run *set = &p->profile.label_sets.at[s->labels];

	for (uint32_t i = 0; i < set->n; i++) {
		const struct label *label = &p->profile.label_pool.at[set->first + i];

		if (strcmp(profile_text(&p->profile, label->key), key) == 0)
			return profile_text(&p->profile, label->str);
	}
	return "";
}

static const char *frame_of(const struct pipeline *p, const struct sample *s, uint32_t frame)
{
	const struct profile *profile = &p->profile;
	const struct run *stack = &profile->stacks.at[s->stack];
	const struct location *l = &profile->locations.at[profile->stack_pool.at[stack->first + frame]];

	return profile_text(profile, profile->functions.at[profile->lines.at[l->first_line].function].name);
}

static void equal_samples_become_one_with_their_sum(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_ALL);
	put_comm(&b, 7, "cat", true, 1);
	for (uint64_t t = 2; t < 12; t++)
		put_sample(&b, 7, t, chain, 3);
	feed(&p, &b);
	assert_int_equal(pipeline_finish(&p, NULL), 0);
	assert_int_equal(p.profile.samples.n, 1);
	assert_int_equal(p.profile.samples.at[0].values[0], 10);
	assert_int_equal(p.profile.samples.at[0].values[1], 10 * 1000000);
	assert_string_equal(label_of(&p, &p.profile.samples.at[0], "comm"), "cat");
	assert_string_equal(label_of(&p, &p.profile.samples.at[0], "pid"), "7");
	assert_string_equal(frame_of(&p, &p.profile.samples.at[0], 0), "do_read");
	assert_string_equal(frame_of(&p, &p.profile.samples.at[0], 1), "do_syscall");
	assert_int_equal(p.stats.ends[UNWIND_ROOT], 10);
	assert_int_equal(p.stats.named, 20);
	pipeline_done(&p);
}

static void a_tree_grows_with_its_forks_and_leaves_out_others(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_TREE);
	filter_add(&p.filter, 100, false);
	put_task(&b, PERF_RECORD_FORK, 101, 100, 1);
	put_task(&b, PERF_RECORD_FORK, 102, 101, 2);
	put_task(&b, PERF_RECORD_FORK, 501, 500, 3);
	for (uint32_t pid = 100; pid < 103; pid++)
		put_sample(&b, pid, 10, chain, 3);
	put_sample(&b, 500, 11, chain, 3);
	put_sample(&b, 501, 11, chain, 3);
	feed(&p, &b);
	assert_int_equal(p.stats.kept, 3);
	assert_int_equal(p.stats.others, 2);
	pipeline_done(&p);
}

static void a_pid_that_is_given_out_again_is_somebody_else(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_TREE);
	filter_add(&p.filter, 100, false);
	put_task(&b, PERF_RECORD_FORK, 101, 100, 1);
	put_task(&b, PERF_RECORD_EXIT, 101, 100, 2);
	put_task(&b, PERF_RECORD_FORK, 101, 500, 3);
	put_sample(&b, 101, 4, chain, 3);
	feed(&p, &b);
	assert_int_equal(p.stats.kept, 0);
	assert_int_equal(p.stats.others, 1);
	pipeline_done(&p);
}

static void a_command_counts_from_its_exec_on(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_TREE);
	filter_add(&p.filter, 100, true);
	put_sample(&b, 100, 1, chain, 3);
	put_comm(&b, 100, "make", true, 2);
	put_sample(&b, 100, 3, chain, 3);
	feed(&p, &b);
	assert_int_equal(p.stats.kept, 1);
	assert_int_equal(p.stats.others, 1);
	pipeline_done(&p);
}

static void a_task_that_has_just_ended_is_still_itself(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_ALL);
	put_comm(&b, 100, "short", true, 1);
	put_task(&b, PERF_RECORD_EXIT, 100, 1, 2);
	put_sample(&b, (uint32_t)-1, 3, chain, 3);
	feed(&p, &b);
	assert_int_equal(pipeline_finish(&p, NULL), 0);
	assert_int_equal(p.stats.kept, 1);
	assert_string_equal(label_of(&p, &p.profile.samples.at[0], "comm"), "short");
	assert_string_equal(label_of(&p, &p.profile.samples.at[0], "pid"), "100");
	pipeline_done(&p);
}

static void an_idle_cpu_is_no_work(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_ALL);
	put_sample(&b, 0, 1, chain, 3);
	feed(&p, &b);
	assert_int_equal(p.stats.kept, 0);
	assert_int_equal(p.stats.idle, 1);
	pipeline_done(&p);
}

static void what_was_lost_and_malformed_is_counted(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;
	size_t at = record_begin(&b, PERF_RECORD_LOST, 0);

	(void)state;
	put_u64(&b, 77);
	put_u64(&b, 5);
	put_trailer(&b, 1, 1, 1, 0);
	record_end(&b, at);
	at = record_begin(&b, PERF_RECORD_COMM, 0);
	put_u64(&b, 0);
	record_end(&b, at);
	start(&p, FILTER_ALL);
	feed(&p, &b);
	assert_int_equal(p.stats.lost, 5);
	assert_int_equal(p.stats.malformed, 1);
	pipeline_done(&p);
}

/* A sample of `period` on `cpu`: put_sample() writes a period of its own, on CPU 0. */
static void put_cycles(struct buf *b, uint32_t cpu, uint64_t period, uint64_t time)
{
	size_t at = b->n;

	put_sample(b, 5, time, chain, 3);
	memcpy(b->at + at + 8 + 32, &cpu, sizeof(cpu));
	memcpy(b->at + at + 8 + 40, &period, sizeof(period));
}

static void start_cycles(struct pipeline *p, unsigned int labels)
{
	struct pipeline_config config = {
		.event = { .name = "cycles", .unit = EVENT_UNIT_CYCLES }, .interval_ns = 1e6, .title = "[test]", .labels = labels,
	};

	pipeline_init(p, &config);
}

static void cycles_become_time_by_their_typical_period(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;
	double sum;

	(void)state;
	start_cycles(&p, 0);
	for (uint64_t i = 0; i < 110; i++)
		put_cycles(&b, 0, i < 10 ? 1 : 3000000, i); /* the kernel starts with 1 and adapts */
	feed(&p, &b);
	pipeline_finish(&p, NULL);
	assert_int_equal(p.profile.n_types, 3);
	sum = (double)p.profile.samples.at[0].values[2];
	assert_true(sum > 99.9e6 && sum < 100.1e6); /* 100 samples of a millisecond; the first ten are nothing */
	pipeline_done(&p);
}

static void each_cpu_has_a_clock_of_its_own(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;
	double sum;

	(void)state;
	start_cycles(&p, LABEL_PID);
	for (uint64_t i = 0; i < 2000; i++)
		put_cycles(&b, i % 2, i % 2 ? 4000000 : 1000000, i); /* a second each, at 4 and at 1 GHz */
	feed(&p, &b);
	pipeline_finish(&p, NULL);
	assert_int_equal(p.profile.samples.n, 1); /* the CPUs were kept apart only until then */
	assert_string_equal(label_of(&p, &p.profile.samples.at[0], "cpu"), "");
	assert_string_equal(label_of(&p, &p.profile.samples.at[0], "pid"), "5");
	sum = (double)p.profile.samples.at[0].values[2];
	assert_true(sum > 1999e6 && sum < 2001e6);
	assert_int_equal(p.profile.samples.at[0].values[1], 1000 * 5000000ll);
	pipeline_done(&p);
	start_cycles(&p, LABEL_CPU);
	put_cycles(&b, 0, 1000000, 1);
	put_cycles(&b, 1, 4000000, 2);
	feed(&p, &b);
	pipeline_finish(&p, NULL);
	assert_int_equal(p.profile.samples.n, 2); /* who asked for the CPU keeps it */
	pipeline_done(&p);
}

static void a_fixed_period_is_that_of_every_sample(void **state)
{
	struct record_layout layout = plain_layout;
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	layout.sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
	layout.period = 500;
	start(&p, FILTER_ALL);
	put_sample(&b, 7, 2, chain, 3);
	memmove(b.at + 8 + 40, b.at + 8 + 48, b.n - 8 - 48); /* takes the period out */
	b.n -= 8;
	record_end(&b, 0);
	pipeline_feed(&p, b.at, b.n, &layout);
	pipeline_finish(&p, NULL);
	assert_int_equal(p.profile.samples.at[0].values[0], 1);
	assert_int_equal(p.profile.samples.at[0].values[1], 500);
	pipeline_done(&p);
}

static void a_type_is_named_by_all_of_its_event_but_modifiers(void **state)
{
	static const struct {
		struct event event;
		const char *name;
	} cases[] = {
		{ { .name = "page-faults:u", .type = PERF_TYPE_SOFTWARE }, "page_faults" },
		{ { .name = "sched:sched_switch", .type = PERF_TYPE_TRACEPOINT }, "sched_sched_switch" },
		{ { .name = "sched:sched_switch:u", .type = PERF_TYPE_TRACEPOINT }, "sched_sched_switch" },
		{ { .name = "instructions:ukp", .type = PERF_TYPE_HARDWARE }, "instructions" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pipeline_config config = { .event = cases[i].event, .title = "[test]" };
		struct pipeline p;

		pipeline_init(&p, &config);
		assert_string_equal(profile_text(&p.profile, p.profile.types[1].type), cases[i].name);
		pipeline_done(&p);
	}
}

static void the_number_of_a_thread_that_ended_is_somebody_elses(void **state)
{
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_THREADS);
	filter_add(&p.filter, 300, false);
	put_sample(&b, 300, 1, chain, 3);
	put_task(&b, PERF_RECORD_EXIT, 300, 1, 2);
	put_sample(&b, 300, 3, chain, 3);
	feed(&p, &b);
	assert_int_equal(p.stats.kept, 1);
	assert_int_equal(p.stats.others, 1);
	pipeline_done(&p);
}

/* The program's file need not be there: its path is enough for a name. */
static void put_program(struct buf *b, uint32_t pid, const char *path, uint64_t start, uint64_t time)
{
	size_t at = record_begin(b, PERF_RECORD_MMAP, 0);

	put_u32(b, pid);
	put_u32(b, pid);
	put_u64(b, start);
	put_u64(b, 0x1000);
	put_u64(b, 0);
	put_text(b, path);
	put_trailer(b, pid, pid, time, 0);
	record_end(b, at);
}

static void the_profile_is_of_the_program_that_was_executed_last(void **state)
{
	static const uint64_t in_wrapper[] = { (uint64_t)PERF_CONTEXT_USER, 0x10010 },
			      in_program[] = { (uint64_t)PERF_CONTEXT_USER, 0x20010 };
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_TREE);
	filter_add(&p.filter, 9, true);
	pipeline_set_main(&p, 9);
	put_comm(&b, 9, "env", true, 1);
	put_program(&b, 9, "/nowhere/env", 0x10000, 2);
	put_sample(&b, 9, 3, in_wrapper, 2);
	put_comm(&b, 9, "burn", true, 4);
	put_program(&b, 9, "/nowhere/burn", 0x20000, 5);
	put_program(&b, 9, "/nowhere/lib", 0x30000, 6);
	put_sample(&b, 9, 7, in_program, 2);
	put_sample(&b, 9, 8, chain, 3);
	feed(&p, &b);
	pipeline_finish(&p, NULL);
	assert_string_equal(profile_text(&p.profile, p.profile.mappings.at[0].filename), "/nowhere/burn");
	assert_int_equal(p.profile.mappings.n, 3); /* it, env, the kernel */
	for (size_t i = 0; i < p.profile.locations.n; i++) {
		const struct location *l = &p.profile.locations.at[i];
		const char *file = l->mapping == PROFILE_NONE ? "" :
				   profile_text(&p.profile, p.profile.mappings.at[l->mapping].filename);

		if (l->address == 0x10010)
			assert_string_equal(file, "/nowhere/env");
		if (l->address == 0x20010)
			assert_string_equal(file, "/nowhere/burn");
	}
	assert_string_equal(frame_of(&p, &p.profile.samples.at[2], 0), "do_read");
	pipeline_done(&p);
}

static void memory_without_a_file_is_each_process_own(void **state)
{
	static const uint64_t in_code[] = { (uint64_t)PERF_CONTEXT_USER, 0x40010 };
	cleanup_buf struct buf b = { 0 };
	struct pipeline p;

	(void)state;
	start(&p, FILTER_ALL);
	for (uint32_t pid = 21; pid < 23; pid++) {
		put_program(&b, pid, "//anon", 0x40000, 1);
		put_program(&b, pid, "/nowhere/file", 0x50000, 1);
		put_sample(&b, pid, 2, in_code, 2);
	}
	feed(&p, &b);
	pipeline_finish(&p, NULL);
	assert_int_equal(p.profile.locations.n, 2 + 1); /* and the mark of the cut */
	pipeline_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_samples_become_one_with_their_sum),
		cmocka_unit_test(a_tree_grows_with_its_forks_and_leaves_out_others),
		cmocka_unit_test(a_pid_that_is_given_out_again_is_somebody_else),
		cmocka_unit_test(a_command_counts_from_its_exec_on),
		cmocka_unit_test(a_task_that_has_just_ended_is_still_itself),
		cmocka_unit_test(an_idle_cpu_is_no_work),
		cmocka_unit_test(what_was_lost_and_malformed_is_counted),
		cmocka_unit_test(cycles_become_time_by_their_typical_period),
		cmocka_unit_test(each_cpu_has_a_clock_of_its_own),
		cmocka_unit_test(a_fixed_period_is_that_of_every_sample),
		cmocka_unit_test(a_type_is_named_by_all_of_its_event_but_modifiers),
		cmocka_unit_test(the_number_of_a_thread_that_ended_is_somebody_elses),
		cmocka_unit_test(memory_without_a_file_is_each_process_own),
		cmocka_unit_test(the_profile_is_of_the_program_that_was_executed_last),
	};

	return cmocka_run_group_tests_name("pipeline", tests, write_kallsyms, remove_kallsyms);
}
