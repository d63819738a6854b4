/*
 * `fpprof convert`: a perf.data file goes the same way as records from the rings, from record_parse() on. So a file that
 * was recorded elsewhere, with its programs and its kallsyms beside it, gives the profile that recording there would
 * have given; the replay tests stand on that.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "collectors/event.h"
#include "collectors/perfdata.h"
#include "src/cmd/commands.h"
#include "src/cmd/labels.h"
#include "src/output/output.h"
#include "src/pipeline/pipeline.h"

static const size_t file_bytes_max = (size_t)4 << 30;

struct convert_options {
	const char *path, *format, *labels, *unwind, *root, *kallsyms;
	bool quiet, verbose;
};

#define FIELD(name) offsetof(struct convert_options, name)

static const struct option convert_options[] = {
	{ 'o', "output", "FILE", OPTION_TEXT, FIELD(path), 0, 0, "The profile; '-' is standard output. Default: fpprof.pb.gz." },
	{ 0, "format", "FORMAT", OPTION_TEXT, FIELD(format), 0, 0,
	  "pprof or folded. Default: by the ending of FILE (.folded), else pprof." },
	{ 0, "labels", "LIST", OPTION_TEXT, FIELD(labels), 0, 0,
	  "Label samples with comm, pid, thread, tid, cpu, or none. Default: comm,pid,thread." },
	{ 0, "unwind", "MODE", OPTION_TEXT, FIELD(unwind), 0, 0, "hybrid (default) or fp, as for record." },
	{ 0, "symfs", "DIR", OPTION_TEXT, FIELD(root), 0, 0,
	  "Look for the programs and libraries below DIR, not on this machine." },
	{ 0, "kallsyms", "FILE", OPTION_TEXT, FIELD(kallsyms), 0, 0,
	  "Name kernel functions by this copy of /proc/kallsyms, not by this machine's." },
	{ 'q', "quiet", NULL, OPTION_FLAG, FIELD(quiet), 0, 0, "No summary." },
	{ 0 },
};

/* The first event that was sampled, not only counted along: the one with callchains, else the first. */
static const struct perfdata_event *sampled_event(const struct perfdata *pd)
{
	for (size_t i = 0; i < pd->events.n; i++)
		if (pd->events.at[i].layout.sample_type & PERF_SAMPLE_CALLCHAIN)
			return &pd->events.at[i];
	return &pd->events.at[0];
}

static int configure(const struct convert_options *o, const struct perfdata_event *e, struct pipeline_config *config,
		     struct error *err)
{
	*config = (struct pipeline_config){
		.event = event_describe(&e->attr),
		.interval_ns = e->attr.freq && e->attr.sample_freq ? 1e9 / (double)e->attr.sample_freq : 0,
		.regs_mask = e->attr.sample_regs_user,
		.labels = LABEL_COMM | LABEL_PID | LABEL_THREAD,
		.title = "[perf.data]",
		.root = o->root,
		.kallsyms = o->kallsyms,
	};
	if (o->unwind && strcmp(o->unwind, "fp") == 0)
		config->unwind = UNWIND_FP;
	else if (o->unwind && strcmp(o->unwind, "hybrid") != 0)
		return error_set(err, EINVAL, "--unwind takes hybrid or fp, not '%s'", o->unwind);
	return o->labels ? labels_parse(o->labels, &config->labels, err) : 0;
}

/* Only the records of the event that is converted, and those that every event carries. */
static void feed(struct pipeline *p, const struct perfdata *pd, const struct perfdata_event *wanted)
{
	for (size_t i = 0; i < pd->records.n; i++) {
		const struct perfdata_record *r = &pd->records.at[i];
		const struct perfdata_event *e = &pd->events.at[r->event];
		struct perf_event_header header;

		memcpy(&header, pd->bytes + r->offset, sizeof(header));
		if (header.type != PERF_RECORD_SAMPLE || e == wanted)
			pipeline_feed(p, pd->bytes + r->offset, r->size, &e->layout);
	}
}

static int write_profile(struct pipeline *p, const struct output *format, struct out_file *out, struct error *err)
{
	cleanup_buf struct buf bytes = { 0 };
	struct error unnamed = ERROR_INIT;
	int rc;

	if (pipeline_finish(p, &unnamed) < 0)
		log_note("kernel functions have no names: %s", unnamed.text);
	rc = format->write(&p->profile, &bytes, err);
	if (rc == 0)
		rc = out_file_write(out, bytes.at, bytes.n, err);
	return rc == 0 ? out_file_commit(out, err) : rc;
}

static void print_summary(const struct pipeline *p, const char *path)
{
	const struct pipeline_stats *s = &p->stats;

	fprintf(stderr, "fpprof: %llu samples, %llu lost; stacks %.1f %% complete, frames %.1f %% named; in %s\n",
		(unsigned long long)s->kept, (unsigned long long)s->lost,
		s->kept ? 100.0 * (double)s->ends[UNWIND_ROOT] / (double)s->kept : 0,
		s->frames ? 100.0 * (double)s->named / (double)s->frames : 0, path);
}

/* perf puts records without a time first: what was there before it came. */
static void set_window(struct pipeline *p, const struct perfdata *pd)
{
	size_t first = 0;

	while (first < pd->records.n && !pd->records.at[first].time)
		first++;
	if (first < pd->records.n)
		p->profile.duration_nanos = (int64_t)(pd->records.at[pd->records.n - 1].time - pd->records.at[first].time);
}

static int convert(const struct convert_options *o, const struct perfdata *pd, struct error *err)
{
	const struct perfdata_event *event = sampled_event(pd);
	const struct output *format;
	struct pipeline_config config;
	struct out_file out = OUT_FILE_INIT;
	struct pipeline pipeline;
	const char *path = o->path ? o->path : "fpprof.pb.gz";
	int rc;

	if (output_choose(path, o->format, &format, err) < 0 || configure(o, event, &config, err) < 0)
		return EXIT_USAGE;
	if (out_file_open(&out, path, err) < 0)
		return EXIT_FAILED;
	pipeline_init(&pipeline, &config);
	feed(&pipeline, pd, event);
	set_window(&pipeline, pd);
	rc = write_profile(&pipeline, format, &out, err);
	if (rc == 0 && !o->quiet)
		print_summary(&pipeline, path);
	pipeline_done(&pipeline);
	out_file_abort(&out);
	return rc == 0 ? EXIT_OK : EXIT_FAILED;
}

static int run_convert(int argc, char **argv, struct error *err)
{
	struct convert_options o = { 0 };
	cleanup_buf struct buf bytes = { 0 };
	struct perfdata pd;
	int rest, status, rc = options_parse(&command_convert, argc, argv, &o, &rest, err);

	if (rc)
		return rc < 0 ? rc : EXIT_OK;
	if (rest == argc)
		return error_set(err, EINVAL, "convert needs a file: fpprof convert perf.data -o profile.pb.gz");
	if (rest + 1 < argc)
		return error_set(err, EINVAL, "convert takes one file, and '%s' would be another", argv[rest + 1]);
	if (file_read(argv[rest], file_bytes_max, &bytes, err) < 0)
		return EXIT_FAILED;
	if (perfdata_open(&pd, bytes.at, bytes.n, err) < 0) {
		error_wrap(err, "cannot read %s", argv[rest]);
		return EXIT_FAILED;
	}
	status = convert(&o, &pd, err);
	perfdata_close(&pd);
	return status;
}

const struct command command_convert = {
	.name = "convert",
	.summary = "turn a perf.data file into a profile",
	.usage = "[OPTIONS] FILE",
	.about = "Reads a file that perf record wrote, walks and names its stacks as record does, and writes a profile.\n\n"
		 "Stacks are walked where the file has user registers and stack dumps (perf record --call-graph dwarf); "
		 "otherwise user frames are those of perf's own callchains.",
	.options = convert_options,
	.run = run_convert,
};
