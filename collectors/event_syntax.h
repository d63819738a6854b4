/*
 * What the parsers of event names share: parts of the user's text, the pointing at what is wrong in it, and modifiers.
 * Private to event_*.c.
 */
#ifndef FPPROF_COLLECTORS_EVENT_SYNTAX_H
#define FPPROF_COLLECTORS_EVENT_SYNTAX_H

#include "base/buf.h"
#include "collectors/event.h"

/* A part of a text, borrowed. Not NUL-terminated. */
struct span {
	const char *at;
	size_t n;
};

struct span span_of(const char *text);
struct span span_between(const char *at, const char *end);
struct span span_behind(struct span s, const char *at); /* what follows the character at `at` */
struct span span_trim(struct span s); /* without blanks at its ends */
bool span_is(struct span s, const char *text);
char *span_dup(struct span s);        /* to be freed */

/* Takes a number of at most 64 bits off the front: decimal, or hexadecimal behind 0x. */
bool span_take_number(struct span *s, uint64_t *out);

/* For "%.*s" in a sentence: a long text is cut. */
enum { QUOTED_MAX = 80 };
#define QUOTED(s) ((int)((s).n < QUOTED_MAX ? (s).n : QUOTED_MAX)), (s).at

struct event_parser {
	struct event_machine *machine;
	struct span all;     /* what the user typed: every span that is pointed at is in here */
	bool keeps_generic;  /* an event that several kinds of cores count stays one */
	struct error *err;
};

/*
 * Sets the sentence, and below it shows `wrong` in the whole text, where it is only a part of it. Returns -EINVAL: the
 * user's words are wrong.
 */
int event_fault(const struct event_parser *p, struct span wrong, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum { MODIFIERS_MAX = 24 };

struct event_modifiers {
	char letters[MODIFIERS_MAX]; /* as the user gave them; those of a group behind the event's own */
};

/* `is_group`: behind the brace that ends a group. */
int modifiers_parse(const struct event_parser *p, struct span text, bool is_group, struct event_modifiers *out);
/* A group's modifiers count for each of its events, as if they were written there. */
void modifiers_join(struct event_modifiers *own, const struct event_modifiers *group);
void modifiers_apply(const struct event_modifiers *modifiers, struct event *event);

/* Can all of this text be modifiers? */
bool modifiers_is(const char *text);

/* The modifiers that say what these flags say; "" for none. */
void modifiers_describe(const struct event *event, char out[MODIFIERS_MAX]);

#endif
