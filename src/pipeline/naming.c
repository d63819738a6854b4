/*
 * The end of the window: each distinct location is named once, whatever number of samples passed through it. Locations
 * are taken image by image, so that only one symbol table is in memory at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "src/pipeline/pipeline.h"
#include "symbolize/kernel.h"
#include "symbolize/symbolize.h"

/* What naming found out about a location; parallel to the profile's locations. */
struct finding {
	bool is_named, is_root;
};
struct finding_vec VEC_OF(struct finding);

struct naming {
	struct pipeline *p;
	struct finding_vec findings;
	struct number_vec order; /* locations, by mapping */
};

/* ---- kernel ------------------------------------------------------------------------------------------------------ */

static void name_one(struct profile *profile, uint32_t location, const char *name, const char *system_name)
{
	struct function function = { profile_str(profile, name), profile_str(profile, system_name), 0, 0 };
	struct line line = { .function = profile_function(profile, &function) };

	profile_name_location(profile, location, &line, 1);
}

/* Modules have mappings of their own, "[nf_tables]": found by name, as there are few. */
static uint32_t module_mapping(struct profile *profile, const char *module)
{
	char name[128];
	uint32_t str;

	snprintf(name, sizeof(name), "[%.120s]", module);
	str = profile_str(profile, name);
	for (uint32_t i = 0; i < profile->mappings.n; i++)
		if (profile->mappings.at[i].filename == str)
			return i;
	return profile_add_mapping(profile, &(struct mapping){ .filename = str });
}

static void apply_kernel_name(struct naming *nm, uint32_t location, const struct kernel_name *found)
{
	struct profile *profile = &nm->p->profile;
	char text[64];

	if (found->name) {
		name_one(profile, location, found->name, found->name);
		nm->findings.at[location].is_named = true;
	} else {
		snprintf(text, sizeof(text), "[kernel]+0x%llx", (unsigned long long)found->addr);
		name_one(profile, location, text, text);
	}
	if (found->module)
		profile->locations.at[location].mapping = module_mapping(profile, found->module);
}

/* The kernel that runs may have its text at the same address. Of a copy of kallsyms nobody knows the build. */
static bool is_build_of_records(const struct pipeline *p)
{
	struct build_id told = images_told_build(&p->images, "[kernel.kallsyms]"), runs = kernel_build_id();

	return p->config.kallsyms || build_id_fits(&told, &runs);
}

/* Where records do not tell, somebody has to say that these kallsyms are theirs. */
static bool is_kernel_of_records(const struct pipeline *p, const struct kernel_info *info)
{
	if (!p->config.is_recorded)
		return true;
	if (!is_build_of_records(p))
		return false;
	if (info->hidden)
		return true; /* it names nothing */
	return p->kernel_anchor ? kernel_agrees(info, p->kernel_anchor) : p->config.kallsyms != NULL;
}

static void set_kernel_range(struct naming *nm, const struct kernel_info *info)
{
	struct mapping *mapping = &nm->p->profile.mappings.at[nm->p->places.kernel];

	mapping->start = info->text_start;
	mapping->limit = info->text_end;
	nm->p->stats.kallsyms_hidden = info->hidden;
}

/* The locations come in the order of their addresses, which is what kernel_resolve() wants. */
static int name_kernel(struct naming *nm, const uint32_t *locations, size_t n, struct error *err)
{
	struct profile *profile = &nm->p->profile;
	struct kernel_name *names = xcalloc(n, sizeof(*names));
	struct kernel_info info = { 0 };
	const char *path = nm->p->config.kallsyms ? nm->p->config.kallsyms : "/proc/kallsyms";
	int rc;

	for (size_t i = 0; i < n; i++)
		names[i].addr = profile->locations.at[locations[i]].address;
	rc = kernel_resolve(path, names, n, &info, err);
	if (rc == 0 && !is_kernel_of_records(nm->p, &info)) {
		nm->p->stats.kallsyms_differ = true;
		info = (struct kernel_info){ 0 };
		kernel_names_free(names, n);
	}
	set_kernel_range(nm, &info);
	for (size_t i = 0; i < n; i++)
		apply_kernel_name(nm, locations[i], &names[i]);
	kernel_names_free(names, n);
	free(names);
	return rc;
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static struct line make_line(struct profile *profile, const struct function_name *name)
{
	struct function function = {
		.name = profile_str(profile, name->name),
		.system_name = profile_str(profile, name->system_name),
		.filename = name->file ? profile_str(profile, name->file) : 0,
		.start_line = name->start_line,
	};

	return (struct line){ profile_function(profile, &function), name->line, name->column };
}

/* What a compiler says of the code that it made while its program ran. */
static bool name_by_compiler(struct naming *nm, const struct place *place, uint32_t location)
{
	struct profile *profile = &nm->p->profile;
	const char *name = places_jit_name(&nm->p->places, place, profile->locations.at[location].address);
	cleanup_buf struct buf clean = { 0 };

	if (!name)
		return false;
	utf8_clean(name, strlen(name), &clean);
	name_one(profile, location, clean.at, clean.at);
	nm->findings.at[location].is_named = true;
	return true;
}

static void name_in_image(struct naming *nm, const struct place *place, uint32_t location)
{
	struct profile *profile = &nm->p->profile;
	const struct mapping *mapping = &profile->mappings.at[place->mapping];
	uint64_t offset = profile->locations.at[location].address - mapping->start + mapping->offset;
	struct line_vec lines = { 0 };
	struct place_name found;

	symbolize(place->image, offset, &found);
	for (size_t i = 0; i < found.at.n; i++)
		*vec_push(&lines) = make_line(profile, &found.at.at[i]);
	profile_name_location(profile, location, lines.at, lines.n);
	nm->findings.at[location] = (struct finding){ .is_named = found.has_symbol, .is_root = found.is_root };
	place_name_free(&found);
	vec_free(&lines);
}

static int name_group(struct naming *nm, uint32_t mapping, const uint32_t *locations, size_t n, struct error *err)
{
	const struct place *place;

	if (mapping == PROFILE_NONE)
		return 0;
	if (mapping == nm->p->places.kernel)
		return name_kernel(nm, locations, n, err);
	place = &nm->p->places.at.at[mapping];
	for (size_t i = 0; i < n; i++)
		if (!name_by_compiler(nm, place, locations[i]))
			name_in_image(nm, place, locations[i]);
	image_drop_tables(place->image);
	return 0;
}

static int by_mapping(const void *a, const void *b, void *ctx)
{
	const struct profile *profile = ctx;
	const struct location *x = &profile->locations.at[*(const uint32_t *)a];
	const struct location *y = &profile->locations.at[*(const uint32_t *)b];

	if (x->mapping != y->mapping)
		return x->mapping < y->mapping ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static void sort_locations(struct naming *nm)
{
	struct profile *profile = &nm->p->profile;

	for (uint32_t i = 0; i < profile->locations.n; i++) {
		*vec_push(&nm->order) = i;
		*vec_push(&nm->findings) = (struct finding){ 0 };
	}
	if (nm->order.n)
		qsort_r(nm->order.at, nm->order.n, sizeof(uint32_t), by_mapping, profile);
}

static int name_locations(struct naming *nm, struct error *err)
{
	const struct profile *profile = &nm->p->profile;
	const uint32_t *order = nm->order.at;
	int rc = 0;

	for (size_t from = 0, to; from < nm->order.n; from = to) {
		uint32_t mapping = profile->locations.at[order[from]].mapping;

		for (to = from + 1; to < nm->order.n && profile->locations.at[order[to]].mapping == mapping;)
			to++;
		int group_rc = name_group(nm, mapping, order + from, to - from, err);
		rc = group_rc < 0 ? group_rc : rc;
	}
	return rc;
}

/* ---- stacks ------------------------------------------------------------------------------------------------------ */

static const uint32_t *stack_of(const struct profile *profile, const struct sample *sample, size_t *n)
{
	const struct run *run = &profile->stacks.at[sample->stack];

	*n = run->n;
	return profile->stack_pool.at + run->first;
}

static void count_end(struct pipeline *p, enum unwind_end end, const struct sample *sample)
{
	p->stats.ends[end] += (uint64_t)sample->values[0];
}

/*
 * A walk that lost its way right behind the function where programs or threads begin has reached the root: the mark
 * that says "cut" goes.
 */
static void settle_root(struct naming *nm, struct sample *sample)
{
	struct profile *profile = &nm->p->profile;
	size_t n;
	const uint32_t *stack = stack_of(profile, sample, &n);
	enum unwind_end end = n ? places_cut_reason(&nm->p->places, stack[n - 1]) : UNWIND_ROOT;

	if (end != UNWIND_ROOT && n > 1 && nm->findings.at[stack[n - 2]].is_root) {
		struct number_vec copy = { 0 };

		for (size_t i = 0; i + 1 < n; i++)
			*vec_push(&copy) = stack[i];
		sample->stack = profile_stack(profile, copy.at, copy.n);
		vec_free(&copy);
		end = UNWIND_ROOT;
	}
	count_end(nm->p, end, sample);
}

/* Stacks may have become equal by that. */
static void settle_roots(struct naming *nm)
{
	struct profile *profile = &nm->p->profile;

	for (size_t i = 0; i < profile->samples.n; i++)
		settle_root(nm, &profile->samples.at[i]);
	profile_regroup(profile);
}

static void count_frames(struct naming *nm, const struct sample *sample)
{
	struct pipeline_stats *stats = &nm->p->stats;
	size_t n;
	const uint32_t *stack = stack_of(&nm->p->profile, sample, &n);

	for (size_t i = 0; i < n; i++) {
		if (places_cut_reason(&nm->p->places, stack[i]) != UNWIND_ROOT)
			continue;
		stats->frames += (uint64_t)sample->values[0];
		stats->named += nm->findings.at[stack[i]].is_named ? (uint64_t)sample->values[0] : 0;
	}
}

/* ---- the front --------------------------------------------------------------------------------------------------- */

static void add_unnamed(struct pipeline *p, const struct naming *nm)
{
	p->unnamed_frames = xcalloc(p->places.at.n, sizeof(*p->unnamed_frames));
	for (size_t i = 0; i < p->profile.samples.n; i++) {
		const struct sample *sample = &p->profile.samples.at[i];
		size_t n;
		const uint32_t *stack = stack_of(&p->profile, sample, &n);

		for (size_t k = 0; k < n; k++) {
			uint32_t mapping = p->profile.locations.at[stack[k]].mapping;

			if (mapping < p->places.at.n && !nm->findings.at[stack[k]].is_named)
				p->unnamed_frames[mapping] += (uint64_t)sample->values[0];
		}
	}
}

int pipeline_finish(struct pipeline *p, struct error *err)
{
	struct naming nm = { .p = p };
	int rc;

	places_settle_main(&p->places);
	sort_locations(&nm);
	rc = name_locations(&nm, err);
	settle_roots(&nm);
	for (size_t i = 0; i < p->profile.samples.n; i++)
		count_frames(&nm, &p->profile.samples.at[i]);
	add_unnamed(p, &nm);
	vec_free(&nm.order);
	vec_free(&nm.findings);
	return rc;
}

static int by_frames(const void *a, const void *b)
{
	const struct unnamed_file *x = a, *y = b;

	return x->frames < y->frames ? 1 : x->frames > y->frames ? -1 : 0;
}

static const char *kernel_trouble(const struct pipeline *p)
{
	return p->stats.kallsyms_differ ? "the kallsyms at hand are of another kernel or boot" : NULL;
}

static const char *trouble_of(const struct pipeline *p, const struct place *place)
{
	const char *map = place->pid > 0 ? jits_trouble(&p->places.jits, place->pid) : NULL;

	return map ? map : place->image ? place->image->trouble : kernel_trouble(p);
}

static enum remedy remedy_of(const struct pipeline *p, const struct place *place)
{
	const struct image *image = place->image;

	if (!image)
		return p->stats.kallsyms_hidden ? REMEDY_KALLSYMS : REMEDY_NONE;
	if (image->kind == IMAGE_ANON)
		return place->pid > 0 ? REMEDY_PERF_MAP : REMEDY_NONE;
	if (image->kind != IMAGE_FILE || image->state != IMAGE_OPEN)
		return REMEDY_NONE;
	return strncmp(image->path, "/usr/", 5) == 0 || strncmp(image->path, "/lib", 4) == 0 ? REMEDY_DEBUG_PACKAGE :
											       REMEDY_BUILD_WITH_G;
}

void pipeline_unnamed(const struct pipeline *p, struct unnamed_vec *out)
{
	for (size_t i = 0; p->unnamed_frames && i < p->places.at.n; i++) {
		const struct image *image = p->places.at.at[i].image;

		if (!p->unnamed_frames[i])
			continue;
		*vec_push(out) = (struct unnamed_file){
			.path = image ? image->path : "[kernel]",
			.trouble = trouble_of(p, &p->places.at.at[i]),
			.remedy = remedy_of(p, &p->places.at.at[i]),
			.frames = p->unnamed_frames[i],
		};
	}
	if (out->n)
		qsort(out->at, out->n, sizeof(*out->at), by_frames);
}
