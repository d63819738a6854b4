/*
 * The kernel's tracepoints, as tracefs lists them: SYSTEM:NAME, and the number that an event is opened by.
 *
 * `root` is where the machine's /sys is below; "" is this machine. Numbers are given anew at each boot.
 */
#ifndef FPPROF_COLLECTORS_TRACEPOINT_H
#define FPPROF_COLLECTORS_TRACEPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dir.h"
#include "base/error.h"
#include "base/vec.h"

enum { TRACEPOINTS_MAX = 4096 };

struct tracepoint {
	char *name; /* "sched:sched_switch" */
	uint64_t id;
};

struct tracepoint_vec VEC_OF(struct tracepoint); /* release with tracepoints_free() */

void tracepoints_free(struct tracepoint_vec *v);

/* Can "SYSTEM:NAME" be one? Globs in both parts count; what is beyond letters, digits, and -_*?[] does not. */
bool tracepoint_is_name(const char *name);

/*
 * Appends the tracepoint of that name, or those that match it as a glob, at most TRACEPOINTS_MAX. Fails with ENOENT
 * when there is none (see tracepoint_known_system()), and otherwise when tracefs cannot be read.
 */
int tracepoint_find(const char *root, const char *name, struct tracepoint_vec *out, struct error *err);

bool tracepoint_known_system(const char *root, const char *system);

/* Appends "SYSTEM:NAME" of all of a system (NULL: of all systems), for hints and lists. */
void tracepoint_names(const char *root, const char *system, struct string_vec *out);
void tracepoint_systems(const char *root, struct string_vec *out);

/* The name of a number, to be freed, or NULL. Looks through all tracepoints. */
char *tracepoint_name(const char *root, uint64_t id);

#endif
