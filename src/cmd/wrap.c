/* A word that is longer than a line is not broken: it may be a path or a command to be copied. */
#include "src/cmd/wrap.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void wrap_text(const char *at, size_t n, int indent, int column)
{
	const char *end = at + n;
	bool starts_line = true;

	for (;;) {
		at += strspn(at, " \n");
		if (at >= end)
			break;
		int word = (int)strcspn(at, " \n");
		if (word > end - at)
			word = (int)(end - at);
		if (!starts_line && column + 1 + word > WRAP_WIDTH) {
			printf("\n%*s", indent, "");
			column = indent;
			starts_line = true;
		}
		column += printf("%s%.*s", starts_line ? "" : " ", word, at);
		starts_line = false;
		at += word;
	}
	putchar('\n');
}
