/*
 * Offsets, sizes and counts are checked against the file before anything is read or allocated by them. Records are
 * indexed, not copied: what comes out points into the caller's bytes.
 */
#include "collectors/perfdata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/utf8.h"

enum { EVENTS_MAX = 4096, IDS_MAX = 1 << 20 }; /* ids of all events together */

enum { USER_TYPES = 64, AUXTRACE = 71, COMPRESSED = 81, COMPRESSED2 = 83 };

/*
 * HEADER_BUILD_ID and HEADER_EVENT_DESC; the bitmap of features begins behind the section of event types, which is no longer
 * used.
 */
enum { FEATURE_BUILD_ID = 2, FEATURE_EVENT_DESC = 12, FEATURES_OFFSET = 72 };

/* Of the misc field of struct perf_record_header_build_id: the size is told behind the build id. */
enum { MISC_BUILD_ID_SIZE = 1 << 15, BUILD_ID_BYTES = 20 };

static const char magic[8] = "PERFILE2";

struct section {
	uint64_t offset, size;
};

static struct section read_section(struct bytes *b)
{
	struct section s;

	s.offset = bytes_u64(b);
	s.size = bytes_u64(b);
	return s;
}

/* A reader over a part of the file; bad when the part is not in the file. */
static struct bytes open_section(const struct perfdata *pd, struct section s)
{
	struct bytes none = { .bad = true };

	if (s.offset > pd->n || s.size > pd->n - s.offset)
		return none;
	return bytes_of(pd->bytes + s.offset, s.size);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

/* Attributes of another kernel version are longer or shorter than ours: what we do not know is left out. */
static bool read_attr(struct bytes *entry, struct perf_event_attr *attr)
{
	struct bytes head = *entry;
	uint32_t size;
	const void *at;

	bytes_u32(&head); /* the type; the size follows it */
	size = bytes_u32(&head);
	if (size < PERF_ATTR_SIZE_VER0)
		return false;
	at = bytes_take(entry, size);
	if (!at)
		return false;
	memset(attr, 0, sizeof(*attr));
	memcpy(attr, at, size < sizeof(*attr) ? size : sizeof(*attr));
	return true;
}

struct id_lookup {
	const struct perfdata *pd;
	uint64_t id;
};

static bool same_id(const void *ctx, uint32_t value)
{
	const struct id_lookup *want = ctx;

	return want->pd->ids.at[value].id == want->id;
}

static const struct perfdata_id *find_id(const struct perfdata *pd, uint64_t id)
{
	struct id_lookup want = { pd, id };
	uint32_t *found = table_find(&pd->id_table, hash_u64(id), same_id, &want);

	return found ? &pd->ids.at[*found] : NULL;
}

/* An id that two events claim is the first one's. */
static void add_id(struct perfdata *pd, uint64_t id, uint32_t event)
{
	if (find_id(pd, id))
		return;
	table_add(&pd->id_table, hash_u64(id), (uint32_t)pd->ids.n);
	*vec_push(&pd->ids) = (struct perfdata_id){ id, event };
}

/* Those of the event that is added next. The tables of several may lie over one another, so what they hold is added up. */
static bool read_ids(struct perfdata *pd, struct section s)
{
	struct bytes ids = open_section(pd, s);

	if (ids.bad || s.size / 8 > IDS_MAX - pd->ids_read)
		return false;
	pd->ids_read += s.size / 8;
	while (bytes_left(&ids) >= 8)
		add_id(pd, bytes_u64(&ids), (uint32_t)pd->events.n);
	return true;
}

static int read_event(struct perfdata *pd, struct bytes *attrs, uint64_t entry_size, struct error *err)
{
	const void *at = bytes_take(attrs, entry_size);
	struct bytes entry = bytes_of(at, at ? entry_size : 0);
	struct perfdata_event e = { 0 };

	if (!at || !read_attr(&entry, &e.attr) || !read_ids(pd, read_section(&entry)) || entry.bad)
		return error_set(err, EINVAL, "the description of event %zu is damaged", pd->events.n);
	e.layout = (struct record_layout){
		.sample_type = e.attr.sample_type, .read_format = e.attr.read_format, .regs_user = e.attr.sample_regs_user,
		.sample_id_all = e.attr.sample_id_all, .period = e.attr.freq ? 0 : e.attr.sample_period,
	};
	*vec_push(&pd->events) = e;
	return 0;
}

static int read_events(struct perfdata *pd, struct section s, uint64_t entry_size, struct error *err)
{
	struct bytes attrs = open_section(pd, s);

	if (attrs.bad || entry_size < PERF_ATTR_SIZE_VER0 + 16 || s.size / entry_size > EVENTS_MAX)
		return error_set(err, EINVAL, "the table of events is damaged or cut off");
	while (bytes_left(&attrs) >= entry_size) {
		int rc = read_event(pd, &attrs, entry_size, err);

		if (rc < 0)
			return rc;
	}
	return pd->events.n ? 0 : error_set(err, EINVAL, "it holds no events");
}

/* ---- names: HEADER_EVENT_DESC ------------------------------------------------------------------------------------ */

/* Sections of features stand behind the records, one for each bit, in the order of the bits. */
static struct bytes open_feature(const struct perfdata *pd, struct section data, unsigned int feature)
{
	struct bytes bits = bytes_of(pd->bytes, pd->n), sections;
	uint64_t features;

	bytes_take(&bits, FEATURES_OFFSET);
	features = bytes_u64(&bits);
	sections = open_section(pd, (struct section){ data.offset + data.size, 0 });
	if (bits.bad || sections.bad || !(features >> feature & 1))
		return (struct bytes){ .bad = true };
	sections.end = pd->bytes + pd->n;
	bytes_take(&sections, sizeof(struct section) * (size_t)__builtin_popcountll(features & ((1ULL << feature) - 1)));
	return open_section(pd, read_section(&sections));
}

static void take_name(struct perfdata_event *e, const char *name, size_t n)
{
	cleanup_buf struct buf clean = { 0 };

	utf8_clean(name, strnlen(name, n), &clean);
	if (clean.n && clean.n < sizeof(e->name))
		memcpy(e->name, clean.at, clean.n + 1);
}

/* The attribute again, the number of its ids, the name, the ids. */
static bool read_name(struct bytes *b, uint32_t attr_size, struct perfdata_event *e)
{
	const struct perf_event_attr *attr = bytes_take(b, attr_size);
	uint32_t ids = bytes_u32(b), n = bytes_u32(b);
	const char *name = bytes_take(b, n);

	bytes_take(b, (size_t)ids * 8);
	if (b->bad || memcmp(attr, &e->attr, PERF_ATTR_SIZE_VER0) != 0)
		return false;
	take_name(e, name, n);
	return true;
}

/* A file without names, or with damaged ones, is as good as any other: events are called by their attributes then. */
static void read_names(struct perfdata *pd, struct section data)
{
	struct bytes b = open_feature(pd, data, FEATURE_EVENT_DESC);
	uint32_t n = bytes_u32(&b), attr_size = bytes_u32(&b);

	if (b.bad || attr_size < PERF_ATTR_SIZE_VER0)
		return;
	for (size_t i = 0; i < n && i < pd->events.n; i++)
		if (!read_name(&b, attr_size, &pd->events.at[i]))
			return;
}

/* ---- builds: HEADER_BUILD_ID ------------------------------------------------------------------------------------- */

/* Before the size was told (Linux 5.12) shorter ones were filled with zeros: those of 16 bytes, as MD5 makes them. */
static size_t build_id_size(const struct perf_event_header *header, const uint8_t *id)
{
	static const uint8_t filling[4] = { 0 };

	if (header->misc & MISC_BUILD_ID_SIZE)
		return id[BUILD_ID_BYTES] <= BUILD_ID_BYTES ? id[BUILD_ID_BYTES] : 0;
	return memcmp(id + 16, filling, sizeof(filling)) == 0 ? 16 : BUILD_ID_BYTES;
}

/* Those of a virtual machine's guest are not of what this file's records name. */
static bool is_host(const struct perf_event_header *header)
{
	unsigned int mode = header->misc & PERF_RECORD_MISC_CPUMODE_MASK;

	return mode == PERF_RECORD_MISC_KERNEL || mode == PERF_RECORD_MISC_USER;
}

/* A header, a pid, the build id in 24 bytes, and the path. */
static bool read_build_id(struct bytes *section, struct perfdata_build_id *out, bool *is_wanted)
{
	struct perf_event_header header;
	const void *at = bytes_take(section, sizeof(header));
	struct bytes body;

	if (!at)
		return false;
	memcpy(&header, at, sizeof(header));
	if (header.size < sizeof(header) || !(at = bytes_take(section, header.size - sizeof(header))))
		return false;
	body = bytes_of(at, header.size - sizeof(header));
	bytes_u32(&body);
	out->bytes = bytes_take(&body, BUILD_ID_BYTES + 4);
	out->path = bytes_cstr(&body);
	if (body.bad)
		return false;
	out->n = build_id_size(&header, out->bytes);
	*is_wanted = out->n && is_host(&header);
	return true;
}

/* What is missing or damaged tells nothing: then files are known by their paths alone. */
static void read_build_ids(struct perfdata *pd, struct section data)
{
	struct bytes b = open_feature(pd, data, FEATURE_BUILD_ID);
	struct perfdata_build_id id;
	bool is_wanted;

	while (!b.bad && bytes_left(&b) && read_build_id(&b, &id, &is_wanted))
		if (is_wanted)
			*vec_push(&pd->build_ids) = id;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static uint32_t event_of_id(const struct perfdata *pd, uint64_t id)
{
	const struct perfdata_id *found = find_id(pd, id);

	return found ? found->event : 0;
}

/* PERF_SAMPLE_IDENTIFIER puts the id where it is found without knowing the event. */
static uint64_t read_identifier(const uint8_t *at, const struct perf_event_header *header)
{
	size_t offset = header->type == PERF_RECORD_SAMPLE ? sizeof(*header) : header->size - sizeof(uint64_t);
	uint64_t id = 0;

	if (header->size >= sizeof(*header) + sizeof(id))
		memcpy(&id, at + offset, sizeof(id));
	return id;
}

/* Without it perf gives all events of a file one layout, in which PERF_SAMPLE_ID has its place. */
static uint32_t find_event(const struct perfdata *pd, const uint8_t *at, const struct perf_event_header *header)
{
	const struct record_layout *layout = &pd->events.at[0].layout;
	struct record r;

	if (pd->events.n < 2)
		return 0;
	if (layout->sample_type & PERF_SAMPLE_IDENTIFIER)
		return event_of_id(pd, read_identifier(at, header));
	return record_head(at, header->size, layout, &r) ? event_of_id(pd, r.id.id) : 0;
}

static int add_record(struct perfdata *pd, const uint8_t *at, const struct perf_event_header *header, uint64_t *last,
		      struct error *err)
{
	struct perfdata_record r = { .offset = (uint64_t)(at - pd->bytes), .size = header->size };

	if (header->type == COMPRESSED || header->type == COMPRESSED2)
		return error_set(err, ENOTSUP, "it is compressed: run 'perf inject -i FILE -o OTHER' first, or record without -z");
	if (header->type >= USER_TYPES) {
		pd->skipped++;
		return 0;
	}
	r.event = find_event(pd, at, header);
	if (!record_time(at, header->size, &pd->events.at[r.event].layout, &r.time))
		r.time = *last;
	*last = r.time;
	*vec_push(&pd->records) = r;
	return 0;
}

/* An AUXTRACE record is followed by data that its size does not count. */
static void skip_auxtrace(struct bytes *data, const void *record, size_t size)
{
	uint64_t more = 0;

	if (size >= 16)
		memcpy(&more, (const uint8_t *)record + 8, sizeof(more));
	bytes_take(data, more % 8 ? SIZE_MAX : more); /* what follows would not be aligned */
}

static int read_records(struct perfdata *pd, struct section s, struct error *err)
{
	struct bytes data = open_section(pd, s);
	uint64_t last = 0;

	if (data.bad)
		return error_set(err, EINVAL, "it is cut off: %llu bytes of records are announced, %zu bytes are there",
				 (unsigned long long)s.size, pd->n);
	if (s.offset % 8)
		return error_set(err, EINVAL, "its records are not aligned to 8 bytes");
	while (bytes_left(&data) >= sizeof(struct perf_event_header)) {
		struct perf_event_header header;
		const uint8_t *at = data.at;
		int rc;

		memcpy(&header, at, sizeof(header));
		if (header.size < sizeof(header) || header.size % 8 || !bytes_take(&data, header.size))
			return error_set(err, EINVAL, "the record at byte %zu is damaged", (size_t)(at - pd->bytes));
		rc = add_record(pd, at, &header, &last, err);
		if (rc < 0)
			return rc;
		if (header.type == AUXTRACE)
			skip_auxtrace(&data, at, header.size);
	}
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct perfdata_record *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* ---- the front --------------------------------------------------------------------------------------------------- */

static int read_file(struct perfdata *pd, struct error *err)
{
	struct bytes b = bytes_of(pd->bytes, pd->n);
	const void *start = bytes_take(&b, sizeof(magic));
	struct section attrs, data;
	uint64_t header_size, entry_size;
	int rc;

	if (!start || memcmp(start, magic, sizeof(magic)) != 0)
		return error_set(err, EINVAL, "it is no perf.data file");
	header_size = bytes_u64(&b);
	entry_size = bytes_u64(&b);
	attrs = read_section(&b);
	data = read_section(&b);
	if (header_size == 16)
		return error_set(err, ENOTSUP, "it was written by 'perf record -o -': run 'perf inject -i FILE -o OTHER' first");
	if (b.bad)
		return error_set(err, EINVAL, "its header is cut off");
	rc = read_events(pd, attrs, entry_size, err);
	if (rc == 0) {
		read_names(pd, data);
		read_build_ids(pd, data);
	}
	if (rc == 0)
		rc = read_records(pd, data, err);
	if (rc == 0 && pd->records.n)
		qsort(pd->records.at, pd->records.n, sizeof(*pd->records.at), by_time);
	return rc;
}

int perfdata_open(struct perfdata *pd, const void *bytes, size_t n, struct error *err)
{
	int rc;

	*pd = (struct perfdata){ .bytes = bytes, .n = n };
	rc = read_file(pd, err);
	if (rc < 0)
		perfdata_close(pd);
	return rc;
}

void perfdata_close(struct perfdata *pd)
{
	vec_free(&pd->events);
	vec_free(&pd->ids);
	table_free(&pd->id_table);
	vec_free(&pd->records);
	vec_free(&pd->build_ids);
}
