/*
 * Which PMUs an expression means. A server's memory controllers are a dozen PMUs of one name and a number each, and
 * what they count is one figure; the PMUs of two kinds of cores are not to be summed up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collectors/event_hint.h"
#include "collectors/event_terms.h"

#define cleanup_refs __attribute__((__cleanup__(refs_free)))

static void refs_free(struct pmu_ref_vec *refs)
{
	vec_free(refs);
}

static void match_pmus(struct expression *x, struct pmu_ref_vec *out)
{
	struct pmus *pmus = &x->p->machine->pmus;
	cleanup_free char *pattern = span_dup(x->head);
	struct pmu *exact = pmus_find(pmus, pattern);

	if (exact) {
		*vec_push(out) = exact;
		return;
	}
	for (size_t i = 0; i < pmus->at.n; i++)
		if (pmu_matches(&pmus->at.at[i], pattern))
			*vec_push(out) = &pmus->at.at[i];
	pmu_refs_sort(out);
}

/* Kinds of cores are not to be summed up: each has a name of its own. */
static void name_by_core(const struct expression *x, const struct pmu *pmu, struct event *event)
{
	struct span terms = x->has_slashes ? x->terms : x->head;

	snprintf(event->name, sizeof(event->name), "%s/%.*s/", pmu->name, (int)terms.n, terms.at);
}

/* PMUs other than of cores are instances of one thing, and share a row. */
static int add_found(struct expression *x, const struct event *event, const struct pmu *pmu, bool is_alone,
		     bool *has_row)
{
	struct event named = *event;
	bool is_own = is_alone || pmu->is_core;
	enum expression_row row = is_own || !*has_row ? ROW_NEW : ROW_SAME;

	if (!is_alone && pmu->is_core)
		name_by_core(x, pmu, &named);
	*has_row = *has_row || !is_own;
	return expression_add(x, &named, pmu, row);
}

/* Of a glob's PMUs those count that know the event; of an instance's, all must. */
static int ask_all(struct expression *x, const struct pmu_ref_vec *pmus, const struct term_vec *terms, bool may_skip)
{
	struct error first = ERROR_INIT, other = ERROR_INIT;
	struct event_parser quiet = *x->p;
	size_t skipped = 0;
	bool has_row = false;
	int rc = 0;

	for (size_t i = 0; i < pmus->n && rc == 0; i++) {
		struct event event = { 0 };

		quiet.err = skipped ? &other : &first;
		rc = terms_ask(x, &quiet, pmus->at[i], terms, &event);
		if (rc == 0)
			rc = add_found(x, &event, pmus->at[i], pmus->n == 1, &has_row);
		else if (may_skip && ++skipped < pmus->n)
			rc = 0;
		else
			error_set(x->p->err, EINVAL, "%s", first.text);
	}
	if (rc == 0 && skipped)
		log_note("%zu of the %zu PMUs that match '%.*s' have no '%.*s', and are left out", skipped, pmus->n,
			 QUOTED(x->head), QUOTED(x->terms));
	return rc;
}

static bool is_glob(struct span pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (strchr("*?[", pattern.at[i]))
			return true;
	return false;
}

static int unknown_pmu(const struct expression *x)
{
	cleanup_free char *name = span_dup(x->head);
	cleanup_buf struct buf hint = { 0 };

	if (!x->head.n)
		return event_fault(x->p, x->base, "the name of a PMU is missing in front of the /");
	hint_pmu(x->p->machine, name, &hint);
	return event_fault(x->p, x->head, "this machine has no PMU '%.*s'%s", QUOTED(x->head),
			   hint.n ? hint.at : "; /sys/bus/event_source/devices lists them");
}

int expression_pmu(struct expression *x)
{
	cleanup_terms struct term_vec terms = { 0 };
	cleanup_refs struct pmu_ref_vec pmus = { 0 };
	int rc = terms_parse(x, &terms);

	if (rc < 0)
		return rc;
	match_pmus(x, &pmus);
	return pmus.n ? ask_all(x, &pmus, &terms, is_glob(x->head)) : unknown_pmu(x);
}

int expression_pmu_event(struct expression *x)
{
	cleanup_terms struct term_vec terms = { 0 };
	cleanup_refs struct pmu_ref_vec having = { 0 };
	cleanup_free char *name = span_dup(x->head);
	struct pmus *pmus = &x->p->machine->pmus;

	pmus_list(pmus);
	for (size_t i = 0; i < pmus->at.n; i++)
		if (pmu_has_event(&pmus->at.at[i], name))
			*vec_push(&having) = &pmus->at.at[i];
	if (!having.n)
		return -ENOENT;
	pmu_refs_sort(&having);
	terms_split(x->head, &terms);
	return ask_all(x, &having, &terms, false);
}
