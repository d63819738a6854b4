/* memcpy for every integer: records are 8-byte aligned, files and hostile input are not. */
#include "base/bytes.h"

#include <string.h>

struct bytes bytes_of(const void *at, size_t n)
{
	return (struct bytes){ .at = at, .end = (const uint8_t *)at + n };
}

size_t bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->at);
}

const void *bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *at = b->at;

	if (b->bad || n > bytes_left(b)) {
		b->bad = true;
		b->at = b->end;
		return NULL;
	}
	b->at += n;
	return at;
}

#define DEFINE_READ(name, type)                                                                    \
	type name(struct bytes *b)                                                                 \
	{                                                                                          \
		type value = 0;                                                                    \
		const void *at = bytes_take(b, sizeof(value));                                     \
		if (at)                                                                            \
			memcpy(&value, at, sizeof(value));                                         \
		return value;                                                                      \
	}

DEFINE_READ(bytes_u8, uint8_t)
DEFINE_READ(bytes_u16, uint16_t)
DEFINE_READ(bytes_u32, uint32_t)
DEFINE_READ(bytes_u64, uint64_t)

uint32_t bytes_uleb32(struct bytes *b)
{
	uint32_t value = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		uint8_t byte = bytes_u8(b);

		value |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

const char *bytes_cstr(struct bytes *b)
{
	const void *nul = b->bad ? NULL : memchr(b->at, 0, bytes_left(b));

	if (!nul) {
		b->bad = true;
		b->at = b->end;
		return NULL;
	}
	return bytes_take(b, (size_t)((const uint8_t *)nul - b->at) + 1);
}

struct bytes bytes_cut_tail(struct bytes *b, size_t n)
{
	struct bytes tail = { .bad = true };

	if (b->bad || n > bytes_left(b)) {
		b->bad = true;
		return tail;
	}
	b->end -= n;
	return bytes_of(b->end, n);
}
