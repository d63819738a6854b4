/*
 * A rule: how to get from a frame to its caller at one code address, in 16 bytes. Who makes them: cfi.h, gostack.h, scan.h;
 * who keeps them: rules.h.
 */
#ifndef FPPROF_SYMBOLIZE_RULE_H
#define FPPROF_SYMBOLIZE_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum rule_kind {
	RULE_NONE,      /* nothing is known of any address of the file */
	RULE_GAP,       /* nothing is known of this address, or nothing that can be followed */
	RULE_CFA_SP,    /* the CFA is sp + cfa */
	RULE_CFA_FP,    /* the CFA is fp + cfa */
	RULE_BY_FP,     /* the stack may be another one here: the frame pointer alone leads on */
	RULE_CFA_EXPR,  /* the CFA is what program `cfa` computes: another register, or a word in memory */
	RULE_SIGNAL,    /* a signal frame: the interrupted registers are in the ucontext at sp */
	RULE_OUTERMOST, /* the return address is undefined: this is the root */
};

/* Where a register of the caller is. */
enum saved_place {
	PLACE_SAME,    /* it was not touched */
	PLACE_AT_CFA,  /* in memory, that many bytes from the CFA */
	PLACE_EXPR,    /* where that program says */
	PLACE_LOST,    /* nowhere, or nothing is said of it */
	PLACE_UNKNOWN, /* something is said that we cannot follow */
};

/* `saved` is of the register that was asked for. */
struct rule {
	uint8_t kind;            /* enum rule_kind */
	uint8_t ra_is, saved_is; /* enum saved_place */
	bool has_frame : 1;      /* the frame pointer leads to this frame as well */
	bool is_top : 1;         /* nothing calls it but the kernel, as a signal handler; else this is the root */
	int32_t cfa, ra, saved;  /* bytes, or the index of a program */
};

#endif
