/*
 * The profile model, pure data: values by stack and labels. Knows no kernel, no ELF and no file format.
 *
 * Everything has a number: an index into its vector. Locations, stacks and label sets are interned, so memory follows
 * the number of distinct stacks, not of samples. A location has either the line(s) that name it or none yet; naming
 * happens once, at the end. Strings are numbers in `strings`; 0 is "".
 */
#ifndef FPPROF_SRC_PROFILE_PROFILE_H
#define FPPROF_SRC_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/table.h"
#include "base/vec.h"

enum { PROFILE_TYPES_MAX = 8, PROFILE_NONE = UINT32_MAX };

struct value_type {
	uint32_t type, unit; /* strings: "cpu", "nanoseconds" */
};

/* A file, or a part of the address space, that locations lie in. */
struct mapping {
	uint64_t start, limit, offset; /* addresses [start, limit) show the file from offset on */
	uint32_t filename, build_id;   /* strings; build_id in hexadecimal */
	bool has_functions, has_filenames, has_line_numbers, has_inline_frames;
};

struct function {
	uint32_t name, system_name, filename; /* strings: readable name, linker's name, source file */
	int64_t start_line;
};

struct line {
	uint32_t function; /* index */
	int64_t line, column;
};

struct location {
	uint32_t mapping; /* index, or PROFILE_NONE */
	bool is_folded;
	uint64_t address;
	uint32_t first_line, n_lines; /* in lines; innermost inlined function first */
};

/* A run of numbers in a pool. */
struct run {
	uint32_t first, n;
};

struct label {
	uint32_t key;      /* string */
	uint32_t str;      /* string; 0 for a numeric label */
	int64_t num;
	uint32_t num_unit; /* string */
};

struct sample {
	uint32_t stack;  /* index in stacks */
	uint32_t labels; /* index in label_sets */
	int64_t values[PROFILE_TYPES_MAX];
};

struct profile {
	struct intern strings;
	struct value_type types[PROFILE_TYPES_MAX];
	size_t n_types;
	uint32_t default_type; /* string: the name of the type that tools show first; 0: the last one */
	struct value_type period_type;
	int64_t period;
	int64_t time_nanos, duration_nanos; /* since the epoch; of the window */
	struct mapping_vec VEC_OF(struct mapping) mappings;
	struct function_vec VEC_OF(struct function) functions;
	struct line_vec VEC_OF(struct line) lines;
	struct location_vec VEC_OF(struct location) locations;
	struct number_vec VEC_OF(uint32_t) stack_pool; /* location indices, leaf first */
	struct label_vec VEC_OF(struct label) label_pool;
	struct run_vec VEC_OF(struct run) stacks, label_sets; /* label set 0 is the empty one */
	struct sample_vec VEC_OF(struct sample) samples;
	struct comment_vec VEC_OF(uint32_t) comments; /* strings */
	struct table location_table, function_table, stack_table, label_table, sample_table;
};

void profile_init(struct profile *p);
void profile_free(struct profile *p);

uint32_t profile_str(struct profile *p, const char *text);
const char *profile_text(const struct profile *p, uint32_t string);

/* Adds a column of values. At most PROFILE_TYPES_MAX, before the first sample. Returns its index. */
size_t profile_add_type(struct profile *p, const char *type, const char *unit);

uint32_t profile_add_mapping(struct profile *p, const struct mapping *mapping); /* not interned: returns a new index */
uint32_t profile_function(struct profile *p, const struct function *function);
uint32_t profile_location(struct profile *p, uint32_t mapping, uint64_t address);

/* A location that is not interned: files may hold two of one address. Of `location`, mapping to address count. */
uint32_t profile_add_location(struct profile *p, const struct location *location);

/* Names a location: call once for a location, innermost function first. */
void profile_name_location(struct profile *p, uint32_t location, const struct line *lines, size_t n);

uint32_t profile_stack(struct profile *p, const uint32_t *locations, size_t n); /* leaf first */

/* A set of labels, in any order; at most one value for each key (the later wins). */
uint32_t profile_labels(struct profile *p, const struct label *labels, size_t n);

/* Adds to the values of (stack, labels). `values` has n_types elements. Sums stay at the limits of int64_t. */
void profile_add(struct profile *p, uint32_t stack, uint32_t labels, const int64_t *values);

/* After `stack` or `labels` of samples were changed: those that have become equal are summed. */
void profile_regroup(struct profile *p);
void profile_comment(struct profile *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The index of the type that tools show first. There must be a type. */
size_t profile_default_type(const struct profile *p);

/* Appends what stands for a location without a name: "FILE+0xOFFSET" within a file, else "0xADDRESS". */
void profile_describe_location(const struct profile *p, uint32_t location, struct buf *out);

/* The last part of a path, without slashes at its end, as basename(1) has it; borrowed, *n long. */
const char *profile_base_name(const char *path, size_t *n);

static inline int64_t profile_sum(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

#endif
