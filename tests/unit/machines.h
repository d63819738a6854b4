/*
 * Made-up machines for the parsers of events: the files below /sys that say which PMUs and tracepoints there are.
 */
#ifndef FPPROF_TESTS_UNIT_MACHINES_H
#define FPPROF_TESTS_UNIT_MACHINES_H

#include "collectors/event.h"

/* Processors with one kind of core and with two, PMUs beside the cores, tracepoints, and files that are damaged. */
enum made_part { MADE_INTEL = 1, MADE_HYBRID = 2, MADE_UNCORE = 4, MADE_TRACEFS = 8, MADE_BROKEN = 16, MADE_ALL = 31 };

/* Makes a machine of these parts. Its root is to be given back to made_machine_remove(). */
char *made_machine(unsigned int parts);
void made_machine_put(const char *root, const char *path, const char *text); /* adds a file to it */
void made_machine_remove(char *root);

/* What opening an event gives on such a machine: a descriptor, or -ENOENT where there is no hardware. */
event_open_fn made_open, made_open_without_pmu;

#endif
