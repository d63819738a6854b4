/*
 * What this machine lets this user profile: a list of findings, in the order in which a person wants to know them.
 * What can be found out by opening an event is; the settings of the machine follow as the explanation.
 */
#ifndef FPPROF_SRC_CMD_EXAMINE_H
#define FPPROF_SRC_CMD_EXAMINE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/vec.h"
#include "collectors/advice.h"

enum mark {
	MARK_OK,
	MARK_LIMITED, /* fpprof does with less, or another way */
	MARK_MISSING,
};

struct finding {
	enum mark mark;
	const char *subject;
	struct buf text;
	struct buf mend; /* the command that mends it; empty: nothing to mend */
};

struct finding_vec VEC_OF(struct finding);

/* The machine that is examined. Tests put a made-up one here. */
struct machine {
	struct advice_machine facts;
	/* A descriptor, or -errno. */
	int (*open)(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags);
	bool (*has_capability)(int capability); /* is it effective? */
};

struct machine machine_this(void);

/* Appends to `out`. Returns whether the whole system, kernel included, can be sampled. */
bool examine(const struct machine *m, struct finding_vec *out);
void findings_free(struct finding_vec *findings);

#endif
