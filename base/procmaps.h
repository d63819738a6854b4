/*
 * Lines of /proc/PID/maps, over borrowed bytes. The format is proc_pid_maps(5); the path is the process' own choice.
 */
#ifndef FPPROF_BASE_PROCMAPS_H
#define FPPROF_BASE_PROCMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { PROCMAPS_PATH_MAX = 4096 };

struct procmaps_line {
	uint64_t start, end, pgoff;
	bool is_executable;
	uint32_t major, minor;
	uint64_t inode;
	char path[PROCMAPS_PATH_MAX]; /* "" for anonymous memory; \012 is a newline again; " (deleted)" is left in place */
};

/*
 * The next line that makes sense; lines that do not are passed over and counted in *skipped (NULL: not counted).
 * False at the end.
 */
bool procmaps_next(struct bytes *text, struct procmaps_line *out, size_t *skipped);

#endif
