/* Everything that can be wrong with a target is found out here, before an event is opened or a command started. */
#include "collectors/target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"

void target_done(struct target *t)
{
	vec_free(&t->cpus);
	vec_free(&t->ids);
	if (t->cgroup_fd >= 0)
		close(t->cgroup_fd);
	free(t->cgroup_path);
	*t = (struct target)TARGET_INIT;
}

bool target_is_tasks(const struct target *t)
{
	return t->kind == TARGET_PROCESSES || t->kind == TARGET_THREADS || t->kind == TARGET_COMMAND;
}

bool target_has_cpu(const struct target *t, int cpu)
{
	return t->kind != TARGET_CPUS || cpus_has(&t->cpus, cpu);
}

bool pids_have(const struct pid_vec *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->n; i++)
		if (pids->at[i] == pid)
			return true;
	return false;
}

static bool parse_id(const char **at, pid_t *out)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)**at))
		return false;
	value = strtol(*at, &end, 10);
	if (value <= 0 || value > INT_MAX || (*end && *end != ','))
		return false;
	*out = (pid_t)value;
	*at = *end ? end + 1 : end;
	return *end == '\0' || **at;
}

pid_t target_thread_process(pid_t tid)
{
	cleanup_buf struct buf status = { 0 };
	char path[64];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (file_read(path, 65536, &status, NULL) < 0)
		return 0;
	line = strstr(status.at, "\nTgid:");
	return line ? (pid_t)strtol(line + 6, NULL, 10) : 0;
}

static int check_id(enum target_kind kind, pid_t id, struct error *err)
{
	pid_t process = target_thread_process(id);

	if (kind == TARGET_THREADS && !process)
		return error_set(err, ESRCH, "there is no thread %d", id);
	if (kind == TARGET_PROCESSES && !process)
		return error_set(err, ESRCH, "there is no process %d", id);
	if (kind == TARGET_PROCESSES && process != id)
		return error_set(err, ESRCH, "%d is a thread of process %d: use -p %d for the process, or -t %d for "
					     "the thread alone", id, process, process, id);
	return 0;
}

int target_set_ids(struct target *t, enum target_kind kind, const char *list, struct error *err)
{
	const char *at = list;

	t->kind = kind;
	do {
		pid_t id;
		int rc;

		if (!parse_id(&at, &id))
			return error_set(err, EINVAL, "'%s' is not a list of %s: write it like 123,456", list,
					 kind == TARGET_THREADS ? "thread ids" : "process ids");
		rc = check_id(kind, id, err);
		if (rc < 0)
			return rc;
		if (!pids_have(&t->ids, id))
			*vec_push(&t->ids) = id;
	} while (*at);
	return 0;
}

/* Where events can be bound to cgroups: the v1 hierarchy with the perf_event controller, else the v2 one. */
static char *cgroup_mount(void)
{
	cleanup(cleanup_fclose_fn) FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *v2 = NULL;
	struct mntent *entry;

	while (mounts && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, "cgroup") == 0 && hasmntopt(entry, "perf_event")) {
			free(v2);
			return xstrdup(entry->mnt_dir);
		}
		if (strcmp(entry->mnt_type, "cgroup2") == 0 && !v2)
			v2 = xstrdup(entry->mnt_dir);
	}
	return v2;
}

int target_set_cgroup(struct target *t, const char *path, struct error *err)
{
	cleanup_free char *mount = cgroup_mount();
	cleanup_free char *full = NULL;

	t->kind = TARGET_CGROUP;
	if (!mount)
		return error_set(err, ENOENT, "no cgroup file system that events can be bound to is mounted here; "
					      "mount one with 'mount -t cgroup2 none /sys/fs/cgroup'");
	full = strncmp(path, mount, strlen(mount)) == 0 ? xstrdup(path) : xasprintf("%s/%s", mount, path);
	t->cgroup_fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->cgroup_fd < 0)
		return error_errno(err, errno, "cannot open cgroup %s", full);
	t->cgroup_path = take_ptr(full);
	return 0;
}

int target_list_cpus(const struct target *t, struct cpu_list *out, struct error *err)
{
	struct cpu_list online = { 0 };
	int rc = cpus_online(&online, err);

	for (size_t i = 0; i < online.n; i++)
		if (target_has_cpu(t, online.at[i]))
			*vec_push(out) = online.at[i];
	vec_free(&online);
	return rc < 0 || out->n ? rc : error_set(err, ENODEV, "none of the CPUs given with -C is online");
}

bool target_list_threads(pid_t pid, struct pid_vec *out)
{
	char path[64];
	DIR *dir;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			*vec_push(out) = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	closedir(dir);
	return true;
}
