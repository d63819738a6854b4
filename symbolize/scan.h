/*
 * A rule for code that no call-frame information covers: hand-written assembly, the C runtime's few instructions, a C
 * library or a program built without tables. The code itself is read, from an instruction to its function's return, and
 * what is popped on that way is counted.
 */
#ifndef FPPROF_SYMBOLIZE_SCAN_H
#define FPPROF_SYMBOLIZE_SCAN_H

#include <stdint.h>

#include "symbolize/rule.h"

struct image;

/*
 * The rule at a file offset: RULE_CFA_SP, or RULE_CFA_FP where the way out leads through the frame pointer, or RULE_GAP
 * where the code does not tell. It is a good guess, no statement of the compiler's. Not cached.
 */
struct rule scan_rule(struct image *image, uint64_t offset);

#endif
