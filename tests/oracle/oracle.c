/*
 * The unwinder against the truth. A command runs one instruction at a time; what its calls and returns say of its stack
 * is kept (shadow.h), and at every step, or every n-th, the unwinder is handed what a sample would hold there: the
 * registers, a dump of the stack, and the kernel's own chain.
 *
 * A thread that has gone to another stack (a coroutine, Go's scheduler) may be said to have come from there, from those who
 * used the other stack before, or from nobody: no calls tell.
 *
 * Exact: the same frames, address by address, each known for what it is (an instruction or a return address), and the
 * unwinder says that it reached the root. Cut: the frames that it gives are true, and it says that there are more. All
 * else is wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <asm/perf_regs.h>

#include "base/alloc.h"
#include "symbolize/symbolize.h"
#include "symbolize/unwind.h"
#include "tests/oracle/tracee.h"

enum {
	CHAIN_MAX = 127,       /* kernel.perf_event_max_stack */
	DUMP_BYTES_MAX = 65528,
	PLACES_MAX = 1 << 12,
	PLACE_BYTES = 256,     /* disagreements that are nearer to each other are taken for one */
	FRAMES_SHOWN = 12,
};

struct truth {
	uint64_t pc;
	bool is_exact; /* pc is an instruction, not a return address */
};

/* A place whose caller the unwinder did not find. */
struct culprit {
	struct image *image; /* NULL: no known mapping */
	uint64_t offset; /* to PLACE_BYTES */
	uint64_t times;
};

struct oracle {
	/* what was asked for */
	uint64_t every, limit, skip, shown_max;
	size_t stack_bytes, spoil;
	enum unwind_mode mode;
	/* one comparison */
	struct tracees tracees;
	struct unwind_result result;
	struct truth_vec VEC_OF(struct truth) truth;
	uint8_t dump[DUMP_BYTES_MAX];
	uint64_t chain[CHAIN_MAX];
	/* what came out */
	uint64_t compared, exact, cut, leaf_wrong, shown;
	uint64_t ends[UNWIND_END_COUNT], repaired, spliced;
	struct culprit_vec VEC_OF(struct culprit) culprits;
};

/* ---- a sample ---------------------------------------------------------------------------------------------------- */

/* In the kernel's order, as asm/perf_regs.h has it. */
static void take_regs(const struct user_regs_struct *r, struct regs *out)
{
	const uint64_t all[PERF_REG_X86_64_MAX] = {
		[PERF_REG_X86_AX] = r->rax, [PERF_REG_X86_BX] = r->rbx, [PERF_REG_X86_CX] = r->rcx,
		[PERF_REG_X86_DX] = r->rdx, [PERF_REG_X86_SI] = r->rsi, [PERF_REG_X86_DI] = r->rdi,
		[PERF_REG_X86_BP] = r->rbp, [PERF_REG_X86_SP] = r->rsp, [PERF_REG_X86_IP] = r->rip,
		[PERF_REG_X86_R8] = r->r8, [PERF_REG_X86_R9] = r->r9, [PERF_REG_X86_R10] = r->r10,
		[PERF_REG_X86_R11] = r->r11, [PERF_REG_X86_R12] = r->r12, [PERF_REG_X86_R13] = r->r13,
		[PERF_REG_X86_R14] = r->r14, [PERF_REG_X86_R15] = r->r15,
	};
	uint64_t mask = arch_regs_mask(), values[PERF_REG_X86_64_MAX];
	size_t n = 0;

	for (unsigned int i = 0; i < PERF_REG_X86_64_MAX; i++)
		if (mask & 1ULL << i)
			values[n++] = all[i];
	arch_regs_from_sample(mask, values, n, out);
}

static bool read_frame(const struct tracee *t, const struct stack_dump *dump, uint64_t fp, uint64_t *frame)
{
	uint64_t at = fp - dump->sp;

	if (at > dump->n || dump->n - at < 16)
		return tracee_read(t, fp, frame, 16) == 16;
	memcpy(frame, dump->at + at, 16);
	return true;
}

/* As perf_callchain_user() in arch/x86/events/core.c walks. */
static size_t walk_like_kernel(const struct tracee *t, const struct stack_dump *dump, uint64_t *chain)
{
	uint64_t frame[2] = { t->regs.rbp, 0 };
	size_t n = 0;

	chain[n++] = t->regs.rip;
	while (n < CHAIN_MAX && read_frame(t, dump, frame[0], frame))
		chain[n++] = frame[1];
	return n;
}

static struct stack_dump take_dump(struct oracle *o, const struct tracee *t)
{
	struct stack_dump dump = { .at = o->dump, .sp = t->regs.rsp, .asked = o->stack_bytes, .chain = o->chain };

	dump.n = tracee_read(t, dump.sp, o->dump, dump.asked);
	dump.chain_n = walk_like_kernel(t, &dump, o->chain);
	return dump;
}

static void unwind_sample(struct oracle *o, const struct tracee *t, const struct stack_dump *dump)
{
	const struct process *process = tracees_process(&o->tracees, t);
	struct regs regs;

	take_regs(&t->regs, &regs);
	unwind(&o->tracees.images, process, o->mode, &regs, dump, &o->result);
	if (o->spoil && o->spoil < o->result.n)
		memmove(&o->result.frames[o->spoil], &o->result.frames[o->spoil + 1],
			(--o->result.n - o->spoil) * sizeof(o->result.frames[0]));
}

/* ---- the truth --------------------------------------------------------------------------------------------------- */

/* What the slot holds now: an exception overwrites the return address that it will leave through. */
static uint64_t held_by(const struct shadow_entry *entry, const struct stack_dump *dump)
{
	uint64_t at = entry->slot - dump->sp, pc = entry->pc;
	bool is_in_memory = entry->kind == SHADOW_RETURN || entry->kind == SHADOW_TRAMPOLINE;

	if (is_in_memory && entry->slot >= dump->sp && at + sizeof(pc) <= dump->n)
		memcpy(&pc, dump->at + at, sizeof(pc));
	return pc;
}

static void add_truth(struct oracle *o, const struct shadow_stack *stack, size_t from, const struct stack_dump *dump)
{
	for (size_t i = stack->entries.n; i-- > from;) {
		const struct shadow_entry *entry = &stack->entries.at[i];

		*vec_push(&o->truth) = (struct truth){
			held_by(entry, dump), entry->kind == SHADOW_TRAMPOLINE || entry->kind == SHADOW_INTERRUPTED,
		};
	}
}

enum version { WHOLE, THROUGH_LINK, TO_LINK, VERSIONS };

static void find_truth(struct oracle *o, const struct tracee *t, const struct stack_dump *dump, enum version version)
{
	const struct shadow_stack *stack = shadow_now(&t->shadow), *link = shadow_link(&t->shadow);

	o->truth.n = 0;
	*vec_push(&o->truth) = (struct truth){ t->regs.rip, true };
	add_truth(o, stack, link && version != WHOLE ? stack->link_at : 0, dump);
	if (link && version == THROUGH_LINK)
		add_truth(o, link, 0, dump);
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static bool is_true(const struct oracle *o, size_t i)
{
	const struct frame *frame = &o->result.frames[i];

	return i < o->truth.n && frame->pc == o->truth.at[i].pc && (frame->lookup == frame->pc) == o->truth.at[i].is_exact;
}

static size_t count_true(const struct oracle *o)
{
	size_t n = 0;

	while (n < o->result.n && is_true(o, n))
		n++;
	return n;
}

/* The frame whose caller was not found is where the unwinder erred. */
static bool is_new_culprit(struct oracle *o, const struct frame *frame)
{
	struct image *image = frame->map ? frame->map->image : NULL;
	uint64_t offset = frame->map ? frame->lookup - frame->map->start + frame->map->pgoff : frame->lookup;

	offset -= offset % PLACE_BYTES;
	for (size_t i = 0; i < o->culprits.n; i++) {
		if (o->culprits.at[i].image != image || o->culprits.at[i].offset != offset)
			continue;
		o->culprits.at[i].times++;
		return false;
	}
	if (o->culprits.n < PLACES_MAX)
		*vec_push(&o->culprits) = (struct culprit){ image, offset, 1 };
	return true;
}

static void print_place(struct image *image, uint64_t offset)
{
	struct function_name name;

	if (!image) {
		printf("nowhere");
		return;
	}
	symbolize(image, offset, &name);
	printf("%s+0x%" PRIx64 " %s", image->path, offset, name.name);
	function_name_free(&name);
}

static void print_pc(const struct oracle *o, const struct tracee *t, uint64_t pc, bool is_exact)
{
	const struct map *map = process_find_map(processes_find(&o->tracees.processes, t->pid), is_exact ? pc : pc - 1);

	printf("%#18" PRIx64 "%s ", pc, is_exact ? "!" : " ");
	print_place(map ? map->image : NULL, map ? pc - !is_exact - map->start + map->pgoff : 0);
}

static void print_both(const struct oracle *o, const struct tracee *t)
{
	size_t n = o->truth.n > o->result.n ? o->truth.n : o->result.n;

	for (size_t i = 0; i < n && i < FRAMES_SHOWN; i++) {
		const struct frame *frame = &o->result.frames[i];

		printf("  %s ", i < o->truth.n && i < o->result.n && is_true(o, i) ? "  " : "! ");
		if (i < o->truth.n)
			print_pc(o, t, o->truth.at[i].pc, o->truth.at[i].is_exact);
		if (i < o->result.n && !is_true(o, i)) {
			printf("\n    -> ");
			print_pc(o, t, frame->pc, frame->lookup == frame->pc);
		}
		putchar('\n');
	}
}

static void show(struct oracle *o, const struct tracee *t)
{
	uint8_t code[INSN_BYTES_MAX];
	size_t n = tracee_read(t, t->regs.rip, code, sizeof(code));

	printf("step %" PRIu64 ": ends '%s', %zu frames for %zu; sp %#llx fp %#llx; instruction", o->tracees.steps,
	       unwind_end_name(o->result.end), o->result.n, o->truth.n, t->regs.rsp, t->regs.rbp);
	for (size_t i = 0; i < n; i++)
		printf(" %02x", code[i]);
	putchar('\n');
	print_both(o, t);
}

/* Go has functions that it calls the top of a stack, whoever called them. */
static bool ends_at_top(const struct oracle *o)
{
	const struct frame *last = &o->result.frames[o->result.n - 1];
	struct function_name name;
	bool is_top;

	if (!last->map)
		return false;
	symbolize(last->map->image, last->lookup - last->map->start + last->map->pgoff, &name);
	is_top = strncmp(name.name, "runtime.mstart", 14) == 0 || strncmp(name.name, "runtime.goexit", 14) == 0;
	function_name_free(&name);
	return is_top;
}

static bool is_exact(const struct oracle *o, bool is_open)
{
	size_t alike = count_true(o);

	if (o->result.end != UNWIND_ROOT)
		return false;
	if (alike == o->truth.n)
		return alike == o->result.n || is_open;
	return alike == o->result.n && ends_at_top(o);
}

static bool fits_any(struct oracle *o, const struct tracee *t, const struct stack_dump *dump)
{
	const struct shadow_stack *stack = shadow_now(&t->shadow), *link = shadow_link(&t->shadow);
	bool is_open[VERSIONS] = { [WHOLE] = stack->is_open, [THROUGH_LINK] = link && link->is_open };

	for (enum version v = link ? VERSIONS : THROUGH_LINK; v-- > WHOLE;) {
		find_truth(o, t, dump, v);
		if (is_exact(o, is_open[v]))
			return true;
	}
	return false;
}

static void note_disagreement(struct oracle *o, const struct tracee *t)
{
	size_t alike = count_true(o);

	if (alike == o->result.n && o->result.end != UNWIND_ROOT)
		o->cut++;
	else if (alike == 1)
		o->leaf_wrong++;
	if (is_new_culprit(o, &o->result.frames[alike ? alike - 1 : 0]) && o->shown++ < o->shown_max)
		show(o, t);
}

static void compare(struct oracle *o, const struct tracee *t)
{
	struct stack_dump dump = take_dump(o, t);

	unwind_sample(o, t, &dump);
	o->compared++;
	o->ends[o->result.end]++;
	o->repaired += o->result.repaired > 0;
	o->spliced += o->result.spliced > 0;
	if (fits_any(o, t, &dump))
		o->exact++;
	else
		note_disagreement(o, t);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int run(struct oracle *o, char **argv, struct error *err)
{
	struct tracees *ts = &o->tracees;
	struct tracee *t;

	if (tracees_start(ts, argv, err) < 0)
		return -1;
	for (t = ts->last; t && ts->steps < o->skip + o->limit; t = tracees_step(ts))
		if (ts->steps >= o->skip && (ts->steps - o->skip) % o->every == 0)
			compare(o, t);
	return 0;
}

static int by_times(const void *a, const void *b)
{
	const struct culprit *x = a, *y = b;

	return x->times < y->times ? 1 : x->times > y->times ? -1 : 0;
}

static void print_culprits(struct oracle *o)
{
	if (o->culprits.n)
		qsort(o->culprits.at, o->culprits.n, sizeof(*o->culprits.at), by_times);
	for (size_t i = 0; i < o->culprits.n && i < o->shown_max; i++) {
		printf("%8" PRIu64 " times behind ", o->culprits.at[i].times);
		print_place(o->culprits.at[i].image, o->culprits.at[i].offset);
		putchar('\n');
	}
}

static void print_verdict(struct oracle *o)
{
	const struct tracees *ts = &o->tracees;

	print_culprits(o);
	printf("instructions %" PRIu64 "; returns that went elsewhere %" PRIu64 ", stacks not seen from their beginning %" PRIu64
	       ", 32-bit programs left alone %" PRIu64 "\n", ts->steps, ts->strange_returns, ts->open_stacks, ts->foreign);
	printf("ends:");
	for (int i = 0; i < UNWIND_END_COUNT; i++)
		if (o->ends[i])
			printf(" %s %" PRIu64 ",", unwind_end_name((enum unwind_end)i), o->ends[i]);
	printf(" with frames by rule %" PRIu64 ", with frames of the kernel's walk %" PRIu64 "\n", o->repaired, o->spliced);
	printf("steps %" PRIu64 " exact %" PRIu64 " (%.4f %%) leaf-caller wrong %" PRIu64 " cut %" PRIu64 "\n", o->compared,
	       o->exact, o->compared ? 100.0 * (double)o->exact / (double)o->compared : 0, o->leaf_wrong, o->cut);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static const char usage[] =
	"usage: oracle [OPTIONS] -- COMMAND [ARG..]     COMMAND's output goes to /dev/null\n"
	"  --every N         compare at every N-th instruction only\n"
	"  --limit N         run N instructions (default 1000000)\n"
	"  --skip N          and N others before\n"
	"  --unwind MODE     hybrid (default) or fp\n"
	"  --stack-size N    bytes of stack to hand over (default 20480, as record's)\n"
	"  --show K          print the first K disagreements that differ in where they arise, and the K most frequent places\n"
	"  --spoil N         drop frame N of each stack that the unwinder finds: the oracle must notice\n";

static _Noreturn void refuse(void)
{
	fputs(usage, stderr);
	exit(2);
}

static uint64_t number(const char *text, uint64_t min, uint64_t max)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*end || end == text || value < min || value > max)
		refuse();
	return value;
}

static void take_option(struct oracle *o, int option, const char *value)
{
	switch (option) {
	case 'e': o->every = number(value, 1, UINT64_MAX); break;
	case 'l': o->limit = number(value, 1, UINT64_MAX / 2); break;
	case 's': o->skip = number(value, 0, UINT64_MAX / 2); break;
	case 'k': o->shown_max = number(value, 0, PLACES_MAX); break;
	case 'b': o->stack_bytes = number(value, 0, DUMP_BYTES_MAX); break;
	case 'x': o->spoil = number(value, 1, UNWIND_FRAMES_MAX); break;
	case 'u':
		if (!unwind_mode_parse(value, &o->mode) || o->mode == UNWIND_KERNEL)
			refuse();
		break;
	default:
		refuse();
	}
}

static char **take_words(struct oracle *o, int argc, char **argv)
{
	static const struct option words[] = {
		{ "every", required_argument, NULL, 'e' }, { "limit", required_argument, NULL, 'l' },
		{ "skip", required_argument, NULL, 's' }, { "show", required_argument, NULL, 'k' },
		{ "stack-size", required_argument, NULL, 'b' }, { "spoil", required_argument, NULL, 'x' },
		{ "unwind", required_argument, NULL, 'u' }, { 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", words, NULL)) != -1)
		take_option(o, option, optarg);
	if (optind == argc)
		refuse();
	return argv + optind;
}

int main(int argc, char **argv)
{
	struct oracle *o = xcalloc(1, sizeof(*o));
	struct error err = ERROR_INIT;
	int rc;

	*o = (struct oracle){ .every = 1, .limit = 1000000, .stack_bytes = 20480, .mode = UNWIND_HYBRID };
	rc = run(o, take_words(o, argc, argv), &err);
	if (rc < 0)
		fprintf(stderr, "oracle: %s\n", err.text);
	else
		print_verdict(o);
	tracees_end(&o->tracees);
	vec_free(&o->truth);
	vec_free(&o->culprits);
	free(o);
	return rc < 0;
}
