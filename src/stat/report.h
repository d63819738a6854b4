/*
 * What a counting run found out, as plain data: rows of counts, and the times beside them. Who counted (the kernel, a
 * test) and who prints (text, CSV, JSON) meet here and nowhere else.
 *
 * All strings are borrowed and outlive the report. Times are in seconds, if not said otherwise.
 */
#ifndef FPPROF_SRC_STAT_REPORT_H
#define FPPROF_SRC_STAT_REPORT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vec.h"

enum stat_state {
	STAT_COUNTED,
	STAT_NOT_COUNTED,   /* the event is open, and never got onto the hardware: there is no value, not a value of 0 */
	STAT_NOT_SUPPORTED, /* this machine has no such counter */
};

/* What an event means to the derived column; see derive.h. */
enum stat_role {
	STAT_ROLE_NONE,     /* no derived value */
	STAT_ROLE_CLOCK,    /* task-clock, cpu-clock, in milliseconds: "CPUs utilized" */
	STAT_ROLE_EVENT,    /* a software event or a tracepoint: a rate */
	STAT_ROLE_CYCLES,
	STAT_ROLE_INSTRUCTIONS,
	STAT_ROLE_STALLED_FRONTEND,
	STAT_ROLE_STALLED_BACKEND,
	STAT_ROLE_BRANCHES,
	STAT_ROLE_BRANCH_MISSES,
	STAT_ROLE_CACHE_REFERENCES,
	STAT_ROLE_CACHE_MISSES,
	/* each cache's accesses, and its misses right behind them */
	STAT_ROLE_L1D, STAT_ROLE_L1D_MISSES,
	STAT_ROLE_L1I, STAT_ROLE_L1I_MISSES,
	STAT_ROLE_LLC, STAT_ROLE_LLC_MISSES,
	STAT_ROLE_DTLB, STAT_ROLE_DTLB_MISSES,
	STAT_ROLE_ITLB, STAT_ROLE_ITLB_MISSES,
	STAT_ROLE_OTHER_HARDWARE, /* a rate */
};

/* What the rows' keys name. */
enum stat_keyed {
	STAT_NOT_KEYED,
	STAT_KEYED_BY_CPU,    /* "CPU0" */
	STAT_KEYED_BY_THREAD, /* "make-1234": the name, then the thread's id */
};

/* A mean over runs. */
struct stat_mean {
	double value;
	double error; /* standard error of the mean, in the value's unit; 0 for a single run, NAN when nobody knows */
};

struct stat_row {
	const char *key;    /* whose, as the report's `keyed` says; NULL: the total */
	const char *cgroup; /* NULL: not by cgroup */
	const char *event; /* as the user wrote it */
	const char *unit;  /* of value: "msec", "Joules"; "" for a plain number */
	enum stat_role role;
	unsigned int group;  /* of the same {group}: counted at the same instants, so the better partners. 0: alone */
	unsigned int domain; /* what the count is restricted to (user or kernel mode, ...): different ones have no ratio */
	enum stat_state state;
	bool is_exact;     /* the value is a whole number (a count), to be printed without decimals */
	struct stat_mean value; /* what is shown: scaled up for multiplexing, in `unit` */
	uint64_t raw;      /* what the kernel counted, unscaled; of the last run */
	double enabled_ns, running_ns; /* over all units that were summed; mean over runs */
};

/* True when `value` means something. A value that is no number is as good as none. */
static inline bool stat_row_is_counted(const struct stat_row *row)
{
	return row->state == STAT_COUNTED && isfinite(row->value.value);
}

/* Over several runs: the largest RSS, and means of all else. */
struct stat_rusage {
	double user, sys;              /* seconds */
	double max_rss_kib;
	double minor_faults, major_faults;
	double voluntary_switches, involuntary_switches;
	double blocks_in, blocks_out;  /* of 512 bytes */
};

struct stat_report {
	const char *what;       /* the heading's object: "'make -j2'", "'system wide'", "process id '123'", "CPU(s) 0,2" */
	double time;            /* rows of an interval: seconds since the start. Negative: no interval report */
	enum stat_keyed keyed;
	struct stat_row_vec VEC_OF(struct stat_row) rows; /* by event, and within one event by key */
	unsigned int runs;      /* at least 1 */
	struct stat_mean elapsed; /* of an interval: its own length */
	const double *each;     /* elapsed of each run, `runs` of them; NULL: not kept */
	bool shows_table;       /* text: the table of them */
	const struct stat_rusage *rusage; /* of the command; NULL: no command */
	bool shows_rusage;      /* text and CSV: GNU time's rows, too */
	int exit_status;        /* as a shell would say; negative: there was no command */
	char *const *command;   /* NULL, or words that end with NULL */
	struct stat_note_vec VEC_OF(const char *) notes; /* sentences about what the figures do not show */
};

/* How a report is written. All three append to `out`, and whoever holds the buffer writes it in one go. */
struct stat_style {
	char separator[8];      /* CSV: between fields; never empty */
	bool no_grouping;       /* text: 1234567 instead of 1,234,567 */
	bool has_heading;       /* text, interval: the line of column names comes first */
};

/* The layouts are in docs/stat-output.md. */

/* The text of perf stat 6.1. */
void stat_write_text(const struct stat_report *report, const struct stat_style *style, struct buf *out);
/* The fields of perf stat, in the order that it really writes. There is no place for notes: they are the caller's to tell. */
void stat_write_csv(const struct stat_report *report, const struct stat_style *style, struct buf *out);
/* One JSON object a line: each row, and for a whole run one object of its times and outcome at the end. */
void stat_write_json(const struct stat_report *report, const struct stat_style *style, struct buf *out);

#endif
