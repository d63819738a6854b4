/*
 * profile.proto: google/pprof's format, gzip'ed. The encoder's rules are in docs/pprof-format.md.
 * protobuf-c is used here and nowhere else.
 */
#ifndef FPPROF_SRC_OUTPUT_PPROF_H
#define FPPROF_SRC_OUTPUT_PPROF_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "src/profile/profile.h"

/* Appends the gzip'ed profile to `out`. */
int pprof_encode(const struct profile *p, struct buf *out, struct error *err);

/* Fills the (initialised, empty) profile from bytes, gzip'ed or not. Hostile input: bounded, every index checked. */
int pprof_decode(const void *bytes, size_t n, struct profile *p, struct error *err);

#endif
