/*
 * PTRACE_SINGLESTEP runs one instruction, or enters a signal handler, or executes a whole system call. What happened is
 * told from the instruction that was there before and from where the registers are afterwards. Code is read once: a
 * step is two system calls then.
 */
#include "tests/oracle/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/procmaps.h"

enum {
	KNOWN_INSNS = 1 << 16, /* a power of two */
	CODE32_SEGMENT = 0x23, /* cs of a 32-bit program */
	MAPS_BYTES_MAX = 16 << 20,
	SYSCALL_BYTES = 2,
};

static const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
			    PTRACE_O_EXITKILL;

/* ---- the set ----------------------------------------------------------------------------------------------------- */

static struct tracee *find(const struct tracees *ts, pid_t tid)
{
	for (size_t i = 0; i < ts->at.n; i++)
		if (ts->at.at[i]->tid == tid)
			return ts->at.at[i];
	return NULL;
}

static struct tracee *get(struct tracees *ts, pid_t tid)
{
	struct tracee *t = find(ts, tid);

	if (t)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->tid = t->pid = tid;
	*vec_push(&ts->at) = t;
	return t;
}

static void forget(struct tracees *ts, pid_t tid)
{
	for (size_t i = 0; i < ts->at.n; i++) {
		if (ts->at.at[i]->tid != tid)
			continue;
		shadow_free(&ts->at.at[i]->shadow);
		free(ts->at.at[i]);
		vec_remove(&ts->at, i);
		return;
	}
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* In pieces that end with a page, so that what lies before an unmapped page is read. */
size_t tracee_read(const struct tracee *t, uint64_t addr, void *to, size_t n)
{
	struct iovec local = { to, n }, remote = { (void *)addr, n }; /* NOLINT: another process' address */
	ssize_t got = process_vm_readv(t->tid, &local, 1, &remote, 1, 0);
	size_t head = 4096 - addr % 4096;

	if (got < 0 && head < n)
		return tracee_read(t, addr, to, head);
	return got > 0 ? (size_t)got : 0;
}

static uint64_t read_word(const struct tracee *t, uint64_t addr)
{
	uint64_t word = 0;

	return tracee_read(t, addr, &word, sizeof(word)) == sizeof(word) ? word : 0;
}

/* ---- mappings ---------------------------------------------------------------------------------------------------- */

static void set_stale(struct tracees *ts, pid_t pid)
{
	for (size_t i = 0; i < ts->stale.n; i++)
		if (ts->stale.at[i] == pid)
			return;
	*vec_push(&ts->stale) = pid;
	for (size_t i = 0; i < KNOWN_INSNS; i++)
		if (ts->known[i].pid == pid)
			ts->known[i] = (struct known_insn){ 0 };
}

static void read_maps(struct tracees *ts, struct process *process)
{
	cleanup_buf struct buf text = { 0 };
	struct procmaps_line line;
	struct bytes lines;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", process->pid);
	if (file_read(path, MAPS_BYTES_MAX, &text, NULL) < 0)
		return;
	lines = bytes_of(text.at, text.n);
	while (procmaps_next(&lines, &line, NULL)) {
		struct image_id id = { line.path[0] ? line.path : "//anon", line.major, line.minor, line.inode, 0 };

		if (line.is_executable)
			process_map(process, line.start, line.end, line.pgoff, images_get(&ts->images, &id));
	}
}

struct process *tracees_process(struct tracees *ts, const struct tracee *t)
{
	for (size_t i = 0; i < ts->stale.n; i++) {
		if (ts->stale.at[i] != t->pid)
			continue;
		processes_comm(&ts->processes, t->pid, t->pid, "", true);
		read_maps(ts, processes_get(&ts->processes, t->pid));
		vec_remove(&ts->stale, i);
		break;
	}
	return processes_get(&ts->processes, t->pid);
}

static bool changes_mappings(uint64_t number)
{
	return number == SYS_mmap || number == SYS_munmap || number == SYS_mprotect || number == SYS_mremap ||
	       number == SYS_pkey_mprotect || number == SYS_shmat || number == SYS_shmdt;
}

/* ---- instructions ------------------------------------------------------------------------------------------------ */

static bool is_of_a_file(struct tracees *ts, const struct tracee *t)
{
	const struct map *map = process_find_map(tracees_process(ts, t), t->regs.rip);

	return map && map->image->kind != IMAGE_ANON;
}

static enum insn_kind next_insn(struct tracees *ts, const struct tracee *t)
{
	struct known_insn *known = &ts->known[(t->regs.rip ^ (uint64_t)t->pid << 8) % KNOWN_INSNS];
	uint8_t code[INSN_BYTES_MAX];
	enum insn_kind kind;

	if (known->ip == t->regs.rip && known->pid == t->pid)
		return known->kind;
	kind = insn_kind(code, tracee_read(t, t->regs.rip, code, sizeof(code)));
	if (is_of_a_file(ts, t))
		*known = (struct known_insn){ t->pid, t->regs.rip, kind };
	return kind;
}

/* ---- what a step has done ---------------------------------------------------------------------------------------- */

/* Go moves a goroutine's stack when it has grown too small: the same words are now elsewhere. */
static bool relocate(struct tracee *t, const struct shadow_stack *old)
{
	struct shadow_stack *new = &t->shadow.stacks.at[t->shadow.current];
	uint64_t delta = t->regs.rsp - old->left_at;

	if (!old->entries.n)
		return false;
	for (size_t i = 0; i < old->entries.n; i++)
		if (read_word(t, old->entries.at[i].slot + delta) != old->entries.at[i].pc)
			return false;
	for (size_t i = 0; i < old->entries.n; i++) {
		struct shadow_entry moved = old->entries.at[i];

		moved.slot += delta;
		*vec_push(&new->entries) = moved;
	}
	new->base = old->base + delta;
	new->is_open = old->is_open;
	return true;
}

/* Go's stacks lie side by side; its thread-local g tells which is in use: stack.lo and stack.hi are its first words. */
static void find_bounds(const struct tracee *t, uint64_t bounds[2])
{
	uint64_t g = read_word(t, t->regs.fs_base - 8);

	if (!g || tracee_read(t, g, bounds, 16) != 16 || t->regs.rsp <= bounds[0] || t->regs.rsp > bounds[1])
		bounds[0] = bounds[1] = 0;
}

static void went_elsewhere(struct tracees *ts, struct tracee *t, uint64_t from)
{
	uint64_t bounds[2];

	find_bounds(t, bounds);
	if (!shadow_switch(&t->shadow, from, t->regs.rsp, bounds[0], bounds[1]))
		return;
	for (size_t i = 0; i + 1 < t->shadow.stacks.n; i++)
		if (relocate(t, &t->shadow.stacks.at[i]))
			return;
	ts->open_stacks++;
}

/* A handler may send its thread elsewhere, as if the interrupted instruction had called there: Go preempts so. */
static void handler_is_done(struct tracee *t)
{
	struct shadow_entry interrupted;

	if (shadow_sigreturn(&t->shadow, &interrupted) && t->regs.rsp == interrupted.slot - 8 &&
	    read_word(t, t->regs.rsp) == interrupted.pc)
		shadow_call(&t->shadow, t->regs.rsp, interrupted.pc);
}

static bool is_call_undone(const struct shadow_entry *entry, const struct user_regs_struct *before)
{
	return entry->kind == SHADOW_RETURN && entry->slot == before->rsp;
}

/* A return that goes elsewhere than to where its call was: an exception does that, and little else. */
static void check_return(struct tracees *ts, const struct tracee *t, const struct user_regs_struct *before)
{
	const struct shadow_stack *stack = shadow_now(&t->shadow);
	const struct shadow_entry *entry;

	if (!stack->entries.n || t->next != INSN_OTHER || t->regs.rsp < before->rsp + 8)
		return;
	entry = &stack->entries.at[stack->entries.n - 1];
	if (is_call_undone(entry, before) && t->regs.rip != entry->pc && read_word(t, before->rsp) == t->regs.rip)
		ts->strange_returns++;
}

/* A call to the next instruction asks for its own address, and is none. */
static void was_called(struct tracee *t, const struct user_regs_struct *before)
{
	uint64_t pc = read_word(t, t->regs.rsp);

	if (t->regs.rsp == before->rsp - 8 && pc != t->regs.rip)
		shadow_call(&t->shadow, t->regs.rsp, pc);
}

static void apply_step(struct tracees *ts, struct tracee *t, const struct user_regs_struct *before)
{
	switch (t->next) {
	case INSN_CALL:
		was_called(t, before);
		break;
	case INSN_POP:
		shadow_pop(&t->shadow, before->rsp, read_word(t, before->rsp));
		break;
	case INSN_SYSCALL:
		if (before->rax == SYS_rt_sigreturn)
			handler_is_done(t);
		if (changes_mappings(before->rax))
			set_stale(ts, t->pid);
		break;
	case INSN_LOADS_SP:
		went_elsewhere(ts, t, before->rsp);
		break;
	default:
		check_return(ts, t, before);
		break;
	}
	if (t->regs.rsp != before->rsp)
		shadow_settle(&t->shadow, t->regs.rsp);
}

static bool is_within(const stack_t *stack, uint64_t sp)
{
	return sp - (uint64_t)stack->ss_sp < stack->ss_size;
}

/* The kernel's struct rt_sigframe: the return address, then the ucontext. */
static bool enter_handler(struct tracee *t, const struct user_regs_struct *before)
{
	struct shadow_entry entry = { .kind = SHADOW_INTERRUPTED, .slot = before->rsp, .low = 0, .high = before->rsp };
	const size_t size = offsetof(ucontext_t, uc_mcontext.fpregs);
	ucontext_t uc;

	if (tracee_read(t, t->regs.rsp + 8, &uc, size) < size || (uint64_t)uc.uc_mcontext.gregs[REG_RSP] != before->rsp)
		return false;
	entry.pc = (uint64_t)uc.uc_mcontext.gregs[REG_RIP];
	if (entry.pc != before->rip && entry.pc + SYSCALL_BYTES != before->rip) /* it is to be restarted */
		return false;
	if (is_within(&uc.uc_stack, t->regs.rsp) && !is_within(&uc.uc_stack, before->rsp)) {
		entry.low = (uint64_t)uc.uc_stack.ss_sp;
		entry.high = entry.low + uc.uc_stack.ss_size;
	}
	shadow_signal(&t->shadow, &entry, t->regs.rsp, read_word(t, t->regs.rsp));
	return true;
}

/* Takes note of where it is now. */
static void look(struct tracees *ts, struct tracee *t)
{
	struct user_regs_struct before = t->regs;

	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &t->regs) < 0)
		return;
	if (t->expects_handler && enter_handler(t, &before))
		t->expects_handler = false;
	else if (t->regs.rip != before.rip || t->regs.rsp != before.rsp)
		apply_step(ts, t, &before);
	t->next = next_insn(ts, t);
}

/* ---- stops ------------------------------------------------------------------------------------------------------- */

static void begin(struct tracees *ts, struct tracee *t)
{
	ptrace(PTRACE_GETREGS, t->tid, NULL, &t->regs);
	shadow_begin(&t->shadow, t->regs.rsp);
	t->next = next_insn(ts, t);
	t->has_begun = true;
}

static void resume(struct tracee *t, int signal)
{
	ptrace(PTRACE_SINGLESTEP, t->tid, NULL, (void *)(long)signal);
}

static void detach(struct tracees *ts, struct tracee *t)
{
	ptrace(PTRACE_DETACH, t->tid, NULL, NULL);
	ts->foreign++;
	forget(ts, t->tid);
}

static struct tracee *on_exec(struct tracees *ts, pid_t tid)
{
	struct tracee *t = get(ts, tid);

	for (size_t i = ts->at.n; i-- > 0;)
		if (ts->at.at[i]->pid == t->pid && ts->at.at[i] != t)
			forget(ts, ts->at.at[i]->tid);
	set_stale(ts, t->pid);
	t->expects_handler = false;
	begin(ts, t);
	if (t->regs.cs != CODE32_SEGMENT)
		return t;
	detach(ts, t);
	return NULL;
}

static bool is_thread_of(pid_t tid, pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	return access(path, F_OK) == 0;
}

static void on_child(struct tracees *ts, struct tracee *parent)
{
	unsigned long tid = 0;
	struct tracee *child;

	ptrace(PTRACE_GETEVENTMSG, parent->tid, NULL, &tid);
	child = get(ts, (pid_t)tid);
	child->pid = is_thread_of(child->tid, parent->pid) ? parent->pid : child->tid;
	shadow_copy(&child->shadow, &parent->shadow);
	child->regs = parent->regs;
	child->has_begun = true;
	if (child->pid != parent->pid)
		set_stale(ts, child->pid);
	if (child->has_stopped)
		resume(child, 0);
}

/* A thread begins on a stack of its own; a forked child goes on where its parent was. */
static void on_first_stop(struct tracees *ts, struct tracee *t)
{
	uint64_t parents_sp = t->regs.rsp;

	t->has_stopped = true;
	ptrace(PTRACE_GETREGS, t->tid, NULL, &t->regs);
	if (t->regs.rsp != parents_sp)
		shadow_begin(&t->shadow, t->regs.rsp);
	t->next = next_insn(ts, t);
}

static bool has_handler(const struct tracee *t, int signal)
{
	cleanup_buf struct buf text = { 0 };
	const char *at;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", t->tid);
	if (file_read(path, 1 << 16, &text, NULL) < 0 || !(at = strstr(text.at, "SigCgt:")))
		return false;
	return strtoull(at + 7, NULL, 16) >> (signal - 1) & 1;
}

/* A new thread's first stop is a SIGSTOP, which may come before its parent's event, and is nobody's signal. */
static void on_stop_of_new(struct tracees *ts, struct tracee *t)
{
	if (!t->has_begun) {
		t->has_stopped = true;
		return;
	}
	on_first_stop(ts, t);
	resume(t, 0);
}

static struct tracee *on_stop(struct tracees *ts, pid_t tid, int status)
{
	struct tracee *t = get(ts, tid);
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC)
		return on_exec(ts, tid);
	if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
		on_child(ts, t);
		resume(t, 0);
		return NULL;
	}
	if (!t->has_begun || !t->has_stopped) {
		on_stop_of_new(ts, t);
		return NULL;
	}
	look(ts, t);
	if (signal == SIGTRAP)
		return t;
	t->expects_handler = has_handler(t, signal);
	resume(t, signal);
	return NULL;
}

struct tracee *tracees_step(struct tracees *ts)
{
	int status;
	pid_t tid;

	if (ts->last) {
		ts->steps++;
		resume(ts->last, 0);
		ts->last = NULL;
	}
	while (!ts->last && (tid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			ts->last = on_stop(ts, tid, status);
		else
			forget(ts, tid);
	}
	return ts->last;
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

/* Waking each other up across CPUs takes three times as long as the steps themselves. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void run_child(char **argv)
{
	int nothing = open("/dev/null", O_WRONLY);

	dup2(nothing, STDOUT_FILENO);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execvp(argv[0], argv);
	fprintf(stderr, "oracle: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int tracees_start(struct tracees *ts, char **argv, struct error *err)
{
	int status;
	pid_t pid;

	stay_on_one_cpu();
	pid = fork();
	if (pid < 0)
		return error_set(err, errno, "cannot fork: %s", strerror(errno));
	if (pid == 0)
		run_child(argv);
	*ts = (struct tracees){ .first = pid, .known = xcalloc(KNOWN_INSNS, sizeof(*ts->known)) };
	images_init(&ts->images, NULL);
	processes_init(&ts->processes);
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) < 0)
		return error_set(err, errno, "ptrace is not permitted here: %s", strerror(errno));
	ts->last = get(ts, pid);
	ts->last->has_stopped = true;
	while (ptrace(PTRACE_CONT, pid, NULL, NULL) == 0 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		if (status >> 16 == PTRACE_EVENT_EXEC) {
			ts->last = on_exec(ts, pid);
			return 0;
		}
	return error_set(err, ENOENT, "%s could not be started", argv[0]);
}

void tracees_end(struct tracees *ts)
{
	int status;

	for (size_t i = 0; i < ts->at.n; i++)
		kill(ts->at.at[i]->pid, SIGKILL);
	while (ts->at.n && waitpid(-1, &status, __WALL) > 0)
		continue;
	while (ts->at.n)
		forget(ts, ts->at.at[0]->tid);
	vec_free(&ts->at);
	vec_free(&ts->stale);
	free(ts->known);
	processes_free(&ts->processes);
	images_free(&ts->images);
}
