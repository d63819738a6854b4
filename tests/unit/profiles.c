/* What a profile needs before a test can begin; functions have what compilers say of them, samples one sample each. */
#include "tests/unit/profiles.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "src/output/pprof.h"

int profile_setup(void **state)
{
	struct profile *p = calloc(1, sizeof(*p));

	profile_init(p);
	profile_add_type(p, "samples", "count");
	profile_add_type(p, "cpu", "nanoseconds");
	*state = p;
	return 0;
}

int profile_teardown(void **state)
{
	profile_free(*state);
	free(*state);
	return 0;
}

uint32_t add_mapping(struct profile *p, const char *path)
{
	return profile_add_mapping(p, &(struct mapping){ .start = 0x1000, .limit = 0x9000, .offset = 0x200,
							  .filename = profile_str(p, path),
							  .build_id = profile_str(p, "c0ffee") });
}

struct line line_of(struct profile *p, const char *name, const char *file, int64_t number)
{
	struct function f = { .name = profile_str(p, name), .system_name = profile_str(p, name),
			      .filename = profile_str(p, file), .start_line = number ? number - 1 : 0 };

	return (struct line){ .function = profile_function(p, &f), .line = number };
}

uint32_t add_named(struct profile *p, uint32_t mapping, uint64_t address, const char *name)
{
	uint32_t location = profile_location(p, mapping, address);
	struct line line = line_of(p, name, "", 0);

	profile_name_location(p, location, &line, 1);
	return location;
}

void add_sample(struct profile *p, const uint32_t *locations, size_t n, uint32_t labels)
{
	profile_add(p, profile_stack(p, locations, n), labels, (int64_t[]){ 1, 10000000 });
}

/* One of everything. */
void fill_profile(struct profile *p)
{
	uint32_t host = profile_add_mapping(p, &(struct mapping){ .filename = profile_str(p, "[system host]") });
	uint32_t app = add_mapping(p, "/usr/bin/app");
	uint32_t main_at = add_named(p, app, 0x1100, "main"), inlined = profile_location(p, app, 0x1200);
	uint32_t nameless = profile_location(p, app, 0x1300), nowhere = add_named(p, PROFILE_NONE, 1, "[cut]");
	struct line lines[] = { line_of(p, "inner", "/src/a.c", 12), line_of(p, "outer", "/src/b.c", 34) };
	struct label labels[] = {
		{ .key = profile_str(p, "comm"), .str = profile_str(p, "app") },
		{ .key = profile_str(p, "pid"), .num = 42, .num_unit = profile_str(p, "pid") },
	};
	uint32_t set = profile_labels(p, labels, 2);

	(void)host;
	profile_name_location(p, inlined, lines, 2);
	add_sample(p, (uint32_t[]){ inlined, main_at }, 2, set);
	add_sample(p, (uint32_t[]){ nameless, main_at, nowhere }, 3, 0);
	add_sample(p, NULL, 0, 0);
	p->period_type = p->types[1];
	p->period = 10000000;
	p->time_nanos = 1700000000000000000;
	p->duration_nanos = 30000000000;
	profile_comment(p, "fpprof %d", 1);
}

void encode_profile(const struct profile *p, struct buf *out)
{
	struct error err = ERROR_INIT;

	if (pprof_encode(p, out, &err))
		fail_msg("%s", err.text);
}
