/*
 * Whose samples count: everybody's, some threads', or those of a tree of processes that grows with every fork.
 */
#ifndef FPPROF_SRC_PIPELINE_FILTER_H
#define FPPROF_SRC_PIPELINE_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/table.h"
#include "base/vec.h"

enum filter_kind { FILTER_ALL, FILTER_TREE, FILTER_THREADS };

struct filter_entry {
	pid_t id;
	bool waits_for_exec; /* a command that has not become itself yet: what it does until then is ours */
};

struct filter {
	enum filter_kind kind;
	struct table table;
	struct filter_entry_vec VEC_OF(struct filter_entry) at; /* in no order */
};

void filter_free(struct filter *f);
void filter_add(struct filter *f, pid_t id, bool waits_for_exec);

/* Does a sample of this thread count? */
bool filter_keeps(const struct filter *f, pid_t pid, pid_t tid);

/* Must the mappings and names of this process be followed? More than filter_keeps(): a thread's process must be. */
bool filter_follows(const struct filter *f, pid_t pid);

void filter_fork(struct filter *f, pid_t pid, pid_t parent_pid);
void filter_exec(struct filter *f, pid_t pid);

/* The number of a thread, or with `is_process` of its process, may be somebody else's from here on. */
void filter_forget(struct filter *f, pid_t pid, pid_t tid, bool is_process);

#endif
