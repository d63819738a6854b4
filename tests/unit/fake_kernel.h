/*
 * A made-up machine under the sampler: which CPUs and threads there are, what perf_event_open() and mmap() refuse, and a
 * log of all that was opened and said. No privileges, and no real event.
 *
 * The program is linked with --wrap for event_open, ring_open, ioctl, close, cpus_online, target_list_threads, log_note and
 * log_once.
 */
#ifndef FPPROF_TESTS_UNIT_FAKE_KERNEL_H
#define FPPROF_TESTS_UNIT_FAKE_KERNEL_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cpus.h"
#include "collectors/target.h"

struct fake_event {
	struct perf_event_attr attr;
	pid_t pid;
	int cpu, fd;
	int group;           /* its leader's descriptor; -1: it leads */
	unsigned long flags; /* PERF_FLAG_* */
	int output; /* the event whose ring it writes into; -1: its own */
	bool is_enabled, is_closed;
};

struct fake_kernel {
	struct cpu_list cpus;
	struct pid_vec threads;
	int (*refuse)(const struct perf_event_attr *attr, pid_t pid, int cpu); /* -> 0 or a positive errno; NULL: never */
	void (*opened)(const struct fake_event *event); /* something happens meanwhile; NULL: nothing does */
	size_t mlock_kb; /* kernel.perf_event_mlock_kb; 0: no limit */
	size_t locked;   /* bytes */
	struct fake_event_vec VEC_OF(struct fake_event) events;
	struct buf said; /* a line for each note */
};

extern struct fake_kernel fake;

/* A machine with so many CPUs, all of them online, and no threads. */
void fake_start(int cpus);
void fake_done(void);

void fake_set_cpus(const char *list);

/* Events that are open now; type -1: of any type. */
size_t fake_count(int type, int cpu);
size_t fake_count_enabled(int type, int cpu);
bool fake_said(const char *part);

/* The event that was opened last of this type and is still open; fails the test when there is none. */
const struct fake_event *fake_last(int type);

#endif
