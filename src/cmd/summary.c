/* Everything that was lost, cut or guessed is said, in the same words on the terminal and in the file. */
#include "src/cmd/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "src/cmd/recording.h"

enum { UNNAMED_SHOWN = 10 };

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The kernel tells losses twice: in records, and in a counter that also knows of those no record has told. */
static struct sampler_losses losses(const struct recording *r)
{
	struct sampler_losses counted = sampler_losses(&r->sampler);
	const struct pipeline_stats *stats = &r->pipeline.stats;

	return (struct sampler_losses){
		.samples = max_u64(counted.samples, stats->lost),
		.side_band = max_u64(counted.side_band, stats->side_band_lost),
	};
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void summary_progress(const struct recording *r)
{
	fprintf(stderr, "\r\033[Kfpprof: %.0f s, %" PRIu64 " samples, %" PRIu64 " lost", recording_elapsed(r),
		r->pipeline.stats.kept, losses(r).samples);
	fflush(stderr);
}

void summary_progress_clear(void)
{
	fputs("\r\033[K", stderr);
}

static void add_size(struct buf *out, size_t bytes)
{
	if (bytes < 10240)
		buf_printf(out, "%zu bytes", bytes);
	else if (bytes < 10 << 20)
		buf_printf(out, "%.0f KiB", (double)bytes / 1024);
	else
		buf_printf(out, "%.1f MiB", (double)bytes / 1048576);
}

/* "1200 samples in 5.0 s, 0 lost, stacks 99.1 % complete, frames 98.0 % named" */
static void add_truth(const struct recording *r, struct buf *out)
{
	const struct pipeline_stats *s = &r->pipeline.stats;
	struct sampler_losses lost = losses(r);

	buf_printf(out, "%" PRIu64 " sample%s in %.1f s, %" PRIu64 " lost, throttled %" PRIu64 " times", s->kept,
		   s->kept == 1 ? "" : "s", recording_elapsed(r), lost.samples, s->throttled);
	if (s->kept)
		buf_printf(out, "; stacks %.1f %% complete, frames %.1f %% named",
			   percent(s->ends[UNWIND_ROOT], s->kept), percent(s->named, s->frames));
	if (lost.side_band)
		buf_printf(out, "; %" PRIu64 " mapping or process records lost", lost.side_band);
	if (s->malformed)
		buf_printf(out, "; %" PRIu64 " malformed records", s->malformed);
	if (r->sampler.kernel_hidden)
		buf_puts(out, "; without kernel time");
	if (s->kallsyms_hidden)
		buf_puts(out, "; kernel names hidden (run as root, or 'sudo sysctl kernel.kptr_restrict=0')");
}

static void comment_ends(struct recording *r)
{
	const struct pipeline_stats *s = &r->pipeline.stats;
	cleanup_buf struct buf text = { 0 };

	for (size_t i = 0; i < UNWIND_END_COUNT; i++)
		if (s->ends[i] && i != UNWIND_ROOT)
			buf_printf(&text, ", %s %" PRIu64, unwind_end_name((enum unwind_end)i), s->ends[i]);
	if (text.n)
		profile_comment(&r->pipeline.profile, "stacks cut: %s", text.at + 2);
	if (s->repaired)
		profile_comment(&r->pipeline.profile, "stacks with frames that a rule found: %" PRIu64, s->repaired);
	if (s->spliced)
		profile_comment(&r->pipeline.profile, "stacks with frames that only the kernel's walk reached: %" PRIu64,
				s->spliced);
}

static void comment_unnamed(struct recording *r)
{
	struct unnamed_vec files = { 0 };

	pipeline_unnamed(&r->pipeline, &files);
	for (size_t i = 0; i < files.n && i < UNNAMED_SHOWN; i++)
		profile_comment(&r->pipeline.profile, "frames without a name: %.1f %% in %s%s%s",
				percent(files.at[i].frames, r->pipeline.stats.frames), files.at[i].path,
				files.at[i].trouble ? ": " : "", files.at[i].trouble ? files.at[i].trouble : "");
	vec_free(&files);
}

void summary_comment(struct recording *r)
{
	cleanup_buf struct buf text = { 0 };
	struct utsname system;

	add_truth(r, &text);
	profile_comment(&r->pipeline.profile, "fpprof " PACKAGE_VERSION ": %s", text.at);
	profile_comment(&r->pipeline.profile, "event %s, %s", r->sampler.config.event.name,
			r->sampler.scope == SAMPLER_PER_CPU ? "by CPU" : "by task, inherited");
	if (uname(&system) == 0)
		profile_comment(&r->pipeline.profile, "host %s, Linux %s", system.nodename, system.release);
	comment_ends(r);
	comment_unnamed(r);
}

void summary_print(const struct recording *r, const char *path, size_t bytes)
{
	cleanup_buf struct buf text = { 0 };

	if (r->shows_progress)
		summary_progress_clear();
	add_truth(r, &text);
	buf_puts(&text, "; ");
	add_size(&text, bytes);
	fprintf(stderr, "fpprof: %s in %s\n", text.at, strcmp(path, "-") == 0 ? "standard output" : path);
}

static void print_unnamed(const struct recording *r)
{
	struct unnamed_vec files = { 0 };

	pipeline_unnamed(&r->pipeline, &files);
	for (size_t i = 0; i < files.n && i < UNNAMED_SHOWN; i++) {
		cleanup_buf struct buf path = { 0 };

		utf8_clean(files.at[i].path, strlen(files.at[i].path), &path);
		fprintf(stderr, "  %5.1f %%  %s: %s\n", percent(files.at[i].frames, r->pipeline.stats.frames), path.at,
			files.at[i].trouble ? files.at[i].trouble : "no symbol there");
	}
	vec_free(&files);
}

static size_t ring_kib(const struct recording *r)
{
	size_t bytes = 0;

	for (size_t i = 0; i < r->sampler.cpus.n; i++)
		bytes += r->sampler.cpus.at[i]->samples.map_size + r->sampler.cpus.at[i]->side.map_size;
	return bytes >> 10;
}

void summary_details(const struct recording *r)
{
	const struct pipeline_stats *s = &r->pipeline.stats;

	fprintf(stderr, "Why stacks ended:\n");
	for (size_t i = 0; i < UNWIND_END_COUNT; i++)
		if (s->ends[i])
			fprintf(stderr, "  %5.1f %%  %s\n", percent(s->ends[i], s->kept), unwind_end_name((enum unwind_end)i));
	fprintf(stderr, "Frames without a name, by file (share of all frames):\n");
	print_unnamed(r);
	fprintf(stderr, "Samples of other processes: %" PRIu64 "; of idle CPUs: %" PRIu64 "; records out of order: %" PRIu64 "\n",
		s->others, s->idle, r->sampler.merge.late);
	fprintf(stderr, "Rings: %zu KiB on %zu CPUs; stack dumps of %u bytes\n", ring_kib(r), r->sampler.cpus.n,
		r->sampler.config.stack_bytes);
}
