/*
 * A bounded reader of bytes that nobody vouches for. Every parser of ours stands on it.
 *
 * A read past the end yields zeros and sets `bad`, which stays set: a parser reads a whole
 * structure and asks once. Integers are in the machine's byte order, as the kernel writes them.
 * The bytes are borrowed.
 */
#ifndef FPPROF_BASE_BYTES_H
#define FPPROF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at, *end;
	bool bad;
};

struct bytes bytes_of(const void *at, size_t n);
size_t bytes_left(const struct bytes *b);

uint8_t bytes_u8(struct bytes *b);
uint16_t bytes_u16(struct bytes *b);
uint32_t bytes_u32(struct bytes *b);
uint64_t bytes_u64(struct bytes *b);

/* A number of 7 bits a byte, lowest first (DWARF's ULEB128, Go's uvarint), of at most 5 bytes; what is above 32 bits is cut. */
uint32_t bytes_uleb32(struct bytes *b);

/* The next n bytes, borrowed, or NULL (and bad) when there are fewer. */
const void *bytes_take(struct bytes *b, size_t n);

/* A NUL-terminated string that ends within the bytes, borrowed, or NULL (and bad). */
const char *bytes_cstr(struct bytes *b);

/* Drops n bytes from the end, such as a trailer that is read on its own; bad when there are fewer. */
struct bytes bytes_cut_tail(struct bytes *b, size_t n);

#endif
