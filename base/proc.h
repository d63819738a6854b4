/*
 * Which /proc/ID tells of a process' memory.
 */
#ifndef FPPROF_BASE_PROC_H
#define FPPROF_BASE_PROC_H

#include <sys/types.h>

/*
 * The main thread's number, or that of another thread where the main thread has ended before the others: the memory is the
 * same, and /proc shows it only through a thread that lives. The pid itself where there is none.
 */
pid_t proc_with_memory(pid_t pid);

#endif
