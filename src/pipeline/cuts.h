/*
 * Whose code the walk could not get past: of the stacks that were cut, the file of the outermost frame that was found.
 */
#ifndef FPPROF_SRC_PIPELINE_CUTS_H
#define FPPROF_SRC_PIPELINE_CUTS_H

#include "src/pipeline/pipeline.h"

struct cut_file {
	const char *path;
	enum unwind_end end;
	uint64_t stacks; /* samples */
};
struct cut_vec VEC_OF(struct cut_file);

/* Most first; release with vec_free(). Valid after pipeline_finish(), as long as the pipeline. */
void pipeline_cuts(const struct pipeline *p, struct cut_vec *out);

#endif
