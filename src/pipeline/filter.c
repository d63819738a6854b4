/* A number is forgotten when the kernel may have given it to somebody else. */
#include "src/pipeline/filter.h"

struct lookup {
	const struct filter *f;
	pid_t id;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;

	return want->f->at.at[value].id == want->id;
}

static uint32_t *find_slot(const struct filter *f, pid_t id)
{
	struct lookup want = { f, id };

	return table_find(&f->table, hash_u64((uint64_t)id), same, &want);
}

static struct filter_entry *find(const struct filter *f, pid_t id)
{
	uint32_t *slot = find_slot(f, id);

	return slot ? &f->at.at[*slot] : NULL;
}

void filter_free(struct filter *f)
{
	table_free(&f->table);
	vec_free(&f->at);
}

void filter_add(struct filter *f, pid_t id, bool waits_for_exec)
{
	if (find(f, id))
		return;
	table_add(&f->table, hash_u64((uint64_t)id), (uint32_t)f->at.n);
	*vec_push(&f->at) = (struct filter_entry){ id, waits_for_exec };
}

bool filter_keeps(const struct filter *f, pid_t pid, pid_t tid)
{
	const struct filter_entry *entry;

	if (f->kind == FILTER_ALL)
		return true;
	entry = find(f, f->kind == FILTER_THREADS ? tid : pid);
	return entry && !entry->waits_for_exec;
}

bool filter_follows(const struct filter *f, pid_t pid)
{
	return f->kind != FILTER_TREE || find(f, pid);
}

void filter_fork(struct filter *f, pid_t pid, pid_t parent_pid)
{
	if (f->kind == FILTER_TREE && pid != parent_pid && find(f, parent_pid))
		filter_add(f, pid, false);
}

void filter_exec(struct filter *f, pid_t pid)
{
	struct filter_entry *entry = f->kind == FILTER_TREE ? find(f, pid) : NULL;

	if (entry)
		entry->waits_for_exec = false;
}

/* The last entry moves into the gap. */
static void forget(struct filter *f, pid_t id)
{
	uint32_t *slot = find_slot(f, id);
	uint32_t gap, last = (uint32_t)f->at.n - 1;

	if (!slot)
		return;
	gap = *slot;
	table_remove(&f->table, hash_u64((uint64_t)id), gap);
	if (gap != last) {
		*find_slot(f, f->at.at[last].id) = gap;
		f->at.at[gap] = f->at.at[last];
	}
	f->at.n--;
}

void filter_forget(struct filter *f, pid_t pid, pid_t tid, bool is_process)
{
	if (f->kind == FILTER_THREADS)
		forget(f, tid);
	else if (f->kind == FILTER_TREE && is_process)
		forget(f, pid);
}
