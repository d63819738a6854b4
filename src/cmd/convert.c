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
#include "src/cmd/result.h"
#include "src/pipeline/pipeline.h"

static const size_t file_bytes_max = (size_t)4 << 30;

struct convert_options {
	const char *root, *kallsyms;
	struct result_options result;
};

#define FIELD(name) offsetof(struct convert_options, name)

static const struct option convert_options[] = {
	RESULT_OPTION_UNWIND(FIELD(result)),
	{ 0, "symfs", "DIR", OPTION_TEXT, FIELD(root), 0, 0,
	  "Look for the programs and libraries below DIR, not on this machine. One of another build than what ran, by the build "
	  "ids in FILE, is not used." },
	{ 0, "kallsyms", "FILE", OPTION_TEXT, FIELD(kallsyms), 0, 0,
	  "Name kernel functions by this copy of /proc/kallsyms, not by this machine's. They are not named by one of another "
	  "kernel or boot." },
	RESULT_OPTIONS(FIELD(result)),
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

/* What a number means may differ from machine to machine, so the file's own name for it counts. */
static struct event describe(const struct perfdata_event *e)
{
	struct event event = event_describe(&e->attr, NULL);

	if (e->name[0])
		snprintf(event.name, sizeof(event.name), "%s", e->name);
	return event;
}

static struct pipeline_config configure(const struct convert_options *o, const struct perfdata_event *e)
{
	return (struct pipeline_config){
		.excludes_idle = e->attr.exclude_idle,
		.is_one_sided = e->attr.exclude_user || e->attr.exclude_kernel,
		.event = describe(e),
		.interval_ns = e->attr.freq && e->attr.sample_freq ? 1e9 / (double)e->attr.sample_freq : 0,
		.period = e->layout.period,
		.by_cpu = e->attr.sample_type & PERF_SAMPLE_CPU, /* perf asks for it where it opens events by CPU */
		.regs_mask = e->attr.sample_regs_user,
		.labels = LABEL_COMM | LABEL_PID | LABEL_THREAD,
		.title = "[perf.data]",
		.root = o->root,
		.kallsyms = o->kallsyms,
		.is_recorded = true,
	};
}

/* Only the records of the event that is converted, and those that every event carries. */
static void feed(struct pipeline *p, const struct perfdata *pd, const struct perfdata_event *wanted,
		 struct origin *origin)
{
	for (size_t i = 0; i < pd->records.n; i++) {
		const struct perfdata_record *r = &pd->records.at[i];
		const struct perfdata_event *e = &pd->events.at[r->event];
		struct perf_event_header header;

		memcpy(&header, pd->bytes + r->offset, sizeof(header));
		if (header.type == PERF_RECORD_SAMPLE && e != wanted)
			origin->other_events++;
		else
			pipeline_feed(p, pd->bytes + r->offset, r->size, &e->layout);
	}
}

/* perf puts records without a time first: what was there before it came. */
static int64_t window_ns(const struct perfdata *pd)
{
	const struct perfdata_record *at = pd->records.at, *end = at + pd->records.n;

	while (at < end && !at->time)
		at++;
	return at < end ? (int64_t)(end[-1].time - at->time) : 0;
}

static int make_profile(struct result *result, const struct pipeline_config *config, const struct perfdata *pd,
			const struct perfdata_event *event, struct error *err)
{
	struct origin origin = { .how = "from a perf.data file", .foreign = pd->skipped };
	struct pipeline pipeline;
	int rc;

	pipeline_init(&pipeline, config);
	for (size_t i = 0; i < pd->build_ids.n; i++)
		pipeline_tell_build(&pipeline, pd->build_ids.at[i].path, pd->build_ids.at[i].bytes, pd->build_ids.at[i].n);
	feed(&pipeline, pd, event, &origin);
	pipeline.profile.duration_nanos = window_ns(pd);
	origin.seconds = (double)pipeline.profile.duration_nanos / 1e9;
	rc = result_write(result, &pipeline, &origin, err);
	pipeline_done(&pipeline);
	return rc;
}

static int convert(const struct convert_options *o, const struct perfdata *pd, struct error *err)
{
	const struct perfdata_event *event = sampled_event(pd);
	struct pipeline_config config = configure(o, event);
	struct result result = RESULT_INIT;
	int rc;

	if (result_configure(&result, &o->result, &config, err) < 0)
		return EXIT_USAGE;
	rc = result_open(&result, err);
	if (rc == 0)
		rc = make_profile(&result, &config, pd, event, err);
	result_done(&result);
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
