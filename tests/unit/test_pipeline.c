/* Records in, profile out: without a kernel. Names come from a kallsyms that the test writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Each test starts the pipeline as it needs it. */
struct fixture {
	struct pipeline p;
	struct buf b; /* records to be fed */
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return !*state;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pipeline_done(&f->p);
	buf_free(&f->b);
	free(f);
	return 0;
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
	struct fixture *f = *state;

	start(&f->p, FILTER_ALL);
	put_comm(&f->b, 7, "cat", true, 1);
	for (uint64_t t = 2; t < 12; t++)
		put_sample(&f->b, 7, t, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(pipeline_finish(&f->p, NULL), 0);
	assert_int_equal(f->p.profile.samples.n, 1);
	assert_int_equal(f->p.profile.samples.at[0].values[0], 10);
	assert_int_equal(f->p.profile.samples.at[0].values[1], 10 * 1000000);
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "comm"), "cat");
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "pid"), "7");
	assert_string_equal(frame_of(&f->p, &f->p.profile.samples.at[0], 0), "do_read");
	assert_string_equal(frame_of(&f->p, &f->p.profile.samples.at[0], 1), "do_syscall");
	assert_int_equal(f->p.stats.ends[UNWIND_ROOT], 10);
	assert_int_equal(f->p.stats.named, 20);
}

static void a_tree_grows_with_its_forks_and_leaves_out_others(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_TREE);
	filter_add(&f->p.filter, 100, false);
	put_task(&f->b, PERF_RECORD_FORK, 101, 100, 1);
	put_task(&f->b, PERF_RECORD_FORK, 102, 101, 2);
	put_task(&f->b, PERF_RECORD_FORK, 501, 500, 3);
	for (uint32_t pid = 100; pid < 103; pid++)
		put_sample(&f->b, pid, 10, chain, 3);
	put_sample(&f->b, 500, 11, chain, 3);
	put_sample(&f->b, 501, 11, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(f->p.stats.kept, 3);
	assert_int_equal(f->p.stats.others, 2);
}

static void a_pid_that_is_given_out_again_is_somebody_else(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_TREE);
	filter_add(&f->p.filter, 100, false);
	put_task(&f->b, PERF_RECORD_FORK, 101, 100, 1);
	put_task(&f->b, PERF_RECORD_EXIT, 101, 100, 2);
	put_task(&f->b, PERF_RECORD_FORK, 101, 500, 3);
	put_sample(&f->b, 101, 4, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(f->p.stats.kept, 0);
	assert_int_equal(f->p.stats.others, 1);
}

static void a_command_counts_from_its_exec_on(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_TREE);
	filter_add(&f->p.filter, 100, true);
	put_sample(&f->b, 100, 1, chain, 3);
	put_comm(&f->b, 100, "make", true, 2);
	put_sample(&f->b, 100, 3, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(f->p.stats.kept, 1);
	assert_int_equal(f->p.stats.others, 1);
}

static void a_task_that_has_just_ended_is_still_itself(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_ALL);
	put_comm(&f->b, 100, "short", true, 1);
	put_task(&f->b, PERF_RECORD_EXIT, 100, 1, 2);
	put_sample(&f->b, (uint32_t)-1, 3, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(pipeline_finish(&f->p, NULL), 0);
	assert_int_equal(f->p.stats.kept, 1);
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "comm"), "short");
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "pid"), "100");
}

static void a_task_that_gives_back_its_memory_is_still_itself(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_TREE);
	filter_add(&f->p.filter, 100, false);
	put_task(&f->b, PERF_RECORD_FORK, 101, 100, 1);
	put_comm(&f->b, 101, "short", true, 1);
	put_task(&f->b, PERF_RECORD_EXIT, 101, 100, 2);
	put_sample(&f->b, 101, 3, chain, 3); /* behind its EXIT record, with its pid */
	feed(&f->p, &f->b);
	pipeline_finish(&f->p, NULL);
	assert_int_equal(f->p.stats.kept, 1);
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "comm"), "short");
}

static void the_ended_are_forgotten_in_the_end(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_TREE);
	filter_add(&f->p.filter, 100, false);
	for (uint32_t i = 0; i < 5000; i++) {
		uint64_t time = i * (uint64_t)10000000; /* a hundred a second */

		put_task(&f->b, PERF_RECORD_FORK, 1000 + i, 100, time);
		put_task(&f->b, PERF_RECORD_EXIT, 1000 + i, 100, time + 1);
		feed(&f->p, &f->b);
	}
	assert_true(f->p.ended.n < 1100);
	assert_true(f->p.processes.at.n < 600);
	assert_true(f->p.filter.at.n < 600);
}

static void an_idle_cpu_is_no_work(void **state)
{
	struct fixture *f = *state;

	start(&f->p, FILTER_ALL);
	put_sample(&f->b, 0, 1, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(f->p.stats.kept, 0);
	assert_int_equal(f->p.stats.idle, 1);
}

static void what_was_lost_and_malformed_is_counted(void **state)
{
	struct fixture *f = *state;
	size_t at = record_begin(&f->b, PERF_RECORD_LOST, 0);

	put_u64(&f->b, 77);
	put_u64(&f->b, 5);
	put_trailer(&f->b, 1, 1, 1, 0);
	record_end(&f->b, at);
	at = record_begin(&f->b, PERF_RECORD_COMM, 0);
	put_u64(&f->b, 0);
	record_end(&f->b, at);
	start(&f->p, FILTER_ALL);
	feed(&f->p, &f->b);
	assert_int_equal(f->p.stats.lost, 5);
	assert_int_equal(f->p.stats.malformed, 1);
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
	struct fixture *f = *state;
	double sum;

	start_cycles(&f->p, 0);
	for (uint64_t i = 0; i < 110; i++)
		put_cycles(&f->b, 0, i < 10 ? 1 : 3000000, i); /* the kernel starts with 1 and adapts */
	feed(&f->p, &f->b);
	pipeline_finish(&f->p, NULL);
	assert_int_equal(f->p.profile.n_types, 3);
	sum = (double)f->p.profile.samples.at[0].values[2];
	assert_true(sum > 99.9e6 && sum < 100.1e6); /* 100 samples of a millisecond; the first ten are nothing */
}

static void each_cpu_has_a_clock_of_its_own(void **state)
{
	struct fixture *f = *state;
	double sum;

	start_cycles(&f->p, LABEL_PID);
	for (uint64_t i = 0; i < 2000; i++)
		put_cycles(&f->b, i % 2, i % 2 ? 4000000 : 1000000, i); /* a second each, at 4 and at 1 GHz */
	feed(&f->p, &f->b);
	pipeline_finish(&f->p, NULL);
	assert_int_equal(f->p.profile.samples.n, 1); /* the CPUs were kept apart only until then */
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "cpu"), "");
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "pid"), "5");
	sum = (double)f->p.profile.samples.at[0].values[2];
	assert_true(sum > 1999e6 && sum < 2001e6);
	assert_int_equal(f->p.profile.samples.at[0].values[1], 1000 * 5000000ll);
	pipeline_done(&f->p);
	start_cycles(&f->p, LABEL_CPU);
	put_cycles(&f->b, 0, 1000000, 1);
	put_cycles(&f->b, 1, 4000000, 2);
	feed(&f->p, &f->b);
	pipeline_finish(&f->p, NULL);
	assert_int_equal(f->p.profile.samples.n, 2); /* who asked for the CPU keeps it */
}

static void a_fixed_period_is_that_of_every_sample(void **state)
{
	struct fixture *f = *state;
	struct record_layout layout = plain_layout;

	layout.sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
	layout.period = 500;
	start(&f->p, FILTER_ALL);
	put_sample(&f->b, 7, 2, chain, 3);
	memmove(f->b.at + 8 + 40, f->b.at + 8 + 48, f->b.n - 8 - 48); /* takes the period out */
	f->b.n -= 8;
	record_end(&f->b, 0);
	pipeline_feed(&f->p, f->b.at, f->b.n, &layout);
	pipeline_finish(&f->p, NULL);
	assert_int_equal(f->p.profile.samples.at[0].values[0], 1);
	assert_int_equal(f->p.profile.samples.at[0].values[1], 500);
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
		{ { .name = "cpu/event=0xc0,umask=1/u", .type = 4 }, "cpu_event_0xc0_umask_1" },
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
	struct fixture *f = *state;

	start(&f->p, FILTER_THREADS);
	filter_add(&f->p.filter, 300, false);
	put_sample(&f->b, 300, 1, chain, 3);
	put_task(&f->b, PERF_RECORD_EXIT, 300, 1, 2);
	put_sample(&f->b, 300, 3, chain, 3); /* it still runs, to give back its memory */
	put_task(&f->b, PERF_RECORD_FORK, 300, 1, 4);
	put_sample(&f->b, 300, 5, chain, 3);
	feed(&f->p, &f->b);
	assert_int_equal(f->p.stats.kept, 2);
	assert_int_equal(f->p.stats.others, 1);
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
	struct fixture *f = *state;
	static const uint64_t in_wrapper[] = { (uint64_t)PERF_CONTEXT_USER, 0x10010 },
			      in_program[] = { (uint64_t)PERF_CONTEXT_USER, 0x20010 };

	start(&f->p, FILTER_TREE);
	filter_add(&f->p.filter, 9, true);
	pipeline_set_main(&f->p, 9);
	put_comm(&f->b, 9, "env", true, 1);
	put_program(&f->b, 9, "/nowhere/env", 0x10000, 2);
	put_sample(&f->b, 9, 3, in_wrapper, 2);
	put_comm(&f->b, 9, "burn", true, 4);
	put_program(&f->b, 9, "/nowhere/burn", 0x20000, 5);
	put_program(&f->b, 9, "/nowhere/lib", 0x30000, 6);
	put_sample(&f->b, 9, 7, in_program, 2);
	put_sample(&f->b, 9, 8, chain, 3);
	feed(&f->p, &f->b);
	pipeline_finish(&f->p, NULL);
	assert_string_equal(profile_text(&f->p.profile, f->p.profile.mappings.at[0].filename), "/nowhere/burn");
	assert_int_equal(f->p.profile.mappings.n, 3); /* it, env, the kernel */
	for (size_t i = 0; i < f->p.profile.locations.n; i++) {
		const struct location *l = &f->p.profile.locations.at[i];
		const char *file = l->mapping == PROFILE_NONE ? "" :
				   profile_text(&f->p.profile, f->p.profile.mappings.at[l->mapping].filename);

		if (l->address == 0x10010)
			assert_string_equal(file, "/nowhere/env");
		if (l->address == 0x20010)
			assert_string_equal(file, "/nowhere/burn");
	}
	assert_string_equal(frame_of(&f->p, &f->p.profile.samples.at[2], 0), "do_read");
}

static void memory_without_a_file_is_each_process_own(void **state)
{
	struct fixture *f = *state;
	static const uint64_t in_code[] = { (uint64_t)PERF_CONTEXT_USER, 0x40010 };

	start(&f->p, FILTER_ALL);
	for (uint32_t pid = 21; pid < 23; pid++) {
		put_program(&f->b, pid, "//anon", 0x40000, 1);
		put_program(&f->b, pid, "/nowhere/file", 0x50000, 1);
		put_sample(&f->b, pid, 2, in_code, 2);
	}
	feed(&f->p, &f->b);
	pipeline_finish(&f->p, NULL);
	assert_int_equal(f->p.profile.locations.n, 2 + 1); /* and the mark of the cut */
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(equal_samples_become_one_with_their_sum),
		test(a_tree_grows_with_its_forks_and_leaves_out_others),
		test(a_pid_that_is_given_out_again_is_somebody_else),
		test(a_command_counts_from_its_exec_on),
		test(a_task_that_has_just_ended_is_still_itself),
		test(a_task_that_gives_back_its_memory_is_still_itself),
		test(the_ended_are_forgotten_in_the_end),
		test(an_idle_cpu_is_no_work),
		test(what_was_lost_and_malformed_is_counted),
		test(cycles_become_time_by_their_typical_period),
		test(each_cpu_has_a_clock_of_its_own),
		test(a_fixed_period_is_that_of_every_sample),
		cmocka_unit_test(a_type_is_named_by_all_of_its_event_but_modifiers),
		test(the_number_of_a_thread_that_ended_is_somebody_elses),
		test(memory_without_a_file_is_each_process_own),
		test(the_profile_is_of_the_program_that_was_executed_last),
	};

	return cmocka_run_group_tests_name("pipeline", tests, write_kallsyms, remove_kallsyms);
}
