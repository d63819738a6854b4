/* The way from a sample to its locations is walked for every frame: struct map carries its mapping's number along. */
#include "src/pipeline/places.h"

#include <stdio.h>

static uint32_t add_mapping(struct places *p, const struct mapping *mapping, struct image *image, uint64_t pgoff)
{
	uint32_t index = profile_add_mapping(p->profile, mapping);

	*vec_push(&p->at) = (struct place){ .mapping = index, .image = image, .pgoff = pgoff };
	return index;
}

void places_init(struct places *p, struct profile *profile, struct images *images, const char *title)
{
	struct mapping first = { .filename = profile_str(profile, title) };

	*p = (struct places){ .profile = profile, .images = images, .kernel = PROFILE_NONE };
	add_mapping(p, &first, NULL, 0);
	for (size_t i = 0; i < UNWIND_END_COUNT; i++)
		p->cut[i] = PROFILE_NONE;
}

void places_free(struct places *p)
{
	table_free(&p->table);
	vec_free(&p->at);
	jits_free(&p->jits);
}

/* The first piece of the image that a sample fell into, or NULL. */
static struct place *find_sampled(const struct places *p, const struct image *image)
{
	for (size_t i = 0; image && i < p->at.n; i++)
		if (p->at.at[i].image == (image->unique ? image->unique : image))
			return &p->at.at[i];
	return NULL;
}

void places_set_main(struct places *p, const struct image *image)
{
	if (find_sampled(p, p->main_image))
		p->main_sampled = p->main_image;
	p->main_image = image;
}

/* The reserved mapping has no locations. What is left behind has none either, so no file will show it. */
static void take_first(struct places *p, struct place *place)
{
	struct profile *profile = p->profile;
	uint32_t from = place->mapping;

	for (size_t i = 0; i < profile->locations.n; i++)
		if (profile->locations.at[i].mapping == from)
			profile->locations.at[i].mapping = 0;
	profile->mappings.at[0] = profile->mappings.at[from];
	p->at.at[0] = *place;
	p->at.at[0].mapping = 0;
}

void places_settle_main(struct places *p)
{
	struct place *place = find_sampled(p, p->main_image);

	if (!place)
		place = find_sampled(p, p->main_sampled);
	if (place)
		take_first(p, place);
	else if (p->main_image)
		p->profile->mappings.at[0].filename = profile_str(p->profile, p->main_image->path);
}

struct lookup {
	const struct places *p;
	const struct image *image;
	uint64_t pgoff;
	pid_t pid;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;
	const struct place *have = &want->p->at.at[value];

	return have->image == want->image && have->pgoff == want->pgoff && have->pid == want->pid;
}

static void set_build_id(struct places *p, struct mapping *mapping, const struct image *image)
{
	char hex[2 * sizeof(image->build_id.bytes) + 1] = "";

	for (size_t i = 0; i < image->build_id.n; i++)
		snprintf(hex + 2 * i, 3, "%02x", image->build_id.bytes[i]);
	mapping->build_id = profile_str(p->profile, hex);
}

static uint32_t add_place(struct places *p, const struct map *map)
{
	struct mapping mapping = { .start = map->start, .limit = map->end, .offset = map->pgoff };

	mapping.filename = profile_str(p->profile, map->image->path);
	set_build_id(p, &mapping, map->image);
	return add_mapping(p, &mapping, map->image, map->pgoff);
}

/* The place of a mapping, whose image becomes the one that stands for all of its build. */
static uint32_t find_place(struct places *p, pid_t pid, struct map *map)
{
	struct image_where where = { .pid = pid, .start = map->start, .end = map->end };
	pid_t owner = map->image->kind == IMAGE_ANON ? pid : 0; /* a file's code is the same for all */
	uint32_t *found, index;
	uint64_t hash;

	image_open(p->images, map->image, &where);
	map->image = image_unique(p->images, map->image);
	hash = hash_pair(map->image->index ^ (uint64_t)owner << 32, map->pgoff);
	found = table_find(&p->table, hash, same, &(struct lookup){ p, map->image, map->pgoff, owner });
	if (found)
		return *found;
	index = add_place(p, map);
	p->at.at[index].pid = owner;
	if (owner > 0 && p->is_live)
		jits_notice(&p->jits, owner);
	table_add(&p->table, hash, index);
	return index;
}

static uint32_t unmapped(struct places *p, uint64_t addr)
{
	struct image *image = images_get(p->images, &(struct image_id){ .path = "[unknown]" });
	struct map everywhere = { .start = 0, .end = UINT64_MAX, .image = image };

	return profile_location(p->profile, find_place(p, 0, &everywhere), addr);
}

uint32_t places_user(struct places *p, pid_t pid, struct map *map, uint64_t addr)
{
	struct mapping *mapping;

	if (!map)
		return unmapped(p, addr);
	if (!map->tag)
		map->tag = find_place(p, pid, map) + 1;
	mapping = &p->profile->mappings.at[map->tag - 1];
	if (map->end - map->start > mapping->limit - mapping->start)
		mapping->limit = mapping->start + (map->end - map->start);
	return profile_location(p->profile, map->tag - 1, addr - map->start + mapping->start);
}

const char *places_jit_name(struct places *p, const struct place *place, uint64_t addr)
{
	return place->pid > 0 ? jits_name(&p->jits, place->pid, addr) : NULL;
}

uint32_t places_kernel(struct places *p, uint64_t addr)
{
	if (p->kernel == PROFILE_NONE) {
		struct mapping mapping = { .filename = profile_str(p->profile, "[kernel.kallsyms]_stext") };

		p->kernel = add_mapping(p, &mapping, NULL, 0);
	}
	return profile_location(p->profile, p->kernel, addr);
}

uint32_t places_cut(struct places *p, enum unwind_end end)
{
	char text[64];
	struct line line = { 0 };

	if (p->cut[end] != PROFILE_NONE)
		return p->cut[end];
	snprintf(text, sizeof(text), "[cut: %s]", unwind_end_name(end));
	uint32_t name = profile_str(p->profile, text);
	line.function = profile_function(p->profile, &(struct function){ .name = name, .system_name = name });
	p->cut[end] = profile_location(p->profile, PROFILE_NONE, (uint64_t)end);
	profile_name_location(p->profile, p->cut[end], &line, 1);
	return p->cut[end];
}

enum unwind_end places_cut_reason(const struct places *p, uint32_t location)
{
	for (size_t i = 0; i < UNWIND_END_COUNT; i++)
		if (p->cut[i] == location)
			return (enum unwind_end)i;
	return UNWIND_ROOT;
}
