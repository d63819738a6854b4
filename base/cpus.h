/*
 * Lists of CPU numbers as the kernel writes them: "0,3-7".
 */
#ifndef FPPROF_BASE_CPUS_H
#define FPPROF_BASE_CPUS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/vec.h"

enum { CPU_NUMBER_MAX = 65535 };

struct cpu_list VEC_OF(int); /* ascending, each once; release with vec_free() */

bool cpus_has(const struct cpu_list *list, int cpu);

int cpus_parse(const char *text, struct cpu_list *out, struct error *err);

/*
 * The CPUs that are online, from /sys/devices/system/cpu/online. Never the count of processors: numbers have gaps where
 * CPUs are offline, and what nproc says follows the affinity of the process that asks.
 */
int cpus_online(struct cpu_list *out, struct error *err);

#endif
