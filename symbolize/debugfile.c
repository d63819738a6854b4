/*
 * Where distributions and strip(1) put things: gdb's manual, "Separate Debug Files" and "MiniDebugInfo"; dwz(1). Within
 * another root (--symfs) all of it is looked for there.
 */
#include "symbolize/debugfile.h"

#include <gelf.h>
#include <lzma.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "symbolize/checked_elf.h"
#include "symbolize/image.h"
#include "symbolize/image_find.h"

enum {
	SECTIONS_MAX = 65536,
	LINK_BYTES_MAX = 4096,
	NOTE_BYTES_MAX = 4096,
	PACKED_BYTES_MAX = 64 << 20,
	UNPACKED_BYTES_MAX = 256 << 20,
	UNPACK_MEMORY_MAX = 128 << 20,
	CHECKSUM_STEP = 1 << 18,
};

static const uint64_t CHECKSUM_BYTES_MAX = 2ULL << 30; /* larger files are not read only to be compared */
static const char debug_dir[] = "/usr/lib/debug";

/* ---- sections ---------------------------------------------------------------------------------------------------- */

static Elf_Scn *find_section(Elf *elf, const char *wanted, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	for (size_t n = 0; n < SECTIONS_MAX && (scn = elf_nextscn(elf, scn)); n++) {
		const char *name = gelf_getshdr(scn, sh) ? elf_strptr(elf, names, sh->sh_name) : NULL;

		if (name && strcmp(name, wanted) == 0)
			return scn;
	}
	return NULL;
}

static struct bytes section_bytes(Elf *elf, const char *name, size_t max)
{
	GElf_Shdr sh;
	Elf_Scn *scn = find_section(elf, name, &sh);
	Elf_Data *data = scn && sh.sh_type != SHT_NOBITS && sh.sh_size <= max ? elf_rawdata(scn, NULL) : NULL;

	return data && data->d_buf ? bytes_of(data->d_buf, data->d_size) : (struct bytes){ .bad = true };
}

/* A debugging file keeps its notes, but its segments lead nowhere. */
static bool has_build_id(int fd, const struct build_id *wanted)
{
	Elf *elf = checked_elf_fd(fd, NULL);
	struct bytes notes = section_bytes(elf, ".note.gnu.build-id", NOTE_BYTES_MAX);
	struct build_id found = { 0 };
	bool is_same = !notes.bad && build_id_find(notes.at, bytes_left(&notes), 4, &found) && found.n == wanted->n &&
		       memcmp(found.bytes, wanted->bytes, found.n) == 0;

	elf_end(elf);
	return is_same;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int open_within(const struct image *image, const char *path)
{
	int fd = image_find_path(image->root, path);

	return fd < 0 ? -1 : fd;
}

static int open_checked(const struct image *image, const char *path, const struct build_id *id)
{
	cleanup_close int fd = open_within(image, path);

	return fd >= 0 && has_build_id(fd, id) ? take_fd(&fd) : -1;
}

static int open_by_build_id(const struct image *image, const struct build_id *id)
{
	char hex[2 * sizeof(id->bytes) + 1] = "";
	cleanup_free char *path = NULL;

	if (id->n < 2)
		return -1;
	for (size_t i = 0; i < id->n; i++)
		snprintf(hex + 2 * i, 3, "%02x", id->bytes[i]);
	path = xasprintf("%s/.build-id/%.2s/%s.debug", debug_dir, hex, hex + 2);
	return open_checked(image, path, id);
}

/* ---- .gnu_debuglink ---------------------------------------------------------------------------------------------- */

static bool has_checksum(int fd, uint32_t wanted)
{
	cleanup_free uint8_t *piece = xmalloc(CHECKSUM_STEP);
	uLong sum = crc32(0, NULL, 0);
	uint64_t at = 0;
	ssize_t got;

	for (; at < CHECKSUM_BYTES_MAX && (got = pread(fd, piece, CHECKSUM_STEP, (off_t)at)) > 0; at += (uint64_t)got)
		sum = crc32(sum, piece, (uInt)got);
	return at && at < CHECKSUM_BYTES_MAX && sum == wanted;
}

/* The name, when it is nothing but a name, and the checksum behind it. */
static const char *read_link(Elf *elf, uint32_t *checksum)
{
	struct bytes b = section_bytes(elf, ".gnu_debuglink", LINK_BYTES_MAX);
	const uint8_t *start = b.at;
	const char *name = bytes_cstr(&b);

	bytes_take(&b, (size_t)-(b.at - start) % 4);
	*checksum = bytes_u32(&b);
	if (b.bad || !name[0] || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return NULL;
	return name;
}

static int open_by_link(const struct image *image)
{
	static const char *const places[][2] = { { "", "" }, { "", "/.debug" }, { debug_dir, "" } };
	const char *slash = strrchr(image->path, '/');
	uint32_t checksum;
	const char *name = slash ? read_link(image->elf, &checksum) : NULL;

	for (size_t i = 0; name && i < sizeof(places) / sizeof(*places); i++) {
		cleanup_free char *path = xasprintf("%s%.*s%s/%s", places[i][0], (int)(slash - image->path), image->path,
						    places[i][1], name);
		cleanup_close int fd = open_within(image, path);

		if (fd >= 0 && has_checksum(fd, checksum))
			return take_fd(&fd);
	}
	return -1;
}

int debugfile_open(const struct image *image)
{
	int fd = open_by_build_id(image, &image->build_id);

	return fd < 0 ? open_by_link(image) : fd;
}

/* ---- what files share -------------------------------------------------------------------------------------------- */

/* It is named by a path from the file that wants it, which leads to .dwz in the directory of all such files. */
static int open_in_dwz(const struct image *image, const char *link, const struct build_id *id)
{
	const char *dwz = strstr(link, ".dwz/");
	cleanup_free char *path = NULL;

	if (!dwz || strstr(dwz, ".."))
		return -1;
	path = xasprintf("%s/%s", debug_dir, dwz);
	return open_checked(image, path, id);
}

int debugfile_open_shared(const struct image *image, Elf *elf)
{
	struct bytes b = section_bytes(elf, ".gnu_debugaltlink", LINK_BYTES_MAX);
	const char *link = bytes_cstr(&b);
	struct build_id id = { 0 };
	int fd;

	if (b.bad || bytes_left(&b) > sizeof(id.bytes))
		return -1;
	id.n = (uint8_t)bytes_left(&b);
	memcpy(id.bytes, b.at, id.n);
	fd = open_by_build_id(image, &id);
	return fd < 0 ? open_in_dwz(image, link, &id) : fd;
}

/* ---- .gnu_debugdata ---------------------------------------------------------------------------------------------- */

static char *unpack(lzma_stream *stream, size_t *n)
{
	size_t size = 1 << 20;
	char *out = NULL;
	lzma_ret rc = LZMA_OK;

	for (*n = 0; rc == LZMA_OK && size <= UNPACKED_BYTES_MAX; size *= 2) {
		out = xreallocarray(out, size, 1);
		stream->next_out = (uint8_t *)out + *n;
		stream->avail_out = size - *n;
		rc = lzma_code(stream, LZMA_FINISH);
		*n = size - stream->avail_out;
	}
	if (rc == LZMA_STREAM_END)
		return out;
	free(out);
	return NULL;
}

char *debugfile_unpack(Elf *elf, size_t *n)
{
	struct bytes packed = section_bytes(elf, ".gnu_debugdata", PACKED_BYTES_MAX);
	lzma_stream stream = LZMA_STREAM_INIT;
	char *out = NULL;

	if (packed.bad || lzma_stream_decoder(&stream, UNPACK_MEMORY_MAX, 0) != LZMA_OK)
		return NULL;
	stream.next_in = packed.at;
	stream.avail_in = bytes_left(&packed);
	out = unpack(&stream, n);
	lzma_end(&stream);
	return out;
}
