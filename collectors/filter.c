/*
 * perf_event_open()'s filters are refused with a bare EINVAL; tracefs explains itself, with a caret, when the same text is
 * written to the tracepoint's filter file. That is done in a tracing instance of our own, so that nobody else's tracing is
 * touched (Documentation/trace/ftrace.rst, "Instances").
 */
#include "collectors/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

enum { EXPLANATION_MAX = 65536 };

static bool write_text(const char *path, const char *text)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* The text, a line with a caret, and "parse_error: REASON". Nothing is appended where tracefs has nothing to say. */
static void ask(const char *instance, const char *tracepoint, const char *filter, struct buf *out)
{
	size_t sys = strcspn(tracepoint, ":");
	const char *name = tracepoint + sys + (tracepoint[sys] == ':');
	cleanup_free char *path = xasprintf("%s/events/%.*s/%.*s/filter", instance, (int)sys, tracepoint,
					    (int)strcspn(name, ":"), name);

	if (!write_text(path, filter) && errno == EINVAL)
		file_read(path, EXPLANATION_MAX, out, NULL);
	while (out->n && out->at[out->n - 1] == '\n')
		out->at[--out->n] = '\0';
}

int filter_explain(const char *tracepoint, const char *filter, int code, struct error *err)
{
	cleanup_free char *instance = xasprintf("/sys/kernel/tracing/instances/fpprof-%d", getpid());
	cleanup_buf struct buf words = { 0 };

	if (code == EINVAL && mkdir(instance, 0700) == 0) {
		ask(instance, tracepoint, filter, &words);
		rmdir(instance);
	}
	if (words.n && strcmp(words.at, "none") != 0)
		return error_set(err, code, "the kernel refuses the filter of %s:\n%s", tracepoint, words.at);
	return error_errno(err, code, "the kernel refuses the filter '%s' of %s", filter, tracepoint);
}
