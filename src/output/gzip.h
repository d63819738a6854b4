/*
 * One gzip member written piece by piece, and gzip'ed bytes of others read under a limit. RFC 1952; zlib does the work.
 */
#ifndef FPPROF_SRC_OUTPUT_GZIP_H
#define FPPROF_SRC_OUTPUT_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/buf.h"
#include "base/error.h"

struct gzip {
	z_stream stream;
	struct buf *out; /* borrowed; appended to */
};

int gzip_begin(struct gzip *z, struct buf *out, struct error *err);
void gzip_put(struct gzip *z, const void *bytes, size_t n);
void gzip_end(struct gzip *z);

bool gzip_is(const void *bytes, size_t n);

/* Appends what is in all members. Fails with EFBIG as soon as that is more than `limit` bytes. */
int gunzip(const void *bytes, size_t n, size_t limit, struct buf *out, struct error *err);

#endif
