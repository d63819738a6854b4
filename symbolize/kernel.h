/*
 * Names of kernel addresses, from /proc/kallsyms (or a copy of it).
 *
 * kallsyms is some 5 MB of text that the kernel formats anew for each reader, and a profile needs a few hundred names
 * of it: so all addresses are resolved in one pass over the text, and nothing else of it is kept.
 */
#ifndef FPPROF_SYMBOLIZE_KERNEL_H
#define FPPROF_SYMBOLIZE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "symbolize/build_id.h"

struct kernel_name {
	uint64_t addr;  /* in: the address to look up */
	uint64_t start; /* out: of the symbol, 0 when none was found */
	char *name;     /* out: owned, NULL when none was found */
	char *module;   /* out: owned, "nf_tables"; NULL for the kernel proper */
};

struct kernel_info {
	uint64_t text;                 /* _text, which is where the kernel's image begins */
	uint64_t text_start, text_end; /* _stext and _etext; all are 0 when they are not there */
	bool hidden;                   /* all addresses are zero: kptr_restrict or a missing CAP_SYSLOG */
};

/*
 * Resolves names[0..n), which must be sorted by addr. `path` is /proc/kallsyms or a copy. A table of zeros resolves
 * nothing and sets info->hidden. Fails only when the file cannot be read.
 */
int kernel_resolve(const char *path, struct kernel_name *names, size_t n, struct kernel_info *info,
		   struct error *err);
void kernel_names_free(struct kernel_name *names, size_t n);

/*
 * Is it the table of the boot in which _text or _stext, whichever it was, had that address? Each boot has its own where
 * addresses are randomised (CONFIG_RANDOMIZE_BASE).
 */
bool kernel_agrees(const struct kernel_info *info, uint64_t anchor);

/* Of the kernel that runs; empty where it does not tell. */
struct build_id kernel_build_id(void);

#endif
