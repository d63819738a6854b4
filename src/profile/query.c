/*
 * Two walks over the samples. The first gives every function its values; then it is known which functions stay. The
 * second walk joins those that stay to one another, across the ones that do not, because "inlined" is said of a call
 * between two rows of the table. One pass with a number in each node stands for a set of functions seen in a stack.
 */
#include "src/profile/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct node {
	uint32_t name;      /* string; 0: known by its file and line alone */
	uint32_t object;    /* string: file name of the mapping */
	int64_t start_line;
	int64_t flat, cum;
	size_t seen;        /* the walk's number of the last sample that had it */
	bool is_kept, is_inlined, is_called;
};

struct edge {
	uint32_t from, to; /* nodes */
	int64_t weight;
	size_t seen;
	bool is_inlined;   /* every time */
};

struct graph {
	const struct profile *p;
	const struct top_options *options;
	struct VEC_OF(struct node) nodes;
	struct VEC_OF(struct edge) edges;
	struct table node_table, edge_table;
	uint32_t *line_nodes, *location_nodes; /* by line; by location, of those without lines */
	bool *in_focus;                        /* by location; NULL: all are */
};

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

struct node_lookup {
	const struct graph *g;
	struct node node;
};

static bool same_node(const void *ctx, uint32_t value)
{
	const struct node_lookup *want = ctx;
	const struct node *a = &want->node, *b = &want->g->nodes.at[value];

	return a->name == b->name && a->object == b->object && a->start_line == b->start_line;
}

static uint32_t intern_node(struct graph *g, const struct node *node)
{
	struct node_lookup want = { g, *node };
	uint64_t hash = hash_pair((uint64_t)node->name << 32 | node->object, (uint64_t)node->start_line);
	uint32_t *found = table_find(&g->node_table, hash, same_node, &want);

	if (found)
		return *found;
	*vec_push(&g->nodes) = *node;
	table_add(&g->node_table, hash, (uint32_t)g->nodes.n - 1);
	return (uint32_t)g->nodes.n - 1;
}

static uint32_t object_of(const struct profile *p, const struct location *l)
{
	return l->mapping == PROFILE_NONE ? 0 : p->mappings.at[l->mapping].filename;
}

static void find_nodes(struct graph *g)
{
	const struct profile *p = g->p;

	g->line_nodes = xcalloc(p->lines.n + 1, sizeof(*g->line_nodes));
	g->location_nodes = xcalloc(p->locations.n + 1, sizeof(*g->location_nodes));
	for (size_t i = 0; i < p->locations.n; i++) {
		const struct location *l = &p->locations.at[i];
		struct node unknown = { .object = object_of(p, l) };

		if (!l->n_lines)
			g->location_nodes[i] = intern_node(g, &unknown);
		for (uint32_t k = l->first_line; k < l->first_line + l->n_lines; k++) {
			const struct function *function = &p->functions.at[p->lines.at[k].function];
			struct node node = { .name = function->name };

			if (!node.name)
				node = (struct node){ .object = unknown.object, .start_line = function->start_line };
			g->line_nodes[k] = intern_node(g, &node);
		}
	}
}

static uint32_t count_frames(const struct graph *g, uint32_t location)
{
	uint32_t n = g->p->locations.at[location].n_lines;

	return n ? n : 1;
}

static uint32_t node_of(const struct graph *g, uint32_t location, uint32_t frame)
{
	const struct location *l = &g->p->locations.at[location];

	return l->n_lines ? g->line_nodes[l->first_line + frame] : g->location_nodes[location];
}

/* ---- focus ------------------------------------------------------------------------------------------------------- */

static bool matches(const struct graph *g, uint32_t string)
{
	return regexec(g->options->focus, profile_text(g->p, string), 0, NULL, 0) == 0;
}

static bool location_matches(const struct graph *g, const struct location *l, const bool *functions)
{
	for (uint32_t i = 0; i < l->n_lines; i++)
		if (functions[g->p->lines.at[l->first_line + i].function])
			return true;
	return l->mapping != PROFILE_NONE && matches(g, object_of(g->p, l));
}

static void find_focus(struct graph *g)
{
	const struct profile *p = g->p;
	bool *functions;

	if (!g->options->focus)
		return;
	functions = xcalloc(p->functions.n + 1, sizeof(*functions));
	for (size_t i = 0; i < p->functions.n; i++)
		functions[i] = matches(g, p->functions.at[i].name) || matches(g, p->functions.at[i].filename);
	g->in_focus = xcalloc(p->locations.n + 1, sizeof(*g->in_focus));
	for (size_t i = 0; i < p->locations.n; i++)
		g->in_focus[i] = location_matches(g, &p->locations.at[i], functions);
	free(functions);
}

static bool is_in_focus(const struct graph *g, const struct run *stack)
{
	for (uint32_t i = 0; g->in_focus && i < stack->n; i++)
		if (g->in_focus[g->p->stack_pool.at[stack->first + i]])
			return true;
	return !g->in_focus;
}

/* ---- the first walk: values --------------------------------------------------------------------------------------- */

static void add_values(struct graph *g, const struct run *stack, int64_t value, size_t number)
{
	struct node *node = NULL;

	for (uint32_t k = stack->n; k-- > 0;) {
		uint32_t location = g->p->stack_pool.at[stack->first + k];

		for (uint32_t i = count_frames(g, location); i-- > 0;) {
			node = &g->nodes.at[node_of(g, location, i)];
			if (node->seen != number)
				node->cum = profile_sum(node->cum, value);
			node->seen = number;
		}
	}
	if (node)
		node->flat = profile_sum(node->flat, value);
}

/* ---- the second walk: calls --------------------------------------------------------------------------------------- */

struct edge_lookup {
	const struct graph *g;
	uint32_t from, to;
};

static bool same_edge(const void *ctx, uint32_t value)
{
	const struct edge_lookup *want = ctx;
	const struct edge *edge = &want->g->edges.at[value];

	return edge->from == want->from && edge->to == want->to;
}

static struct edge *find_edge(struct graph *g, uint32_t from, uint32_t to)
{
	struct edge_lookup want = { g, from, to };
	uint64_t hash = hash_u64((uint64_t)from << 32 | to);
	uint32_t *found = table_find(&g->edge_table, hash, same_edge, &want);

	if (found)
		return &g->edges.at[*found];
	*vec_push(&g->edges) = (struct edge){ .from = from, .to = to, .is_inlined = true };
	table_add(&g->edge_table, hash, (uint32_t)g->edges.n - 1);
	return &g->edges.at[g->edges.n - 1];
}

static void add_calls(struct graph *g, const struct run *stack, int64_t value, size_t number)
{
	uint32_t caller = PROFILE_NONE;

	for (uint32_t k = stack->n; k-- > 0;) {
		uint32_t location = g->p->stack_pool.at[stack->first + k], n = count_frames(g, location);

		for (uint32_t i = n; i-- > 0;) {
			uint32_t node = node_of(g, location, i);
			struct edge *edge = NULL;

			if (!g->nodes.at[node].is_kept)
				continue;
			if (caller != PROFILE_NONE && caller != node)
				edge = find_edge(g, caller, node);
			if (edge && edge->seen != number) {
				edge->seen = number;
				edge->weight = profile_sum(edge->weight, value);
				edge->is_inlined = edge->is_inlined && i != n - 1;
			}
			caller = node;
		}
	}
}

static void walk(struct graph *g, void (*visit)(struct graph *, const struct run *, int64_t, size_t))
{
	for (size_t i = 0; i < g->p->samples.n; i++) {
		const struct sample *sample = &g->p->samples.at[i];
		const struct run *stack = &g->p->stacks.at[sample->stack];
		int64_t value = sample->values[g->options->type];

		if (value && is_in_focus(g, stack))
			visit(g, stack, value, i + 1);
	}
}

static void judge_calls(struct graph *g, int64_t cutoff)
{
	walk(g, add_calls);
	for (size_t i = 0; i < g->edges.n; i++) {
		const struct edge *edge = &g->edges.at[i];
		struct node *to = &g->nodes.at[edge->to];

		if (profile_magnitude(edge->weight) < cutoff)
			continue;
		to->is_inlined |= edge->is_inlined;
		to->is_called |= !edge->is_inlined;
	}
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

struct ranked {
	struct top_row row;
	struct node *node;
	const char *object;
};

struct ranking VEC_OF(struct ranked);

static char *node_text(const struct graph *g, const struct node *node)
{
	const char *object = profile_text(g->p, node->object), *base;
	size_t n;

	if (node->name)
		return xstrdup(profile_text(g->p, node->name));
	if (!node->object)
		return xstrdup("<unknown>");
	base = profile_base_name(object, &n);
	return xasprintf("[%.*s]", (int)n, base);
}

static int compare_values(int64_t a, int64_t b)
{
	return profile_magnitude(a) > profile_magnitude(b) ? -1 : profile_magnitude(a) < profile_magnitude(b);
}

/* Rows of one text are told apart as pprof does: by the fields of the node, written down as decimals. */
static int compare_nodes(const struct ranked *a, const struct ranked *b)
{
	char x[32], y[32];

	if (!a->node->name != !b->node->name)
		return a->node->name ? 1 : -1;
	snprintf(x, sizeof(x), "%" PRId64 " ", a->node->start_line);
	snprintf(y, sizeof(y), "%" PRId64 " ", b->node->start_line);
	return strcmp(x, y) ? strcmp(x, y) : strcmp(a->object, b->object);
}

static int by_flat(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int order = compare_values(a->row.flat, b->row.flat);

	order = order ? order : strcmp(a->row.name, b->row.name);
	order = order ? order : compare_values(a->row.cum, b->row.cum);
	return order ? order : compare_nodes(a, b);
}

static int by_cum(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int order = compare_values(a->row.cum, b->row.cum);

	order = order ? order : strcmp(a->row.name, b->row.name);
	order = order ? order : compare_values(a->row.flat, b->row.flat);
	return order ? order : compare_nodes(a, b);
}

static void rank(struct graph *g, int64_t cutoff, struct ranking *ranking, struct top *out)
{
	for (size_t i = 0; i < g->nodes.n; i++) {
		struct node *node = &g->nodes.at[i];

		if (!node->flat && !node->cum)
			continue;
		if (profile_magnitude(node->cum) < cutoff) {
			out->dropped++;
			continue;
		}
		*vec_push(ranking) = (struct ranked){
			{ .name = node_text(g, node), .flat = node->flat, .cum = node->cum },
			node, profile_text(g->p, node->object),
		};
	}
	if (ranking->n)
		qsort(ranking->at, ranking->n, sizeof(*ranking->at), g->options->by_cum ? by_cum : by_flat);
	out->candidates = ranking->n;
	while (g->options->max_rows && ranking->n > g->options->max_rows)
		free(ranking->at[--ranking->n].row.name);
	for (size_t i = 0; i < ranking->n; i++)
		ranking->at[i].node->is_kept = true;
}

static void fill_rows(struct ranking *ranking, struct top *out)
{
	vec_reserve(&out->rows, ranking->n);
	for (size_t i = 0; i < ranking->n; i++) {
		struct top_row row = ranking->at[i].row;
		const struct node *node = ranking->at[i].node;

		row.inlined = !node->is_inlined ? TOP_CALLED : node->is_called ? TOP_PARTLY_INLINED : TOP_INLINED;
		out->shown = profile_sum(out->shown, row.flat);
		out->rows.at[out->rows.n++] = row;
	}
}

static int64_t sum_flat(const struct graph *g)
{
	int64_t sum = 0;

	for (size_t i = 0; i < g->nodes.n; i++)
		sum = profile_sum(sum, g->nodes.at[i].flat);
	return sum;
}

static int64_t sum_all(const struct profile *p, size_t type)
{
	int64_t sum = 0;

	for (size_t i = 0; i < p->samples.n; i++)
		sum = profile_sum(sum, profile_magnitude(p->samples.at[i].values[type]));
	return sum;
}

static void graph_done(struct graph *g)
{
	vec_free(&g->nodes);
	vec_free(&g->edges);
	table_free(&g->node_table);
	table_free(&g->edge_table);
	free(g->line_nodes);
	free(g->location_nodes);
	free(g->in_focus);
}

void profile_top(const struct profile *p, const struct top_options *options, struct top *out)
{
	struct graph g = { .p = p, .options = options };
	struct ranking ranking = { 0 };
	double flat;

	*out = (struct top){ .total = sum_all(p, options->type) };
	find_nodes(&g);
	find_focus(&g);
	walk(&g, add_values);
	flat = (double)sum_flat(&g);
	rank(&g, profile_magnitude((int64_t)(flat * options->node_fraction)), &ranking, out);
	judge_calls(&g, profile_magnitude((int64_t)(flat * options->edge_fraction)));
	fill_rows(&ranking, out);
	vec_free(&ranking);
	graph_done(&g);
}

void top_free(struct top *top)
{
	for (size_t i = 0; i < top->rows.n; i++)
		free(top->rows.at[i].name);
	vec_free(&top->rows);
}
