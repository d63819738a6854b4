/*
 * From cycles to time, by what a CPU's own samples tell of its clock. Why so: docs/decisions/0002-time-from-cycles.md.
 */
#ifndef FPPROF_SRC_PIPELINE_CPU_CLOCK_H
#define FPPROF_SRC_PIPELINE_CPU_CLOCK_H

#include <stdint.h>

/* Of one CPU; all zeros before its first sample. */
struct cpu_clock {
	uint64_t time; /* of its last sample; 0: none yet */
	double rate;   /* the fastest that it was lately seen to count, in cycles a nanosecond */
};

/*
 * How long the CPU worked for the `cycles` since its last sample, in nanoseconds. Wants every sample of the CPU, in the
 * order of time. `interval_ns` is what the kernel steers the period to, above 0; `time` is the sample's, in
 * nanoseconds, or 0 where samples of one CPU do not follow on one another.
 */
double cpu_clock_advance(struct cpu_clock *clock, double interval_ns, uint64_t time, uint64_t cycles);

#endif
