/*
 * Places: from an address in a process' mapping, or in the kernel, to a location of the profile.
 *
 * One file is one mapping of the profile, however many processes map it, and wherever: an address is moved to where
 * the first process had the file. Memory without a file is each process' own. Kernel addresses share one mapping until
 * they are named.
 */
#ifndef FPPROF_SRC_PIPELINE_PLACES_H
#define FPPROF_SRC_PIPELINE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "base/vec.h"
#include "src/profile/profile.h"
#include "symbolize/jit.h"
#include "symbolize/process.h"
#include "symbolize/unwind.h"

/* What a mapping of the profile stands for. */
struct place {
	uint32_t mapping;    /* index in the profile */
	struct image *image; /* NULL for the kernel and for mapping[0] of a whole system */
	uint64_t pgoff;
	pid_t pid;           /* whose memory without a file it is; 0: a file's */
};

struct places {
	struct profile *profile; /* borrowed */
	struct images *images;   /* borrowed */
	bool is_live;            /* the processes are those that run here now, and can be asked */
	struct jits jits;        /* what processes say of memory without a file */
	struct place_vec VEC_OF(struct place) at; /* in the order of the profile's mappings */
	struct table table;                       /* by image and file offset */
	const struct image *main_image;           /* the program that the main process became last */
	const struct image *main_sampled;         /* the last one before it that samples fell into */
	uint32_t kernel;                          /* the kernel's mapping, or PROFILE_NONE */
	uint32_t cut[UNWIND_END_COUNT];           /* locations that say why a stack ended; PROFILE_NONE until needed */
};

/* Reserves mapping 0 for the program that the profile is of; `title` names it where there is none. */
void places_init(struct places *p, struct profile *profile, struct images *images, const char *title);
void places_free(struct places *p);

/* Says what names memory without a file, or NULL; `addr` as the process has it. Borrowed. */
const char *places_jit_name(struct places *p, const struct place *place, uint64_t addr);

/* The program that the main process has just become. */
void places_set_main(struct places *p, const struct image *image);

/*
 * The last of these programs that samples fell into gets the first mapping, which is where readers look for the name of
 * a profile: of "sh -c 'exec work'" it is work. Call once, behind the last sample.
 */
void places_settle_main(struct places *p);

/* `addr` lies in `map` (NULL: in no known mapping); pid may still be asked for the file. */
uint32_t places_user(struct places *p, pid_t pid, struct map *map, uint64_t addr);
uint32_t places_kernel(struct places *p, uint64_t addr);
uint32_t places_cut(struct places *p, enum unwind_end end);

/* Why the stack ends there; UNWIND_ROOT for a location that is no such mark. */
enum unwind_end places_cut_reason(const struct places *p, uint32_t location);

#endif
