/*
 * The time in nanoseconds: of CLOCK_MONOTONIC, which time stamps and spans are taken from, or of CLOCK_REALTIME, the
 * calendar's.
 */
#ifndef FPPROF_BASE_CLOCK_H
#define FPPROF_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
