/*
 * The numbers that a profile's strings, mappings, locations and functions have in a file. An id is the index in the
 * file's own table + 1, as Parca and Pyroscope demand; 0 says that a thing is not in the file.
 */
#ifndef FPPROF_SRC_OUTPUT_NUMBERING_H
#define FPPROF_SRC_OUTPUT_NUMBERING_H

#include "base/buf.h"
#include "src/profile/profile.h"

struct numbering {
	const struct profile *p;
	struct intern strings;         /* the file's: valid UTF-8, without control characters */
	struct function_vec functions; /* the file's, in its strings */
	uint32_t n_locations;
	uint32_t types[PROFILE_TYPES_MAX]; /* names of the types, in the file's strings */
	/* By the profile's numbers. Locations and mappings are numbered at once, in the profile's order. */
	uint32_t *string_ids, *mapping_ids, *location_ids, *function_ids;
	struct buf text; /* scratch */
};

void numbering_init(struct numbering *n, const struct profile *p);
void numbering_done(struct numbering *n);

uint32_t number_string(struct numbering *n, uint32_t string);
uint32_t number_function(struct numbering *n, uint32_t function);

/* A function for a location without a name: "libfoo.so+0x1234". */
uint32_t invent_function(struct numbering *n, uint32_t location);

#endif
