/* The sink is the one piece of global state in the libraries: passing it through every call would say no more. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/intern.h"

static log_sink_fn *the_sink;

__attribute__((format(printf, 1, 0))) static void speak(const char *fmt, va_list args)
{
	char sentence[1024];

	if (!the_sink)
		return;
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	the_sink(sentence);
}

void log_set_sink(log_sink_fn *sink)
{
	the_sink = sink;
}

void log_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	speak(fmt, args);
	va_end(args);
}

void log_once(const char *key, const char *fmt, ...)
{
	static struct intern said;
	va_list args;
	uint32_t before;

	if (!said.n)
		intern_init(&said);
	before = said.n;
	if (intern_str(&said, key) < before)
		return;
	va_start(args, fmt);
	speak(fmt, args);
	va_end(args);
}
