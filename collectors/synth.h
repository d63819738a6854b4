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

/* The record is borrowed for the call. Lines of /proc/PID/maps that make no sense are added to *bad_lines. */
typedef void synth_emit_fn(void *ctx, const struct record *record);

/* One process: its name, its threads' names, its executable mappings. False when it cannot be read (or has gone). */
bool synth_process(pid_t pid, synth_emit_fn *emit, void *ctx, size_t *bad_lines);

/* Every process there is. */
void synth_system(synth_emit_fn *emit, void *ctx, size_t *bad_lines);

#endif
