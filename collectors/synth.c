/* Bounded: a process can have 65530 mappings, each with a name of a page. */
#include "collectors/synth.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/proc.h"
#include "base/procmaps.h"
#include "collectors/target.h"

enum { MAPS_BYTES_MAX = 64 << 20, COMM_BYTES_MAX = 256 };

static bool emit_comm(pid_t pid, pid_t tid, synth_emit_fn *emit, void *ctx)
{
	cleanup_buf struct buf name = { 0 };
	struct record record = { .type = PERF_RECORD_COMM, .id = { .pid = pid, .tid = tid } };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	if (file_read(path, COMM_BYTES_MAX, &name, NULL) < 0 || !name.n)
		return false;
	if (name.at[name.n - 1] == '\n')
		name.at[name.n - 1] = '\0';
	record.comm = (struct record_comm){ .pid = pid, .tid = tid, .name = name.at };
	emit(ctx, &record);
	return true;
}

/*
 * The kernel's records give anonymous memory the offset at which it was mapped first, which is its address if it was
 * not moved; /proc says 0 (vma->vm_pgoff; show_map_vma() in fs/proc/task_mmu.c). The vDSO has 0 in both.
 */
static uint64_t offset_of(const struct procmaps_line *line)
{
	bool is_anonymous = !line->inode && strncmp(line->path, "[v", 2) != 0;

	return is_anonymous ? line->start : line->pgoff;
}

static void emit_map(pid_t pid, const struct procmaps_line *line, synth_emit_fn *emit, void *ctx)
{
	struct record record = { .type = PERF_RECORD_MMAP2, .id = { .pid = pid, .tid = pid } };

	record.mmap = (struct record_mmap){
		.pid = pid,
		.tid = pid,
		.start = line->start,
		.length = line->end - line->start,
		.pgoff = offset_of(line),
		.major = line->major,
		.minor = line->minor,
		.inode = line->inode,
		.path = line->path[0] ? line->path : "//anon",
	};
	emit(ctx, &record);
}

/* A process that is there no longer has lost nothing: whatever it did is before our time. */
static bool has_gone(int rc)
{
	return rc == -ENOENT || rc == -ESRCH;
}

static bool emit_maps(pid_t pid, synth_emit_fn *emit, void *ctx, struct synth_losses *losses)
{
	cleanup_buf struct buf text = { 0 };
	struct procmaps_line line;
	struct bytes lines;
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/maps", proc_with_memory(pid));
	rc = file_read(path, MAPS_BYTES_MAX, &text, NULL);
	if (rc < 0) {
		losses->unreadable += !has_gone(rc);
		return false;
	}
	lines = bytes_of(text.at, text.n);
	while (procmaps_next(&lines, &line, &losses->bad_lines))
		if (line.is_executable)
			emit_map(pid, &line, emit, ctx);
	return true;
}

bool synth_process(pid_t pid, synth_emit_fn *emit, void *ctx, struct synth_losses *losses)
{
	struct pid_vec threads = { 0 };

	if (!emit_comm(pid, pid, emit, ctx))
		return false;
	target_list_threads(pid, &threads);
	for (size_t i = 0; i < threads.n; i++)
		if (threads.at[i] != pid)
			emit_comm(pid, threads.at[i], emit, ctx);
	vec_free(&threads);
	return emit_maps(pid, emit, ctx, losses);
}

void synth_system(synth_emit_fn *emit, void *ctx, struct synth_losses *losses)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			synth_process((pid_t)strtol(entry->d_name, NULL, 10), emit, ctx, losses);
	if (proc)
		closedir(proc);
}
