/*
 * The list that --labels takes.
 */
#ifndef FPPROF_SRC_CMD_LABELS_H
#define FPPROF_SRC_CMD_LABELS_H

#include "base/error.h"

/* "comm,pid" -> LABEL_COMM | LABEL_PID (src/pipeline/pipeline.h); "none" is no label. Fails with the nearest names. */
int labels_parse(const char *list, unsigned int *out, struct error *err);

#endif
