/*
 * Mappings are copied on write: a shell that forks a thousand times hands on one array, and an exec throws away a
 * reference, not the array. But who forks often and maps much has an array for each process: so there is a limit.
 */
#include "symbolize/process.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- maps -------------------------------------------------------------------------------------------------------- */

static struct maps *maps_new(void)
{
	struct maps *maps = xcalloc(1, sizeof(*maps));

	maps->users = 1;
	return maps;
}

static void maps_drop(struct processes *ps, struct maps *maps)
{
	if (--maps->users)
		return;
	ps->maps_n -= maps->at.n;
	vec_free(&maps->at);
	free(maps);
}

static struct maps *maps_share(struct maps *maps)
{
	maps->users++;
	return maps;
}

/* The process' mappings, to be changed. */
static struct maps *maps_own(struct processes *ps, struct process *process)
{
	struct maps *shared = process->maps, *own;

	if (shared->users == 1)
		return shared;
	own = maps_new();
	vec_reserve(&own->at, shared->at.n + 1);
	if (shared->at.n)
		memcpy(own->at.at, shared->at.at, shared->at.n * sizeof(struct map));
	own->at.n = shared->at.n;
	ps->maps_n += own->at.n;
	maps_drop(ps, shared);
	process->maps = own;
	return own;
}

/* The first mapping that ends behind addr. */
static size_t maps_search(const struct maps *maps, uint64_t addr)
{
	return vec_count_until(&maps->at, end, addr);
}

/* What is left of `old` behind `end`. */
static struct map map_tail(struct map old, uint64_t end)
{
	old.pgoff += end - old.start;
	old.start = end;
	old.tag = 0;
	return old;
}

/* Takes [start, end) out of all mappings; returns where a new one belongs. */
static size_t maps_cut(struct maps *maps, uint64_t start, uint64_t end)
{
	size_t i = maps_search(maps, start);

	if (i < maps->at.n && maps->at.at[i].start < start) {
		struct map old = maps->at.at[i];

		maps->at.at[i].end = start;
		i++;
		if (old.end > end) {
			struct map *slot = vec_insert(&maps->at, i);

			*slot = map_tail(old, end);
			return i;
		}
	}
	while (i < maps->at.n && maps->at.at[i].end <= end)
		vec_remove(&maps->at, i);
	if (i < maps->at.n && maps->at.at[i].start < end)
		maps->at.at[i] = map_tail(maps->at.at[i], end);
	return i;
}

/* Room for one mapping more, and for the second half of one that it cuts in two. */
static bool has_room(const struct processes *ps, const struct process *process)
{
	size_t copied = process->maps->users > 1 ? process->maps->at.n : 0;

	return ps->maps_n + copied + 2 <= ps->maps_max;
}

static void drop_map(struct processes *ps, struct process *process, uint64_t start, uint64_t end)
{
	const struct maps *maps = process->maps;
	size_t i = maps_search(maps, start);

	ps->maps_dropped++;
	if (i == maps->at.n || maps->at.at[i].start >= end)
		return;
	ps->maps_dropped += maps->at.n;
	maps_drop(ps, process->maps);
	process->maps = maps_new();
}

void process_map(struct processes *ps, struct process *process, uint64_t start, uint64_t end, uint64_t pgoff,
		 struct image *image)
{
	struct maps *maps;
	struct map *slot;
	size_t before;

	if (end <= start)
		return;
	if (!has_room(ps, process)) {
		drop_map(ps, process, start, end);
		return;
	}
	maps = maps_own(ps, process);
	before = maps->at.n;
	slot = vec_insert(&maps->at, maps_cut(maps, start, end));
	*slot = (struct map){ .start = start, .end = end, .pgoff = pgoff, .image = image };
	ps->maps_n += maps->at.n - before;
}

struct map *process_find_map(const struct process *process, uint64_t addr)
{
	struct maps *maps = process->maps;
	size_t i = maps_search(maps, addr);

	return i < maps->at.n && maps->at.at[i].start <= addr ? &maps->at.at[i] : NULL;
}

/* ---- the set of processes ---------------------------------------------------------------------------------------- */

struct lookup {
	const struct processes *ps;
	pid_t pid;
};

static bool same(const void *ctx, uint32_t value)
{
	const struct lookup *want = ctx;

	return want->ps->at.at[value]->pid == want->pid;
}

static uint32_t *find_slot(const struct processes *ps, pid_t pid)
{
	struct lookup want = { ps, pid };

	return table_find(&ps->table, hash_u64((uint64_t)pid), same, &want);
}

void processes_init(struct processes *ps)
{
	*ps = (struct processes){ .maps_max = MAPS_MAX };
	intern_init(&ps->names);
}

static void threads_free(struct process *process)
{
	vec_free(&process->threads);
	table_free(&process->thread_table);
}

static void process_free(struct processes *ps, struct process *process)
{
	maps_drop(ps, process->maps);
	threads_free(process);
	free(process);
}

void processes_free(struct processes *ps)
{
	for (size_t i = 0; i < ps->at.n; i++)
		if (ps->at.at[i])
			process_free(ps, ps->at.at[i]);
	vec_free(&ps->at);
	vec_free(&ps->free_slots);
	table_free(&ps->table);
	intern_free(&ps->names);
}

struct process *processes_find(const struct processes *ps, pid_t pid)
{
	uint32_t *slot = find_slot(ps, pid);

	return slot ? ps->at.at[*slot] : NULL;
}

static uint32_t take_slot(struct processes *ps)
{
	if (ps->free_slots.n)
		return ps->free_slots.at[--ps->free_slots.n];
	*vec_push(&ps->at) = NULL;
	return (uint32_t)ps->at.n - 1;
}

static struct process *add_process(struct processes *ps, pid_t pid, struct maps *maps)
{
	struct process *process = xcalloc(1, sizeof(*process));
	uint32_t slot = take_slot(ps);

	process->pid = pid;
	process->maps = maps;
	ps->at.at[slot] = process;
	table_add(&ps->table, hash_u64((uint64_t)pid), slot);
	return process;
}

struct process *processes_get(struct processes *ps, pid_t pid)
{
	struct process *process = processes_find(ps, pid);

	return process ? process : add_process(ps, pid, maps_new());
}

static void remove_process(struct processes *ps, pid_t pid)
{
	uint32_t *found = find_slot(ps, pid), slot;

	if (!found)
		return;
	slot = *found;
	table_remove(&ps->table, hash_u64((uint64_t)pid), slot);
	process_free(ps, ps->at.at[slot]);
	ps->at.at[slot] = NULL;
	*vec_push(&ps->free_slots) = slot;
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

struct thread_lookup {
	const struct process *process;
	pid_t tid;
};

static bool same_thread(const void *ctx, uint32_t value)
{
	const struct thread_lookup *want = ctx;

	return want->process->threads.at[value].tid == want->tid;
}

static struct thread *find_thread(const struct process *process, pid_t tid)
{
	struct thread_lookup want = { process, tid };
	uint32_t *found = table_find(&process->thread_table, hash_u64((uint64_t)tid), same_thread, &want);

	return found ? &process->threads.at[*found] : NULL;
}

static struct thread *get_thread(struct process *process, pid_t tid)
{
	struct thread *thread = find_thread(process, tid);

	if (thread)
		return thread;
	table_add(&process->thread_table, hash_u64((uint64_t)tid), (uint32_t)process->threads.n);
	thread = vec_push(&process->threads);
	*thread = (struct thread){ .tid = tid, .name = process->name };
	return thread;
}

/* The last one takes its place. */
static void remove_thread(struct process *process, struct thread *thread)
{
	uint32_t i = (uint32_t)(thread - process->threads.at), last = (uint32_t)process->threads.n - 1;

	table_remove(&process->thread_table, hash_u64((uint64_t)thread->tid), i);
	if (i != last) {
		*thread = process->threads.at[last];
		table_remove(&process->thread_table, hash_u64((uint64_t)thread->tid), last);
		table_add(&process->thread_table, hash_u64((uint64_t)thread->tid), i);
	}
	process->threads.n = last;
}

static uint32_t thread_name(const struct process *process, pid_t tid)
{
	const struct thread *thread = tid == process->pid ? NULL : find_thread(process, tid);

	return thread ? thread->name : process->name;
}

const char *process_thread_name(const struct processes *ps, const struct process *process, pid_t tid)
{
	return ps->names.at[thread_name(process, tid)];
}

/* ---- what happens ------------------------------------------------------------------------------------------------ */

void processes_fork(struct processes *ps, pid_t pid, pid_t tid, pid_t parent_pid, pid_t parent_tid)
{
	struct process *parent = processes_get(ps, parent_pid), *child;
	uint32_t name = thread_name(parent, parent_tid);

	if (pid == parent_pid) {
		get_thread(parent, tid)->name = name;
		return;
	}
	remove_process(ps, pid); /* its number was used before */
	child = add_process(ps, pid, maps_share(parent->maps));
	child->name = name;
}

void processes_comm(struct processes *ps, pid_t pid, pid_t tid, const char *name, bool is_exec)
{
	struct process *process = processes_get(ps, pid);
	uint32_t number = intern_str(&ps->names, name);

	if (is_exec) {
		maps_drop(ps, process->maps);
		process->maps = maps_new();
		threads_free(process);
		process->has_exited = false;
	}
	if (tid == pid || is_exec)
		process->name = number;
	else
		get_thread(process, tid)->name = number;
}

static bool has_ended(const struct process *process)
{
	return process->has_exited && !process->threads.n;
}

bool processes_exit(struct processes *ps, pid_t pid, pid_t tid)
{
	struct process *process = processes_find(ps, pid);
	struct thread *thread;

	if (!process)
		return false;
	thread = find_thread(process, tid);
	if (thread)
		remove_thread(process, thread);
	else if (tid == pid)
		process->has_exited = true;
	return has_ended(process);
}

void processes_forget(struct processes *ps, pid_t pid)
{
	const struct process *process = processes_find(ps, pid);

	if (process && has_ended(process))
		remove_process(ps, pid);
}
