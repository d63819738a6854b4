/*
 * How long it takes to find names. usage: bench_symbolize warm|cold|list /PATH/OF/FILE [PLACES]
 *
 * warm: look-ups a second at random places, when every table has been read once: of functions alone, and of lines with
 * inlined calls. cold: milliseconds to name random places from nothing, and the memory that was most in use. list: those
 * places, for others to name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "symbolize/symbolize.h"

enum { PLACES = 5000, WARM_ROUNDS = 400 };

static uint64_t random_state = 1;

static uint64_t random_number(void)
{
	random_state = random_state * 6364136223846793005 + 1442695040888963407;
	return random_state >> 20;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Places in functions, so that there is something to find. */
static void choose(struct image *image, uint64_t *places, size_t n)
{
	const struct symtab *symtab = image_symtab(image);

	if (!symtab->at.n) {
		fprintf(stderr, "%s has no symbols\n", image->path);
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		const struct symbol *symbol = &symtab->at.at[random_number() % symtab->at.n];

		places[i] = symbol->start + random_number() % (symbol->end - symbol->start);
	}
}

static void name_all(struct image *image, const uint64_t *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t offset = 0, left;
		struct place_name place;

		if (!image_offset(image, places[i], &offset, &left))
			continue;
		symbolize(image, offset, &place);
		place_name_free(&place);
	}
}

static void cold(struct image *image, const uint64_t *places, size_t n, double start)
{
	struct rusage usage;

	name_all(image, places, n);
	getrusage(RUSAGE_SELF, &usage);
	printf("%zu places cold: %.1f ms, %ld MiB at most\n", n, now() - start, usage.ru_maxrss / 1024);
}

static void say(const char *what, double ms, size_t n, size_t found)
{
	printf("%s warm: %.2f million a second (%zu of %zu found)\n", what, (double)n / ms / 1e3, found, n);
}

static void warm(struct image *image, const uint64_t *places, size_t n)
{
	struct source_frame frames[SOURCE_FRAMES_MAX];
	const struct symtab *symtab = image_symtab(image);
	struct lines *lines = image_lines(image);
	size_t found = 0;
	double start;

	name_all(image, places, n);
	start = now();
	for (size_t i = 0; i < n * WARM_ROUNDS; i++)
		found += symtab_find(symtab, places[i % n]) != NULL;
	say("functions", now() - start, n * WARM_ROUNDS, found);
	found = 0;
	start = now();
	for (size_t i = 0; i < n * WARM_ROUNDS; i++)
		found += lines_frames(lines, places[i % n], frames) != 0;
	say("lines and inlined calls", now() - start, n * WARM_ROUNDS, found);
}

int main(int argc, char **argv)
{
	size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : PLACES;
	uint64_t *places = calloc(n ? n : 1, sizeof(*places));
	double start = now();
	struct image *image;
	struct images images;

	if (argc < 3 || !n || !places)
		return 2;
	images_init(&images, NULL);
	image = images_get(&images, &(struct image_id){ .path = argv[2] });
	if (!image_open(&images, image, &(struct image_where){ 0 })) {
		fprintf(stderr, "%s: %s\n", argv[2], image->trouble);
		return 1;
	}
	choose(image, places, n);
	if (strcmp(argv[1], "cold") == 0)
		cold(image, places, n, start);
	else if (strcmp(argv[1], "warm") == 0)
		warm(image, places, n);
	else
		for (size_t i = 0; i < n; i++)
			printf("0x%llx\n", (unsigned long long)places[i]);
	images_free(&images);
	free(places);
	return 0;
}
