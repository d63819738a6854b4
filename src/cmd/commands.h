/*
 * The commands, one file each, and how they speak. main.c keeps the list of those that are there.
 */
#ifndef FPPROF_SRC_CMD_COMMANDS_H
#define FPPROF_SRC_CMD_COMMANDS_H

#include "base/log.h"
#include "src/cmd/options.h"

extern const struct command command_record;
extern const struct command command_stat;
extern const struct command command_report;
extern const struct command command_convert;
extern const struct command command_doctor;

/* Where notes go: main sets it; a command sets NULL for -q. */
log_sink_fn speak;

#endif
