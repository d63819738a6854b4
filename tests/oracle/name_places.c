/*
 * Says what fpprof makes of addresses, for the comparison with others' answers. usage: name_places /PATH/OF/FILE <ADDRESSES
 *
 * Addresses are the file's own, in hexadecimal, one a line. For each, in the same order, a line for each function that is
 * there, innermost first ("LINKER'S NAME", FILE, LINE, COLUMN, START LINE, separated by tabs), and an empty line.
 * With FPPROF_ROOT in the environment files are looked for below that directory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "symbolize/symbolize.h"

static void print_place(struct image *image, uint64_t vaddr)
{
	uint64_t offset = 0, left;
	struct place_name place;

	if (image_offset(image, vaddr, &offset, &left)) {
		symbolize(image, offset, &place);
		for (size_t i = 0; i < place.at.n; i++) {
			const struct function_name *f = &place.at.at[i];

			printf("%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", f->system_name, f->file ? f->file : "", f->line,
			       f->column, f->start_line);
		}
		place_name_free(&place);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	struct image *image;
	struct images images;
	uint64_t vaddr;

	if (argc != 2)
		return 2;
	images_init(&images, getenv("FPPROF_ROOT"));
	image = images_get(&images, &(struct image_id){ .path = argv[1] });
	if (!image_open(&images, image, &(struct image_where){ 0 })) {
		fprintf(stderr, "%s: %s\n", argv[1], image->trouble);
		return 1;
	}
	while (scanf("%" SCNx64, &vaddr) == 1)
		print_place(image, vaddr);
	images_free(&images);
	return 0;
}
