/* The files' texts are those of real machines: a Skylake server, an Alder Lake, and their uncore. */
#include "tests/unit/machines.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define PMU "/sys/bus/event_source/devices/"
#define TRACE "/sys/kernel/tracing/events/"

struct made_file {
	enum made_part part;
	const char *path, *text;
};

static const struct made_file files[] = {
	{ MADE_INTEL, PMU "cpu/type", "4\n" },
	{ MADE_INTEL, PMU "cpu/format/event", "config:0-7\n" },
	{ MADE_INTEL, PMU "cpu/format/umask", "config:8-15\n" },
	{ MADE_INTEL, PMU "cpu/format/cmask", "config:24-31\n" },
	{ MADE_INTEL, PMU "cpu/format/inv", "config:23\n" },
	{ MADE_INTEL, PMU "cpu/format/any", "config:21\n" },
	{ MADE_INTEL, PMU "cpu/format/ldlat", "config1:0-15\n" },
	{ MADE_INTEL, PMU "cpu/format/split", "config1:1,6-10,44\n" },
	{ MADE_INTEL, PMU "cpu/format/whole", "config2:0-63\n" },
	{ MADE_INTEL, PMU "cpu/events/cpu-cycles", "event=0x3c\n" },
	{ MADE_INTEL, PMU "cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n" },
	{ MADE_INTEL, PMU "cpu/events/wanting", "event=0x10,umask=?\n" },
	{ MADE_INTEL, PMU "software/type", "1\n" },
	{ MADE_INTEL, PMU "msr/type", "9\n" },
	{ MADE_INTEL, PMU "msr/format/event", "config:0-63\n" },
	{ MADE_INTEL, PMU "msr/events/tsc", "event=0x00\n" },
	{ MADE_INTEL, PMU "msr/events/aperf", "event=0x01\n" },

	{ MADE_HYBRID, PMU "cpu_core/type", "4\n" },
	{ MADE_HYBRID, PMU "cpu_core/cpus", "0-3\n" },
	{ MADE_HYBRID, PMU "cpu_core/format/event", "config:0-7\n" },
	{ MADE_HYBRID, PMU "cpu_core/format/umask", "config:8-15\n" },
	{ MADE_HYBRID, PMU "cpu_core/events/mem-loads", "event=0xcd,umask=0x1\n" },
	{ MADE_HYBRID, PMU "cpu_atom/type", "10\n" },
	{ MADE_HYBRID, PMU "cpu_atom/cpus", "4-5\n" },
	{ MADE_HYBRID, PMU "cpu_atom/format/event", "config:0-7\n" },
	{ MADE_HYBRID, PMU "cpu_atom/format/umask", "config:8-15\n" },
	{ MADE_HYBRID, PMU "cpu_atom/events/mem-loads", "event=0xd0,umask=0x5\n" },

	{ MADE_UNCORE, PMU "uncore_imc_0/type", "20\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/cpumask", "0,18\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/format/event", "config:0-7\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/format/umask", "config:8-15\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/events/cas_count_read", "event=0x04,umask=0x03\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/events/cas_count_read.scale", "6.103515625e-5\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/events/cas_count_read.unit", "MiB\n" },
	{ MADE_UNCORE, PMU "uncore_imc_0/events/cas_count_write", "event=0x04,umask=0x0c\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/type", "21\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/cpumask", "0,18\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/format/event", "config:0-7\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/format/umask", "config:8-15\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/events/cas_count_read", "event=0x04,umask=0x03\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/events/cas_count_read.scale", "6.103515625e-5\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/events/cas_count_read.unit", "MiB\n" },
	{ MADE_UNCORE, PMU "uncore_imc_1/events/cas_count_write", "event=0x04,umask=0x0c\n" },
	{ MADE_UNCORE, PMU "uncore_imc_free_running/type", "22\n" },
	{ MADE_UNCORE, PMU "uncore_imc_free_running/format/event", "config:0-7\n" },
	{ MADE_UNCORE, PMU "uncore_imc_free_running/format/umask", "config:8-15\n" },
	{ MADE_UNCORE, PMU "uncore_imc_free_running/events/data_read", "event=0xff,umask=0x20\n" },
	{ MADE_UNCORE, PMU "power/type", "23\n" },
	{ MADE_UNCORE, PMU "power/cpumask", "0\n" },
	{ MADE_UNCORE, PMU "power/format/event", "config:0-7\n" },
	{ MADE_UNCORE, PMU "power/events/energy-pkg", "event=0x02\n" },
	{ MADE_UNCORE, PMU "power/events/energy-pkg.scale", "2.3283064365386962890625e-10\n" },
	{ MADE_UNCORE, PMU "power/events/energy-pkg.unit", "Joules\n" },

	{ MADE_TRACEFS, TRACE "enable", "0\n" },
	{ MADE_TRACEFS, TRACE "sched/enable", "0\n" },
	{ MADE_TRACEFS, TRACE "sched/sched_switch/id", "372\n" },
	{ MADE_TRACEFS, TRACE "sched/sched_swap_numa/id", "358\n" },
	{ MADE_TRACEFS, TRACE "sched/sched_wakeup/id", "375\n" },
	{ MADE_TRACEFS, TRACE "syscalls/sys_enter_read/id", "842\n" },
	{ MADE_TRACEFS, TRACE "syscalls/sys_exit_read/id", "841\n" },

	{ MADE_BROKEN, PMU "typeless/format/event", "config:0-7\n" },
	{ MADE_BROKEN, PMU "wordy/type", "many\n" },
	{ MADE_BROKEN, PMU "huge/type", "99999999999\n" },
	{ MADE_BROKEN, PMU "nowhere/type", "31\n" },
	{ MADE_BROKEN, PMU "nowhere/cpumask", "zero\n" },
	{ MADE_BROKEN, PMU "odd/type", "30\n" },
	{ MADE_BROKEN, PMU "odd/format/backwards", "config:7-0\n" },
	{ MADE_BROKEN, PMU "odd/format/beyond", "config:60-64\n" },
	{ MADE_BROKEN, PMU "odd/format/elsewhere", "config7:0-7\n" },
	{ MADE_BROKEN, PMU "odd/format/endless", "config:0-\n" },
	{ MADE_BROKEN, PMU "odd/format/empty", "" },
	{ MADE_BROKEN, PMU "odd/format/event", "config:0-7\n" },
	{ MADE_BROKEN, PMU "odd/events/unscaled", "event=1\n" },
	{ MADE_BROKEN, PMU "odd/events/unscaled.scale", "1e999\n" },
	{ MADE_BROKEN, PMU "odd/events/unfielded", "event=1,nofield=2\n" },
	{ MADE_BROKEN, PMU "odd/events/unlimited", "event=0x100\n" },
	{ MADE_BROKEN, PMU "odd/events/unit", "event=2\n" },
	{ MADE_BROKEN, PMU "odd/events/unit.unit", "\x1b[31m\n" },
};

void made_machine_put(const char *root, const char *path, const char *text)
{
	cleanup_free char *full = xasprintf("%s%s", root, path);
	cleanup_fclose FILE *f = NULL;

	for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "we");
	if (!f || fputs(text, f) < 0)
		abort();
}

static void put_large_files(const char *root)
{
	cleanup_free char *text = xmalloc(100000);

	memset(text, '1', 99999);
	text[99999] = '\0';
	made_machine_put(root, PMU "odd/format/large", text);
	made_machine_put(root, PMU "odd/events/large", text);
}

char *made_machine(unsigned int parts)
{
	char *root = xstrdup("/tmp/fpprof-test-machine.XXXXXX");

	if (!mkdtemp(root))
		abort();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (parts & files[i].part)
			made_machine_put(root, files[i].path, files[i].text);
	if (parts & MADE_BROKEN)
		put_large_files(root);
	return root;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void made_machine_remove(char *root)
{
	nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

int made_open(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	(void)attr;
	(void)pid;
	(void)cpu;
	(void)group;
	(void)flags;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int made_open_without_pmu(const struct perf_event_attr *attr, pid_t pid, int cpu, int group, unsigned long flags)
{
	if (attr->type == PERF_TYPE_HARDWARE || attr->type == PERF_TYPE_HW_CACHE || attr->type == PERF_TYPE_RAW)
		return -ENOENT;
	return made_open(attr, pid, cpu, group, flags);
}
