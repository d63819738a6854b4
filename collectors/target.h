/*
 * What is observed: the whole machine, some CPUs, a cgroup, processes, threads, or a command that is to be started.
 */
#ifndef FPPROF_COLLECTORS_TARGET_H
#define FPPROF_COLLECTORS_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cpus.h"
#include "base/error.h"
#include "base/vec.h"

enum target_kind { TARGET_SYSTEM, TARGET_CPUS, TARGET_CGROUP, TARGET_PROCESSES, TARGET_THREADS, TARGET_COMMAND };

struct pid_vec VEC_OF(pid_t);

struct target {
	enum target_kind kind;
	struct cpu_list cpus; /* TARGET_CPUS */
	struct pid_vec ids;   /* pids of TARGET_PROCESSES and TARGET_COMMAND, tids of TARGET_THREADS */
	int cgroup_fd;        /* TARGET_CGROUP: its directory; else -1 */
	char *cgroup_path;    /* owned */
};

struct target_vec VEC_OF(struct target);

#define TARGET_INIT { .kind = TARGET_SYSTEM, .cgroup_fd = -1 }

void target_done(struct target *t);

/* Threads and processes, wherever they run; otherwise CPUs, whoever runs there. */
bool target_is_tasks(const struct target *t);

/* Is what runs on that CPU observed? */
bool target_has_cpu(const struct target *t, int cpu);

bool pids_have(const struct pid_vec *pids, pid_t pid);

/* "123,456": numbers of processes or threads, each of which must exist. One that is given twice counts once. */
int target_set_ids(struct target *t, enum target_kind kind, const char *list, struct error *err);

/* A cgroup by its path below the mount point, or by its full path. */
int target_set_cgroup(struct target *t, const char *path, struct error *err);

/* The CPUs of a target that are online: all, or those of TARGET_CPUS. Fails with ENODEV when there is none. */
int target_list_cpus(const struct target *t, struct cpu_list *out, struct error *err);

/* The threads that a process has now, appended. False when there is no such process. */
bool target_list_threads(pid_t pid, struct pid_vec *out);

/* The threads that a target's processes have now, or those that were given, appended. */
static inline void target_list_tasks(const struct target *t, struct pid_vec *out)
{
	for (size_t i = 0; i < t->ids.n; i++) {
		if (t->kind == TARGET_PROCESSES)
			target_list_threads(t->ids.at[i], out);
		else
			*vec_push(out) = t->ids.at[i];
	}
}

/* The process that a thread belongs to; 0 when there is no such thread. */
pid_t target_thread_process(pid_t tid);

#endif
