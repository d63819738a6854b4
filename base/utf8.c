/* Validity is RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "base/utf8.h"

#include <stdint.h>

/* Length of the sequence at `at`, or 0 when it is not UTF-8. */
static size_t sequence(const unsigned char *at, size_t left)
{
	unsigned char lead = at[0];
	size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] >= 0xa0) ||
	    (lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] >= 0x90))
		return 0;
	return n;
}

static bool is_control(const unsigned char *at, size_t n)
{
	return (n == 1 && (at[0] < 0x20 || at[0] == 0x7f)) || (n == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

bool utf8_is_clean(const char *text, size_t n)
{
	const unsigned char *at = (const unsigned char *)text;

	while (n) {
		size_t step = sequence(at, n);

		if (!step || is_control(at, step))
			return false;
		at += step;
		n -= step;
	}
	return true;
}

void utf8_clean(const char *text, size_t n, struct buf *out)
{
	const unsigned char *at = (const unsigned char *)text;

	while (n) {
		size_t step = sequence(at, n);

		if (!step)
			buf_puts(out, "\xef\xbf\xbd");
		else if (is_control(at, step))
			buf_printf(out, "\\x%02x", at[step - 1]);
		else
			buf_add(out, at, step);
		step = step ? step : 1;
		at += step;
		n -= step;
	}
}
