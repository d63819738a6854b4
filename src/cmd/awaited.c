/* A pidfd means the process that had the number then, and no later one. Of threads there is no such thing before Linux 6.9. */
#include "src/cmd/awaited.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

struct awaited_process {
	struct loop_source source; /* its pidfd; fd -1: it has ended */
	struct awaited *all;
};

static int has_ended(struct loop_source *source, uint32_t events, struct error *err)
{
	struct awaited_process *p = container_of(source, struct awaited_process, source);

	(void)events;
	(void)err;
	loop_remove(p->all->loop, source);
	close(source->fd);
	source->fd = -1;
	p->all->alive--;
	return 0;
}

static int watch_process(struct awaited *a, pid_t pid, struct error *err)
{
	struct awaited_process *p;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return errno == ESRCH ? 0 : error_errno(err, errno, "cannot watch process %d", pid);
	p = xcalloc(1, sizeof(*p));
	*p = (struct awaited_process){ .source = { .fd = fd, .ready = has_ended }, .all = a };
	*vec_push(&a->processes) = p;
	a->alive++;
	return loop_add(a->loop, &p->source, EPOLLIN, err);
}

int awaited_watch(struct awaited *a, const struct target *target, struct loop *loop, struct error *err)
{
	int rc = 0;

	*a = (struct awaited){ .target = target, .loop = loop };
	for (size_t i = 0; target->kind == TARGET_PROCESSES && i < target->ids.n && rc == 0; i++)
		rc = watch_process(a, target->ids.at[i], err);
	return rc;
}

void awaited_done(struct awaited *a)
{
	for (size_t i = 0; i < a->processes.n; i++) {
		if (a->processes.at[i]->source.fd >= 0)
			close(a->processes.at[i]->source.fd);
		free(a->processes.at[i]);
	}
	vec_free(&a->processes);
}

static bool any_thread_lives(const struct target *target)
{
	for (size_t i = 0; i < target->ids.n; i++)
		if (target_thread_process(target->ids.at[i]))
			return true;
	return false;
}

bool awaited_has_ended(const struct awaited *a)
{
	if (a->target->kind == TARGET_PROCESSES)
		return a->alive == 0;
	return a->target->kind == TARGET_THREADS && !any_thread_lives(a->target);
}
