/*
 * Makes a profile that is the same every time: make_profile KIND FILE. Each kind is there for one thing that a table of
 * functions may get wrong. Without arguments it lists the kinds.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "src/output/gzip.h"
#include "src/output/pprof.h"
#include "src/output/profile.pb-c.h"

static uint64_t random_state = 1;

static uint32_t below(uint32_t n)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % n;
}

/* Small numbers are likely, as hot functions are few. */
static uint32_t skewed(uint32_t n)
{
	return below(below(below(n) + 1) + 1);
}

static void begin(struct profile *p, const char *type, const char *unit)
{
	struct mapping first = { .start = 0x400000, .limit = 0x800000, .filename = profile_str(p, "/nonexistent/bin/app"),
				 .build_id = profile_str(p, "5ca1ab1e") };

	profile_add_type(p, "samples", "count");
	profile_add_type(p, type, unit);
	profile_add_mapping(p, &first);
	p->period_type = p->types[1];
	p->period = 10000000;
	p->time_nanos = 1700000000123456789;
	p->duration_nanos = 10 * 1000000000ll;
}

static struct line line_of(struct profile *p, const char *name, const char *file)
{
	struct function f = { .name = profile_str(p, name), .system_name = profile_str(p, name),
			      .filename = profile_str(p, file), .start_line = 10 };

	return (struct line){ .function = profile_function(p, &f), .line = 10 + below(90) };
}

/* "inner<outer" is a call compiled into its caller. */
static uint32_t place(struct profile *p, const char *names, const char *file)
{
	uint32_t location = profile_location(p, 0, 0x400000 + p->locations.n * 16);
	char *copy = xstrdup(names), *rest = copy, *name;
	struct line lines[8];
	size_t n = 0;

	while ((name = strsep(&rest, "<")))
		lines[n++] = line_of(p, name, file);
	profile_name_location(p, location, lines, n);
	free(copy);
	return location;
}

/* "leaf caller root". */
static void add(struct profile *p, const char *stack, int64_t count, int64_t value)
{
	char *copy = xstrdup(stack), *rest = copy, *name;
	uint32_t locations[16];
	size_t n = 0;

	while ((name = strsep(&rest, " ")))
		locations[n++] = place(p, name, "/src/app.c");
	profile_add(p, profile_stack(p, locations, n), 0, (int64_t[]){ count, value });
	free(copy);
}

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static void add_random(struct profile *p, uint32_t functions, uint32_t samples, int64_t unit, bool with_inlines)
{
	uint32_t *locations = xcalloc(functions, sizeof(*locations));
	char name[80];

	for (uint32_t i = 0; i < functions; i++) {
		snprintf(name, sizeof(name), "module%u::function_%u", i % 7, i);
		if (with_inlines && i % 3 == 1)
			snprintf(name, sizeof(name), "small_%u<tiny_%u<module%u::function_%u", i % 5, i % 11, i % 7, i);
		locations[i] = place(p, name, i % 2 ? "/src/odd.c" : "/src/even.c");
	}
	for (uint32_t i = 0; i < samples; i++) {
		uint32_t stack[12], depth = 2 + below(10);

		for (uint32_t k = 0; k < depth; k++)
			stack[k] = locations[skewed(functions)];
		profile_add(p, profile_stack(p, stack, depth), 0, (int64_t[]){ 1, unit * (1 + below(3)) });
	}
	free(locations);
}

static void make_cpu(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	profile_comment(p, "a comment");
	profile_comment(p, "#hidden");
	add_random(p, 60, 800, 10000000, false);
}

static void make_inlines(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add_random(p, 40, 500, 10000000, true);
	add(p, "always<caller main", 5, 50000000);
	add(p, "sometimes<caller main", 5, 50000000);
	add(p, "sometimes main", 5, 50000000);
	add(p, "self<self main", 3, 30000000);
}

static void make_many(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add_random(p, 3000, 20000, 1010101, true);
}

static void make_recursion(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add(p, "fib fib fib fib main", 7, 70000000);
	add(p, "a b a b a main", 5, 50000000);
	add(p, "main", 1, 10000000);
}

static void make_bytes(struct profile *p)
{
	begin(p, "alloc_space", "bytes");
	profile_add_type(p, "inuse_space", "bytes");
	p->default_type = profile_str(p, "alloc_space");
	p->duration_nanos = 0;
	for (uint32_t i = 0; i < 40; i++) {
		char name[32];
		uint32_t at;

		snprintf(name, sizeof(name), "new_%u", i);
		at = place(p, name, "/src/alloc.c");
		profile_add(p, profile_stack(p, &at, 1), 0, (int64_t[]){ i, (int64_t)i * i * 7777, (int64_t)i * 512 });
	}
}

static void make_count(struct profile *p)
{
	begin(p, "faults", "count");
	add_random(p, 30, 300, 1, false);
}

static void make_odd_units(struct profile *p)
{
	begin(p, "delay", "Microseconds");
	profile_add_type(p, "length", "furlongs");
	profile_add_type(p, "heap", "kb");
	p->default_type = profile_str(p, "delay");
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t at = place(p, (const char *[]){ "x", "y", "z" }[i % 3], "");

		profile_add(p, profile_stack(p, &at, 1), 0, (int64_t[]){ 1, 1ll << 3 * i, 5 * i, 1ll << 2 * i });
	}
}

static void make_tiny(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add(p, "hot main", 1, 3600ll * 1000000000 * 30);
	add(p, "cold main", 1, 1);
	add(p, "warm main", 1, 3600ll * 1000000000);
}

static void make_one(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add(p, "main", 1, 1);
}

static void make_none(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
}

static void make_zero(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add(p, "work main", 3, 0);
	add(p, "rest main", 0, 0);
}

static void make_negative(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	add(p, "better main", -3, -300000000);
	add(p, "worse main", 2, 200000000);
	add(p, "equal main", 1, 100);
	add(p, "equal other", -1, -100);
}

static void make_ties(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	for (uint32_t i = 0; i < 30; i++) {
		char stack[32];

		snprintf(stack, sizeof(stack), "f%u g%u", (i * 7) % 30, (i * 11) % 30);
		add(p, stack, 1, 10000000);
	}
}

static void make_names(struct profile *p)
{
	static const char *const names[] = {
		"operator new(unsigned long)", "std::vector<int, std::allocator<int> >::push_back(int const&)",
		"main.(*T[go.shape.int]).Method", "<unknown>", "[cut: dump too short]", "größe", "a b", "%s%n", "[lib.so]",
	};
	char *longest = xcalloc(1, 2001);

	begin(p, "cpu", "nanoseconds");
	memset(longest, 'n', 2000);
	for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
		bool is_last = i == sizeof(names) / sizeof(names[0]);
		uint32_t at = profile_location(p, 0, 0x400000 + i);
		struct line line = line_of(p, is_last ? longest : names[i], "/src/a file.c");

		profile_name_location(p, at, &line, 1);
		profile_add(p, profile_stack(p, &at, 1), 0, (int64_t[]){ 1, 10000000 });
	}
	free(longest);
}

static void make_labels(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	for (uint32_t i = 0; i < 60; i++) {
		struct label labels[] = {
			{ .key = profile_str(p, "comm"), .str = profile_str(p, i % 2 ? "cc1" : "ld") },
			{ .key = profile_str(p, "cpu"), .num = i % 4 },
			{ .key = profile_str(p, "bytes"), .num = i * 100, .num_unit = profile_str(p, "bytes") },
		};
		uint32_t at = place(p, i % 3 ? "parse" : "emit", "");

		profile_add(p, profile_stack(p, &at, 1), profile_labels(p, labels, 3), (int64_t[]){ 1, 10000000 });
	}
}

/* The whole system has no main program: the first mapping is a title. */
static void make_system(struct profile *p)
{
	begin(p, "cpu", "nanoseconds");
	p->mappings.at[0] = (struct mapping){ .filename = profile_str(p, "[system host]") };
	profile_add_mapping(p, &(struct mapping){ .filename = profile_str(p, "/nonexistent/lib/libx.so.1"),
						  .start = 0x1000, .limit = 0x9000 });
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t at = profile_location(p, i % 2, 0x1000 + i);

		profile_add(p, profile_stack(p, &at, 1), 0, (int64_t[]){ 1, 10000000 });
	}
}

static const struct kind {
	const char *name;
	void (*make)(struct profile *p);
	bool without_lines; /* as others write: every other location has no line */
} kinds[] = {
	{ "cpu", make_cpu, false }, { "inlines", make_inlines, false }, { "many", make_many, false },
	{ "recursion", make_recursion, false }, { "bytes", make_bytes, false }, { "count", make_count, false },
	{ "odd_units", make_odd_units, false }, { "tiny", make_tiny, false }, { "one", make_one, false },
	{ "none", make_none, false }, { "zero", make_zero, false }, { "negative", make_negative, false },
	{ "ties", make_ties, false }, { "names", make_names, false }, { "labels", make_labels, false },
	{ "system", make_system, false }, { "nameless", make_system, true }, { "half_named", make_inlines, true },
};

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* Our own encoder names every location, so the lines are taken out of its message. */
static void take_lines_out(struct buf *file)
{
	struct buf raw = { 0 };
	Fpprof__Pb__Profile *m;

	if (gunzip(file->at, file->n, 1ul << 30, &raw, NULL) != 0)
		abort();
	m = fpprof__pb__profile__unpack(NULL, raw.n, (uint8_t *)raw.at);
	for (size_t i = 0; i < m->n_location; i += 2)
		while (m->location[i]->n_line)
			fpprof__pb__line__free_unpacked(m->location[i]->line[--m->location[i]->n_line], NULL);
	buf_clear(file);
	file->n = fpprof__pb__profile__pack(m, (uint8_t *)buf_grow(file, fpprof__pb__profile__get_packed_size(m)));
	fpprof__pb__profile__free_unpacked(m, NULL);
	buf_free(&raw);
}

static int write_profile(const struct kind *kind, const char *path)
{
	struct out_file out = OUT_FILE_INIT;
	struct error err = ERROR_INIT;
	struct buf file = { 0 };
	struct profile p;
	int rc;

	profile_init(&p);
	kind->make(&p);
	rc = pprof_encode(&p, &file, &err);
	if (!rc && kind->without_lines)
		take_lines_out(&file);
	if (!rc && !(rc = out_file_open(&out, path, &err)) && !(rc = out_file_write(&out, file.at, file.n, &err)))
		rc = out_file_commit(&out, &err);
	if (rc)
		fprintf(stderr, "make_profile: %s\n", err.text);
	out_file_abort(&out);
	profile_free(&p);
	buf_free(&file);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (argc < 3)
			puts(kinds[i].name);
		else if (strcmp(kinds[i].name, argv[1]) == 0)
			return write_profile(&kinds[i], argv[2]);
	}
	return argc < 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
