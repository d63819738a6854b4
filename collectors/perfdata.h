/*
 * A perf.data file as the stream of records it holds, in time order.
 *
 * The format is tools/perf/Documentation/perf.data-file-format.txt: a header, the events' attributes with their ids, and
 * the records as they came out of the rings. Files in pipe mode and compressed ones are refused with a sentence.
 * The bytes are hostile input.
 */
#ifndef FPPROF_COLLECTORS_PERFDATA_H
#define FPPROF_COLLECTORS_PERFDATA_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/table.h"
#include "base/vec.h"
#include "collectors/record.h"

enum { PERFDATA_NAME_MAX = 256 };

struct perfdata_event {
	struct perf_event_attr attr;
	char name[PERFDATA_NAME_MAX]; /* as whoever recorded it called it, made printable; "" where the file does not say */
	struct record_layout layout;
};

/* The kernel's number for an event on one CPU or of one thread. */
struct perfdata_id {
	uint64_t id;
	uint32_t event; /* index in events */
};

struct perfdata_record {
	uint64_t time;
	uint64_t offset; /* in the file; also the order of records with equal times */
	uint32_t size;
	uint32_t event;  /* index in events */
};

/* Whatever had that path when it was recorded. */
struct perfdata_build_id {
	const char *path;     /* in the file's bytes */
	const uint8_t *bytes; /* as well */
	size_t n;
};

struct perfdata {
	const uint8_t *bytes; /* borrowed; aligned to 8 bytes */
	size_t n;
	struct perfdata_event_vec VEC_OF(struct perfdata_event) events;
	struct perfdata_id_vec VEC_OF(struct perfdata_id) ids;
	struct table id_table;
	uint64_t ids_read; /* with those that are there twice */
	struct perfdata_record_vec VEC_OF(struct perfdata_record) records; /* in time order */
	struct perfdata_build_id_vec VEC_OF(struct perfdata_build_id) build_ids;
	uint64_t skipped; /* records of perf itself, which are not the kernel's */
};

/* Indexes the file's bytes, which must outlive `pd`. */
int perfdata_open(struct perfdata *pd, const void *bytes, size_t n, struct error *err);
void perfdata_close(struct perfdata *pd);

#endif
