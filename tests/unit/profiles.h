/*
 * Profiles to test the formats with.
 */
#ifndef FPPROF_TESTS_UNIT_PROFILES_H
#define FPPROF_TESTS_UNIT_PROFILES_H

#include "base/buf.h"
#include "src/profile/profile.h"

/* For cmocka: *state is a profile of samples/count and cpu/nanoseconds. */
int profile_setup(void **state);
int profile_teardown(void **state);
#define WITH_PROFILE(test) cmocka_unit_test_setup_teardown(test, profile_setup, profile_teardown)

uint32_t add_mapping(struct profile *p, const char *path);
struct line line_of(struct profile *p, const char *name, const char *file, int64_t number);
uint32_t add_named(struct profile *p, uint32_t mapping, uint64_t address, const char *name);
void add_sample(struct profile *p, const uint32_t *locations, size_t n, uint32_t labels);

/* One of everything: inlined calls, a location without a name or without a mapping, labels, an empty stack. */
void fill_profile(struct profile *p);

void encode_profile(const struct profile *p, struct buf *out);

#endif
