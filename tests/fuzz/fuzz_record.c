/*
 * record_parse() and what stands before it: the first 24 bytes choose the layout, the rest is one record. Everything
 * that a parsed record points to is read, so that a sanitizer sees a view that leaves the input.
 */
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static volatile uint64_t seen;

static void read_all(const void *at, size_t n)
{
	for (size_t i = 0; at && i < n; i++)
		seen += ((const uint8_t *)at)[i];
}

static void read_record(const struct record *r)
{
	switch (r->type) {
	case PERF_RECORD_SAMPLE:
		read_all(r->sample.chain, r->sample.chain_n * 8);
		read_all(r->sample.regs, r->sample.regs_n * 8);
		read_all(r->sample.stack, r->sample.stack_n);
		break;
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		read_all(r->mmap.path, strlen(r->mmap.path));
		read_all(r->mmap.build_id, r->mmap.build_id_n);
		break;
	case PERF_RECORD_COMM:
		read_all(r->comm.name, strlen(r->comm.name));
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct record_layout layout;
	struct record r;
	uint64_t words[3], time;
	void *record;

	if (n < sizeof(words))
		return 0;
	memcpy(words, data, sizeof(words));
	layout = (struct record_layout){ words[0] >> 1, words[1], words[2], words[0] & 1, 0 };
	n -= sizeof(words);
	record = malloc(n ? n : 1); /* aligned, and with an end that a sanitizer knows */
	memcpy(record, data + sizeof(words), n);
	if (record_parse(record, n, &layout, &r))
		read_record(&r);
	seen += record_time(record, n, &layout, &time);
	free(record);
	return 0;
}
