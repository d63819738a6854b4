/*
 * The sentence a person gets when something failed.
 *
 * A function that can fail, and whose failure a person must hear of, takes `struct error *err`
 * as its last parameter and returns 0 or -errno. On success err is untouched; on failure it holds
 * one sentence that says what failed, on what, why, and what to do. The caller owns err; it has a
 * fixed size, so nothing is ever released and a failure is never lost for want of memory.
 * err may be NULL when the caller only wants the return value.
 *
 * Expected other outcomes are not errors: they are a bool, NULL or a named enum.
 * Hostile or lost data is not an error either: it is counted, skipped, and the count is shown.
 */
#ifndef FPPROF_BASE_ERROR_H
#define FPPROF_BASE_ERROR_H

enum { ERROR_TEXT_MAX = 1024 };

struct error {
	int code;                  /* a positive errno value */
	char text[ERROR_TEXT_MAX]; /* NUL-terminated; cut with "..." when too long */
};

#define ERROR_INIT { .code = 0, .text = "" }

/* Sets the sentence. Returns -code, so that `return error_set(err, EINVAL, "...")` reads well. */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets "SENTENCE: strerror(code)". Returns -code. */
int error_errno(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " in front of the sentence that is there. */
void error_wrap(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
