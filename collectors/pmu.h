/*
 * The PMUs of a machine, as /sys/bus/event_source/devices describes them: their numbers, the CPUs that they count on,
 * the fields of their settings, and the events that they name.
 *
 * The files are the kernel's (Documentation/ABI/testing/sysfs-bus-event_source-devices-*), and read under limits all
 * the same. A name that a user typed is compared with what is there, or made up of letters that cannot leave a
 * directory.
 */
#ifndef FPPROF_COLLECTORS_PMU_H
#define FPPROF_COLLECTORS_PMU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpus.h"
#include "base/dir.h"
#include "base/error.h"
#include "base/vec.h"

enum { PMU_WORDS = 3, PMU_NAME_MAX = 64, PMU_UNIT_MAX = 32 };

struct pmu {
	char *name, *path; /* path: its directory */
	bool is_loaded;    /* what follows is known */
	uint32_t type;     /* perf_event_attr.type */
	bool is_core;      /* counts what a CPU's own code does: the generic events are counted by PMUs like this one */
	bool is_bound;     /* counts on `cpus` alone; otherwise on any CPU */
	struct cpu_list cpus;
};

struct pmus {
	const char *root; /* its /sys is below; "" is this machine. Borrowed */
	bool is_listed;
	struct pmu_vec VEC_OF(struct pmu) at; /* by name; does not move once it is listed */
};

void pmus_done(struct pmus *pmus);

/* Looks which PMUs there are, once; none where the directory cannot be read. */
void pmus_list(struct pmus *pmus);

/* The PMU of this very name, or NULL. */
struct pmu *pmus_find(struct pmus *pmus, const char *name);

/* The PMU of this type, or NULL. */
struct pmu *pmus_find_type(struct pmus *pmus, uint32_t type);

/* Fills in type and CPUs; fails on files that are damaged. */
int pmu_load(struct pmu *pmu, struct error *err);

/*
 * Is this what perf users mean by `pattern`? A name, a glob, or a name without its "uncore_" or without its instance's
 * number: "imc" is uncore_imc_0 and uncore_imc_1, or uncore_imc.
 */
bool pmu_matches(const struct pmu *pmu, const char *pattern);

struct pmu_ref_vec VEC_OF(struct pmu *); /* borrowed */

/* In the order of their types, which is the one in which the kernel set them up: fast cores before slow ones. */
void pmu_refs_sort(struct pmu_ref_vec *refs);

/* The PMUs that count the generic events, where there are several kinds of cores; else none. */
void pmus_core(struct pmus *pmus, struct pmu_ref_vec *out);

/* ---- the fields of its settings -------------------------------------------------------------------------------- */

/* A field: some bits of one of the config words, the value's lowest bit in the lowest of them. */
struct pmu_format {
	unsigned int word; /* 0: config, 1: config1, 2: config2 */
	uint64_t mask;     /* never 0 */
};

/* Which of the config words that name says. False when it is none. */
bool pmu_word(const char *name, size_t n, unsigned int *out);
/* -ENOENT without a sentence when the PMU has no such field. */
int pmu_format(const struct pmu *pmu, const char *name, struct pmu_format *out, struct error *err);
/* The text of a format file: "config1:1,6-10,44". False when it is none. */
bool pmu_format_parse(const char *text, struct pmu_format *out);
uint64_t pmu_format_max(const struct pmu_format *format);
/* Puts a value (<= pmu_format_max()) into its bits, whatever was there before. */
void pmu_format_put(const struct pmu_format *format, uint64_t value, uint64_t words[PMU_WORDS]);
void pmu_format_names(const struct pmu *pmu, struct string_vec *out);

/* ---- the events that it names ---------------------------------------------------------------------------------- */

struct pmu_event {
	char terms[1024];        /* "event=0x3c,umask=0x1"; a term that the user has to give has the value ? */
	double scale;            /* from a count to `unit`; 1 when nothing is said */
	char unit[PMU_UNIT_MAX]; /* "Joules"; "" for a plain number */
};

/* -ENOENT without a sentence when the PMU has no such event. */
int pmu_event(const struct pmu *pmu, const char *name, struct pmu_event *out, struct error *err);
bool pmu_has_event(const struct pmu *pmu, const char *name);
bool pmus_have_event(struct pmus *pmus, const char *name); /* does any? */
void pmu_event_names(const struct pmu *pmu, struct string_vec *out);

#endif
