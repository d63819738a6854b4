/*
 * A fifo is opened for reading and writing: so opening does not wait for a writer, and a writer that goes (a shell's
 * `echo enable >ctl`) does not end the conversation.
 */
#include "src/cmd/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/log.h"

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int wrong(const char *words, struct error *err)
{
	return error_set(err, EINVAL, "--control takes fifo:FILE[,FILE] or fd:NUMBER[,NUMBER], not '%s'", words);
}

static int open_fifo(const char *path, struct error *err)
{
	struct stat st;
	cleanup_close int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno, "cannot open the control fifo %s", path);
	if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return error_set(err, ENOTSUP, "%s is no fifo: make one with 'mkfifo %s'", path, path);
	return take_fd(&fd);
}

/* The caller's descriptor is its own: ours is a copy, so that it may be closed like any other. */
static int copy_fd(const char *text, struct error *err)
{
	char *end;
	long number = strtol(text, &end, 10);
	int fd;

	if (end == text || *end || number < 0 || number > 1 << 20)
		return error_set(err, EINVAL, "--control: '%s' is no descriptor's number", text);
	fd = fcntl((int)number, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? error_errno(err, errno, "--control: descriptor %ld", number) : fd;
}

int control_open(struct control *control, const char *words, struct error *err)
{
	bool is_fifo = strncmp(words, "fifo:", 5) == 0, is_fd = strncmp(words, "fd:", 3) == 0;
	int (*open_one)(const char *, struct error *) = is_fifo ? open_fifo : copy_fd;
	cleanup_free char *in = NULL;
	char *ack;

	if (!is_fifo && !is_fd)
		return wrong(words, err);
	in = xstrdup(strchr(words, ':') + 1);
	ack = strchr(in, ',');
	if (ack)
		*ack++ = '\0';
	if (!*in || (ack && !*ack))
		return wrong(words, err);
	control->source.fd = open_one(in, err);
	if (control->source.fd < 0)
		return control->source.fd;
	control->ack_fd = ack ? open_one(ack, err) : -1;
	return ack && control->ack_fd < 0 ? control->ack_fd : 0;
}

void control_close(struct control *control)
{
	control_unwatch(control);
	if (control->source.fd >= 0)
		close(take_fd(&control->source.fd));
	if (control->ack_fd >= 0)
		close(take_fd(&control->ack_fd));
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void take_word(struct control *control)
{
	static const char *const names[] = {
		[CONTROL_ENABLE] = "enable", [CONTROL_DISABLE] = "disable", [CONTROL_PING] = "ping", [CONTROL_STOP] = "stop",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) != control->n || memcmp(names[i], control->line, control->n) != 0)
			continue;
		control->handle(control, (enum control_word)i);
		if (control->ack_fd >= 0 && write(control->ack_fd, "ack\n", 4) != 4)
			log_once("control-ack", "an answer could not be written to --control's second part");
		return;
	}
	log_note("--control knows enable, disable, ping and stop, and was told something else");
}

/* A line that is longer than any word stays longer than any word. */
static void take_byte(struct control *control, char byte)
{
	if (byte != '\n' && byte != '\0') {
		if (control->n < sizeof(control->line))
			control->line[control->n++] = byte;
		return;
	}
	if (control->n)
		take_word(control);
	control->n = 0;
}

static int ready(struct loop_source *source, uint32_t events, struct error *err)
{
	struct control *control = container_of(source, struct control, source);
	char bytes[256];
	ssize_t got = read(source->fd, bytes, sizeof(bytes));

	(void)events;
	(void)err;
	for (ssize_t i = 0; i < got; i++)
		take_byte(control, bytes[i]);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		control_unwatch(control);
	return 0;
}

int control_watch(struct control *control, struct loop *loop, struct error *err)
{
	int rc;

	if (control->source.fd < 0)
		return 0;
	control->source.ready = ready;
	rc = loop_add(loop, &control->source, EPOLLIN, err);
	control->loop = rc == 0 ? loop : NULL;
	return rc;
}

void control_unwatch(struct control *control)
{
	if (control->loop)
		loop_remove(control->loop, &control->source);
	control->loop = NULL;
}
