/* A double takes 17 digits to come back as the same double; jansson writes so many by itself. */
#include "src/stat/json_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

json_t *stat_json_object(void)
{
	json_set_alloc_funcs(xmalloc, free);
	return json_object();
}

json_t *stat_json_text(const char *text)
{
	cleanup_buf struct buf clean = { 0 };

	if (!text)
		return json_null();
	buf_puts(&clean, "");
	utf8_clean(text, strlen(text), &clean);
	return json_stringn(clean.at, clean.n);
}

json_t *stat_json_number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) < 0x1p53)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static int append(const char *bytes, size_t n, void *out)
{
	buf_add(out, bytes, n);
	return 0;
}

void stat_json_line(json_t *object, struct buf *out)
{
	json_dump_callback(object, append, out, 0);
	buf_putc(out, '\n');
	json_decref(object);
}
