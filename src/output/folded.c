/*
 * Folded stacks, "comm;main;work 42" a line, root first: what flamegraph.pl, inferno and speedscope read. The number is
 * of the type that tools show first, and the process' name comes first where there is one, as stackcollapse-perf.pl has
 * it. Samples that differ in what a line does not say, such as their pids, become one line.
 */
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "src/output/output.h"

/* ';' parts frames and a newline parts stacks: neither may stand in a name. */
static void add_frame(struct buf *out, const char *name)
{
	size_t from, n = strlen(name);
	char *semicolon;

	if (out->n)
		buf_putc(out, ';');
	from = out->n;
	if (utf8_is_clean(name, n))
		buf_add(out, name, n);
	else
		utf8_clean(name, n, out);
	while ((semicolon = memchr(out->at + from, ';', out->n - from)))
		*semicolon = ':';
}

static const char *comm_of(const struct profile *p, const struct sample *sample)
{
	const struct run *set = &p->label_sets.at[sample->labels];

	for (uint32_t i = 0; i < set->n; i++) {
		const struct label *label = &p->label_pool.at[set->first + i];

		if (label->str && strcmp(profile_text(p, label->key), "comm") == 0)
			return profile_text(p, label->str);
	}
	return NULL;
}

static void add_location(const struct profile *p, uint32_t index, struct buf *out)
{
	const struct location *l = &p->locations.at[index];
	struct buf unnamed = { 0 };

	for (uint32_t i = l->n_lines; i-- > 0;)
		add_frame(out, profile_text(p, p->functions.at[p->lines.at[l->first_line + i].function].name));
	if (l->n_lines)
		return;
	profile_describe_location(p, index, &unnamed);
	add_frame(out, unnamed.at);
	buf_free(&unnamed);
}

static void fold(const struct profile *p, const struct sample *sample, struct buf *line)
{
	const struct run *stack = &p->stacks.at[sample->stack];
	const char *comm = comm_of(p, sample);

	buf_clear(line);
	if (comm)
		add_frame(line, comm);
	for (uint32_t k = stack->n; k-- > 0;)
		add_location(p, p->stack_pool.at[stack->first + k], line);
	if (!line->n)
		add_frame(line, "[no stack]");
}

static int write_folded(const struct profile *p, struct buf *out, struct error *err)
{
	struct VEC_OF(int64_t) sums = { 0 }; /* by number of the line; line 0 is "" */
	size_t type = profile_default_type(p);
	struct buf line = { 0 };
	struct intern lines;

	(void)err;
	intern_init(&lines);
	*vec_push(&sums) = 0;
	for (size_t i = 0; i < p->samples.n; i++) {
		uint32_t number;

		fold(p, &p->samples.at[i], &line);
		number = intern_bytes(&lines, line.at, line.n);
		if (number == sums.n)
			*vec_push(&sums) = 0;
		sums.at[number] = profile_sum(sums.at[number], p->samples.at[i].values[type]);
	}
	for (uint32_t i = 1; i < sums.n; i++)
		if (sums.at[i])
			buf_printf(out, "%s %" PRId64 "\n", lines.at[i], sums.at[i]);
	intern_free(&lines);
	vec_free(&sums);
	buf_free(&line);
	return 0;
}

const struct output output_folded = {
	.name = "folded",
	.endings = ".folded .collapsed",
	.summary = "folded stacks, a line each, for flame graphs",
	.write = write_folded,
};
