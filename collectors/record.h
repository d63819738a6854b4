/*
 * Kernel records: bytes -> struct record. Pure; a borrowed view, nothing is copied.
 *
 * The format is that of perf_event_open(2) ("MMAP layout") and include/uapi/linux/perf_event.h. Every length comes
 * from the record itself: stack dumps may be shorter than asked for or empty, registers may be absent. A record that
 * does not hold what its type promises is refused whole.
 */
#ifndef FPPROF_COLLECTORS_RECORD_H
#define FPPROF_COLLECTORS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* perf_event_header's size field is 16 bits wide. */
enum { RECORD_BYTES_MAX = 65536 };

/* How the records of one event are laid out: fields of its perf_event_attr. */
struct record_layout {
	uint64_t sample_type; /* PERF_SAMPLE_* */
	uint64_t read_format; /* PERF_FORMAT_* */
	uint64_t regs_user;   /* the mask */
	bool sample_id_all;
	uint64_t period;      /* of samples that do not tell theirs: the attribute's, where it is fixed; else 0 */
};

/* What the kernel adds to every record (sample_id_all), and what a sample starts with. 0 where it was not asked for. */
struct record_id {
	int32_t pid, tid; /* -1 for a task that has just been taken off the pid table */
	uint64_t time;    /* ns, CLOCK_MONOTONIC */
	uint64_t id;
	uint32_t cpu;
};

struct record_sample {
	uint64_t ip, addr, period;
	const uint64_t *chain; /* the kernel's callchain, with its PERF_CONTEXT_* marks */
	size_t chain_n;
	uint64_t regs_abi;     /* PERF_SAMPLE_REGS_ABI_*; 0: no registers */
	const uint64_t *regs;  /* one for each bit of the mask, lowest first */
	size_t regs_n;
	const uint8_t *stack;  /* NULL when there is no dump */
	size_t stack_n;        /* bytes that are valid */
	size_t stack_asked;    /* bytes that the dump takes in the record */
};

struct record_mmap {
	int32_t pid, tid;
	uint64_t start, length, pgoff;
	uint32_t major, minor; /* with inode: 0 when the kernel sent a build id instead */
	uint64_t inode, generation;
	uint32_t prot;
	const uint8_t *build_id; /* NULL: not sent */
	size_t build_id_n;
	const char *path;
};

struct record_comm {
	int32_t pid, tid;
	bool is_exec;
	const char *name;
};

/* FORK and EXIT. */
struct record_task {
	int32_t pid, parent_pid, tid, parent_tid;
};

struct record {
	uint32_t type; /* PERF_RECORD_*; types not listed in the union carry only id */
	uint16_t misc;
	struct record_id id;
	union {
		struct record_sample sample;
		struct record_mmap mmap; /* MMAP and MMAP2 */
		struct record_comm comm;
		struct record_task task; /* FORK, EXIT */
		uint64_t lost;           /* LOST, LOST_SAMPLES: how many */
	};
};

/*
 * Parses the record of `size` bytes at `at` (8-byte aligned, starting with its perf_event_header).
 * False when it is malformed; the caller counts that and goes on with the next one.
 */
bool record_parse(const void *at, size_t size, const struct record_layout *layout, struct record *out);

/*
 * What a record says before its body: its type and id, and a sample's fixed fields up to the period. For merging, and
 * for samples of other processes, which are not worth more.
 */
bool record_head(const void *at, size_t size, const struct record_layout *layout, struct record *out);

/* The time stamp of record_head(). False when there is none. */
bool record_time(const void *at, size_t size, const struct record_layout *layout, uint64_t *time);

#endif
