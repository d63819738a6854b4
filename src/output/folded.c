/*
 * Folded stacks, "comm;main;work 42" a line, root first: what flamegraph.pl, inferno and speedscope read. The count is
 * of the profile's first type, samples, which is what those tools expect; the process' name comes first, as
 * stackcollapse-perf.pl has it.
 */
#include <string.h>

#include "base/utf8.h"
#include "src/output/output.h"

/* ';' parts frames and a newline parts stacks: neither may stand in a name. */
static void add_name(struct buf *out, const char *name)
{
	size_t from = out->n;

	utf8_clean(name, strlen(name), out);
	for (size_t i = from; i < out->n; i++)
		if (out->at[i] == ';')
			out->at[i] = ':';
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

	if (!l->n_lines)
		buf_printf(out, ";0x%llx", (unsigned long long)l->address);
	for (uint32_t i = l->n_lines; i-- > 0;) {
		buf_putc(out, ';');
		add_name(out, profile_text(p, p->functions.at[p->lines.at[l->first_line + i].function].name));
	}
}

static int write_folded(const struct profile *p, struct buf *out, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < p->samples.n; i++) {
		const struct sample *sample = &p->samples.at[i];
		const struct run *stack = &p->stacks.at[sample->stack];
		const char *comm = comm_of(p, sample);

		add_name(out, comm ? comm : "all");
		for (uint32_t k = stack->n; k-- > 0;)
			add_location(p, p->stack_pool.at[stack->first + k], out);
		buf_printf(out, " %lld\n", (long long)sample->values[0]);
	}
	return 0;
}

const struct output output_folded = {
	.name = "folded",
	.endings = ".folded .collapsed",
	.summary = "folded stacks, a line each, for flame graphs",
	.write = write_folded,
};
