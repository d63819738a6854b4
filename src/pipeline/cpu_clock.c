/*
 * A sample's period is what its CPU counted since the sample before, so the period by the time between is the clock's
 * rate, less what the CPU idled. Whoever worked without a break shows the rate; the others are measured by it.
 */
#include "src/pipeline/cpu_clock.h"

/* Cycles a nanosecond: no CPU is outside. The first periods, 1 and up, would tell of a slower one. */
static const double slowest = 0.1, fastest = 10;

/* For each sample, so that the rate follows a clock that is turned down. */
static const double fading = 255.0 / 256;

/* Time stamps are not exact, and the clock may go slower than it lately did: up to so much is no idling yet. */
static const double unbroken = 1.5;

/* Without a sample before, or out of order, it is what the kernel steers to. */
static double elapsed_ns(struct cpu_clock *clock, double interval_ns, uint64_t time)
{
	uint64_t before = clock->time;

	if (time <= before)
		return interval_ns;
	clock->time = time;
	return before ? (double)(time - before) : interval_ns;
}

static void see_rate(struct cpu_clock *clock, double rate)
{
	clock->rate *= fading;
	if (clock->rate < slowest)
		clock->rate = slowest;
	if (clock->rate < rate)
		clock->rate = rate < fastest ? rate : fastest;
}

double cpu_clock_advance(struct cpu_clock *clock, double interval_ns, uint64_t time, uint64_t cycles)
{
	double elapsed = elapsed_ns(clock, interval_ns, time), work;

	see_rate(clock, (double)cycles / (elapsed < interval_ns ? elapsed : interval_ns));
	work = (double)cycles / clock->rate;
	return elapsed < unbroken * work ? elapsed : work;
}
