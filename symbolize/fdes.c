/*
 * The table only says where functions start. Where one ends is in its entry, in the encoding that the entry's CIE names.
 * Every linker writes 32-bit distances; another kind of table is not read.
 */
#include "symbolize/fdes.h"

#include <dwarf.h>
#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "symbolize/image.h"

enum {
	HEADER_BYTES = 12,
	PAIR_BYTES = 8,
	TABLE_BYTES_MAX = 64 << 20,
	ENTRY_BYTES_MAX = 256, /* looked at, of an entry and of a CIE */
	HEADERS_MAX = 256,
};

static size_t read_at(struct image *image, uint64_t vaddr, void *to, size_t n)
{
	uint64_t offset, left;

	if (!image_offset(image, vaddr, &offset, &left))
		return 0;
	return image_read(image, offset, to, n < left ? n : left);
}

static uint64_t find_header(const struct image *image)
{
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(image->elf, &n) != 0)
		return 0;
	for (size_t i = 0; i < n && i < HEADERS_MAX && gelf_getphdr(image->elf, (int)i, &ph); i++)
		if (ph.p_type == PT_GNU_EH_FRAME)
			return ph.p_vaddr;
	return 0;
}

void fdes_load(struct image *image, struct fdes *out)
{
	uint8_t header[HEADER_BYTES];
	uint64_t vaddr = find_header(image);
	uint32_t count;

	*out = (struct fdes){ .header = vaddr };
	if (!vaddr || read_at(image, vaddr, header, sizeof(header)) != sizeof(header))
		return;
	memcpy(&count, header + 8, sizeof(count));
	if (header[0] != 1 || header[1] != (DW_EH_PE_pcrel | DW_EH_PE_sdata4) || header[2] != DW_EH_PE_udata4 ||
	    header[3] != (DW_EH_PE_datarel | DW_EH_PE_sdata4) || count > TABLE_BYTES_MAX / PAIR_BYTES)
		return;
	out->table = xmalloc((size_t)count * PAIR_BYTES);
	out->n = read_at(image, vaddr + HEADER_BYTES, out->table, (size_t)count * PAIR_BYTES) / PAIR_BYTES;
}

void fdes_free(struct fdes *fdes)
{
	free(fdes->table);
	*fdes = (struct fdes){ 0 };
}

static uint64_t address_at(const struct fdes *fdes, size_t i, size_t which)
{
	int32_t distance;

	memcpy(&distance, fdes->table + i * PAIR_BYTES + which * sizeof(distance), sizeof(distance));
	return fdes->header + (uint64_t)(int64_t)distance;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

static void skip_leb128(struct bytes *b)
{
	while (bytes_u8(b) & 0x80)
		continue;
}

/* Bytes of a value; 0: of another kind than we read. */
static size_t encoded_size(uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case DW_EH_PE_udata4:
	case DW_EH_PE_sdata4:
		return 4;
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return 8;
	default:
		return 0;
	}
}

/* How the entries of a CIE write addresses: what its augmentation "zPLR" has for 'R', else whole words. */
static size_t cie_address_size(struct image *image, uint64_t vaddr)
{
	uint8_t bytes[ENTRY_BYTES_MAX], version;
	struct bytes b = bytes_of(bytes, read_at(image, vaddr, bytes, sizeof(bytes)));
	const char *augmentation;

	bytes_take(&b, 8);
	version = bytes_u8(&b);
	augmentation = bytes_cstr(&b);
	if (b.bad || augmentation[0] != 'z')
		return b.bad ? 0 : 8;
	skip_leb128(&b);
	skip_leb128(&b);
	if (version == 1)
		bytes_u8(&b);
	else
		skip_leb128(&b);
	skip_leb128(&b);
	for (const char *at = augmentation + 1; *at && !b.bad; at++) {
		if (*at == 'R')
			return encoded_size(bytes_u8(&b));
		if (*at == 'P')
			bytes_take(&b, encoded_size(bytes_u8(&b)));
		else if (*at == 'L')
			bytes_u8(&b);
	}
	return b.bad ? 0 : 8;
}

static uint64_t entry_length(struct image *image, uint64_t vaddr)
{
	uint8_t bytes[32];
	struct bytes b = bytes_of(bytes, read_at(image, vaddr, bytes, sizeof(bytes)));
	uint32_t to_cie;
	size_t size;
	uint64_t length;

	bytes_u32(&b);
	to_cie = bytes_u32(&b);
	size = cie_address_size(image, vaddr + 4 - to_cie);
	bytes_take(&b, size);
	length = size == 4 ? bytes_u32(&b) : size == 8 ? bytes_u64(&b) : 0;
	return b.bad ? 0 : length;
}

bool fdes_find(const struct fdes *fdes, struct image *image, uint64_t vaddr, uint64_t *start, uint64_t *end)
{
	size_t low = 0, high = fdes->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_at(fdes, middle, 0) <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*start = address_at(fdes, low - 1, 0);
	*end = *start + entry_length(image, address_at(fdes, low - 1, 1));
	return vaddr >= *start && vaddr < *end;
}
