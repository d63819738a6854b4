/*
 * Why the kernel refused, and the exact command that mends it. `record` and `doctor` say the same words.
 *
 * What is permitted is found out by opening an event, never by reading a number; the numbers (perf_event_paranoid and
 * so on) only choose the words once the kernel has refused.
 */
#ifndef FPPROF_COLLECTORS_ADVICE_H
#define FPPROF_COLLECTORS_ADVICE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* In the kernels of Debian (3) and Ubuntu (4) nothing is open to CAP_PERFMON any more, only to CAP_SYS_ADMIN. */
enum { ADVICE_ADMIN_ONLY = 3 };

/* The highest kernel.perf_event_paranoid at which everybody may observe whole CPUs, kernel included. */
enum { ADVICE_SYSTEM_LEVEL = 0 };

/* Of whom we speak: tests put a made-up machine here. */
struct advice_machine {
	const char *root; /* its /proc and /sys are below; "" is this machine */
	bool is_root;     /* does root ask? Then a refusal means a container. */
};

/* Neither is ever empty, except mend, where nothing can be done. Release with advice_done(). */
struct advice {
	struct buf cause; /* "kernel.perf_event_paranoid is 2 here, which forbids it" */
	struct buf mend;  /* "run it as root, or 'sudo sysctl ...'" */
};

struct advice_machine advice_this_machine(void);

/* Adds to `out` (zeroed) why perf_event_open() failed with the positive errno `code` for an event that is sampled. */
void advice_explain(const struct advice_machine *m, int code, struct advice *out);
/* The same for one that is counted: there is no rate to lower, and no clock that could stand in. */
void advice_explain_counting(const struct advice_machine *m, int code, struct advice *out);
void advice_done(struct advice *advice);

/*
 * Fills err with the sentence for a perf_event_open() that failed with the positive errno `code`; `what` names what was
 * attempted ("sample the whole system"). Returns -code.
 */
int advice_open_failed(int code, const char *what, struct error *err);
int advice_open_failed_on(const struct advice_machine *m, int code, const char *what, struct error *err);
int advice_counting_failed(int code, const char *what, struct error *err);

/* The number in a file such as /proc/sys/kernel/perf_event_paranoid. */
long advice_number(const struct advice_machine *m, const char *path, long otherwise);

bool advice_is_filtered(const struct advice_machine *m); /* by seccomp */

/* Appends how to come by the capabilities: "run it as root, or 'sudo setcap ...'". */
void advice_mend_capability(const struct advice_machine *m, struct buf *out);

#endif
