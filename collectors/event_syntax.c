/*
 * A list of events can be long and come out of a script: a sentence alone would leave the user to look for what it is
 * about, so it is followed by the line, with the part marked.
 */
#include "collectors/event_syntax.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

/* ---- parts of a text ------------------------------------------------------------------------------------------- */

struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

struct span span_between(const char *at, const char *end)
{
	return (struct span){ at, (size_t)(end - at) };
}

struct span span_behind(struct span s, const char *at)
{
	return span_between(at + 1, s.at + s.n);
}

struct span span_trim(struct span s)
{
	while (s.n && isspace((unsigned char)s.at[0]))
		s = (struct span){ s.at + 1, s.n - 1 };
	while (s.n && isspace((unsigned char)s.at[s.n - 1]))
		s.n--;
	return s;
}

bool span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && memcmp(s.at, text, s.n) == 0;
}

char *span_dup(struct span s)
{
	return xstrndup(s.at, s.n);
}

bool span_take_number(struct span *s, uint64_t *out)
{
	cleanup_free char *text = span_dup(*s);
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = text + (is_hex ? 2 : 0);
	uint64_t value;
	char *end;

	if (!strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789"))
		return false;
	errno = 0;
	value = strtoull(digits, &end, is_hex ? 16 : 10);
	if (errno)
		return false;
	*out = value;
	*s = span_between(s->at + (end - text), s->at + s->n);
	return true;
}

/* ---- faults ---------------------------------------------------------------------------------------------------- */

enum { SHOWN_BEFORE = 30, SHOWN_MAX = 90, SENTENCE_MAX = 700 };

static void add_shown(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++)
		buf_putc(out, isprint((unsigned char)text.at[i]) ? text.at[i] : '?');
}

/*
 *   ..s,bogus,page-faults
 *       ^~~~~
 */
static void add_pointer(struct span all, struct span wrong, struct buf *out)
{
	size_t at = (size_t)(wrong.at - all.at), from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
	size_t n = all.n - from < SHOWN_MAX ? all.n - from : SHOWN_MAX;
	size_t marked = wrong.n < n - (at - from) ? wrong.n : n - (at - from);

	buf_printf(out, "\n  %s", from ? ".." : "");
	add_shown((struct span){ all.at + from, n }, out);
	buf_puts(out, from + n < all.n ? "..\n  " : "\n  ");
	for (size_t i = 0; i < at - from + (from ? 2 : 0); i++)
		buf_putc(out, ' ');
	buf_putc(out, '^');
	for (size_t i = 1; i < marked; i++)
		buf_putc(out, '~');
}

int event_fault(const struct event_parser *p, struct span wrong, const char *fmt, ...)
{
	cleanup_buf struct buf pointer = { 0 };
	char sentence[SENTENCE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	if (wrong.n < p->all.n)
		add_pointer(p->all, wrong, &pointer);
	return error_set(p->err, EINVAL, "%s%s", sentence, pointer.n ? pointer.at : "");
}

/* ---- modifiers ------------------------------------------------------------------------------------------------- */

static const char known_letters[] = "ukhGHIDepPW";

bool modifiers_is(const char *text)
{
	return *text && strspn(text, "ukhGHIDepPWSb") == strlen(text);
}

static int refuse_letter(const struct event_parser *p, struct span letter, bool is_group)
{
	switch (letter.at[0]) {
	case 'S':
		return event_fault(p, letter, "modifier S (values of the group in each sample) is not known here: "
				   "leave it out; the counts of a group are of the same instants anyway");
	case 'b':
		return event_fault(p, letter, "modifier b counts by BPF, which fpprof does without: leave it out");
	case 'W':
		return event_fault(p, letter, "modifier W lets a group be taken apart: it is for behind the group's }");
	default:
		return event_fault(p, letter, "unknown modifier '%c': known are u k h (user, kernel, hypervisor), "
				   "G H (guest, host), I (not idle), p pp ppp P (precise), D (pinned), e (alone)%s",
				   letter.at[0], is_group ? ", W (weak)" : "");
	}
}

static int check_letter(const struct event_parser *p, struct span text, size_t i, bool is_group)
{
	struct span letter = { text.at + i, 1 };

	if (!strchr(known_letters, *letter.at) || !*letter.at || (*letter.at == 'W' && !is_group))
		return refuse_letter(p, letter, is_group);
	if (*letter.at != 'p' && memchr(text.at, *letter.at, i))
		return event_fault(p, letter, "modifier %c is given twice", *letter.at);
	return 0;
}

static size_t count(const char *text, char letter)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == letter;
	return n;
}

static unsigned int precision(const char *letters)
{
	size_t p = count(letters, 'p');

	return strchr(letters, 'P') || p > 3 ? 3 : (unsigned int)p;
}

int modifiers_parse(const struct event_parser *p, struct span text, bool is_group, struct event_modifiers *out)
{
	struct event_modifiers modifiers = { 0 };

	if (!text.n)
		return event_fault(p, (struct span){ text.at - 1, 1 }, "a colon, and no modifier behind it");
	for (size_t i = 0; i < text.n; i++) {
		int rc = check_letter(p, text, i, is_group);

		if (rc < 0)
			return rc;
	}
	if (text.n < MODIFIERS_MAX)
		memcpy(modifiers.letters, text.at, text.n);
	if (text.n >= MODIFIERS_MAX || count(modifiers.letters, 'p') > 3)
		return event_fault(p, text, "no event is more precise than ppp");
	*out = modifiers;
	return 0;
}

void modifiers_join(struct event_modifiers *own, const struct event_modifiers *group)
{
	for (const char *at = group->letters; *at; at++) {
		size_t n = strlen(own->letters);

		if (*at == 'W' || (*at != 'p' && strchr(own->letters, *at)) || n + 1 >= MODIFIERS_MAX)
			continue;
		own->letters[n] = *at;
		own->letters[n + 1] = '\0';
	}
}

/* u, k and h say what to count; without any of them all is counted. So do G and H. */
void modifiers_apply(const struct event_modifiers *modifiers, struct event *event)
{
	const char *letters = modifiers->letters;
	bool user = strchr(letters, 'u'), kernel = strchr(letters, 'k'), hypervisor = strchr(letters, 'h');
	bool guest = strchr(letters, 'G'), host = strchr(letters, 'H');
	bool some_level = user || kernel || hypervisor, some_side = guest || host;

	event->no_user = some_level && !user;
	event->no_kernel = some_level && !kernel;
	event->no_hypervisor = some_level && !hypervisor;
	event->no_guest = some_side && !guest;
	event->no_host = some_side && !host;
	event->no_idle = strchr(letters, 'I');
	event->is_pinned = strchr(letters, 'D');
	event->is_exclusive = strchr(letters, 'e');
	event->precise = precision(letters);
	event->precise_max = strchr(letters, 'P');
}

void modifiers_describe(const struct event *event, char out[MODIFIERS_MAX])
{
	bool some_level = event->no_user || event->no_kernel || event->no_hypervisor;
	bool some_side = event->no_guest || event->no_host;
	const struct {
		bool is_given;
		char letter;
	} all[] = {
		{ some_level && !event->no_user, 'u' }, { some_level && !event->no_kernel, 'k' },
		{ some_level && !event->no_hypervisor, 'h' }, { some_side && !event->no_guest, 'G' },
		{ some_side && !event->no_host, 'H' }, { event->no_idle, 'I' }, { event->is_pinned, 'D' },
		{ event->is_exclusive, 'e' },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].is_given)
			out[n++] = all[i].letter;
	out[n] = '\0';
}
