/* Everything that was lost, cut or guessed is said: what is counted is in one list, and whatever is said comes from it. */
#include "src/cmd/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "src/pipeline/cuts.h"

enum { UNNAMED_SHOWN = 10, CUTS_SHOWN = 10, COUNTERS = 14 };

struct counter {
	const char *what;
	uint64_t n;
	bool is_loss; /* makes the profile less true, so it is also in the one line at the end */
};

struct counters {
	struct counter at[COUNTERS];
};

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The kernel tells losses twice: in records, and in a counter of the event. */
static uint64_t samples_lost(const struct pipeline *p, const struct origin *o)
{
	return max_u64(o->lost, p->stats.lost);
}

static struct counters count(const struct pipeline *p, const struct origin *o)
{
	const struct pipeline_stats *s = &p->stats;

	return (struct counters){ {
		{ "mapping or process records lost", max_u64(o->side_band_lost, s->side_band_lost), true },
		{ "malformed records", s->malformed, true },
		{ "records out of order", o->late, true },
		{ "rings emptied because of what cannot be a record", o->corrupt, true },
		{ "lines of /proc/PID/maps that make no sense", o->bad_maps, true },
		{ "processes whose mappings may not be read (run as root, or with cap_sys_ptrace)", o->unreadable_maps, true },
		{ "mappings dropped, which were more than fpprof keeps", p->processes.maps_dropped, true },
		{ "samples of tasks outside this PID namespace, of which only kernel frames are known (start the container with "
		  "--pid=host)", s->outside, true },
		{ "samples of other processes", s->others, false },
		{ s->outside ? "samples of idle CPUs, or of kernel threads outside this PID namespace" : "samples of idle CPUs",
		  s->idle, false },
		{ "samples of other events", o->other_events, false },
		{ "records of perf's own", o->foreign, false },
		{ "stacks with frames that a rule found", s->repaired, false },
		{ "stacks with frames that only the kernel's walk reached", s->spliced, false },
	} };
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void summary_progress(const struct pipeline *p, const struct origin *o)
{
	fprintf(stderr, "\r\033[Kfpprof: %.0f s, %" PRIu64 " samples, %" PRIu64 " lost", o->seconds, p->stats.kept,
		samples_lost(p, o));
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

/* "12 samples in 5.0 s, 0 lost, throttled 0 times; stacks 99.1 % complete, frames 98.0 % named; 3 malformed records" */
static void add_truth(const struct pipeline *p, const struct origin *o, struct buf *out)
{
	const struct pipeline_stats *s = &p->stats;
	const struct counters counters = count(p, o);

	buf_printf(out, "%" PRIu64 " sample%s in %.1f s, %" PRIu64 " lost, throttled %" PRIu64 " times", s->kept,
		   s->kept == 1 ? "" : "s", o->seconds, samples_lost(p, o), s->throttled);
	if (s->kept)
		buf_printf(out, "; stacks %.1f %% complete, frames %.1f %% named",
			   percent(s->ends[UNWIND_ROOT], s->kept), percent(s->named, s->frames));
	for (size_t i = 0; i < COUNTERS; i++)
		if (counters.at[i].n && counters.at[i].is_loss)
			buf_printf(out, "; %" PRIu64 " %s", counters.at[i].n, counters.at[i].what);
	if (o->kernel_hidden)
		buf_puts(out, "; without kernel time");
	if (s->kallsyms_differ)
		buf_puts(out, "; kernel functions not named, as the kallsyms at hand are of another kernel or boot (give a copy of "
			      "the right ones with --kallsyms)");
	if (s->kallsyms_hidden)
		buf_puts(out, "; kernel names hidden (run as root, or 'sudo sysctl kernel.kptr_restrict=0')");
}

static void comment_ends(struct pipeline *p)
{
	const struct pipeline_stats *s = &p->stats;
	cleanup_buf struct buf text = { 0 };

	for (size_t i = 0; i < UNWIND_END_COUNT; i++)
		if (s->ends[i] && i != UNWIND_ROOT)
			buf_printf(&text, ", %s %" PRIu64, unwind_end_name((enum unwind_end)i), s->ends[i]);
	if (text.n)
		profile_comment(&p->profile, "stacks cut: %s", text.at + 2);
}

/* Losses are in the line of truth. */
static void comment_counters(struct pipeline *p, const struct origin *o)
{
	const struct counters counters = count(p, o);

	for (size_t i = 0; i < COUNTERS; i++)
		if (counters.at[i].n && !counters.at[i].is_loss)
			profile_comment(&p->profile, "%s: %" PRIu64, counters.at[i].what, counters.at[i].n);
}

static void comment_unnamed(struct pipeline *p)
{
	struct unnamed_vec files = { 0 };

	pipeline_unnamed(p, &files);
	for (size_t i = 0; i < files.n && i < UNNAMED_SHOWN; i++)
		profile_comment(&p->profile, "frames without a name: %.1f %% in %s%s%s",
				percent(files.at[i].frames, p->stats.frames), files.at[i].path,
				files.at[i].trouble ? ": " : "", files.at[i].trouble ? files.at[i].trouble : "");
	vec_free(&files);
}

void summary_comment(struct pipeline *p, const struct origin *o)
{
	cleanup_buf struct buf text = { 0 };
	struct utsname system;

	add_truth(p, o, &text);
	profile_comment(&p->profile, "fpprof " PACKAGE_VERSION ": %s", text.at);
	profile_comment(&p->profile, "event %s, %s", p->config.event.name, o->how);
	if (o->is_this_machine && uname(&system) == 0)
		profile_comment(&p->profile, "host %s, Linux %s", system.nodename, system.release);
	comment_ends(p);
	comment_counters(p, o);
	comment_unnamed(p);
}

void summary_print(const struct pipeline *p, const struct origin *o, const char *path, size_t bytes)
{
	cleanup_buf struct buf text = { 0 };

	add_truth(p, o, &text);
	buf_puts(&text, "; ");
	add_size(&text, bytes);
	fprintf(stderr, "fpprof: %s in %s\n", text.at, strcmp(path, "-") == 0 ? "standard output" : path);
}

static void print_unnamed(const struct pipeline *p)
{
	struct unnamed_vec files = { 0 };

	pipeline_unnamed(p, &files);
	for (size_t i = 0; i < files.n && i < UNNAMED_SHOWN; i++) {
		cleanup_buf struct buf path = { 0 };

		utf8_clean(files.at[i].path, strlen(files.at[i].path), &path);
		fprintf(stderr, "  %5.1f %%  %s: %s\n", percent(files.at[i].frames, p->stats.frames), path.at,
			files.at[i].trouble ? files.at[i].trouble : "no symbol there");
	}
	vec_free(&files);
}

static void print_cuts(const struct pipeline *p)
{
	struct cut_vec files = { 0 };

	pipeline_cuts(p, &files);
	if (files.n)
		fprintf(stderr, "Stacks cut, by the file of the last frame found:\n");
	for (size_t i = 0; i < files.n && i < CUTS_SHOWN; i++) {
		cleanup_buf struct buf path = { 0 };

		utf8_clean(files.at[i].path, strlen(files.at[i].path), &path);
		fprintf(stderr, "  %5.1f %%  %s: %s\n", percent(files.at[i].stacks, p->stats.kept), path.at,
			unwind_end_name(files.at[i].end));
	}
	vec_free(&files);
}

void summary_details(const struct pipeline *p, const struct origin *o)
{
	const struct pipeline_stats *s = &p->stats;
	const struct counters counters = count(p, o);

	fprintf(stderr, "Why stacks ended:\n");
	for (size_t i = 0; i < UNWIND_END_COUNT; i++)
		if (s->ends[i])
			fprintf(stderr, "  %5.1f %%  %s\n", percent(s->ends[i], s->kept), unwind_end_name((enum unwind_end)i));
	print_cuts(p);
	fprintf(stderr, "Frames without a name, by file (share of all frames):\n");
	print_unnamed(p);
	fprintf(stderr, "Counted besides:\n");
	for (size_t i = 0; i < COUNTERS; i++)
		fprintf(stderr, "  %7" PRIu64 "  %s\n", counters.at[i].n, counters.at[i].what);
}
