/*
 * Paths come from processes, which may put anything there and change it while we look. So a path is resolved first
 * (O_PATH), which has no effect on what it leads to, looked at, and opened for reading only when it is a regular file:
 * opening a device can do something, opening a FIFO can block. Within another root, openat2() keeps links inside of it.
 */
#include "symbolize/image_find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"

static int open_resolved(int path_fd)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/*
 * The device is compared only where both numbers are a disk's: btrfs and overlayfs show a mapping and a stat different
 * ones, which are made up and have the major number 0.
 */
static bool is_same_file(const struct image *image, const struct stat *st)
{
	if (!image->inode)
		return true;
	if (image->major && major(st->st_dev) &&
	    (image->major != major(st->st_dev) || image->minor != minor(st->st_dev)))
		return false;
	return image->inode == st->st_ino;
}

/*
 * The inode of a deleted file is soon another file's, above all where programs are built, run and replaced. The file
 * systems that give inodes out again tell their generation, as the kernel does for a mapping; others answer nothing.
 */
static bool is_same_generation(const struct image *image, int fd)
{
	int generation = 0;

	return !image->generation || ioctl(fd, FS_IOC_GETVERSION, &generation) < 0 ||
	       (uint32_t)generation == (uint32_t)image->generation;
}

static int open_if_same(int path_fd, const struct image *image)
{
	cleanup_close int fd = -1;
	struct stat st;

	if (fstat(path_fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (image && !is_same_file(image, &st))
		return -ESTALE;
	fd = open_resolved(path_fd);
	if (fd >= 0 && image && !is_same_generation(image, fd))
		return -ESTALE;
	return fd < 0 ? fd : take_fd(&fd);
}

static int resolve_in(const char *root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	cleanup_close int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	long fd;

	if (root_fd < 0)
		return -errno;
	fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

/* `same_as` NULL: nothing to compare with. */
static int find_in(const char *root, const char *path, const struct image *same_as)
{
	cleanup_close int path_fd = resolve_in(root, path);

	return path_fd < 0 ? path_fd : open_if_same(path_fd, same_as);
}

static int find_by_path(const struct image *image)
{
	cleanup_close int path_fd = open(image->path, O_PATH | O_CLOEXEC);

	return path_fd < 0 ? -errno : open_if_same(path_fd, image);
}

/* Does the path end like the image's? It may start otherwise: map_files shows it from our root, not the process'. */
static bool leads_to(const char *link, const struct image *image)
{
	char target[PATH_MAX];
	ssize_t got = readlink(link, target, sizeof(target));
	size_t path_n = strlen(image->path), n;
	static const char suffix[] = " (deleted)";

	if (got <= 0)
		return false;
	n = (size_t)got;
	if (image->deleted && n > sizeof(suffix) - 1 && memcmp(target + n - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1) == 0)
		n -= sizeof(suffix) - 1;
	return n >= path_n && memcmp(target + n - path_n, image->path, path_n) == 0;
}

/*
 * map_files leads to the very file that is mapped, also when it is deleted or in another mount namespace. It is still
 * compared, by name or by inode: the records may be older than the process that has the pid now, or than its program.
 */
static int find_mapped(pid_t pid, const struct image *image, const struct image_where *where)
{
	char link[96];

	snprintf(link, sizeof(link), "/proc/%d/map_files/%llx-%llx", pid, (unsigned long long)where->start,
		 (unsigned long long)where->end);
	cleanup_close int path_fd = open(link, O_PATH | O_CLOEXEC);
	if (path_fd < 0)
		return -errno;
	if (leads_to(link, image))
		return open_if_same(path_fd, NULL);
	return image->inode ? open_if_same(path_fd, image) : -ESTALE;
}

int image_find_path(const char *root, const char *path)
{
	return find_in(root ? root : "/", path, NULL);
}

int image_find(const char *root, const struct image *image, const struct image_where *where)
{
	char process_root[32];
	int fd = -ESRCH;
	pid_t pid;

	if (root)
		return find_in(root, image->path, NULL);
	if (where->pid > 0) {
		pid = proc_with_memory(where->pid);
		snprintf(process_root, sizeof(process_root), "/proc/%d/root", pid);
		fd = find_mapped(pid, image, where);
		if (fd < 0)
			fd = find_in(process_root, image->path, image);
	}
	return fd < 0 ? find_by_path(image) : fd;
}
