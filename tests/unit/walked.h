/*
 * Code to be walked, built twice: with frame pointers (walked_fp) and without (walked_nofp). Each shape calls `leaf` at
 * its deepest point, from a chain of three functions at least.
 */
#ifndef FPPROF_TESTS_UNIT_WALKED_H
#define FPPROF_TESTS_UNIT_WALKED_H

typedef void leaf_fn(void);

struct walked {
	void (*plain)(leaf_fn *leaf);     /* outer -> middle -> leaf */
	void (*variable)(leaf_fn *leaf);  /* a frame whose size is known at run time only */
	void (*realigned)(leaf_fn *leaf); /* a frame aligned to 64 bytes */
	void (*large)(leaf_fn *leaf);     /* 40 kB of locals */
	void (*callback)(leaf_fn *leaf);  /* through the C library: qsort calls back */
	void (*many)(leaf_fn *leaf);      /* deep recursion, 64 frames */
	void (*leaves)(void);             /* small functions without frames, PLT, the C library's assembly, the vDSO */
};

extern const struct walked walked_fp, walked_nofp;

#endif
