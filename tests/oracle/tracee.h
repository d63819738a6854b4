/*
 * A command and everything it starts, under ptrace(2), one instruction at a time, each thread with its shadow stack.
 *
 *	tracees_start(&ts, argv, &err);
 *	while ((t = tracees_step(&ts)) != NULL)
 *		... t->regs are those before the instruction that comes next ...
 *	tracees_end(&ts);
 */
#ifndef FPPROF_TESTS_ORACLE_TRACEE_H
#define FPPROF_TESTS_ORACLE_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/error.h"
#include "base/vec.h"
#include "symbolize/process.h"
#include "tests/oracle/insn.h"
#include "tests/oracle/shadow.h"

struct tracee {
	pid_t tid, pid;
	struct shadow shadow;
	struct user_regs_struct regs;
	enum insn_kind next;   /* the instruction at regs.rip */
	bool has_begun;        /* its shadow stack is known */
	bool has_stopped;      /* new, and stopped before it was known whose child it is */
	bool expects_handler;  /* a signal was handed to it that it has a handler for */
};

/* One decoded instruction; code without a file may change, and is not kept. */
struct known_insn {
	pid_t pid;
	uint64_t ip;
	enum insn_kind kind;
};

struct tracees {
	struct images images;
	struct processes processes;
	struct tracee_vec VEC_OF(struct tracee *) at;
	struct stale_vec VEC_OF(pid_t) stale; /* processes whose mappings have changed since they were read */
	struct known_insn *known;
	pid_t first;           /* the command itself */
	struct tracee *last;   /* to be stepped next; NULL: none */
	/* how much the truth itself can be trusted */
	uint64_t steps, strange_returns, open_stacks, foreign;
};

int tracees_start(struct tracees *ts, char **argv, struct error *err);

/* Lets the last one execute its instruction, and waits for whoever is next. NULL: all have ended. */
struct tracee *tracees_step(struct tracees *ts);

/* Kills what still runs. */
void tracees_end(struct tracees *ts);

/* The process, with its executable mappings as they are now. */
struct process *tracees_process(struct tracees *ts, const struct tracee *t);

/* Up to n bytes of its memory; how many could be read. */
size_t tracee_read(const struct tracee *t, uint64_t addr, void *to, size_t n);

#endif
