/* Records in, profile out: without a kernel. Names come from a kallsyms that the test writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "collectors/synth.h"
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

/* What differs between the tests. Everything else is as in open_pipeline(). */
static struct pipeline_config clock_of_all = { .event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS } },
	clock_of_tree = { .event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS }, .keep = FILTER_TREE },
	clock_of_threads = { .event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS }, .keep = FILTER_THREADS },
	clock_without_idle = { .event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS }, .excludes_idle = true },
	cycles_by_task = { .event = { .name = "cycles", .unit = EVENT_UNIT_CYCLES } },
	cycles_by_cpu = { .event = { .name = "cycles", .unit = EVENT_UNIT_CYCLES }, .by_cpu = true },
	cycles_of_user_code = { .event = { .name = "cycles:u", .unit = EVENT_UNIT_CYCLES }, .is_one_sided = true, .by_cpu = true },
	cycles_of_tree = { .event = { .name = "cycles", .unit = EVENT_UNIT_CYCLES }, .by_cpu = true, .keep = FILTER_TREE };

/* For cmocka: *state is a configuration first, then a pipeline and the records that it will be fed. */
struct fixture {
	struct pipeline p;
	struct buf records;
};

static int open_pipeline(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct pipeline_config config = *(const struct pipeline_config *)*state;

	config.interval_ns = 1e6;
	config.labels = LABEL_COMM | LABEL_PID;
	config.title = "[test]";
	config.kallsyms = kallsyms_path;
	pipeline_init(&f->p, &config);
	*state = f;
	return 0;
}

static int close_pipeline(void **state)
{
	struct fixture *f = *state;

	pipeline_done(&f->p);
	buf_free(&f->records);
	free(f);
	return 0;
}

static void feed_as(struct fixture *f, const struct record_layout *layout)
{
	struct perf_event_header header;

	for (size_t at = 0; at < f->records.n; at += header.size) {
		memcpy(&header, f->records.at + at, sizeof(header));
		pipeline_feed(&f->p, f->records.at + at, header.size, layout);
	}
	buf_clear(&f->records);
}

/* Feeds all records in the buffer, and empties it. */
static void feed(struct fixture *f)
{
	feed_as(f, &plain_layout);
}

static void finish(struct fixture *f)
{
	feed(f);
	assert_int_equal(pipeline_finish(&f->p, NULL), 0);
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

static const char *first_mapping(const struct pipeline *p)
{
	return profile_text(&p->profile, p->profile.mappings.at[0].filename);
}

/* A sample in user mode, of which the kernel walked two frames. */
static void put_user_sample(struct buf *b, uint32_t pid, uint64_t time, uint64_t ip)
{
	const struct sample_head head = { .pid = pid, .ip = ip, .time = time, .period = 1000000,
					  .misc = PERF_RECORD_MISC_USER };

	put_sample_as(b, &head, (uint64_t[]){ (uint64_t)PERF_CONTEXT_USER, ip }, 2);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static void equal_samples_become_one_with_their_sum(void **state)
{
	struct fixture *f = *state;
	const struct sample *s;

	put_comm(&f->records, 7, "cat", true, 1);
	for (uint64_t t = 2; t < 12; t++)
		put_sample(&f->records, 7, t, chain, 3);
	finish(f);
	assert_int_equal(f->p.profile.samples.n, 1);
	s = &f->p.profile.samples.at[0];
	assert_int_equal(s->values[0], 10);
	assert_int_equal(s->values[1], 10 * 1000000);
	assert_string_equal(label_of(&f->p, s, "comm"), "cat");
	assert_string_equal(label_of(&f->p, s, "pid"), "7");
	assert_string_equal(frame_of(&f->p, s, 0), "do_read");
	assert_string_equal(frame_of(&f->p, s, 1), "do_syscall");
	assert_int_equal(f->p.stats.ends[UNWIND_ROOT], 10);
	assert_int_equal(f->p.stats.named, 20);
}

static void apply(void *ctx, const struct record *record)
{
	pipeline_apply(ctx, record);
}

extern const char _start[];

/* Both walks end in _start, one by the kernel's chain and one without any: neither is cut. */
static void stacks_that_become_equal_at_their_root_are_one_sample(void **state)
{
	struct fixture *f = *state;
	const uint32_t pid = (uint32_t)getpid();
	struct synth_losses losses = { 0 };
	const struct sample_head head = { .pid = pid, .ip = (uintptr_t)_start + 1, .time = 2, .period = 1000000,
					  .misc = PERF_RECORD_MISC_USER };

	assert_true(synth_process(getpid(), apply, &f->p, &losses));
	assert_int_equal(losses.unreadable, 0);
	put_user_sample(&f->records, pid, 1, head.ip);
	put_sample_as(&f->records, &head, NULL, 0);
	finish(f);
	assert_int_equal(f->p.profile.samples.n, 1);
	assert_int_equal(f->p.profile.samples.at[0].values[0], 2);
	assert_int_equal(f->p.profile.samples.at[0].values[1], 2000000);
	assert_int_equal(f->p.stats.ends[UNWIND_ROOT], 2);
}

/* perf record -c: no sample tells its period. */
static void a_fixed_period_counts_for_each_sample(void **state)
{
	struct fixture *f = *state;
	const struct record_layout layout = { .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID, .period = 250000 };

	for (int i = 0; i < 10; i++) {
		size_t at = record_begin(&f->records, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);

		put_u64(&f->records, chain[1]);
		put_u32(&f->records, 7);
		put_u32(&f->records, 7);
		record_end(&f->records, at);
	}
	feed_as(f, &layout);
	assert_int_equal(f->p.profile.samples.n, 1);
	assert_int_equal(f->p.profile.samples.at[0].values[0], 10);
	assert_int_equal(f->p.profile.samples.at[0].values[1], 2500000);
}

static void assert_period(struct pipeline_config config, const char *type, int64_t period)
{
	struct pipeline p;

	config.title = "[test]";
	pipeline_init(&p, &config);
	assert_string_equal(profile_text(&p.profile, p.profile.period_type.type), type);
	assert_int_equal(p.profile.period, period);
	pipeline_done(&p);
}

static void the_profile_tells_a_fixed_period_in_the_events_unit(void **state)
{
	struct pipeline_config cycles = cycles_by_cpu, clock = clock_of_all;

	(void)state;
	cycles.period = 250000;
	clock.period = 1000000;
	assert_period(cycles, "cycles", 250000);
	assert_period(clock, "cpu", 1000000);
	cycles.period = clock.period = 0;
	cycles.interval_ns = clock.interval_ns = 2e6;
	assert_period(cycles, "cpu", 2000000);
	assert_period(clock, "cpu", 2000000);
}

static void a_task_that_has_just_ended_is_still_itself(void **state)
{
	struct fixture *f = *state;

	put_comm(&f->records, 100, "short", true, 1);
	put_task(&f->records, PERF_RECORD_EXIT, 100, 1, 2);
	put_sample(&f->records, (uint32_t)-1, 3, chain, 3);
	finish(f);
	assert_int_equal(f->p.stats.kept, 1);
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "comm"), "short");
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "pid"), "100");
}

static void an_idle_cpu_is_no_work(void **state)
{
	struct fixture *f = *state;

	put_sample(&f->records, 0, 1, chain, 3);
	feed(f);
	assert_int_equal(f->p.stats.kept, 0);
	assert_int_equal(f->p.stats.idle, 1);
}

/* In the records of a PID namespace everybody outside has the number 0, as the idle task has. */
static void tasks_outside_our_pid_namespace_are_kept_and_not_taken_for_idle(void **state)
{
	static const uint64_t both[] = { (uint64_t)PERF_CONTEXT_KERNEL, 0xffffffff81000010, (uint64_t)PERF_CONTEXT_USER, 0x400010 };
	struct fixture *f = *state;
	const struct sample *s;

	put_comm(&f->records, 0, "foreign", true, 1);
	put_mmap(&f->records, 0, 0x400000, "/bin/foreign", 1);
	put_sample(&f->records, 0, 2, both, 4);
	put_user_sample(&f->records, 0, 3, 0x400010);
	put_sample(&f->records, 0, 4, chain, 3);
	finish(f);
	assert_int_equal(f->p.stats.outside, 2);
	assert_int_equal(f->p.stats.idle, 1);
	assert_int_equal(f->p.stats.ends[UNWIND_CUT_OUTSIDE], 2);
	assert_string_equal(first_mapping(&f->p), "[test]");
	s = &f->p.profile.samples.at[0];
	assert_string_equal(label_of(&f->p, s, "comm"), "[outside this PID namespace]");
	assert_string_equal(label_of(&f->p, s, "pid"), "");
	assert_string_equal(frame_of(&f->p, s, 0), "do_read");
	assert_string_equal(frame_of(&f->p, s, 1), "[cut: outside this PID namespace]");
}

static void a_clock_that_leaves_out_the_idle_task_never_shows_it(void **state)
{
	struct fixture *f = *state;

	put_sample(&f->records, 0, 1, chain, 3);
	finish(f);
	assert_int_equal(f->p.stats.outside, 1);
	assert_int_equal(f->p.stats.idle, 0);
	assert_int_equal(f->p.stats.ends[UNWIND_ROOT], 1);
}

static void tasks_outside_our_pid_namespace_are_in_no_tree(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, false);
	put_task(&f->records, PERF_RECORD_FORK, 0, 0, 1);
	put_user_sample(&f->records, 0, 3, 0x400010);
	put_task(&f->records, PERF_RECORD_EXIT, 0, 0, 4);
	finish(f);
	assert_int_equal(f->p.stats.others, 1);
	assert_int_equal(f->p.stats.kept, 0);
	assert_null(processes_find(&f->p.processes, 0));
}

static void what_is_malformed_is_counted(void **state)
{
	struct fixture *f = *state;
	size_t at = record_begin(&f->records, PERF_RECORD_COMM, 0);

	put_u64(&f->records, 0);
	record_end(&f->records, at);
	feed(f);
	assert_int_equal(f->p.stats.malformed, 1);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

static void put_lost_samples(struct buf *b, uint64_t lost)
{
	size_t at = record_begin(b, PERF_RECORD_LOST_SAMPLES, 0);

	put_u64(b, lost);
	put_trailer(b, 1, 1, 1, 0);
	record_end(b, at);
}

static void losses_that_are_told_twice_count_once(void **state)
{
	struct fixture *f = *state;

	put_lost(&f->records, 5);
	put_lost(&f->records, 3);
	feed(f);
	assert_int_equal(f->p.stats.lost, 8);
	put_lost_samples(&f->records, 6); /* at the end of a file, for each event */
	put_lost_samples(&f->records, 4);
	feed(f);
	assert_int_equal(f->p.stats.lost, 10);
	assert_int_equal(f->p.stats.side_band_lost, 0);
}

static void samples_are_lost_also_where_no_callchains_were_asked_for(void **state)
{
	struct record_layout layout = plain_layout;
	struct fixture *f = *state;

	layout.sample_type &= ~(uint64_t)PERF_SAMPLE_CALLCHAIN;
	put_lost(&f->records, 5);
	feed_as(f, &layout);
	assert_int_equal(f->p.stats.lost, 5);
	layout.sample_type &= ~(uint64_t)(PERF_SAMPLE_IP | PERF_SAMPLE_PERIOD); /* as the side-band's */
	put_lost(&f->records, 7);
	feed_as(f, &layout);
	assert_int_equal(f->p.stats.lost, 5);
	assert_int_equal(f->p.stats.side_band_lost, 7);
}

/* ---- whose samples count ----------------------------------------------------------------------------------------- */

static void a_tree_grows_with_its_forks_and_leaves_out_others(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, false);
	put_task(&f->records, PERF_RECORD_FORK, 101, 100, 1);
	put_task(&f->records, PERF_RECORD_FORK, 102, 101, 2);
	put_task(&f->records, PERF_RECORD_FORK, 501, 500, 3);
	for (uint32_t pid = 100; pid < 103; pid++)
		put_sample(&f->records, pid, 10, chain, 3);
	put_sample(&f->records, 500, 11, chain, 3);
	put_sample(&f->records, 501, 11, chain, 3);
	feed(f);
	assert_int_equal(f->p.stats.kept, 3);
	assert_int_equal(f->p.stats.others, 2);
}

static void a_pid_that_is_given_out_again_is_somebody_else(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, false);
	put_task(&f->records, PERF_RECORD_FORK, 101, 100, 1);
	put_task(&f->records, PERF_RECORD_EXIT, 101, 100, 2);
	put_task(&f->records, PERF_RECORD_FORK, 101, 500, 3);
	put_sample(&f->records, 101, 4, chain, 3);
	feed(f);
	assert_int_equal(f->p.stats.kept, 0);
	assert_int_equal(f->p.stats.others, 1);
}

static void a_tid_that_is_given_out_again_is_somebody_else(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, false);
	filter_add(&f->p.filter, 102, false);
	put_sample(&f->records, 100, 1, chain, 3);
	put_task(&f->records, PERF_RECORD_EXIT, 100, 99, 2);
	put_task(&f->records, PERF_RECORD_FORK, 100, 500, 3);
	put_sample(&f->records, 100, 4, chain, 3);
	put_sample(&f->records, 102, 5, chain, 3);
	feed(f);
	assert_int_equal(f->p.stats.kept, 2);
	assert_int_equal(f->p.stats.others, 1);
}

static void a_task_that_gives_back_its_memory_is_still_itself(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, false);
	put_task(&f->records, PERF_RECORD_FORK, 101, 100, 1);
	put_comm(&f->records, 101, "short", true, 1);
	put_task(&f->records, PERF_RECORD_EXIT, 101, 100, 2);
	put_sample(&f->records, 101, 3, chain, 3); /* behind its EXIT record, with its pid */
	finish(f);
	assert_int_equal(f->p.stats.kept, 1);
	assert_string_equal(label_of(&f->p, &f->p.profile.samples.at[0], "comm"), "short");
}

static void the_ended_are_forgotten_in_the_end(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, false);
	for (uint32_t i = 0; i < 5000; i++) {
		uint64_t time = i * (uint64_t)10000000; /* a hundred a second */

		put_task(&f->records, PERF_RECORD_FORK, 1000 + i, 100, time);
		put_task(&f->records, PERF_RECORD_EXIT, 1000 + i, 100, time + 1);
		feed(f);
	}
	assert_true(f->p.ended.n < 1100);
	assert_true(f->p.processes.at.n < 600);
	assert_true(f->p.filter.at.n < 600);
}

static void a_command_counts_from_its_exec_on(void **state)
{
	struct fixture *f = *state;

	filter_add(&f->p.filter, 100, true);
	put_sample(&f->records, 100, 1, chain, 3);
	put_comm(&f->records, 100, "make", true, 2);
	put_sample(&f->records, 100, 3, chain, 3);
	feed(f);
	assert_int_equal(f->p.stats.kept, 1);
	assert_int_equal(f->p.stats.others, 1);
}

/* ---- the main program -------------------------------------------------------------------------------------------- */

/* Process 100 becomes the program, and n samples fall into it. */
static void put_program(struct buf *b, const char *path, uint64_t time, int n)
{
	put_comm(b, 100, "program", true, time);
	put_mmap(b, 100, 0x400000, path, time);
	put_mmap(b, 100, 0x500000, "/lib/ld.so", time);
	for (int i = 0; i < n; i++)
		put_user_sample(b, 100, time, 0x400010);
}

static void the_profile_is_of_what_a_wrapper_became(void **state)
{
	struct fixture *f = *state;

	pipeline_set_main(&f->p, 100);
	put_program(&f->records, "/bin/sh", 1, 0);
	put_program(&f->records, "/bin/env", 2, 0);
	put_program(&f->records, "/bin/burn", 3, 1);
	finish(f);
	assert_string_equal(first_mapping(&f->p), "/bin/burn");
	assert_int_equal(f->p.profile.locations.at[0].mapping, 0);
}

static void a_wrapper_that_was_sampled_gives_way_all_the_same(void **state)
{
	struct fixture *f = *state;
	const struct profile *profile = &f->p.profile;

	pipeline_set_main(&f->p, 100);
	put_program(&f->records, "/bin/sh", 1, 5);
	put_program(&f->records, "/bin/burn", 2, 1);
	finish(f);
	assert_string_equal(first_mapping(&f->p), "/bin/burn");
	assert_int_equal(profile->samples.n, 2);
	assert_string_equal(profile_text(profile, profile->mappings.at[profile->locations.at[0].mapping].filename),
			    "/bin/sh");
}

static void a_program_without_samples_gives_its_name_only_when_no_other_has_any(void **state)
{
	struct fixture *f = *state;

	pipeline_set_main(&f->p, 100);
	put_program(&f->records, "/bin/sh", 1, 5);
	put_program(&f->records, "/bin/env", 2, 0);
	put_program(&f->records, "/bin/true", 3, 0);
	finish(f);
	assert_string_equal(first_mapping(&f->p), "/bin/sh");
}

static void a_program_that_was_never_sampled_is_named_all_the_same(void **state)
{
	struct fixture *f = *state;

	pipeline_set_main(&f->p, 100);
	put_program(&f->records, "/bin/env", 1, 0);
	put_program(&f->records, "/bin/true", 2, 0);
	finish(f);
	assert_string_equal(first_mapping(&f->p), "/bin/true");
}

/* ---- types and weights ------------------------------------------------------------------------------------------- */

static void memory_without_a_file_is_each_process_own(void **state)
{
	struct fixture *f = *state;

	for (uint32_t pid = 21; pid < 23; pid++) {
		size_t at = record_begin(&f->records, PERF_RECORD_MMAP, 0);

		put_u32(&f->records, pid);
		put_u32(&f->records, pid);
		put_u64(&f->records, 0x40000);
		put_u64(&f->records, 0x1000);
		put_u64(&f->records, 0x40000);
		put_text(&f->records, "//anon");
		put_trailer(&f->records, pid, pid, 1, 0);
		record_end(&f->records, at);
		put_user_sample(&f->records, pid, 2, 0x40010);
	}
	finish(f);
	assert_int_equal(f->p.profile.locations.n, 2 + 1); /* and the mark of the cut */
}

static void assert_type_name(const char *event, uint32_t type, const char *want)
{
	struct pipeline_config config = { .event = { .type = type }, .title = "[test]" };
	struct pipeline p;

	memcpy(config.event.name, event, strlen(event) + 1);
	pipeline_init(&p, &config);
	assert_string_equal(profile_text(&p.profile, p.profile.types[p.period_type].type), want);
	pipeline_done(&p);
}

static void a_type_is_named_after_its_event_in_letters_that_all_readers_take(void **state)
{
	(void)state;
	assert_type_name("page-faults", PERF_TYPE_SOFTWARE, "page_faults");
	assert_type_name("page-faults:u", PERF_TYPE_SOFTWARE, "page_faults");
	assert_type_name("r01c2:ukpp", PERF_TYPE_RAW, "r01c2");
	assert_type_name("sched:sched_switch", PERF_TYPE_TRACEPOINT, "sched_sched_switch");
	assert_type_name("sched:sched_switch:k", PERF_TYPE_TRACEPOINT, "sched_sched_switch");
	assert_type_name("event", PERF_TYPE_TRACEPOINT, "event");
}

/* A CPU that is busy for n intervals of a millisecond, behind the few samples in which the kernel finds the period. */
static void put_busy_cpu(struct buf *b, uint32_t cpu, uint32_t pid, uint64_t period, uint64_t n)
{
	struct sample_head head = { .pid = pid, .cpu = cpu, .time = 1000000, .misc = PERF_RECORD_MISC_KERNEL };

	for (head.period = 1; head.period < period / 6; head.period *= 6) {
		head.time += 2000 + head.period * 1000000 / period;
		put_sample_as(b, &head, chain, 3);
	}
	head.period = period;
	for (uint64_t i = 0; i < n; i++) {
		head.time += 1000000;
		put_sample_as(b, &head, chain, 3);
	}
}

static void assert_about(int64_t got, double want)
{
	if ((double)got < 0.99 * want || (double)got > 1.01 * want)
		fail_msg("%lld is not about %.0f", (long long)got, want);
}

static void busy_cpus_take_the_same_time_whatever_their_clocks(void **state)
{
	struct fixture *f = *state;
	const struct profile *profile = &f->p.profile;

	put_busy_cpu(&f->records, 0, 10, 4000000, 1000);
	put_busy_cpu(&f->records, 1, 11, 1000000, 1000);
	finish(f);
	assert_int_equal(profile->samples.n, 2);
	assert_int_equal(profile->n_types, 3);
	assert_about(profile->samples.at[0].values[1], 4e9);
	assert_about(profile->samples.at[0].values[2], 1e9);
	assert_about(profile->samples.at[1].values[1], 1e9);
	assert_about(profile->samples.at[1].values[2], 1e9);
}

/* A third of each interval went to the kernel, whose cycles are not counted. */
static void cycles_of_one_side_are_no_time(void **state)
{
	struct fixture *f = *state;
	const struct profile *profile = &f->p.profile;

	put_busy_cpu(&f->records, 0, 10, 2000000, 1000);
	finish(f);
	assert_int_equal(profile->n_types, 2);
	assert_string_equal(profile_text(profile, profile->types[1].type), "cycles");
	assert_string_equal(profile_text(profile, profile->period_type.type), "cycles");
	assert_int_equal(profile->period, 0);
	assert_about(profile->samples.at[0].values[1], 2e9);
}

/* The time since a CPU's last sample is ours only as far as nobody else was sampled in it. */
static void samples_of_others_tell_the_clock_as_well(void **state)
{
	struct fixture *f = *state;
	struct sample_head head = { .time = 1000000, .period = 3000000, .misc = PERF_RECORD_MISC_KERNEL };

	filter_add(&f->p.filter, 100, false);
	for (int i = 0; i < 400; i++) {
		head.pid = i % 4 ? 500 : 100;
		head.time += 1000000;
		put_sample_as(&f->records, &head, chain, 3);
	}
	finish(f);
	assert_int_equal(f->p.stats.others, 300);
	assert_about(f->p.profile.samples.at[0].values[2], 100e6);
}

#define WITH(config, test) cmocka_unit_test_prestate_setup_teardown(test, open_pipeline, close_pipeline, &(config))

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(clock_of_all, equal_samples_become_one_with_their_sum),
		WITH(clock_of_all, stacks_that_become_equal_at_their_root_are_one_sample),
		WITH(clock_of_all, a_fixed_period_counts_for_each_sample),
		cmocka_unit_test(the_profile_tells_a_fixed_period_in_the_events_unit),
		WITH(clock_of_all, a_task_that_has_just_ended_is_still_itself),
		WITH(clock_of_all, an_idle_cpu_is_no_work),
		WITH(clock_of_all, tasks_outside_our_pid_namespace_are_kept_and_not_taken_for_idle),
		WITH(clock_without_idle, a_clock_that_leaves_out_the_idle_task_never_shows_it),
		WITH(clock_of_tree, tasks_outside_our_pid_namespace_are_in_no_tree),
		WITH(clock_of_all, what_is_malformed_is_counted),
		WITH(clock_of_all, losses_that_are_told_twice_count_once),
		WITH(clock_of_all, samples_are_lost_also_where_no_callchains_were_asked_for),
		WITH(clock_of_tree, a_tree_grows_with_its_forks_and_leaves_out_others),
		WITH(clock_of_tree, a_pid_that_is_given_out_again_is_somebody_else),
		WITH(clock_of_threads, a_tid_that_is_given_out_again_is_somebody_else),
		WITH(clock_of_tree, a_task_that_gives_back_its_memory_is_still_itself),
		WITH(clock_of_tree, the_ended_are_forgotten_in_the_end),
		WITH(clock_of_tree, a_command_counts_from_its_exec_on),
		WITH(clock_of_all, memory_without_a_file_is_each_process_own),
		WITH(clock_of_all, the_profile_is_of_what_a_wrapper_became),
		WITH(clock_of_all, a_wrapper_that_was_sampled_gives_way_all_the_same),
		WITH(clock_of_all, a_program_without_samples_gives_its_name_only_when_no_other_has_any),
		WITH(clock_of_all, a_program_that_was_never_sampled_is_named_all_the_same),
		cmocka_unit_test(a_type_is_named_after_its_event_in_letters_that_all_readers_take),
		WITH(cycles_by_cpu, busy_cpus_take_the_same_time_whatever_their_clocks),
		WITH(cycles_by_task, busy_cpus_take_the_same_time_whatever_their_clocks),
		WITH(cycles_of_user_code, cycles_of_one_side_are_no_time),
		WITH(cycles_of_tree, samples_of_others_tell_the_clock_as_well),
	};

	return cmocka_run_group_tests_name("pipeline", tests, write_kallsyms, remove_kallsyms);
}
