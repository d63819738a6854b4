/*
 * mem:ADDRESS[/LENGTH][:ACCESS][:MODIFIERS]: counts who reads, writes or executes what is there. What is behind a colon
 * is an access where it is made of r, w and x; those are no modifiers.
 */
#include <string.h>

#include "collectors/event_expression.h"

enum { ACCESS_READ_WRITE = 3, ACCESS_EXECUTE = 4, LENGTH_DATA = 4, LENGTH_CODE = sizeof(long), LENGTH_MAX = 8 };

/* ":rw"; `at` is left alone where it is something else. */
static void parse_access(struct span *at, uint32_t *type)
{
	static const char letters[] = "rwx"; /* HW_BREAKPOINT_R, _W and _X are 1, 2 and 4 */
	struct span rest = *at;
	uint32_t access = 0;

	for (rest = span_behind(rest, rest.at); rest.n && *rest.at != ':'; rest = span_behind(rest, rest.at)) {
		const char *letter = strchr(letters, *rest.at);

		if (!letter)
			return;
		access |= 1U << (letter - letters);
	}
	if (!access)
		return;
	*type = access;
	*at = rest;
}

static int parse_place(const struct event_parser *p, struct span text, struct span *at, struct event *event)
{
	struct span length;

	if (!span_take_number(at, &event->config1))
		return event_fault(p, text, "a breakpoint is mem:ADDRESS[/LENGTH][:rwx], such as mem:0x4011d0/8:w");
	if (!at->n || *at->at != '/')
		return 0;
	length = *at = span_behind(*at, at->at);
	if (!span_take_number(at, &event->config2) || !event->config2 || event->config2 > LENGTH_MAX)
		return event_fault(p, length, "a breakpoint is 1 to %d bytes long", LENGTH_MAX);
	return 0;
}

int expression_breakpoint(struct expression *x, struct span text, const struct event_modifiers *group)
{
	struct event event = { .type = PERF_TYPE_BREAKPOINT, .bp_type = ACCESS_READ_WRITE };
	struct span at = { text.at + strlen(BREAKPOINT), text.n - strlen(BREAKPOINT) };
	int rc = parse_place(x->p, text, &at, &event);

	if (rc < 0)
		return rc;
	if (at.n && *at.at == ':')
		parse_access(&at, &event.bp_type);
	if (!event.config2)
		event.config2 = event.bp_type == ACCESS_EXECUTE ? LENGTH_CODE : LENGTH_DATA;
	if (at.n && *at.at != ':')
		return event_fault(x->p, at, "'%.*s' does not belong to mem:ADDRESS[/LENGTH][:rwx]", QUOTED(at));
	x->base = x->head = span_between(text.at, at.at);
	rc = expression_modifiers(x, at.n ? span_behind(at, at.at) : at, at.n, group);
	return rc < 0 ? rc : expression_add(x, &event, NULL, ROW_NEW);
}
