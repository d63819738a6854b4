/* The maps of a process: it chooses the paths, and a file that is given as a copy holds anything. */
#include <string.h>

#include "base/procmaps.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct bytes text = bytes_of(bytes, n);
	static struct procmaps_line line;
	size_t skipped = 0, lines = 0;

	while (procmaps_next(&text, &line, &skipped)) {
		must_hold(line.end > line.start);
		must_hold(strlen(line.path) < PROCMAPS_PATH_MAX);
		lines++;
	}
	must_hold(bytes_left(&text) == 0);
	must_hold(lines + skipped <= n);
	return 0;
}
