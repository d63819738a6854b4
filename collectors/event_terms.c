/*
 * What stands between the slashes: values for the fields that a PMU's format files describe, events that it names,
 * whose files are terms in their turn, and some words that all PMUs share.
 *
 * A term that comes later counts, also over a named event's own: cpu/mem-loads,ldlat=30/ means a latency of 30. A value
 * that is too large for its field is refused; cutting it would count another event.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "collectors/event_hint.h"
#include "collectors/event_names.h"
#include "collectors/event_terms.h"

void terms_free(struct term_vec *terms)
{
	vec_free(terms);
}

static bool is_name(const struct term *term)
{
	return span_is(term->name, "name") && term->has_value;
}

/* ---- taking them apart ----------------------------------------------------------------------------------------- */

static struct term term_of(struct span text)
{
	struct term term = { .whole = span_trim(text) };
	const char *equals;

	equals = memchr(term.whole.at, '=', term.whole.n);
	term.has_value = equals;
	term.name = equals ? span_trim(span_between(term.whole.at, equals)) : term.whole;
	if (equals)
		term.value = span_trim(span_between(equals + 1, term.whole.at + term.whole.n));
	return term;
}

void terms_split(struct span text, struct term_vec *out)
{
	bool is_quoted = false;
	size_t start = 0;

	for (size_t i = 0; i < text.n; i++) {
		is_quoted ^= text.at[i] == '\'';
		if (is_quoted || text.at[i] != ',')
			continue;
		*vec_push(out) = term_of(span_between(text.at + start, text.at + i));
		start = i + 1;
	}
	if (text.n)
		*vec_push(out) = term_of(span_between(text.at + start, text.at + text.n));
}

static bool is_same_name(const struct term *a, const struct term *b)
{
	return a->name.n == b->name.n && memcmp(a->name.at, b->name.at, a->name.n) == 0;
}

static const struct term *find_term(const struct term_vec *terms, const struct term *like, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_same_name(&terms->at[i], like))
			return &terms->at[i];
	return NULL;
}

static int take_own_name(struct expression *x, const struct term *term)
{
	struct span name = term->value;
	bool is_quoted = name.n > 1 && name.at[0] == '\'' && name.at[name.n - 1] == '\'';

	if (is_quoted)
		name = (struct span){ name.at + 1, name.n - 2 };
	if (!name.n || name.n >= EVENT_NAME_MAX - MODIFIERS_MAX)
		return event_fault(x->p, term->whole, "a name has 1 to %d letters", EVENT_NAME_MAX - MODIFIERS_MAX - 1);
	if (memchr(name.at, '\'', name.n) || !utf8_is_clean(name.at, name.n))
		return event_fault(x->p, term->whole, "a name is written as name='X', without quotes or control "
				   "characters in it");
	memcpy(x->own_name, name.at, name.n);
	x->own_name[name.n] = '\0';
	return 0;
}

int terms_parse(struct expression *x, struct term_vec *out)
{
	terms_split(x->terms, out);
	for (size_t i = 0; i < out->n; i++) {
		const struct term *term = &out->at[i];
		int rc = 0;

		if (!term->name.n || (term->has_value && !term->value.n))
			rc = event_fault(x->p, term->whole.n ? term->whole : x->terms, "a term is NAME or NAME=VALUE");
		else if (find_term(out, term, i))
			rc = event_fault(x->p, term->whole, "term '%.*s' is given twice", QUOTED(term->name));
		else if (is_name(term))
			rc = take_own_name(x, term);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- terms of no PMU ------------------------------------------------------------------------------------------- */

/* perf's, about how samples are taken. */
static bool is_for_recording(struct span name)
{
	static const char *const names[] = {
		"period", "freq", "branch_type", "time", "call-graph", "stack-size", "inherit", "no-inherit",
		"max-stack", "nr", "overwrite", "no-overwrite", "driver-config", "aux-output", "aux-sample-size",
		"aux-action",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static int refuse_recording_term(struct span name, struct error *why)
{
	return error_set(why, EINVAL, "term '%.*s' says how to record, not what to count: leave it out; record "
				      "has options for it (-c, -F, --stack-size)", QUOTED(name));
}

static int refuse_named_term(const struct expression *x, const struct term *term)
{
	struct error why = ERROR_INIT;

	if (is_for_recording(term->name))
		refuse_recording_term(term->name, &why);
	else
		error_set(&why, EINVAL, "'%.*s' is no term of '%.*s': it has only name='X'", QUOTED(term->name),
			  QUOTED(x->head));
	return event_fault(x->p, term->whole, "%s", why.text);
}

int expression_named_terms(struct expression *x)
{
	cleanup_terms struct term_vec terms = { 0 };
	int rc = terms_parse(x, &terms);

	for (size_t i = 0; i < terms.n && rc == 0; i++)
		if (!is_name(&terms.at[i]))
			rc = refuse_named_term(x, &terms.at[i]);
	return rc;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

/* The terms of one expression, as one PMU understands them. */
struct setting {
	const struct event_parser *p;
	struct pmu *pmu;
	const struct term_vec *terms; /* the user's */
	struct event event;
	uint64_t words[PMU_WORDS];
	bool is_generic;  /* a hardware or cache event is asked of a core's PMU: its fields do not count */
	bool has_event;   /* named by the PMU */
};

/* A whole word is a field of 64 bits. -ENOENT without a sentence when it is no field. */
static int find_field(const struct setting *s, struct span name, struct pmu_format *out, struct error *why)
{
	cleanup_free char *text = span_dup(name);
	int rc = pmu_format(s->pmu, text, out, why);

	if (rc != -ENOENT || !pmu_word(name.at, name.n, &out->word))
		return rc;
	out->mask = UINT64_MAX;
	return 0;
}

static int put_field(struct setting *s, const struct term *term, const struct pmu_format *field, struct error *why)
{
	uint64_t value = 1, max = pmu_format_max(field);
	struct span number = term->value;

	if (term->has_value && (!span_take_number(&number, &value) || number.n))
		return error_set(why, EINVAL, "'%.*s' is no number for '%.*s': that is like 12 or 0xc, of 64 bits",
				 QUOTED(term->value), QUOTED(term->name));
	if (value > max)
		return error_set(why, EINVAL, "%.*s is too large for '%.*s', which is at most %#llx",
				 QUOTED(term->value), QUOTED(term->name), (unsigned long long)max);
	pmu_format_put(field, value, s->words);
	return 0;
}

/* ---- the PMU's own events -------------------------------------------------------------------------------------- */

/* A term of an event's file. "core=?" is for the user to say, behind the event. */
static int apply_event_term(struct setting *s, const char *event, const struct term *term, struct error *why)
{
	struct pmu_format field;
	int rc = find_field(s, term->name, &field, why);

	if (rc == -ENOENT)
		return error_set(why, EINVAL, "event '%s' has a term '%.*s' that PMU %s does not describe", event,
				 QUOTED(term->name), s->pmu->name);
	if (rc < 0)
		return rc;
	if (!span_is(term->value, "?"))
		return put_field(s, term, &field, why);
	if (find_term(s->terms, term, s->terms->n))
		return 0;
	return error_set(why, EINVAL, "event '%s' needs a value for '%.*s': write it behind it as %s,%.*s=NUMBER",
			 event, QUOTED(term->name), event, QUOTED(term->name));
}

static int apply_event(struct setting *s, const char *name, const struct pmu_event *event, struct error *why)
{
	cleanup_terms struct term_vec terms = { 0 };
	int rc = 0;

	if (s->has_event)
		return error_set(why, EINVAL, "'%s' is a second event in one: separate events by a comma outside of "
					      "the slashes", name);
	s->has_event = true;
	s->event.scale = event->scale;
	memcpy(s->event.scale_unit, event->unit, sizeof(s->event.scale_unit));
	terms_split(span_of(event->terms), &terms);
	for (size_t i = 0; i < terms.n && rc == 0; i++)
		rc = apply_event_term(s, name, &terms.at[i], why);
	return rc;
}

/* A word without a value that is no event or field: rNNN, or on a core's PMU an event that all machines have. */
static bool apply_known(struct setting *s, const char *name)
{
	struct event generic = { 0 };

	if (event_find_raw(name, true, &s->words[0]))
		return true;
	if (!s->pmu->is_core || !event_find_name(name, &generic) ||
	    (generic.type != PERF_TYPE_HARDWARE && generic.type != PERF_TYPE_HW_CACHE))
		return false;
	s->is_generic = true;
	s->event.type = generic.type;
	s->event.config = generic.config;
	if (event_machine_cores(s->p->machine)->n)
		event_ask_of(&s->event, s->pmu);
	return true;
}

static int unknown_term(const struct setting *s, const char *name, const struct term *term, struct error *why)
{
	cleanup_buf struct buf hint = { 0 };

	if (is_for_recording(term->name))
		return refuse_recording_term(term->name, why);
	if (span_is(term->name, "percore"))
		return error_set(why, EINVAL, "term 'percore' (sums over a core's threads) is not known here: leave it "
					      "out");
	if (term->has_value && pmu_has_event(s->pmu, name))
		return error_set(why, EINVAL, "'%s' is an event of PMU %s, and takes no value", name, s->pmu->name);
	hint_term(s->pmu, name, &hint);
	return error_set(why, EINVAL, "PMU %s has no event or term '%.60s'%s", s->pmu->name, name,
			 hint.n ? hint.at : "");
}

static int apply_term(struct setting *s, const struct term *term, struct error *why)
{
	cleanup_free char *name = span_dup(term->name);
	struct pmu_format field;
	struct pmu_event event;
	int rc = term->has_value ? -ENOENT : pmu_event(s->pmu, name, &event, why);

	if (rc == 0)
		return apply_event(s, name, &event, why);
	if (rc == -ENOENT)
		rc = find_field(s, term->name, &field, why);
	if (rc == 0)
		return put_field(s, term, &field, why);
	if (rc != -ENOENT || (!term->has_value && apply_known(s, name)))
		return rc == -ENOENT ? 0 : rc;
	return unknown_term(s, name, term, why);
}

/* ---- one PMU --------------------------------------------------------------------------------------------------- */

static void take_words(struct setting *s)
{
	s->event.type = s->pmu->type;
	s->event.config = s->words[0];
	s->event.config1 = s->words[1];
	s->event.config2 = s->words[2];
}

int terms_ask(const struct expression *x, const struct event_parser *p, struct pmu *pmu, const struct term_vec *terms,
	      struct event *out)
{
	struct setting s = { .p = p, .pmu = pmu, .terms = terms };
	struct error why = ERROR_INIT;

	if (pmu_load(pmu, &why) < 0)
		return event_fault(p, x->head, "%s", why.text);
	for (size_t i = 0; i < terms->n; i++)
		if (!is_name(&terms->at[i]) && apply_term(&s, &terms->at[i], &why) < 0)
			return event_fault(p, terms->at[i].whole, "%s", why.text);
	if (s.is_generic && (s.has_event || s.words[0] || s.words[1] || s.words[2]))
		return event_fault(p, x->terms, "an event that all processors have takes no further terms");
	if (!s.is_generic)
		take_words(&s);
	*out = s.event;
	return 0;
}
