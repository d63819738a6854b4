/* Not by libdw, which reads a note as large as the file says, and loses memory over one that is odd. */
#include "symbolize/build_id.h"

#include <elf.h>
#include <string.h>

#include "base/bytes.h"

bool build_id_fits(const struct build_id *a, const struct build_id *b)
{
	return !a->n || !b->n || (a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0);
}

/* The next n bytes and what pads the note to its alignment; the padding of the last note may be missing. */
static const void *take_padded(struct bytes *in, const void *notes, uint32_t n, uint64_t align)
{
	size_t at = (size_t)(in->at - (const uint8_t *)notes), unit = align == 8 ? 8 : 4;
	size_t whole = ((at + n + unit - 1) & ~(unit - 1)) - at;

	return bytes_take(in, whole <= bytes_left(in) ? whole : n);
}

bool build_id_find(const void *notes, size_t n, uint64_t align, struct build_id *out)
{
	struct bytes in = bytes_of(notes, n);

	while (bytes_left(&in) >= sizeof(Elf64_Nhdr)) {
		uint32_t name_n = bytes_u32(&in), desc_n = bytes_u32(&in), type = bytes_u32(&in);
		const char *name = take_padded(&in, notes, name_n, align);
		const void *desc = take_padded(&in, notes, desc_n, align);

		if (in.bad)
			return false;
		if (type != NT_GNU_BUILD_ID || name_n != 4 || memcmp(name, "GNU", 4) != 0)
			continue;
		if (!desc_n || desc_n > sizeof(out->bytes))
			return false;
		memcpy(out->bytes, desc, desc_n);
		out->n = (uint8_t)desc_n;
		return true;
	}
	return false;
}
