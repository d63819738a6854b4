/*
 * What is known of every process at one moment of the record stream: its names, and its executable mappings.
 *
 * The stream must be fed in time order; then each sample finds the mappings that were in force when it was taken.
 * Mappings are shared between parent and child until one of them changes its own.
 */
#ifndef FPPROF_SYMBOLIZE_PROCESS_H
#define FPPROF_SYMBOLIZE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/intern.h"
#include "base/table.h"
#include "base/vec.h"
#include "symbolize/image.h"

/* One executable mapping: addresses [start, end) show the image from file offset pgoff on. */
struct map {
	uint64_t start, end, pgoff;
	struct image *image; /* never NULL */
	uint32_t tag;        /* the caller's own number for it, 0 at first, copied along */
};

/* The mappings of one or more processes, ascending, without overlap. */
struct maps {
	unsigned int users;
	struct map_vec VEC_OF(struct map) at;
};

struct thread {
	pid_t tid;
	uint32_t name; /* in processes.names */
};

struct process {
	pid_t pid;
	bool has_exited;    /* its main thread is gone; it goes with its last thread */
	uint32_t name;      /* the main thread's comm, in processes.names */
	struct maps *maps;  /* never NULL */
	/* Those other than the main thread whose name or life is known, in no order. */
	struct thread_vec VEC_OF(struct thread) threads;
	struct table thread_table; /* by tid */
};

struct processes {
	size_t maps_n, maps_max; /* mappings in memory, each counted once however many processes share it; the limit */
	uint64_t maps_dropped;   /* that were beyond the limit */
	struct table table;
	struct process_vec VEC_OF(struct process *) at; /* slots; NULL where a process has gone */
	struct free_slot_vec VEC_OF(uint32_t) free_slots;
	struct intern names;
};

enum { MAPS_MAX = 2 << 20 }; /* processes.maps_max if not set otherwise */

void processes_init(struct processes *ps);
void processes_free(struct processes *ps);

struct process *processes_find(const struct processes *ps, pid_t pid); /* or NULL */
struct process *processes_get(struct processes *ps, pid_t pid);        /* made when it is new */

/* A new thread (pid == parent_pid) or a new process, which starts with its parent's mappings and name. */
void processes_fork(struct processes *ps, pid_t pid, pid_t tid, pid_t parent_pid, pid_t parent_tid);

/* A thread has a new name. An exec also wipes the mappings and ends all other threads. */
void processes_comm(struct processes *ps, pid_t pid, pid_t tid, const char *name, bool is_exec);

/*
 * A thread has ended. True when it was its process' last one: that stays known until processes_forget(), as its task goes
 * on for a while, in the kernel, to give back its memory.
 */
bool processes_exit(struct processes *ps, pid_t pid, pid_t tid);

/* Forgets a process that has ended, unless its number is a living one's by now. Process pointers die with it. */
void processes_forget(struct processes *ps, pid_t pid);

/*
 * A new executable mapping; what it overlaps is cut or removed. Absurd ranges (end <= start) are ignored. Beyond the limit
 * it is dropped and counted, and where it hides older ones the process has none from there on: rather no name than a
 * wrong one.
 */
void process_map(struct processes *ps, struct process *process, uint64_t start, uint64_t end, uint64_t pgoff,
		 struct image *image);

/* The mapping that covers addr, or NULL. The pointer dies with the next change of the process' mappings. */
struct map *process_find_map(const struct process *process, uint64_t addr);

/* The comm of a thread: its own where known, else the process'. */
const char *process_thread_name(const struct processes *ps, const struct process *process, pid_t tid);

#endif
