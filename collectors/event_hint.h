/*
 * What did they mean? Each appends "; did you mean A, B?", or nothing, out of all that this machine knows under such
 * names.
 */
#ifndef FPPROF_COLLECTORS_EVENT_HINT_H
#define FPPROF_COLLECTORS_EVENT_HINT_H

#include "base/buf.h"
#include "collectors/event.h"

void hint_name(struct event_machine *m, const char *wrong, struct buf *out);
void hint_tracepoint(const char *root, const char *system, const char *wrong, struct buf *out);
void hint_pmu(struct event_machine *m, const char *wrong, struct buf *out);
void hint_term(const struct pmu *pmu, const char *wrong, struct buf *out);

#endif
