/*
 * What the files of `fpprof stat` share: the words of its command line, and the job that they make.
 */
#ifndef FPPROF_SRC_CMD_STAT_H
#define FPPROF_SRC_CMD_STAT_H

#include <stdbool.h>

#include "base/error.h"
#include "collectors/event_list.h"
#include "collectors/target.h"
#include "src/cmd/counting.h"
#include "src/cmd/options.h"
#include "src/cmd/sink.h"
#include "src/pipeline/tally.h"
#include "src/stat/report.h"

struct stat_options {
	bool system, per_cpu, per_thread, no_inherit, wait_all;
	const char *cpus, *processes, *threads, *cgroup, *each_cgroup;
	struct option_words events; /* -e and --filter */
	unsigned int detailed;
	bool rusage, null, no_scale, list;
	double runs, interval, interval_count, delay, timeout;
	bool table, append, json, no_big_num, quiet;
	const char *separator, *path, *control, *versus;
	double log_fd;
};

struct stat_job {
	struct stat_options options;
	char **argv;                      /* of the command; NULL: none */
	struct event_list events;
	bool is_default;                  /* nobody asked for events by name */
	struct target target;
	struct target_vec cgroups;        /* of --for-each-cgroup */
	struct stat_name_vec VEC_OF(char *) cgroup_names; /* as the user gave them; owned */
	struct signals signals;
	struct control control;
	struct sink sink;
	struct error write_error;         /* the first one, of an interval's report */
	struct tally tally;
	struct stat_style style;
	char *what;                       /* the heading's object */
	struct stat_text_vec VEC_OF(char *) notes; /* owned */
};

/* Appends a sentence to be printed under the figures, once. */
void stat_note(struct stat_job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What one counting of this job is to be. */
struct counting_config stat_counting(struct stat_job *job);

/* The three ways of a job. All return the exit status; on failure err is set. */
int stat_count(struct stat_job *job, struct error *err);   /* once, or in intervals, or -r times */
int stat_versus(struct stat_job *job, struct error *err);  /* --vs */
int stat_list(struct stat_job *job, struct error *err);    /* --list */

/* A report in the format that was asked for, as one write. */
int stat_write(struct stat_job *job, const struct stat_report *report, struct error *err);

/* What the counters tell that figures do not show: what is missing, refused, cut; as notes. */
void stat_explain(struct stat_job *job, const struct counting *c);

/* Somebody wants no more runs. */
bool stat_is_interrupted(const struct stat_job *job, const struct counting *c);

/* The exit status for a run that did not come about. */
int stat_failed(const struct counting *c, const struct error *err);

/* Shell-like words of a command as one text, owned. */
char *stat_join(char *const *argv);

#endif
