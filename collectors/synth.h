/*
 * Records that we missed because they happened before we came: /proc told as COMM and MMAP2 records.
 *
 * Call it after the events are open: what happens from then on is in the rings, and applying it on top of this is right
 * whatever the order was.
 */
#ifndef FPPROF_COLLECTORS_SYNTH_H
#define FPPROF_COLLECTORS_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collectors/record.h"

/* What /proc did not tell. Added to what is counted already. */
struct synth_losses {
	size_t bad_lines;  /* lines of /proc/PID/maps that make no sense */
	size_t unreadable; /* processes whose mappings may not be read (CAP_SYS_PTRACE), or are more than is read of them */
};

/* The record is borrowed for the call. */
typedef void synth_emit_fn(void *ctx, const struct record *record);

/* One process: its name, its threads' names, its executable mappings. False when it cannot be read (or has gone). */
bool synth_process(pid_t pid, synth_emit_fn *emit, void *ctx, struct synth_losses *losses);

/* Every process there is. */
void synth_system(synth_emit_fn *emit, void *ctx, struct synth_losses *losses);

#endif
