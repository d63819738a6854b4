/*
 * signalfd(2) tells where a signal came from, and that decides. The terminal sends SIGINT and SIGQUIT from within the
 * kernel to its whole foreground group, the command included; processes send what they send to us, and the command does
 * not know of it. A hangup comes from the kernel as well, but to the session's leader first.
 */
#include "src/cmd/signals.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int deadly[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

static bool is_interrupt(int signal)
{
	return signal == SIGINT || signal == SIGQUIT;
}

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void handle(struct signals *s, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;
	bool is_from_terminal = is_interrupt(signal) && info->ssi_code > 0;

	if (signal == SIGCHLD || (is_from_terminal && is_ignored(signal)))
		return;
	s->last = signal;
	if (!s->command) {
		s->is_over = true;
		return;
	}
	if (!is_from_terminal && info->ssi_pid != (uint32_t)s->command) /* which else could go on for ever */
		kill(s->command, signal);
	if (is_interrupt(signal) && ++s->interrupts > 1)
		s->is_over = true;
}

static int ready(struct loop_source *source, uint32_t events, struct error *err)
{
	struct signalfd_siginfo info;

	(void)events;
	(void)err;
	while (read(source->fd, &info, sizeof(info)) == sizeof(info))
		handle(container_of(source, struct signals, source), &info);
	return 0;
}

/* A blocked signal waits even if it is ignored, so one that is to stay ignored is not blocked. */
static sigset_t handled_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (is_interrupt(deadly[i]) || !is_ignored(deadly[i]))
			sigaddset(&set, deadly[i]);
	return set;
}

/* Where SIGCHLD is ignored the kernel keeps no exit status of a child. */
int signals_open(struct signals *s, struct error *err)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL }, ignored = { .sa_handler = SIG_IGN };
	sigset_t set = handled_set();

	s->source = (struct loop_source){ .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = ready };
	if (s->source.fd < 0)
		return error_errno(err, errno, "cannot receive signals");
	sigprocmask(SIG_BLOCK, &set, &s->inherited_mask);
	sigaction(SIGCHLD, &by_default, &s->inherited_chld);
	sigaction(SIGPIPE, &ignored, &s->inherited_pipe);
	return 0;
}

void signals_close(struct signals *s)
{
	if (s->source.fd >= 0)
		close(s->source.fd);
	s->source.fd = -1;
}

void signals_give_back(const struct signals *s)
{
	sigaction(SIGCHLD, &s->inherited_chld, NULL);
	sigaction(SIGPIPE, &s->inherited_pipe, NULL);
	sigprocmask(SIG_SETMASK, &s->inherited_mask, NULL);
}

int signals_watch(struct signals *s, struct loop *loop, struct error *err)
{
	return loop_add(loop, &s->source, EPOLLIN, err);
}

void signals_wait(struct signals *s)
{
	struct pollfd fd = { .fd = s->source.fd, .events = POLLIN };

	if (poll(&fd, 1, -1) > 0)
		ready(&s->source, 0, NULL);
}
