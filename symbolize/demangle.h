/*
 * Readable names of C++, Rust and D functions, by libiberty.
 */
#ifndef FPPROF_SYMBOLIZE_DEMANGLE_H
#define FPPROF_SYMBOLIZE_DEMANGLE_H

/* A new string: the readable name, or a copy of the linker's where it is none of these languages'. Caller frees. */
char *demangle(const char *name);

#endif
