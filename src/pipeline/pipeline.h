/*
 * Where collectors, symbolize and profile meet: kernel records go in, a profile comes out.
 *
 *	pipeline_init();
 *	pipeline_apply(record) ...        what was there before: synthesised from /proc
 *	pipeline_feed(bytes) ...          the stream, in time order; each sample is unwound and interned at once
 *	pipeline_finish();                names every distinct location, weighs, and leaves the profile complete
 *	... write pipeline.profile ...
 *	pipeline_done();
 */
#ifndef FPPROF_SRC_PIPELINE_PIPELINE_H
#define FPPROF_SRC_PIPELINE_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "collectors/event.h"
#include "collectors/record.h"
#include "src/pipeline/cpu_clock.h"
#include "src/pipeline/filter.h"
#include "src/pipeline/places.h"
#include "src/profile/profile.h"
#include "symbolize/process.h"
#include "symbolize/unwind.h"

enum pipeline_label {
	LABEL_COMM = 1 << 0,   /* the process' name */
	LABEL_PID = 1 << 1,
	LABEL_THREAD = 1 << 2, /* the thread's name */
	LABEL_TID = 1 << 3,
	LABEL_CPU = 1 << 4,
};

struct pipeline_config {
	struct event event;
	double interval_ns;    /* that one sample stands for; 0: the rate was fixed by period */
	uint64_t period;       /* then: in the event's own unit */
	bool by_cpu;           /* each CPU has one event, whoever runs; else each task has its own */
	bool excludes_idle;    /* the event's exclude_idle */
	bool is_one_sided;     /* the event leaves out user code or the kernel */
	uint64_t regs_mask;
	unsigned int labels;   /* enum pipeline_label, or'ed */
	enum filter_kind keep;
	enum unwind_mode unwind;
	const char *title;     /* names the profile where no program does: "[system HOST]" */
	bool is_live;          /* the processes run here and now: what they write down of their own code is used */
	const char *root;      /* directory with the files of another machine, or NULL. Borrowed */
	const char *kallsyms;  /* NULL: /proc/kallsyms. Borrowed */
	bool is_recorded;      /* the records are a file's: their kernel may be another boot's or machine's than kallsyms */
};

/* Everything that a profile's reader must be told of how true it is. Counts of samples, if not said otherwise. */
struct pipeline_stats {
	uint64_t kept, others;        /* in the profile; of processes that are not the target */
	uint64_t outside;             /* in the profile, of tasks outside our PID namespace, which have no number here */
	uint64_t idle;                /* taken while a CPU idled */
	uint64_t lost, side_band_lost; /* as the records tell; the sampler has its own figures */
	uint64_t throttled;           /* times the kernel held sampling back */
	uint64_t malformed;           /* records that could not be parsed */
	uint64_t ends[UNWIND_END_COUNT];
	uint64_t repaired;            /* stacks in which a rule found a frame that the frame pointer would have skipped */
	uint64_t spliced;             /* stacks that go on where the dump ended, with what the kernel's own walk found */
	uint64_t frames, named;       /* frames in all samples; those with a function's name */
	bool kallsyms_hidden;
	bool kallsyms_differ;         /* they are of another kernel or boot than the records, so that nothing is named by them */
};

/* The last thread that ended on a CPU: it keeps running for a little while without a pid. */
struct last_exit {
	pid_t pid, tid;
	bool is_kept;
	uint32_t name, thread_name; /* strings of the profile */
};

/* A task that has ended, and may run on for a while. */
struct ended_task {
	uint64_t time; /* of its EXIT record */
	pid_t pid, tid;
	bool is_process; /* it was the last of its process */
};

struct pipeline_cpu {
	struct last_exit exit;
	struct cpu_clock clock;
};

struct pipeline {
	struct pipeline_config config;
	struct profile profile;
	struct images images;
	struct processes processes;
	struct filter filter;
	struct places places;
	struct pipeline_stats stats;
	struct pipeline_cpu_vec VEC_OF(struct pipeline_cpu) cpus; /* by number */
	struct ended_vec VEC_OF(struct ended_task) ended; /* ascending by time; those before `buried` are forgotten */
	size_t buried;
	uint64_t lost_told, lost_counted; /* the two tellings of losses, see count_lost() */
	pid_t main_pid;          /* whose program the profile is of; 0: nobody's */
	bool main_is_known;
	uint64_t kernel_anchor;  /* the address that the records tell of _text or _stext; 0: they do not */
	size_t ns_type;          /* the column of nanoseconds, or PROFILE_TYPES_MAX */
	size_t period_type;      /* the column of the event's own unit, or PROFILE_TYPES_MAX */
	uint32_t label_keys[5];
	uint64_t *unnamed_frames; /* by place, weighted by samples; NULL before pipeline_finish() */
	struct unwind_result *scratch;
	struct number_vec stack; /* of the sample at hand */
};

void pipeline_init(struct pipeline *p, const struct pipeline_config *config);
void pipeline_done(struct pipeline *p);

/* Whatever has that path, where its mappings do not tell their build themselves: n bytes of a build id. Before they come. */
void pipeline_tell_build(struct pipeline *p, const char *path, const uint8_t *bytes, size_t n);

/* The process whose program gives the profile its name. */
void pipeline_set_main(struct pipeline *p, pid_t pid);

/* One raw record. */
void pipeline_feed(struct pipeline *p, const void *record, size_t size, const struct record_layout *layout);

/* One parsed record. */
void pipeline_apply(struct pipeline *p, const struct record *record);

/*
 * Names everything and completes the profile: time_nanos and duration_nanos are the caller's to set.
 * Fails only when kallsyms cannot be read, and then everything else is done all the same.
 */
int pipeline_finish(struct pipeline *p, struct error *err);

/* What would give names to a file's functions. */
enum remedy {
	REMEDY_NONE,
	REMEDY_DEBUG_PACKAGE, /* a file of the distribution: its package NAME-dbgsym, NAME-dbg or NAME-debuginfo */
	REMEDY_BUILD_WITH_G,  /* somebody's own: not stripping it, or building it with -g */
	REMEDY_PERF_MAP,      /* made at run time: a compiler that writes a perf map (node --perf-basic-prof, ...) */
	REMEDY_KALLSYMS,      /* the kernel: sysctl kernel.kptr_restrict=0, or root */
};

/* Files without symbols: their share of all frames that have no name. */
struct unnamed_file {
	const char *path;
	const char *trouble; /* why it could not be read; NULL: it has no symbols for what ran */
	enum remedy remedy;
	uint64_t frames;
};
struct unnamed_vec VEC_OF(struct unnamed_file);

/* Most first; release with vec_free(). Valid after pipeline_finish(), as long as the pipeline. */
void pipeline_unnamed(const struct pipeline *p, struct unnamed_vec *out);

#endif
