/* /proc/TID is there for every thread, though only main threads are listed (proc(5)). A thread without memory has no exe. */
#include "base/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool has_memory(pid_t id)
{
	char path[64], target[2];

	snprintf(path, sizeof(path), "/proc/%d/exe", id);
	return readlink(path, target, sizeof(target)) > 0;
}

pid_t proc_with_memory(pid_t pid)
{
	pid_t found = has_memory(pid) ? pid : 0;
	const struct dirent *entry;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = found ? NULL : opendir(path);
	while (tasks && !found && (entry = readdir(tasks)))
		if (isdigit((unsigned char)entry->d_name[0]) && has_memory((pid_t)strtol(entry->d_name, NULL, 10)))
			found = (pid_t)strtol(entry->d_name, NULL, 10);
	if (tasks)
		closedir(tasks);
	return found ? found : pid;
}
