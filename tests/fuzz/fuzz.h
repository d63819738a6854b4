/*
 * What every fuzz target is: a function that takes any bytes and returns 0. Built with libFuzzer by --enable-fuzzing, and
 * with replay_main.c always. A broken promise ends the program.
 */
#ifndef FPPROF_TESTS_FUZZ_FUZZ_H
#define FPPROF_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define must_hold(promise)                                                                         \
	do {                                                                                       \
		if (!(promise))                                                                    \
			abort();                                                                   \
	} while (0)

#endif
