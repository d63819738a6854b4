/*
 * A colon separates a tracepoint's system from its name, and any event from its modifiers. So what is in front of it
 * decides: where that is an event, modifiers follow.
 */
#include "collectors/event_expression.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "collectors/event_hint.h"
#include "collectors/event_names.h"
#include "collectors/tracepoint.h"

static bool is_breakpoint(struct span text)
{
	return text.n >= strlen(BREAKPOINT) && memcmp(text.at, BREAKPOINT, strlen(BREAKPOINT)) == 0;
}

static const char *find(struct span text, char c)
{
	return memchr(text.at, c, text.n);
}

static const char *find_last(struct span text, char c)
{
	return memrchr(text.at, c, text.n);
}

/* ---- where it ends --------------------------------------------------------------------------------------------- */

/* The slash that ends the terms, from within them: name='a/b' does not. */
static size_t terms_length(struct span text)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; i < text.n && (is_quoted || text.at[i] != '/'); i++)
		is_quoted ^= text.at[i] == '\'';
	return i;
}

size_t expression_length(struct span text)
{
	bool has_terms = !is_breakpoint(span_trim(text));
	size_t i;

	for (i = 0; i < text.n && !strchr(",{}", text.at[i]); i++)
		if (text.at[i] == '/' && has_terms) {
			i += 1 + terms_length((struct span){ text.at + i + 1, text.n - i - 1 });
			has_terms = false;
			if (i >= text.n)
				return text.n;
		}
	return i;
}

/* ---- its events ------------------------------------------------------------------------------------------------ */

/* An event that brings a name (of one tracepoint of a glob, of one kind of core) gets the modifiers behind it. */
static int complete_name(const struct expression *x, struct event *event)
{
	struct span base = event->name[0] ? span_of(event->name) : x->base;
	const char *letters = x->modifiers.letters;
	size_t n = base.n;

	if (x->own_name[0]) {
		memcpy(event->name, x->own_name, sizeof(event->name));
		return 0;
	}
	if (n + MODIFIERS_MAX >= sizeof(event->name))
		return event_fault(x->p, x->base, "event name '%.40s...' is too long%s", x->base.at,
				   x->has_slashes ? ": give it a shorter one with a term name='X'" : "");
	memmove(event->name, base.at, n);
	if (*letters && event->name[n - 1] != '/')
		event->name[n++] = ':';
	memcpy(event->name + n, letters, strlen(letters) + 1);
	return 0;
}

int expression_add(struct expression *x, const struct event *event, const struct pmu *pmu, enum expression_row row)
{
	struct found_event found = { .event = *event, .pmu = pmu };
	int rc = complete_name(x, &found.event);

	if (rc < 0)
		return rc;
	if (row == ROW_NEW)
		x->rows++;
	found.row = x->rows - 1;
	if (pmu)
		snprintf(found.event.pmu, sizeof(found.event.pmu), "%s", pmu->name);
	if (!found.event.scale)
		found.event.scale = 1;
	modifiers_apply(&x->modifiers, &found.event);
	found.event.unit = event_unit_of(&found.event);
	*vec_push(x->out) = found;
	return 0;
}

/* ---- names that all machines have ------------------------------------------------------------------------------ */

static bool is_generic(const struct event *event)
{
	bool is_hardware = event->type == PERF_TYPE_HARDWARE || event->type == PERF_TYPE_HW_CACHE;

	return event->tool == EVENT_TOOL_NONE && (is_hardware || event->type == PERF_TYPE_RAW);
}

/* "cycles" where there are several kinds of cores: cpu_core/cycles/ and cpu_atom/cycles/. */
static int add_by_core(struct expression *x, const struct event *event, const struct pmu_ref_vec *cores)
{
	for (size_t i = 0; i < cores->n; i++) {
		struct event one = *event;
		int rc;

		snprintf(one.name, sizeof(one.name), "%s/%.*s/", cores->at[i]->name, QUOTED(x->head));
		event_ask_of(&one, cores->at[i]);
		rc = expression_add(x, &one, cores->at[i], ROW_NEW);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_known(struct expression *x, const struct event *event)
{
	const struct pmu_ref_vec *cores;

	if (event->tool != EVENT_TOOL_NONE && x->modifiers.letters[0])
		return event_fault(x->p, x->head, "'%.*s' is a time that is taken, not counted, and has no modifiers",
				   QUOTED(x->head));
	if (x->p->keeps_generic || !is_generic(event))
		return expression_add(x, event, NULL, ROW_NEW);
	cores = event_machine_cores(x->p->machine);
	return cores->n ? add_by_core(x, event, cores) : expression_add(x, event, NULL, ROW_NEW);
}

static bool find_known(struct span name, struct event *out)
{
	cleanup_free char *text = span_dup(name);

	return event_find_name(text, out);
}

/* A name of the kernel's header, or of one of the machine's PMUs. -ENOENT when it is neither. */
static int parse_name(struct expression *x)
{
	struct event event = { 0 };

	return find_known(x->head, &event) ? add_known(x, &event) : expression_pmu_event(x);
}

static int unknown_name(const struct event_parser *p, struct span name)
{
	cleanup_free char *text = span_dup(name);
	cleanup_buf struct buf hint = { 0 };

	hint_name(p->machine, text, &hint);
	return event_fault(p, name, "unknown event '%.*s'%s", QUOTED(name),
			   hint.n ? hint.at : "; 'fpprof stat --list' shows what there is");
}

/* ---- tracepoints ----------------------------------------------------------------------------------------------- */

static int unknown_tracepoint(struct expression *x, const char *name, const struct error *why)
{
	cleanup_free char *system = span_dup((struct span){ name, strcspn(name, ":") });
	const char *root = x->p->machine->pmus.root;
	cleanup_buf struct buf hint = { 0 };

	if (why->code == EACCES || why->code == ENODEV)
		return error_set(x->p->err, why->code, "%s", why->text);
	if (why->code != ENOENT)
		return event_fault(x->p, x->base, "%s", why->text);
	if (!strpbrk(name, "*?["))
		hint_tracepoint(root, system, name, &hint);
	return event_fault(x->p, x->base, "%s%s", why->text,
			   hint.n ? hint.at : "; /sys/kernel/tracing/events lists them");
}

static int add_tracepoints(struct expression *x, const struct tracepoint_vec *found)
{
	int rc = 0;

	for (size_t i = 0; i < found->n && rc == 0; i++) {
		struct event event = { .type = PERF_TYPE_TRACEPOINT, .config = found->at[i].id };

		snprintf(event.name, sizeof(event.name), "%s", found->at[i].name);
		rc = expression_add(x, &event, NULL, ROW_NEW);
	}
	return rc;
}

static int parse_tracepoint(struct expression *x)
{
	cleanup_free char *name = span_dup(x->base);
	struct tracepoint_vec found = { 0 };
	struct error why = ERROR_INIT;
	int rc;

	if (!tracepoint_is_name(name))
		return unknown_name(x->p, x->base);
	rc = tracepoint_find(x->p->machine->pmus.root, name, &found, &why);
	rc = rc < 0 ? unknown_tracepoint(x, name, &why) : add_tracepoints(x, &found);
	tracepoints_free(&found);
	return rc;
}

/* ---- taking it apart ------------------------------------------------------------------------------------------- */

int expression_modifiers(struct expression *x, struct span text, bool are_given, const struct event_modifiers *group)
{
	int rc = are_given ? modifiers_parse(x->p, text, false, &x->modifiers) : 0;

	if (rc == 0 && group)
		modifiers_join(&x->modifiers, group);
	return rc;
}

/* "HEAD/TERMS/MODIFIERS" */
static int parse_slashed(struct expression *x, struct span text, const struct event_modifiers *group)
{
	const char *slash = find(text, '/');
	struct span rest = span_behind(text, slash), modifiers;
	struct event event = { 0 };
	size_t n = terms_length(rest);
	int rc;

	if (n == rest.n)
		return event_fault(x->p, (struct span){ slash, 1 }, "the / behind '%.*s' is not closed by another one",
				   QUOTED(span_between(text.at, slash)));
	x->has_slashes = true;
	x->head = span_between(text.at, slash);
	x->terms = (struct span){ rest.at, n };
	x->base = span_between(text.at, rest.at + n + 1);
	modifiers = span_behind(text, rest.at + n);
	rc = expression_modifiers(x, modifiers, modifiers.n, group);
	if (rc < 0)
		return rc;
	if (find(x->head, ':'))
		return event_fault(x->p, x->base, "a tracepoint has no terms: write it as SYSTEM:NAME");
	if (!find_known(x->head, &event))
		return expression_pmu(x);
	rc = expression_named_terms(x);
	return rc < 0 ? rc : add_known(x, &event);
}

/* Is it an event, that a colon behind it would be followed by modifiers? */
static bool is_event(struct expression *x, struct span name)
{
	struct event ignored = { 0 };
	cleanup_free char *text = span_dup(name);

	return find_known(name, &ignored) || pmus_have_event(&x->p->machine->pmus, text);
}

/* Of "cylces:u" the part in front of the colon is misspelt, and no tracepoint. */
static bool is_misspelt(const struct expression *x, struct span system, struct span name)
{
	cleanup_free char *s = span_dup(system), *n = span_dup(name);

	return modifiers_is(n) && !tracepoint_known_system(x->p->machine->pmus.root, s);
}

static int parse_with_colon(struct expression *x, struct span text, const char *colon,
			    const struct event_modifiers *group)
{
	struct span front = span_between(text.at, colon), tail = span_behind(text, colon);
	bool is_traced = !is_event(x, front), has_modifiers = !is_traced || find(front, ':');
	int rc = expression_modifiers(x, tail, has_modifiers, group);

	if (rc < 0)
		return rc;
	x->base = x->head = has_modifiers ? front : text;
	if (!is_traced)
		return parse_name(x);
	if (!has_modifiers && is_misspelt(x, front, tail))
		return unknown_name(x->p, front);
	return parse_tracepoint(x);
}

static int parse_any(struct expression *x, struct span text, const struct event_modifiers *group)
{
	const char *colon = find_last(text, ':');
	int rc;

	if (is_breakpoint(text))
		return expression_breakpoint(x, text, group);
	if (find(text, '/'))
		return parse_slashed(x, text, group);
	if (colon)
		return parse_with_colon(x, text, colon, group);
	x->base = x->head = text;
	rc = expression_modifiers(x, text, false, group);
	if (rc == 0)
		rc = parse_name(x);
	return rc == -ENOENT ? unknown_name(x->p, text) : rc;
}

int expression_parse(const struct event_parser *p, struct span text, const struct event_modifiers *group,
		     struct found_event_vec *out)
{
	struct expression x = { .p = p, .out = out };
	struct span trimmed = span_trim(text);
	size_t before = out->n;
	int rc;

	if (!trimmed.n)
		return event_fault(p, (struct span){ text.at, text.n ? text.n : 1 }, "an event is missing here");
	rc = parse_any(&x, trimmed, group);
	if (rc < 0)
		out->n = before;
	return rc;
}
