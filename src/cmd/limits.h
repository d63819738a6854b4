/*
 * What fpprof may have, as far as that is its own to say.
 */
#ifndef FPPROF_SRC_CMD_LIMITS_H
#define FPPROF_SRC_CMD_LIMITS_H

/*
 * As many descriptors as the hard limit allows: events take one for each CPU, or for each thread and event. Call it behind
 * child_start(), so that a command keeps the limit of whoever called us.
 */
void raise_file_limit(void);

#endif
