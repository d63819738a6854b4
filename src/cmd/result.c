/* A profile of a file and one of a recording are told apart by where their records came from, and by nothing else. */
#include "src/cmd/result.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "src/cmd/labels.h"

static int set_unwind(const char *mode, enum unwind_mode *out, struct error *err)
{
	if (mode && !unwind_mode_parse(mode, out))
		return error_set(err, EINVAL, "--unwind takes hybrid, fp or kernel, not '%s'", mode);
	return 0;
}

int result_configure(struct result *r, const struct result_options *options, struct pipeline_config *config,
		     struct error *err)
{
	int rc = set_unwind(options->unwind, &config->unwind, err);

	r->options = options;
	r->path = options->path ? options->path : "fpprof.pb.gz";
	if (options->quiet)
		log_set_sink(NULL);
	if (rc == 0 && options->labels)
		rc = labels_parse(options->labels, &config->labels, err);
	return rc < 0 ? rc : output_choose(r->path, options->format, &r->format, err);
}

int result_open(struct result *r, struct error *err)
{
	return out_file_open(&r->out, r->path, err);
}

static void say(const struct result *r, const struct pipeline *p, const struct origin *o, size_t bytes)
{
	if (!r->options->quiet)
		summary_print(p, o, r->path, bytes);
	if (r->options->verbose)
		summary_details(p, o);
}

int result_write(struct result *r, struct pipeline *p, const struct origin *o, struct error *err)
{
	cleanup_buf struct buf bytes = { 0 };
	struct error unnamed = ERROR_INIT;
	int rc;

	if (pipeline_finish(p, &unnamed) < 0)
		log_note("kernel functions have no names: %s", unnamed.text);
	summary_comment(p, o);
	rc = r->format->write(&p->profile, &bytes, err);
	if (rc == 0)
		rc = out_file_write(&r->out, bytes.at, bytes.n, err);
	if (rc == 0)
		rc = out_file_commit(&r->out, err);
	if (rc == 0)
		say(r, p, o, bytes.n);
	return rc;
}

void result_done(struct result *r)
{
	out_file_abort(&r->out);
}
