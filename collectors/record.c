/*
 * One function per record type, each over a bounded reader: what a ring holds is the kernel's, but the same bytes also
 * come out of perf.data files that anybody may have written.
 */
#include "collectors/record.h"

#include <linux/perf_event.h>
#include <string.h>

#include "base/bytes.h"

enum { MISC_MMAP_BUILD_ID = 1 << 14 };

/* The fields that stand at the end of every record but a SAMPLE, when sample_id_all is set. */
static void parse_trailer(struct bytes *b, const struct record_layout *layout, struct record_id *id)
{
	uint64_t type = layout->sample_type;

	if (type & PERF_SAMPLE_TID) {
		id->pid = (int32_t)bytes_u32(b);
		id->tid = (int32_t)bytes_u32(b);
	}
	if (type & PERF_SAMPLE_TIME)
		id->time = bytes_u64(b);
	if (type & PERF_SAMPLE_ID)
		id->id = bytes_u64(b);
	if (type & PERF_SAMPLE_STREAM_ID)
		bytes_u64(b);
	if (type & PERF_SAMPLE_CPU) {
		id->cpu = bytes_u32(b);
		bytes_u32(b);
	}
	if (type & PERF_SAMPLE_IDENTIFIER)
		id->id = bytes_u64(b);
}

static size_t trailer_size(const struct record_layout *layout)
{
	const uint64_t parts = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |
			       PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER;

	return layout->sample_id_all ? 8 * (size_t)__builtin_popcountll(layout->sample_type & parts) : 0;
}

/* PERF_SAMPLE_READ: struct read_format, alone or as a group. We only have to get past it. */
static void skip_read(struct bytes *b, uint64_t format)
{
	size_t each = 1 + !!(format & PERF_FORMAT_ID) + !!(format & (1U << 4) /* PERF_FORMAT_LOST */);
	size_t times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) + !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t n = 1;

	if (format & PERF_FORMAT_GROUP)
		n = bytes_u64(b);
	if (n > RECORD_BYTES_MAX / 8)
		b->bad = true;
	else
		bytes_take(b, 8 * (times + n * each));
}

/* In place, so they must be aligned: the kernel's are, a raw field of an odd length in a file would shift them. */
static const uint64_t *take_words(struct bytes *b, uint64_t n)
{
	if (n > RECORD_BYTES_MAX / 8 || (uintptr_t)b->at % 8) {
		b->bad = true;
		return NULL;
	}
	return bytes_take(b, 8 * n);
}

static void parse_sample_head(struct bytes *b, const struct record_layout *layout, struct record *out)
{
	uint64_t type = layout->sample_type;

	out->sample = (struct record_sample){ .period = layout->period };
	if (type & PERF_SAMPLE_IDENTIFIER)
		out->id.id = bytes_u64(b);
	if (type & PERF_SAMPLE_IP)
		out->sample.ip = bytes_u64(b);
	if (type & PERF_SAMPLE_TID) {
		out->id.pid = (int32_t)bytes_u32(b);
		out->id.tid = (int32_t)bytes_u32(b);
	}
	if (type & PERF_SAMPLE_TIME)
		out->id.time = bytes_u64(b);
	if (type & PERF_SAMPLE_ADDR)
		out->sample.addr = bytes_u64(b);
	if (type & PERF_SAMPLE_ID)
		out->id.id = bytes_u64(b);
	if (type & PERF_SAMPLE_STREAM_ID)
		bytes_u64(b);
	if (type & PERF_SAMPLE_CPU) {
		out->id.cpu = bytes_u32(b);
		bytes_u32(b);
	}
	if (type & PERF_SAMPLE_PERIOD)
		out->sample.period = bytes_u64(b);
	if (type & PERF_SAMPLE_READ)
		skip_read(b, layout->read_format);
}

static void parse_chain(struct bytes *b, struct record_sample *sample)
{
	uint64_t n = bytes_u64(b);

	sample->chain = take_words(b, n);
	sample->chain_n = sample->chain ? n : 0;
}

static void skip_raw(struct bytes *b)
{
	uint32_t n = bytes_u32(b);

	bytes_take(b, n);
}

static void skip_branch_stack(struct bytes *b)
{
	uint64_t n = bytes_u64(b);

	if (n > RECORD_BYTES_MAX / 24)
		b->bad = true;
	else
		bytes_take(b, n * 24);
}

static void parse_regs(struct bytes *b, const struct record_layout *layout, struct record_sample *sample)
{
	sample->regs_abi = bytes_u64(b);
	if (sample->regs_abi == PERF_SAMPLE_REGS_ABI_NONE)
		return;
	sample->regs_n = (size_t)__builtin_popcountll(layout->regs_user);
	sample->regs = take_words(b, sample->regs_n);
}

/* The dump's valid size follows it, and only when there is a dump. */
static void parse_stack(struct bytes *b, struct record_sample *sample)
{
	uint64_t size = bytes_u64(b), valid;

	if (!size)
		return;
	if (size > RECORD_BYTES_MAX) {
		b->bad = true;
		return;
	}
	sample->stack = bytes_take(b, size);
	valid = bytes_u64(b);
	if (valid > size)
		b->bad = true;
	sample->stack_asked = size;
	sample->stack_n = valid;
}

static bool parse_sample(struct bytes *b, const struct record_layout *layout, struct record *out)
{
	uint64_t type = layout->sample_type;

	parse_sample_head(b, layout, out);
	if (type & PERF_SAMPLE_CALLCHAIN)
		parse_chain(b, &out->sample);
	if (type & PERF_SAMPLE_RAW)
		skip_raw(b);
	if (type & PERF_SAMPLE_BRANCH_STACK)
		skip_branch_stack(b);
	if (type & PERF_SAMPLE_REGS_USER)
		parse_regs(b, layout, &out->sample);
	if (type & PERF_SAMPLE_STACK_USER)
		parse_stack(b, &out->sample);
	return !b->bad;
}

static bool parse_mmap(struct bytes *b, struct record *out)
{
	struct record_mmap *m = &out->mmap;

	*m = (struct record_mmap){ 0 };
	m->pid = (int32_t)bytes_u32(b);
	m->tid = (int32_t)bytes_u32(b);
	m->start = bytes_u64(b);
	m->length = bytes_u64(b);
	m->pgoff = bytes_u64(b);
	if (out->type == PERF_RECORD_MMAP2 && out->misc & MISC_MMAP_BUILD_ID) {
		m->build_id_n = bytes_u8(b);
		bytes_take(b, 3);
		m->build_id = bytes_take(b, 20);
		if (m->build_id_n > 20)
			b->bad = true;
	} else if (out->type == PERF_RECORD_MMAP2) {
		m->major = bytes_u32(b);
		m->minor = bytes_u32(b);
		m->inode = bytes_u64(b);
		m->generation = bytes_u64(b);
	}
	if (out->type == PERF_RECORD_MMAP2) {
		m->prot = bytes_u32(b);
		bytes_u32(b); /* flags */
	}
	m->path = bytes_cstr(b);
	return !b->bad;
}

static bool parse_comm(struct bytes *b, struct record *out)
{
	out->comm.pid = (int32_t)bytes_u32(b);
	out->comm.tid = (int32_t)bytes_u32(b);
	out->comm.is_exec = out->misc & PERF_RECORD_MISC_COMM_EXEC;
	out->comm.name = bytes_cstr(b);
	return !b->bad;
}

static bool parse_task(struct bytes *b, struct record *out)
{
	out->task.pid = (int32_t)bytes_u32(b);
	out->task.parent_pid = (int32_t)bytes_u32(b);
	out->task.tid = (int32_t)bytes_u32(b);
	out->task.parent_tid = (int32_t)bytes_u32(b);
	return !b->bad;
}

static bool parse_lost(struct bytes *b, struct record *out)
{
	if (out->type == PERF_RECORD_LOST)
		bytes_u64(b); /* the event's id, which the trailer repeats */
	out->lost = bytes_u64(b);
	return !b->bad;
}

static bool parse_body(struct bytes *b, struct record *out)
{
	switch (out->type) {
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return parse_mmap(b, out);
	case PERF_RECORD_COMM:
		return parse_comm(b, out);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return parse_task(b, out);
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		return parse_lost(b, out);
	default:
		return true;
	}
}

/* Opens a reader behind the header. */
static bool open_record(const void *at, size_t size, struct bytes *b, struct record *out)
{
	struct perf_event_header header;
	const void *head;

	*b = bytes_of(at, size);
	head = bytes_take(b, sizeof(header));
	if (!head)
		return false;
	memcpy(&header, head, sizeof(header));
	out->type = header.type;
	out->misc = header.misc;
	out->id = (struct record_id){ 0 };
	return header.size == size;
}

/* Cuts the trailer off the reader. */
static bool take_trailer(struct bytes *b, const struct record_layout *layout, struct record_id *id)
{
	struct bytes trailer = bytes_cut_tail(b, trailer_size(layout));

	if (b->bad)
		return false;
	parse_trailer(&trailer, layout, id);
	return true;
}

bool record_parse(const void *at, size_t size, const struct record_layout *layout, struct record *out)
{
	struct bytes b;

	if (!open_record(at, size, &b, out))
		return false;
	if (out->type == PERF_RECORD_SAMPLE)
		return parse_sample(&b, layout, out);
	return take_trailer(&b, layout, &out->id) && parse_body(&b, out);
}

bool record_head(const void *at, size_t size, const struct record_layout *layout, struct record *out)
{
	struct bytes b;

	if (!open_record(at, size, &b, out))
		return false;
	if (out->type != PERF_RECORD_SAMPLE)
		return take_trailer(&b, layout, &out->id);
	parse_sample_head(&b, layout, out);
	return !b.bad;
}

bool record_time(const void *at, size_t size, const struct record_layout *layout, uint64_t *time)
{
	struct record r;

	if (!(layout->sample_type & PERF_SAMPLE_TIME) || !record_head(at, size, layout, &r))
		return false;
	if (r.type != PERF_RECORD_SAMPLE && !layout->sample_id_all)
		return false;
	*time = r.id.time;
	return true;
}
