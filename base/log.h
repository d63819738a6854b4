/*
 * How library code speaks without printing: a note goes to the sink that the command has set, or nowhere.
 * A note is a sentence for the user that is no failure ("no PMU here, sampling cpu-clock"). log_once() says a thing
 * one time for each distinct `key` in the life of the process.
 */
#ifndef FPPROF_BASE_LOG_H
#define FPPROF_BASE_LOG_H

typedef void log_sink_fn(const char *sentence);

void log_set_sink(log_sink_fn *sink); /* NULL: silence, the default */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_once(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
