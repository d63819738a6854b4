/* Go's table is a file's word like any other. The bytes are the table, and its inlined calls as well. */
#include <string.h>

#include "base/alloc.h"
#include "symbolize/gopclntab.h"
#include "tests/fuzz/fuzz.h"

enum { PLACES = 64 };

static uint8_t *copy(const uint8_t *bytes, size_t n)
{
	return memcpy(xmalloc(n + 1), bytes, n);
}

static void use(const struct gopclntab *t, uint64_t vaddr)
{
	struct source_frame frames[SOURCE_FRAMES_MAX];
	size_t n = gopclntab_frames(t, vaddr, frames), length = 0;

	must_hold(n <= SOURCE_FRAMES_MAX);
	for (size_t i = 0; i < n; i++)
		length += strlen(frames[i].function) + (frames[i].file ? strlen(frames[i].file) : 0);
	must_hold(length <= 2 * n * t->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct gopclntab t;

	if (gopclntab_parse(copy(bytes, n), n, &t)) {
		uint64_t first = gopclntab_first_entry(&t);

		t.inlined = copy(bytes, n);
		t.n_inlined = n;
		for (uint64_t i = 0; i < PLACES; i++)
			use(&t, first + i * (i < PLACES / 2 ? 1 : n));
	}
	gopclntab_free(&t);
	return 0;
}
