/*
 * profile.proto: google/pprof's format, gzip'ed. The encoder's rules are in docs/pprof-format.md.
 * protobuf-c is used by pprof.c and pprof_read.c and nowhere else.
 */
#ifndef FPPROF_SRC_OUTPUT_PPROF_H
#define FPPROF_SRC_OUTPUT_PPROF_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "src/profile/profile.h"

enum { PPROF_BYTES_MAX = 128 << 20 }; /* of a profile that is read, after decompression */

/* Appends the gzip'ed profile to `out`. */
int pprof_encode(const struct profile *p, struct buf *out, struct error *err);

/*
 * Fills the (initialised, empty) profile from bytes, gzip'ed or not. Hostile input: bounded, every index checked; what
 * is no profile, or is damaged, fails with EBADMSG. Strings come as they are in the file: to be cleaned when printed.
 */
int pprof_decode(const void *bytes, size_t n, struct profile *p, struct error *err);

/* The same with another limit than PPROF_BYTES_MAX on the bytes after decompression. */
int pprof_decode_within(const void *bytes, size_t n, size_t limit, struct profile *p, struct error *err);

#endif
