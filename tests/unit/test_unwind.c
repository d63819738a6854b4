/*
 * The truth is backtrace(3), which has an unwinder of its own (libgcc's). The subject is this program: it traps into a
 * handler that runs on another stack, which looks at the interrupted registers and a copy of the interrupted stack, as a
 * sample would hold them. With the trap flag set, that happens at each single instruction: prologues, epilogues, PLT
 * entries, the C library's assembly and the vDSO are all passed through.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <asm/perf_regs.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "symbolize/unwind.h"
#include "tests/unit/own.h"
#include "tests/unit/walked.h"

enum { TRUTH_MAX = 256, DUMP_MAX = 256 << 10, ALT_STACK = 1 << 20, EFLAGS_TF = 0x100 };

static struct own own;
static struct unwind_result result;

/* What the handler does at a trap. */
static struct {
	enum unwind_mode mode;
	bool stepping;      /* trap again at the next instruction, until the next breakpoint */
	size_t asked;       /* how much of the stack a sample holds */
	char *stack_end;    /* of the stack that is walked */
	/* outcome */
	size_t traps, wrong;
	void *truth[TRUTH_MAX];
	int truth_n;
	struct regs regs;
	char first_wrong[512];
} probe;

static uint8_t dump_bytes[DUMP_MAX];

/* ---- the probe --------------------------------------------------------------------------------------------------- */

/* The frames from the interrupted instruction on: before it are the handler's own. */
static void find_truth(uint64_t ip)
{
	void *all[TRUTH_MAX];
	int n = backtrace(all, TRUTH_MAX), first = 0;

	while (first < n && (uintptr_t)all[first] != ip)
		first++;
	probe.truth_n = n - first;
	memcpy(probe.truth, all + first, (size_t)probe.truth_n * sizeof(void *));
}

/* Copies live stack, which AddressSanitizer takes for somebody else's. */
__attribute__((no_sanitize("address"))) static void copy_stack(const volatile uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dump_bytes[i] = from[i];
}

static void unwind_copy(const struct regs *regs)
{
	size_t have = (size_t)(probe.stack_end - (char *)regs->sp);
	struct stack_dump dump = { .at = dump_bytes, .sp = regs->sp, .asked = probe.asked };

	dump.n = have < probe.asked ? have : probe.asked;
	copy_stack((const volatile uint8_t *)regs->sp, dump.n);
	unwind(&own.images, own.process, probe.mode, regs, &dump, &result);
}

static bool is_as_truth(void)
{
	if (result.end != UNWIND_ROOT || result.n != (size_t)probe.truth_n)
		return false;
	for (size_t i = 0; i < result.n; i++)
		if (result.frames[i].pc != (uintptr_t)probe.truth[i])
			return false;
	return true;
}

static void note_wrong(void)
{
	size_t n = 0, i = 0;

	if (probe.wrong++)
		return;
	while (i < result.n && i < (size_t)probe.truth_n && result.frames[i].pc == (uintptr_t)probe.truth[i])
		i++;
	n += (size_t)snprintf(probe.first_wrong, sizeof(probe.first_wrong),
			      "trap %zu at %#llx: frame %zu of %zu (truth: %d) differs, end '%s':", probe.traps,
			      (unsigned long long)probe.regs.ip, i, result.n, probe.truth_n, unwind_end_name(result.end));
	for (size_t k = i; k < i + 3 && k < result.n && n < sizeof(probe.first_wrong) - 64; k++)
		n += (size_t)snprintf(probe.first_wrong + n, sizeof(probe.first_wrong) - n, " %#llx for %p",
				      (unsigned long long)result.frames[k].pc,
				      k < (size_t)probe.truth_n ? probe.truth[k] : NULL);
}

/* In the kernel's order, lowest bit first; asm/perf_regs.h has it. */
static struct regs registers_of(const greg_t *regs)
{
	static const int order[] = {
		[PERF_REG_X86_AX] = REG_RAX, [PERF_REG_X86_BX] = REG_RBX, [PERF_REG_X86_CX] = REG_RCX,
		[PERF_REG_X86_DX] = REG_RDX, [PERF_REG_X86_SI] = REG_RSI, [PERF_REG_X86_DI] = REG_RDI,
		[PERF_REG_X86_BP] = REG_RBP, [PERF_REG_X86_SP] = REG_RSP, [PERF_REG_X86_IP] = REG_RIP,
		[PERF_REG_X86_R8] = REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
	};
	uint64_t mask = arch_regs_mask(), values[sizeof(order) / sizeof(order[0])];
	struct regs out;
	size_t n = 0;

	for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (mask >> i & 1)
			values[n++] = (uint64_t)regs[order[i]];
	assert_true(arch_regs_from_sample(mask, values, n, &out));
	return out;
}

static void on_trap(int signal, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;
	greg_t *regs = uc->uc_mcontext.gregs;

	(void)signal;
	probe.regs = registers_of(regs);
	probe.traps++;
	find_truth(probe.regs.ip);
	unwind_copy(&probe.regs);
	if (!is_as_truth())
		note_wrong();
	if (probe.stepping && (info->si_code == TRAP_TRACE || probe.traps == 1))
		regs[REG_EFL] |= EFLAGS_TF;
	else
		regs[REG_EFL] &= ~(greg_t)EFLAGS_TF;
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
}

/* ---- set up ------------------------------------------------------------------------------------------------------ */

static char *end_of_stack(void)
{
	pthread_attr_t attr;
	void *start;
	size_t size;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &start, &size);
	pthread_attr_destroy(&attr);
	return (char *)start + size;
}

static void use_other_stack_for_traps(void)
{
	stack_t stack = { .ss_size = ALT_STACK };

	stack.ss_sp = mmap(NULL, ALT_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&stack, NULL);
	probe.stack_end = end_of_stack();
}

static void probe_reset(enum unwind_mode mode, bool stepping)
{
	memset(&probe, 0, sizeof(probe));
	probe.mode = mode;
	probe.stepping = stepping;
	probe.asked = DUMP_MAX;
	probe.stack_end = end_of_stack();
}

static int setup(void **state)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	void *warm[4];

	(void)state;
	backtrace(warm, 4); /* loads libgcc */
	walked_fp.leaves(); /* resolves the PLT, so that the dynamic linker is not stepped through */
	walked_nofp.leaves();
	own_load(&own);
	use_other_stack_for_traps();
	return sigaction(SIGTRAP, &action, NULL);
}

static int teardown(void **state)
{
	(void)state;
	own_free(&own);
	return 0;
}

static void assert_all_right(void)
{
	assert_true(probe.traps > 0);
	if (probe.wrong)
		fail_msg("%zu of %zu stacks are wrong; the first: %s", probe.wrong, probe.traps, probe.first_wrong);
}

/* ---- whole stacks ------------------------------------------------------------------------------------------------ */

static void check_shape(void (*shape)(leaf_fn *leaf))
{
	probe_reset(UNWIND_HYBRID, false);
	shape(breakpoint);
	assert_all_right();
}

static void check_shapes(const struct walked *walked)
{
	check_shape(walked->plain);
	check_shape(walked->variable);
	check_shape(walked->realigned);
	check_shape(walked->large);
	check_shape(walked->callback);
	check_shape(walked->many);
}

static void stacks_with_frame_pointers_are_whole(void **state)
{
	(void)state;
	check_shapes(&walked_fp);
}

static void stacks_without_frame_pointers_are_whole(void **state)
{
	(void)state;
	check_shapes(&walked_nofp);
}

static void check_every_instruction(const struct walked *walked)
{
	probe_reset(UNWIND_HYBRID, true);
	breakpoint();
	walked->leaves();
	breakpoint();
	assert_true(probe.traps > 100);
	assert_all_right();
}

static void every_instruction_of_code_with_frame_pointers_has_a_whole_stack(void **state)
{
	(void)state;
	check_every_instruction(&walked_fp);
}

static void every_instruction_of_code_without_frame_pointers_has_a_whole_stack(void **state)
{
	(void)state;
	check_every_instruction(&walked_nofp);
}

static void *walk_in_thread(void *walked)
{
	use_other_stack_for_traps();
	check_shapes(walked);
	return NULL;
}

static void a_threads_stack_ends_where_the_thread_begins(void **state)
{
	static const struct walked *const all[] = { &walked_fp, &walked_nofp };
	pthread_t thread;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&thread, NULL, walk_in_thread, (void *)(uintptr_t)all[i]), 0);
		pthread_join(thread, NULL);
	}
}

static void on_user_signal(int signal)
{
	(void)signal;
	breakpoint();
}

static void raise_user_signal(void)
{
	raise(SIGUSR1);
}

static void the_function_that_a_signal_interrupted_is_not_missing(void **state)
{
	(void)state;
	signal(SIGUSR1, on_user_signal);
	check_shape(walked_fp.plain); /* the plain way first */
	probe_reset(UNWIND_HYBRID, false);
	walked_nofp.plain(raise_user_signal);
	assert_all_right();
	assert_true(result.n > 8);
}

static void the_root_is_reached_through_a_dump_of_just_enough(void **state)
{
	size_t enough;

	(void)state;
	probe_reset(UNWIND_HYBRID, false);
	walked_nofp.plain(breakpoint);
	enough = (size_t)(probe.stack_end - (char *)probe.regs.sp);
	for (size_t asked = 0; asked < enough; asked += 8) {
		probe_reset(UNWIND_HYBRID, false);
		probe.asked = asked;
		walked_nofp.plain(breakpoint);
		assert_true(result.end == UNWIND_ROOT || result.end == UNWIND_CUT_DUMP);
		for (size_t i = 0; i < result.n; i++)
			assert_int_equal(result.frames[i].pc, (uintptr_t)probe.truth[i]);
	}
}

/* ---- frame pointers alone ---------------------------------------------------------------------------------------- */

static void frame_pointers_alone_find_the_callers_that_have_them(void **state)
{
	(void)state;
	probe_reset(UNWIND_FP, false);
	walked_fp.plain(breakpoint);
	/* breakpoint() itself is a leaf that may have no frame, so its caller may be skipped: never its caller's caller. */
	assert_true(result.n >= 3);
	assert_true(result.frames[1].pc == (uintptr_t)probe.truth[1] || result.frames[1].pc == (uintptr_t)probe.truth[2]);
}

static void a_leaf_without_a_frame_counts_as_repaired(void **state)
{
	(void)state;
	probe_reset(UNWIND_HYBRID, false);
	walked_nofp.plain(breakpoint);
	assert_true(result.repaired > 0);
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

/* Code that no image describes, as a JIT's: [CODE, CODE + 4096). */
enum { CODE = 0x10000, SP = 0x7000 };

static struct {
	struct images images;
	struct processes processes;
	struct process *process;
	uint64_t stack[64];
	struct regs regs;
	size_t n, asked;
} jit;

static int jit_setup(void **state)
{
	(void)state;
	memset(&jit, 0, sizeof(jit));
	images_init(&jit.images, NULL);
	processes_init(&jit.processes);
	jit.process = processes_get(&jit.processes, 1);
	process_map(&jit.processes, jit.process, CODE, CODE + 4096, CODE,
		    images_get(&jit.images, &(struct image_id){ .path = "//anon" }));
	jit.regs = (struct regs){ .ip = CODE, .sp = SP, .fp = SP + 16 };
	jit.n = jit.asked = sizeof(jit.stack);
	return 0;
}

static int jit_teardown(void **state)
{
	(void)state;
	processes_free(&jit.processes);
	images_free(&jit.images);
	return 0;
}

/* Frame pointer and return address at that word of the stack. */
static void set_frame(size_t word, uint64_t fp, uint64_t ra)
{
	jit.stack[word] = fp;
	jit.stack[word + 1] = ra;
}

static void assert_end(enum unwind_end end, size_t n)
{
	struct stack_dump dump = { .at = (const uint8_t *)jit.stack, .n = jit.n, .sp = SP, .asked = jit.asked };

	for (int mode = 0; mode < 2; mode++) {
		unwind(&jit.images, jit.process, (enum unwind_mode)mode, &jit.regs, &dump, &result);
		if (result.end == UNWIND_CUT_RULE && mode == UNWIND_HYBRID)
			result.end = UNWIND_CUT_FP; /* there is no rule for a JIT's code, and frame pointers alone look for none */
		assert_string_equal(unwind_end_name(result.end), unwind_end_name(end));
		assert_int_equal(result.n, n);
	}
}

static void a_chain_that_ends_in_zero_is_whole(void **state)
{
	(void)state;
	set_frame(2, SP + 32, CODE + 1);
	set_frame(4, 0, CODE + 2);
	assert_end(UNWIND_ROOT, 3);
	assert_int_equal(result.frames[0].lookup, CODE);
	assert_int_equal(result.frames[1].pc, CODE + 1);
	assert_int_equal(result.frames[1].lookup, CODE);
	assert_int_equal(result.frames[2].lookup, CODE + 1);
}

static void a_chain_that_ends_in_a_return_address_of_zero_is_whole(void **state)
{
	(void)state;
	set_frame(2, SP + 32, CODE + 1);
	set_frame(4, 0, 0);
	assert_end(UNWIND_ROOT, 2);
}

static void a_zero_in_the_innermost_frame_pointer_proves_nothing(void **state)
{
	(void)state;
	jit.regs.fp = 0;
	assert_end(UNWIND_CUT_FP, 1);
}

static void a_frame_pointer_to_itself_ends_the_walk(void **state)
{
	(void)state;
	set_frame(2, SP + 16, CODE + 1);
	assert_end(UNWIND_CUT_FP, 2);
}

static void a_frame_pointer_that_goes_back_ends_the_walk(void **state)
{
	(void)state;
	set_frame(2, SP, CODE + 1);
	assert_end(UNWIND_CUT_FP, 2);
}

static void a_frame_pointer_that_is_not_aligned_ends_the_walk(void **state)
{
	(void)state;
	jit.regs.fp = SP + 20;
	assert_end(UNWIND_CUT_FP, 1);
}

static void a_frame_pointer_far_outside_ends_the_walk(void **state)
{
	(void)state;
	jit.regs.fp = 0xdead00000000;
	assert_end(UNWIND_CUT_FP, 1);
	jit.regs.fp = UINT64_MAX - 7;
	assert_end(UNWIND_CUT_FP, 1);
}

static void a_frame_pointer_just_behind_the_dump_wants_a_longer_one(void **state)
{
	(void)state;
	jit.regs.fp = SP + sizeof(jit.stack) + 4096;
	assert_end(UNWIND_CUT_DUMP, 1);
	jit.regs.fp = SP + sizeof(jit.stack) - 8; /* one of its two words is there */
	assert_end(UNWIND_CUT_DUMP, 1);
}

static void behind_the_end_of_the_stack_itself_there_is_no_frame(void **state)
{
	(void)state;
	jit.asked = 2 * jit.n;
	jit.regs.fp = SP + sizeof(jit.stack) + 4096;
	assert_end(UNWIND_CUT_FP, 1);
}

static void an_empty_dump_leaves_the_innermost_frame(void **state)
{
	(void)state;
	jit.n = jit.asked = 0;
	assert_end(UNWIND_CUT_DUMP, 1);
	jit.asked = 4096;
	assert_end(UNWIND_CUT_FP, 1);
}

static void a_return_address_outside_of_code_ends_the_walk(void **state)
{
	(void)state;
	set_frame(2, SP + 32, CODE - 1);
	assert_end(UNWIND_CUT_UNMAPPED, 1);
	set_frame(2, SP + 32, CODE); /* the call before it would lie outside */
	assert_end(UNWIND_CUT_UNMAPPED, 1);
	set_frame(2, SP + 32, CODE + 4097);
	assert_end(UNWIND_CUT_UNMAPPED, 1);
}

static void a_return_address_at_the_end_of_a_mapping_belongs_to_it(void **state)
{
	(void)state;
	set_frame(2, 0, CODE + 4096);
	assert_end(UNWIND_ROOT, 2);
	assert_int_equal(result.frames[1].map->start, CODE);
}

static void an_instruction_pointer_outside_of_code_is_still_a_frame(void **state)
{
	(void)state;
	jit.regs.ip = 0;
	set_frame(2, 0, CODE + 1);
	assert_end(UNWIND_ROOT, 2);
	assert_null(result.frames[0].map);
}

static void a_stack_pointer_at_the_end_of_memory_does_no_harm(void **state)
{
	struct stack_dump dump = { .at = (const uint8_t *)jit.stack, .n = jit.n, .sp = UINT64_MAX - 15, .asked = jit.asked };

	(void)state;
	memset(jit.stack, 0xff, sizeof(jit.stack));
	jit.regs.sp = UINT64_MAX - 15;
	for (uint64_t fp = UINT64_MAX - 31; fp > 32; fp += 8) {
		jit.regs.fp = fp;
		unwind(&jit.images, jit.process, UNWIND_HYBRID, &jit.regs, &dump, &result);
		assert_int_not_equal(result.end, UNWIND_ROOT);
	}
}

static void more_frames_than_fit_are_cut(void **state)
{
	enum { WORDS = 2 * UNWIND_FRAMES_MAX + 100 };
	static uint64_t stack[WORDS];
	struct stack_dump dump = { .at = (const uint8_t *)stack, .n = sizeof(stack), .sp = SP, .asked = sizeof(stack) };

	(void)state;
	for (size_t i = 0; i < WORDS; i += 2) {
		stack[i] = SP + 8 * (i + 2);
		stack[i + 1] = CODE + 1;
	}
	jit.regs.fp = SP;
	unwind(&jit.images, jit.process, UNWIND_HYBRID, &jit.regs, &dump, &result);
	assert_int_equal(result.end, UNWIND_CUT_DEPTH);
	assert_int_equal(result.n, UNWIND_FRAMES_MAX);
}

void not_behind_a_call(void);
void behind_a_call(void);
__asm__(".pushsection .text\n"
	".skip 8, 0x90\n"
	".globl not_behind_a_call, behind_a_call\n"
	"not_behind_a_call: ret\n"
	"call *%rax\n"
	"behind_a_call: ret\n"
	".popsection\n");

static void a_return_address_that_no_call_left_ends_the_walk(void **state)
{
	uint64_t stack[4] = { 0, (uintptr_t)not_behind_a_call, 0, 0 };
	struct stack_dump dump = { .at = (const uint8_t *)stack, .n = sizeof(stack), .sp = SP, .asked = sizeof(stack) };
	struct regs regs = { .ip = (uintptr_t)breakpoint, .sp = SP, .fp = SP };

	(void)state;
	unwind(&own.images, own.process, UNWIND_FP, &regs, &dump, &result);
	assert_int_equal(result.end, UNWIND_CUT_ADDRESS);
	stack[1] = (uintptr_t)behind_a_call;
	unwind(&own.images, own.process, UNWIND_FP, &regs, &dump, &result);
	assert_int_equal(result.end, UNWIND_ROOT);
	assert_int_equal(result.n, 2);
}

static void every_end_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < UNWIND_END_COUNT; i++)
		assert_true(strlen(unwind_end_name((enum unwind_end)i)) > 0);
}

/* ---- registers and instructions ---------------------------------------------------------------------------------- */

static void registers_are_taken_by_their_place_in_the_mask(void **state)
{
	/* asm/perf_regs.h: ax, then bp, sp and ip, and r8 far behind. */
	uint64_t mask = 1ULL << PERF_REG_X86_AX | 1ULL << PERF_REG_X86_BP | 1ULL << PERF_REG_X86_SP |
			1ULL << PERF_REG_X86_IP | 1ULL << PERF_REG_X86_R8;
	const uint64_t values[] = { 1, 2, 3, 4, 5 };
	struct regs regs;

	(void)state;
	assert_true(arch_regs_from_sample(mask, values, 5, &regs));
	assert_int_equal(regs.fp, 2);
	assert_int_equal(regs.sp, 3);
	assert_int_equal(regs.ip, 4);
	assert_int_equal(regs.known, 1 << 0 | 1 << ARCH_DWARF_FP | 1 << ARCH_DWARF_SP | 1 << 8);
	assert_int_equal(regs.at[0], 1);
	assert_int_equal(regs.at[8], 5);
	assert_true(arch_regs_from_sample(mask, values, 4, &regs));
	assert_false(arch_regs_from_sample(mask, values, 3, &regs));
	assert_false(arch_regs_from_sample(1, values, 5, &regs));
}

/* Encodings from the GNU assembler's listing. */
static void calls_are_told_from_what_is_none(void **state)
{
	static const struct {
		uint8_t bytes[8];
		bool is_call;
	} cases[] = {
		{ { 0x90, 0x90, 0x90, 0xe8, 1, 2, 3, 4 }, true },                   /* call rel32 */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0 }, true },       /* call *%rax */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd3 }, true },       /* call *%r11 */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x13 }, true },       /* call *(%rbx) */
		{ { 0x90, 0x90, 0xff, 0x15, 1, 2, 3, 4 }, true },                   /* call *rel(%rip) */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x18 }, true },       /* call *24(%rax) */
		{ { 0x90, 0x90, 0x90, 0x90, 0xff, 0x54, 0x24, 0x08 }, true },       /* call *8(%rsp) */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x14, 0xc8 }, true },       /* call *(%rax,%rcx,8) */
		{ { 0x90, 0xff, 0x14, 0xc5, 1, 2, 3, 4 }, true },                   /* call *disp(,%rax,8) */
		{ { 0x90, 0x90, 0xff, 0x90, 1, 2, 3, 4 }, true },                   /* call *disp(%rax) */
		{ { 0x90, 0xff, 0x94, 0x24, 1, 2, 3, 4 }, true },                   /* call *disp(%rsp) */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, false },
		{ { 0x90, 0x90, 0x90, 0xe9, 1, 2, 3, 4 }, false },                  /* jmp rel32 */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0 }, false },      /* jmp *%rax */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xf0 }, false },      /* push %rax */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x5d, 0xc3, 0x90 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (arch_ends_in_call(cases[i].bytes, 8) != cases[i].is_call)
			fail_msg("case %zu", i);
	for (size_t n = 0; n < 2; n++)
		assert_false(arch_ends_in_call(cases[1].bytes + 8 - n, n));
}

#define guard(name) cmocka_unit_test_setup_teardown(name, jit_setup, jit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_with_frame_pointers_are_whole),
		cmocka_unit_test(stacks_without_frame_pointers_are_whole),
		cmocka_unit_test(every_instruction_of_code_with_frame_pointers_has_a_whole_stack),
		cmocka_unit_test(every_instruction_of_code_without_frame_pointers_has_a_whole_stack),
		cmocka_unit_test(a_threads_stack_ends_where_the_thread_begins),
		cmocka_unit_test(the_function_that_a_signal_interrupted_is_not_missing),
		cmocka_unit_test(the_root_is_reached_through_a_dump_of_just_enough),
		cmocka_unit_test(frame_pointers_alone_find_the_callers_that_have_them),
		cmocka_unit_test(a_leaf_without_a_frame_counts_as_repaired),
		guard(a_chain_that_ends_in_zero_is_whole),
		guard(a_chain_that_ends_in_a_return_address_of_zero_is_whole),
		guard(a_zero_in_the_innermost_frame_pointer_proves_nothing),
		guard(a_frame_pointer_to_itself_ends_the_walk),
		guard(a_frame_pointer_that_goes_back_ends_the_walk),
		guard(a_frame_pointer_that_is_not_aligned_ends_the_walk),
		guard(a_frame_pointer_far_outside_ends_the_walk),
		guard(a_frame_pointer_just_behind_the_dump_wants_a_longer_one),
		guard(behind_the_end_of_the_stack_itself_there_is_no_frame),
		guard(an_empty_dump_leaves_the_innermost_frame),
		guard(a_return_address_outside_of_code_ends_the_walk),
		guard(a_return_address_at_the_end_of_a_mapping_belongs_to_it),
		guard(an_instruction_pointer_outside_of_code_is_still_a_frame),
		guard(a_stack_pointer_at_the_end_of_memory_does_no_harm),
		guard(more_frames_than_fit_are_cut),
		cmocka_unit_test(a_return_address_that_no_call_left_ends_the_walk),
		cmocka_unit_test(every_end_has_a_name),
		cmocka_unit_test(registers_are_taken_by_their_place_in_the_mask),
		cmocka_unit_test(calls_are_told_from_what_is_none),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
