/*
 * How long a profile of 100 000 stacks and 50 000 locations takes to add, to write and to read. Prints one line for each
 * step: milliseconds, best of five, and the memory that was most in use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "src/output/output.h"
#include "src/output/pprof.h"
#include "src/profile/query.h"

enum { STACKS = 100000, LOCATIONS = 50000, FUNCTIONS = 8000, DEPTH = 24, ROUNDS = 5 };

static uint64_t random_state = 1;

static uint32_t below(uint32_t n)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % n;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

static void say(const char *what, double best, size_t bytes)
{
	printf("%-8s %8.1f ms", what, best);
	if (bytes)
		printf(" %8.2f MB", (double)bytes / 1e6);
	printf("   (at most %ld MiB so far)\n", memory());
}

static void add_names(struct profile *p)
{
	char name[80];

	profile_add_mapping(p, &(struct mapping){ .filename = profile_str(p, "/bin/app"), .limit = UINT32_MAX });
	for (uint32_t i = 0; i < LOCATIONS; i++) {
		struct function f = { 0 };
		struct line line;

		snprintf(name, sizeof(name), "some_module::of_the_program::function_%u", i % FUNCTIONS);
		f.name = f.system_name = profile_str(p, name);
		line = (struct line){ .function = profile_function(p, &f), .line = i % 997 };
		profile_name_location(p, profile_location(p, 0, 0x1000 + i * 16), &line, 1);
	}
}

/* Callers repeat from stack to stack, as they do in programs; the leaves do not. */
static void add_samples(struct profile *p)
{
	uint32_t stack[DEPTH] = { 0 };
	struct label label = { .key = profile_str(p, "pid"), .num_unit = profile_str(p, "pid") };

	for (uint32_t i = 0; i < STACKS; i++) {
		for (uint32_t changed = below(1 + below(DEPTH)), k = 0; k <= changed; k++)
			stack[k] = below(LOCATIONS);
		label.num = 1 + below(200);
		profile_add(p, profile_stack(p, stack, DEPTH), profile_labels(p, &label, 1), (int64_t[]){ 1, 10000000 });
	}
}

static void time_writer(const struct profile *p, const struct output *output, struct buf *file)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();

		buf_free(file);
		if (output->write(p, file, NULL) != 0)
			abort();
		best = now() - start < best ? now() - start : best;
	}
	say(output->name, best, file->n);
}

static void time_reader(const struct buf *file)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		struct profile p;

		profile_init(&p);
		if (pprof_decode(file->at, file->n, &p, NULL) != 0)
			abort();
		best = now() - start < best ? now() - start : best;
		profile_free(&p);
	}
	say("read", best, 0);
}

static void time_top(const struct profile *p)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		struct top top;

		profile_top(p, &(struct top_options){ .type = 1, .node_fraction = 0.005 }, &top);
		top_free(&top);
		best = now() - start < best ? now() - start : best;
	}
	say("top", best, 0);
}

int main(void)
{
	struct buf file = { 0 }, folded = { 0 };
	struct profile p;
	double start;

	profile_init(&p);
	profile_add_type(&p, "samples", "count");
	profile_add_type(&p, "cpu", "nanoseconds");
	add_names(&p);
	start = now();
	add_samples(&p);
	say("add", now() - start, 0);
	time_writer(&p, &output_pprof, &file);
	time_writer(&p, &output_folded, &folded);
	time_reader(&file);
	time_top(&p);
	profile_free(&p);
	buf_free(&file);
	buf_free(&folded);
	return 0;
}
