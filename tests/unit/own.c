/* Reads the maps as the collectors do: one parser, one way in. */
#include "tests/unit/own.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/procmaps.h"

void own_load(struct own *own)
{
	cleanup_buf struct buf text = { 0 };
	struct procmaps_line line;
	struct bytes lines;

	images_init(&own->images, NULL);
	processes_init(&own->processes);
	own->process = processes_get(&own->processes, getpid());
	if (file_read("/proc/self/maps", 1 << 20, &text, NULL) < 0)
		abort();
	lines = bytes_of(text.at, text.n);
	while (procmaps_next(&lines, &line, NULL)) {
		struct image_id id = { .path = line.path, .major = line.major, .minor = line.minor, .inode = line.inode };

		if (line.is_executable)
			process_map(&own->processes, own->process, line.start, line.end, line.pgoff,
				    images_get(&own->images, &id));
	}
}

void own_free(struct own *own)
{
	processes_free(&own->processes);
	images_free(&own->images);
}

struct image *own_image_at(struct own *own, const void *addr, uint64_t *offset)
{
	const struct map *map = process_find_map(own->process, (uintptr_t)addr);
	struct image_where where;

	if (!map)
		return NULL;
	where = (struct image_where){ getpid(), map->start, map->end };
	*offset = (uintptr_t)addr - map->start + map->pgoff;
	return image_open(&own->images, map->image, &where) ? map->image : NULL;
}
