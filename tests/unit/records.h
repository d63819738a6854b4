/*
 * Builds kernel records, as bytes, for tests: what perf_event_open(2) says a record looks like, written a second time.
 */
#ifndef FPPROF_TESTS_UNIT_RECORDS_H
#define FPPROF_TESTS_UNIT_RECORDS_H

#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "collectors/record.h"

static inline void put_u32(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static inline void put_u64(struct buf *b, uint64_t v)
{
	buf_add(b, &v, sizeof(v));
}

static inline void put_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
	while (b->n % 8)
		buf_putc(b, '\0');
}

/* Starts a record; returns where it starts, for record_end(). */
static inline size_t record_begin(struct buf *b, uint32_t type, uint16_t misc)
{
	struct perf_event_header header = { .type = type, .misc = misc };
	size_t at = b->n;

	buf_add(b, &header, sizeof(header));
	return at;
}

static inline void record_end(struct buf *b, size_t at)
{
	struct perf_event_header header;

	memcpy(&header, b->at + at, sizeof(header));
	header.size = (uint16_t)(b->n - at);
	memcpy(b->at + at, &header, sizeof(header));
}

/* The layout that the sampler asks for, without registers and stack. */
static const struct record_layout plain_layout = {
	.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
		       PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN,
	.sample_id_all = true,
};

/* The trailer of plain_layout: TID, TIME, CPU, IDENTIFIER. */
static inline void put_trailer(struct buf *b, uint32_t pid, uint32_t tid, uint64_t time, uint32_t cpu)
{
	put_u32(b, pid);
	put_u32(b, tid);
	put_u64(b, time);
	put_u32(b, cpu);
	put_u32(b, 0);
	put_u64(b, 77);
}

static inline void put_comm(struct buf *b, uint32_t pid, const char *name, bool is_exec, uint64_t time)
{
	size_t at = record_begin(b, PERF_RECORD_COMM, is_exec ? PERF_RECORD_MISC_COMM_EXEC : 0);

	put_u32(b, pid);
	put_u32(b, pid);
	put_text(b, name);
	put_trailer(b, pid, pid, time, 0);
	record_end(b, at);
}

/* FORK or EXIT */
static inline void put_task(struct buf *b, uint32_t type, uint32_t pid, uint32_t parent, uint64_t time)
{
	size_t at = record_begin(b, type, 0);

	put_u32(b, pid);
	put_u32(b, parent);
	put_u32(b, pid);
	put_u32(b, parent);
	put_u64(b, time);
	put_trailer(b, pid, pid, time, 0);
	record_end(b, at);
}

static inline void put_mmap(struct buf *b, uint32_t pid, uint64_t start, const char *path, uint64_t time)
{
	size_t at = record_begin(b, PERF_RECORD_MMAP2, 0);

	put_u32(b, pid);
	put_u32(b, pid);
	put_u64(b, start);
	put_u64(b, 0x1000);
	put_u64(b, 0x2000);
	put_u32(b, 8);
	put_u32(b, 1);
	put_u64(b, 1234);
	put_u64(b, 1);
	put_u32(b, 5);
	put_u32(b, 2);
	put_text(b, path);
	put_trailer(b, pid, pid, time, 0);
	record_end(b, at);
}

/* Of the event's ring. */
static inline void put_lost(struct buf *b, uint64_t lost)
{
	size_t at = record_begin(b, PERF_RECORD_LOST, 0);

	put_u64(b, 77);
	put_u64(b, lost);
	put_trailer(b, 1, 1, 1, 0);
	record_end(b, at);
}

/* What a sample says before its callchain. */
struct sample_head {
	uint32_t pid, cpu;
	uint64_t ip, time, period;
	uint16_t misc; /* PERF_RECORD_MISC_USER or _KERNEL */
};

static inline void put_sample_as(struct buf *b, const struct sample_head *head, const uint64_t *chain, size_t n)
{
	size_t at = record_begin(b, PERF_RECORD_SAMPLE, head->misc);

	put_u64(b, 77);
	put_u64(b, head->ip);
	put_u32(b, head->pid);
	put_u32(b, head->pid);
	put_u64(b, head->time);
	put_u32(b, head->cpu);
	put_u32(b, 0);
	put_u64(b, head->period);
	put_u64(b, n);
	for (size_t i = 0; i < n; i++)
		put_u64(b, chain[i]);
	record_end(b, at);
}

static inline void put_sample(struct buf *b, uint32_t pid, uint64_t time, const uint64_t *chain, size_t n)
{
	const struct sample_head head = { .pid = pid, .ip = n > 1 ? chain[1] : 0, .time = time, .period = 1000000,
					  .misc = PERF_RECORD_MISC_KERNEL };

	put_sample_as(b, &head, chain, n);
}

#endif
