/* Record and convert label samples with the same words. */
#include "src/cmd/labels.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/nearest.h"
#include "src/pipeline/pipeline.h"

static const struct {
	const char *name;
	unsigned int bit;
} known[] = {
	{ "comm", LABEL_COMM }, { "pid", LABEL_PID }, { "thread", LABEL_THREAD },
	{ "tid", LABEL_TID },   { "cpu", LABEL_CPU }, { "none", 0 },
};

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static int unknown(const char *word, struct error *err)
{
	const char *names[KNOWN];
	cleanup_buf struct buf hint = { 0 };

	for (size_t i = 0; i < KNOWN; i++)
		names[i] = known[i].name;
	nearest_names(word, names, KNOWN, &hint);
	return error_set(err, EINVAL, "--labels: there is no label '%s'%s (there are comm, pid, thread, tid, cpu, none)", word,
			 hint.at ? hint.at : "");
}

int labels_parse(const char *list, unsigned int *out, struct error *err)
{
	cleanup_free char *copy = xstrdup(list);
	unsigned int labels = 0;
	char *save = NULL;

	for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < KNOWN && strcmp(known[i].name, word) != 0)
			i++;
		if (i == KNOWN)
			return unknown(word, err);
		labels |= known[i].bit;
	}
	*out = labels;
	return 0;
}
