/*
 * What the parts of the sampler have of one another: sampler_attr.c says what to open, sampler_open.c opens it, sampler.c
 * runs it.
 */
#ifndef FPPROF_COLLECTORS_SAMPLER_PARTS_H
#define FPPROF_COLLECTORS_SAMPLER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collectors/sampler.h"

/* Newer than the headers of the distributions we build on: Linux 6.0, and of the flags of an attribute, 5.12. */
#define READ_FORMAT_LOST (1U << 4)
#define ATTR_BUILD_ID (1ULL << 34)

/* What not every kernel knows. */
struct sampler_extras {
	uint64_t read_format;
	bool build_ids; /* mappings tell the file's build id instead of its inode, where it has one */
};

/* The attributes and layouts of both events, from what the sampler is configured to be at this moment. */
void sampler_set_attrs(struct sampler *s, const struct sampler_extras *extras);

/* Raises a clock's period to the shortest that the kernel keeps to, and says so. */
void sampler_slow_down(struct sampler_config *config);

/* The sizes that rings should have, for samples of so many CPUs. */
void sampler_size_rings(struct sampler *s, size_t cpus);

/* Smaller rings, and dumps of which they still hold some. False when they are as small as can be. */
bool sampler_shrink_rings(struct sampler *s);

/* What kernel.perf_event_mlock_kb must be for rings of this size: it is counted per CPU, control pages included. */
size_t sampler_locked_kb(const struct sampler *s);

/*
 * Opens what is to be open on a CPU that came online, in scope SAMPLER_PER_CPU; nothing is enabled yet. A CPU that is gone
 * again is no failure. 0 or -errno, with the CPU as the last of s->cpus in any case.
 */
int sampler_adopt_cpu(struct sampler *s, int cpu);

#endif
