/*
 * Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours, which are what fingers do.
 * Near enough is a third of the word; a name that merely starts with what was typed counts as one step away.
 */
#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

enum { NAME_MAX_COMPARED = 63, NEAREST_SHOWN = 3 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_COMPARED + 1], na = strlen(a), nb = strlen(b);

	if (na > NAME_MAX_COMPARED || nb > NAME_MAX_COMPARED)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && above2[j - 2] < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[na % 3][nb];
}

static size_t distance(const char *wrong, const char *name)
{
	size_t d = edit_distance(wrong, name), n = strlen(wrong);

	return n >= 3 && d > 1 && strncmp(wrong, name, n) == 0 ? 1 : d;
}

void nearest_names(const char *wrong, const char *const *names, size_t n, struct buf *out)
{
	size_t limit = strlen(wrong) / 3 > 1 ? strlen(wrong) / 3 : 1, shown = 0;

	for (size_t d = 0; d <= limit && shown < NEAREST_SHOWN; d++) {
		for (size_t i = 0; i < n && shown < NEAREST_SHOWN; i++) {
			if (!names[i] || distance(wrong, names[i]) != d)
				continue;
			buf_puts(out, shown++ ? ", " : "; did you mean ");
			buf_puts(out, names[i]);
		}
	}
	if (shown)
		buf_putc(out, '?');
}
