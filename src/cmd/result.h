/*
 * The profile that record and convert make: the options that say what it is to be and where it goes, and the way from a
 * pipeline that has seen all records to a finished file.
 */
#ifndef FPPROF_SRC_CMD_RESULT_H
#define FPPROF_SRC_CMD_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/file.h"
#include "src/cmd/options.h"
#include "src/cmd/summary.h"
#include "src/output/output.h"
#include "src/pipeline/pipeline.h"

struct result_options {
	const char *path, *format, *labels, *unwind;
	bool quiet, verbose;
};

/* Rows for a command's table of options; `at` is the offset of the struct result_options in the command's own. */
#define RESULT_FIELD(at, name) ((at) + offsetof(struct result_options, name))

#define RESULT_OPTION_UNWIND(at) \
	{ 0, "unwind", "MODE", OPTION_TEXT, RESULT_FIELD(at, unwind), 0, 0, \
	  "hybrid (default): by what the program's own tables say of each address, and along frame pointers where they " \
	  "say nothing; fp: frame pointers alone; kernel: what the kernel finds along frame pointers, unchecked." }

#define RESULT_OPTIONS(at) \
	{ 'o', "output", "FILE", OPTION_TEXT, RESULT_FIELD(at, path), 0, 0, \
	  "The profile; '-' is standard output. Default: fpprof.pb.gz. It is written beside and renamed when it is " \
	  "whole." }, \
	{ 0, "format", "FORMAT", OPTION_TEXT, RESULT_FIELD(at, format), 0, 0, \
	  "pprof or folded. Default: by the ending of FILE (.folded), else pprof." }, \
	{ 0, "labels", "LIST", OPTION_TEXT, RESULT_FIELD(at, labels), 0, 0, \
	  "Label samples with comm, pid, thread, tid, cpu, or none. Default: comm,pid,thread for a system or a " \
	  "perf.data file, or for several -p; comm,thread for a command, thread for a process." }, \
	{ 'q', "quiet", NULL, OPTION_FLAG, RESULT_FIELD(at, quiet), 0, 0, "No progress, no notes, no summary." }, \
	{ 'v', "verbose", NULL, OPTION_FLAG, RESULT_FIELD(at, verbose), 0, 0, \
	  "Also say why stacks ended, which files lack symbols, and all that was counted." }

struct result {
	const struct result_options *options; /* borrowed */
	const char *path;
	const struct output *format;
	struct out_file out;
};

#define RESULT_INIT { .out = OUT_FILE_INIT }

/* Checks the options, and sets in `config` what they say of it; labels only when they are given. -q silences notes. */
int result_configure(struct result *r, const struct result_options *options, struct pipeline_config *config,
		     struct error *err);

/* Says before any work starts whether the file can be written. */
int result_open(struct result *r, struct error *err);

/* Names, comments and writes the profile, and says the summary. Its times are the caller's to set before. */
int result_write(struct result *r, struct pipeline *p, const struct origin *o, struct error *err);

/* Without a write that succeeded, no trace is left. */
void result_done(struct result *r);

#endif
