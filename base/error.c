/* Sentences are cut rather than allocated: an error path must not have error paths of its own. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void mark_cut(char *text)
{
	memcpy(text + ERROR_TEXT_MAX - 4, "...", 4);
}

__attribute__((format(printf, 2, 0))) static void format_text(char *text, const char *fmt, va_list args)
{
	int n = vsnprintf(text, ERROR_TEXT_MAX, fmt, args);

	if (n >= ERROR_TEXT_MAX)
		mark_cut(text);
}

static void append(char *text, const char *more)
{
	size_t used = strlen(text), extra = strlen(more);

	if (used + extra < ERROR_TEXT_MAX) {
		memcpy(text + used, more, extra + 1);
		return;
	}
	memcpy(text + used, more, ERROR_TEXT_MAX - 1 - used);
	mark_cut(text);
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list args;

	if (err) {
		err->code = code;
		va_start(args, fmt);
		format_text(err->text, fmt, args);
		va_end(args);
	}
	return -code;
}

int error_errno(struct error *err, int code, const char *fmt, ...)
{
	va_list args;

	if (err) {
		err->code = code;
		va_start(args, fmt);
		format_text(err->text, fmt, args);
		va_end(args);
		append(err->text, ": ");
		append(err->text, strerror(code));
	}
	return -code;
}

void error_wrap(struct error *err, const char *fmt, ...)
{
	char inner[ERROR_TEXT_MAX];
	va_list args;

	if (!err)
		return;
	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	format_text(err->text, fmt, args);
	va_end(args);
	append(err->text, ": ");
	append(err->text, inner);
}
