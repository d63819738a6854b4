/*
 * The path is resolved within the process' root, through no link, to something that is looked at before it is opened for
 * reading: a FIFO or a device is never opened. It is read up to the size it had when we looked, within a limit.
 */
#include "symbolize/jit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

enum {
	FILE_BYTES_MAX = 64 << 20,
	FUNCTIONS_MAX = 1 << 20,
	NAME_BYTES_MAX = 4096, /* longer names are cut */
	PROCESSES_MAX = 256,
	LOOK_BACK = 64,        /* functions that start before an address, among which the latest that covers it counts */
	STATUS_BYTES_MAX = 65536,
};

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* Hexadecimal, with or without 0x, up to a blank. */
static bool take_number(const char **at, uint64_t *value)
{
	char *end;

	if (**at == '-' || **at == '+' || **at == ' ')
		return false;
	errno = 0;
	*value = strtoull(*at, &end, 16);
	if (errno || end == *at || *end != ' ')
		return false;
	*at = end + 1;
	return true;
}

static uint32_t add_name(struct jit_map *map, const char *name)
{
	size_t n = strnlen(name, NAME_BYTES_MAX);
	uint32_t offset = (uint32_t)map->names.n;

	vec_reserve(&map->names, map->names.n + n + 1);
	memcpy(map->names.at + offset, name, n);
	map->names.at[offset + n] = '\0';
	map->names.n += n + 1;
	return offset;
}

static bool read_line(struct jit_map *map, const char *line, uint32_t number)
{
	uint64_t start, size;

	if (!take_number(&line, &start) || !take_number(&line, &size) || !size || start + size < start || !line[0])
		return false;
	*vec_push(&map->at) = (struct jit_function){ start, start + size, add_name(map, line), number };
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct jit_function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

void jit_map_read(struct jit_map *map, struct bytes text)
{
	cleanup_buf struct buf line = { 0 };
	const uint8_t *newline;

	for (uint32_t number = 0; (newline = memchr(text.at, '\n', bytes_left(&text))); number++) {
		buf_clear(&line);
		buf_add(&line, text.at, (size_t)(newline - text.at));
		text.at = newline + 1;
		if (map->at.n >= FUNCTIONS_MAX || !read_line(map, line.at ? line.at : "", number))
			map->skipped++;
	}
	if (map->at.n)
		qsort(map->at.at, map->at.n, sizeof(*map->at.at), compare);
}

const char *jit_map_find(const struct jit_map *map, uint64_t addr)
{
	const struct jit_function *found = NULL;

	for (size_t i = vec_count_until(&map->at, start, addr), back = 0; i > 0 && back < LOOK_BACK; i--, back++) {
		const struct jit_function *f = &map->at.at[i - 1];

		if (addr < f->end && (!found || f->number > found->number))
			found = f;
	}
	return found ? map->names.at + found->name : NULL;
}

void jit_map_free(struct jit_map *map)
{
	vec_free(&map->at);
	vec_free(&map->names);
	*map = (struct jit_map){ 0 };
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* A line of /proc/PID/status; its last number, or with `first` its first. */
static long status_number(const char *status, const char *key, bool first)
{
	const char *line = strstr(status, key);
	const char *end = line ? strchr(line + 1, '\n') : NULL;
	long value = -1;
	char *next;

	if (!end)
		return -1;
	for (const char *at = line + strlen(key); at < end; at = next) {
		long number = strtol(at, &next, 10);

		if (next == at || next > end)
			break;
		value = number;
		if (first)
			break;
	}
	return value;
}

/* The process' number in its own namespace, which is the one it writes into the name, and its user. */
static bool ask_status(pid_t pid, long *own_pid, long *uid)
{
	cleanup_free char *path = xasprintf("/proc/%d/status", pid);
	cleanup_buf struct buf status = { 0 };

	if (file_read(path, STATUS_BYTES_MAX, &status, NULL) < 0 || !status.n)
		return false;
	*own_pid = status_number(status.at, "\nNSpid:", false);
	*uid = status_number(status.at, "\nUid:", true);
	return *own_pid > 0 && *uid >= 0;
}

static const char *refusal(const struct stat *st, long uid)
{
	if (!S_ISREG(st->st_mode))
		return "its perf map is not a regular file";
	if (st->st_uid && st->st_uid != (uid_t)uid)
		return "its perf map belongs to another user";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "its perf map can be written by others than its owner";
	return NULL;
}

static int resolve(pid_t pid, long own_pid)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	cleanup_free char *root = xasprintf("/proc/%d/root", pid), *path = xasprintf("tmp/perf-%ld.map", own_pid);
	cleanup_close int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root_fd < 0 ? -1 : (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

static void open_map(struct jit_process *process)
{
	cleanup_close int path_fd = -1;
	long own_pid, uid;
	struct stat st;
	char path[32];

	if (!ask_status(process->pid, &own_pid, &uid))
		return;
	path_fd = resolve(process->pid, own_pid);
	if (path_fd < 0 || fstat(path_fd, &st) < 0)
		return;
	process->trouble = refusal(&st, uid);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	if (!process->trouble)
		process->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void read_map(struct jit_process *process)
{
	cleanup_free char *text = NULL;
	struct stat st;
	ssize_t got;

	if (process->fd < 0 || fstat(process->fd, &st) < 0 || st.st_size <= 0)
		return;
	if (st.st_size > FILE_BYTES_MAX) {
		process->trouble = "its perf map is larger than fpprof reads";
		return;
	}
	text = xmalloc((size_t)st.st_size);
	got = pread(process->fd, text, (size_t)st.st_size, 0);
	if (got > 0)
		jit_map_read(&process->map, bytes_of(text, (size_t)got));
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static struct jit_process *find_process(const struct jits *jits, pid_t pid)
{
	for (size_t i = 0; i < jits->at.n; i++)
		if (jits->at.at[i].pid == pid)
			return &jits->at.at[i];
	return NULL;
}

void jits_notice(struct jits *jits, pid_t pid)
{
	struct jit_process *process = find_process(jits, pid);

	if (!process && jits->at.n < PROCESSES_MAX) {
		process = vec_push(&jits->at);
		*process = (struct jit_process){ .pid = pid, .fd = -1 };
	}
	if (process && process->fd < 0)
		open_map(process);
}

const char *jits_name(struct jits *jits, pid_t pid, uint64_t addr)
{
	struct jit_process *process = find_process(jits, pid);

	if (!process)
		return NULL;
	if (!process->is_read) {
		process->is_read = true;
		jits_notice(jits, pid); /* it may have written it since */
		read_map(process);
	}
	return jit_map_find(&process->map, addr);
}

const char *jits_trouble(const struct jits *jits, pid_t pid)
{
	const struct jit_process *process = find_process(jits, pid);

	return process ? process->trouble : NULL;
}

void jits_free(struct jits *jits)
{
	for (size_t i = 0; i < jits->at.n; i++) {
		if (jits->at.at[i].fd >= 0)
			close(jits->at.at[i].fd);
		jit_map_free(&jits->at.at[i].map);
	}
	vec_free(&jits->at);
}
