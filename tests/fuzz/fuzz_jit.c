/* Whoever compiles at run time writes what he likes into his perf map. */
#include <string.h>

#include "symbolize/jit.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct jit_map map = { 0 };

	jit_map_read(&map, bytes_of(bytes, n));
	must_hold(map.at.n + map.skipped <= n);
	for (size_t i = 0; i < map.at.n; i++) {
		const char *name = jit_map_find(&map, map.at.at[i].start);

		must_hold(map.at.at[i].start < map.at.at[i].end);
		must_hold(!i || map.at.at[i - 1].start <= map.at.at[i].start);
		must_hold(!name || strlen(name) <= n);
	}
	jit_map_free(&map);
	return 0;
}
