/*
 * Names of code that processes make while they run, from the files in which compilers write them down for perf:
 * /tmp/perf-PID.map in the process' own mount namespace, a line "START SIZE NAME" for each function, in hexadecimal
 * (Linux, tools/perf/Documentation/jit-interface.txt).
 *
 * Such a file is opened when the process is first seen in memory without a file, and kept; it is read at the first
 * question, when recording is over, so what was written until then is known. Anybody can put a file into /tmp: only one
 * that belongs to the process' user or to root, and that nobody else may write to, is believed.
 */
#ifndef FPPROF_SYMBOLIZE_JIT_H
#define FPPROF_SYMBOLIZE_JIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/vec.h"

struct jit_function {
	uint64_t start, end;
	uint32_t name;   /* offset in jit_map.names */
	uint32_t number; /* of its line: code may be replaced, and the later line counts */
};

struct jit_map {
	struct jit_function_vec VEC_OF(struct jit_function) at; /* ascending by start, then by number */
	struct jit_name_vec VEC_OF(char) names;
	uint64_t skipped; /* lines that make no sense, or come after too many */
};

/* Adds the lines of a file; one that has no end yet is left out. */
void jit_map_read(struct jit_map *map, struct bytes text);
const char *jit_map_find(const struct jit_map *map, uint64_t addr); /* or NULL; valid as long as the map */
void jit_map_free(struct jit_map *map);

struct jit_process {
	pid_t pid;
	int fd;              /* -1: there is no file, or it was refused */
	bool is_read;
	const char *trouble; /* why a file that is there was refused; NULL: it was not, or there is none */
	struct jit_map map;
};

struct jits {
	struct jit_process_vec VEC_OF(struct jit_process) at;
};

/* The process has code without a file: opens what it may have written, unless that was done. */
void jits_notice(struct jits *jits, pid_t pid);
const char *jits_name(struct jits *jits, pid_t pid, uint64_t addr); /* or NULL; borrowed */
const char *jits_trouble(const struct jits *jits, pid_t pid);       /* or NULL */
void jits_free(struct jits *jits);

#endif
