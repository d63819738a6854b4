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

static bool is_from_terminal(int signal, int code)
{
	return is_interrupt(signal) && code > 0;
}

static bool is_to_be_ignored(const struct signals *s, int signal, int code)
{
	return signal == SIGCHLD || (is_from_terminal(signal, code) && sigismember(&s->ignored, signal));
}

/* What the command itself sends could else go on for ever. */
static void pass_on(const struct signals *s, int signal, int code, pid_t sender)
{
	if (!is_from_terminal(signal, code) && sender != s->command)
		kill(s->command, signal);
}

static void handle(struct signals *s, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;

	if (is_to_be_ignored(s, signal, info->ssi_code))
		return;
	s->last = signal;
	if (!s->command) {
		s->is_over = true;
		return;
	}
	pass_on(s, signal, info->ssi_code, (pid_t)info->ssi_pid);
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

static sigset_t ignored_set(void)
{
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (sigaction(deadly[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sigaddset(&set, deadly[i]);
	return set;
}

/* A blocked signal waits even if it is ignored, so one that is to stay ignored is not blocked. */
static sigset_t deadly_set(const struct signals *s)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (is_interrupt(deadly[i]) || !sigismember(&s->ignored, deadly[i]))
			sigaddset(&set, deadly[i]);
	return set;
}

/* Where SIGCHLD is ignored the kernel keeps no exit status of a child. */
int signals_open(struct signals *s, struct error *err)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL }, ignored = { .sa_handler = SIG_IGN };
	sigset_t set;

	s->ignored = ignored_set();
	set = deadly_set(s);
	sigaddset(&set, SIGCHLD);
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

/* ---- while nobody reads them ------------------------------------------------------------------------------------- */

/* A handler has no argument of ours. */
static struct {
	const struct signals *signals;
	const struct out_file *unfinished;
	volatile sig_atomic_t passed_on;
} writing;

static void end_us(int signal, siginfo_t *info, void *context)
{
	const struct signals *s = writing.signals;

	(void)context;
	if (is_to_be_ignored(s, signal, info->si_code))
		return;
	if (s->command && !writing.passed_on) {
		writing.passed_on = 1;
		pass_on(s, signal, info->si_code, info->si_pid);
		return;
	}
	out_file_forsake(writing.unfinished);
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	raise(signal);
}

void signals_let_end_us(struct signals *s, const struct out_file *unfinished)
{
	struct sigaction action = { .sa_sigaction = end_us, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigset_t set = deadly_set(s);

	ready(&s->source, 0, NULL);
	writing.signals = s;
	writing.unfinished = unfinished;
	writing.passed_on = 0;
	action.sa_mask = set;
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (sigismember(&set, deadly[i]))
			sigaction(deadly[i], &action, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The handlers stay, and are not called: what is blocked goes to whoever reads it. */
void signals_wait_again(const struct signals *s)
{
	sigset_t set = deadly_set(s);

	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* ---- while somebody does ----------------------------------------------------------------------------------------- */

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
