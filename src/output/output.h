/*
 * A writer turns a profile into the bytes of one format. One `const struct output` each; the table is in output.c.
 */
#ifndef FPPROF_SRC_OUTPUT_OUTPUT_H
#define FPPROF_SRC_OUTPUT_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"
#include "src/profile/profile.h"

struct output {
	const char *name;     /* for --format: "pprof" */
	const char *endings;  /* of file names, space-separated: ".pb.gz .pprof"; "" when none */
	const char *summary;  /* for --help */
	/* Appends the whole file to `out`. */
	int (*write)(const struct profile *p, struct buf *out, struct error *err);
};

extern const struct output output_pprof, output_folded;

/*
 * The writer for a file: by `format` when it is not NULL, else by the file name's ending, else pprof.
 * Fails when the format is not known, or when the ending is that of a format fpprof does not write.
 */
int output_choose(const char *path, const char *format, const struct output **out, struct error *err);

#endif
