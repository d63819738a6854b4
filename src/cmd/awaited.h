/*
 * The end of what is observed: processes by their pidfds, threads by looking, and a target that has no end.
 */
#ifndef FPPROF_SRC_CMD_AWAITED_H
#define FPPROF_SRC_CMD_AWAITED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/vec.h"
#include "collectors/target.h"

struct awaited_process;

struct awaited {
	const struct target *target; /* borrowed */
	struct loop *loop;           /* borrowed */
	struct awaited_vec VEC_OF(struct awaited_process *) processes;
	size_t alive;                /* of these */
};

/* The end of a process wakes the loop; threads are to be asked about now and then. */
int awaited_watch(struct awaited *a, const struct target *target, struct loop *loop, struct error *err);
void awaited_done(struct awaited *a);

/* False for targets without an end of their own: the system, CPUs, cgroups, and a command, whose parent is asked. */
bool awaited_has_ended(const struct awaited *a);

#endif
