/*
 * Any process can map any file. The bytes become a file, and everything is done with it that a profile does: opening,
 * symbols, rules, names.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "symbolize/arch.h"
#include "symbolize/symbolize.h"
#include "tests/fuzz/fuzz.h"

enum { PLACES = 64 };

/*
 * libelf (0.188) loses a section's bytes at times, when the section's header contradicts itself: once for each such file,
 * no more than the file holds. That is not ours to mend, and must not hide what we lose ourselves.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libelf.so\n";
}

static void use(struct image *image, uint64_t offset)
{
	struct place_name name;
	uint64_t vaddr;

	if (image_vaddr(image, offset, &vaddr)) {
		struct rule rule = rules_at(image, vaddr, ARCH_DWARF_FP);
		struct rule again = rules_at(image, vaddr, ARCH_DWARF_FP);

		must_hold(rule.kind <= RULE_OUTERMOST);
		must_hold(rule.kind == again.kind && (rule.cfa == again.cfa || rule.kind == RULE_CFA_EXPR));
	}
	image_follows_call(image, offset);
	symbolize(image, offset, &name);
	must_hold(name.at.at[0].name && name.at.at[0].system_name && name.at.at[0].name[0]);
	must_hold(utf8_is_clean(name.at.at[0].name, strlen(name.at.at[0].name)));
	place_name_free(&name);
}

static void use_symbols(struct image *image)
{
	const struct symtab *symtab = image_symtab(image);

	for (size_t i = 0; i < symtab->at.n; i++) {
		const struct symbol *symbol = &symtab->at.at[i];

		must_hold(symbol->start < symbol->end);
		must_hold(!i || symtab->at.at[i - 1].start < symbol->start);
		must_hold(symbol->name < symtab->names.n);
		must_hold(symtab_find(symtab, symbol->start) == symbol);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct images images;
	struct image *image;
	char path[32];

	must_hold(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	images_init(&images, NULL);
	images.open_limit = n % 2; /* a descriptor, or a copy in memory */
	image = images_get(&images, &(struct image_id){ .path = path });
	image_open(&images, image, &(struct image_where){ 0 });
	must_hold((image->state == IMAGE_OPEN) == !image->trouble);
	use_symbols(image);
	for (uint64_t i = 0; i < PLACES; i++)
		use(image, i * n / PLACES);
	images_free(&images);
	close(fd);
	return 0;
}
