/*
 * Strings kept once, known by a small number. Number 0 is always "". A string's pointer stays valid
 * until intern_free(). A struct must be set up with intern_init().
 */
#ifndef FPPROF_BASE_INTERN_H
#define FPPROF_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct intern {
	struct table table;
	char **at; /* by number; at[0] is "" */
	uint32_t n, cap;
};

void intern_init(struct intern *in);
void intern_free(struct intern *in);
uint32_t intern_str(struct intern *in, const char *text);
uint32_t intern_bytes(struct intern *in, const char *text, size_t n); /* stops at a NUL within */

#endif
