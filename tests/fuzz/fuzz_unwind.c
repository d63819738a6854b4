/*
 * Registers and stack are the sampled program's, and it may have put anything there. The mappings are our own, so that
 * walks go far: a word of the input with 0xc0de on top stands for a place in our code, one with 0x57ac for one in the
 * stack, all others for themselves.
 */
#include <string.h>

#include "base/bytes.h"
#include "symbolize/unwind.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/own.h"

enum { STACK_MAX = 16384 };
static const uint64_t stack_at = 0x7ffc00001000;

static uint64_t place(const struct map *code, uint64_t word)
{
	if (word >> 48 == 0xc0de)
		return code->start + (word & 0xffffff) % (code->end - code->start);
	if (word >> 48 == 0x57ac)
		return stack_at + (word & 0xffff);
	return word;
}

static void check(const struct own *own, const struct unwind_result *result)
{
	must_hold(result->n >= 1 && result->n <= UNWIND_FRAMES_MAX);
	must_hold(result->end < UNWIND_END_COUNT);
	must_hold(result->repaired < result->n);
	for (size_t i = 0; i < result->n; i++) {
		const struct frame *frame = &result->frames[i];

		must_hold(frame->lookup == frame->pc || frame->lookup == frame->pc - 1);
		must_hold(frame->map == process_find_map(own->process, frame->lookup));
		must_hold(frame->map || i == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct own own;
	static struct unwind_result result;
	static uint64_t words[STACK_MAX / 8];
	struct bytes in = bytes_of(bytes, n);
	const struct map *code;
	size_t count = 0;

	if (!own.process)
		own_load(&own);
	code = process_find_map(own.process, (uintptr_t)LLVMFuzzerTestOneInput);
	must_hold(code);
	uint8_t flags = bytes_u8(&in);
	struct regs regs = { .ip = place(code, bytes_u64(&in)) };
	regs.sp = flags & 2 ? bytes_u64(&in) : stack_at;
	regs.fp = place(code, bytes_u64(&in));
	while (bytes_left(&in) >= 8 && count < STACK_MAX / 8)
		words[count++] = place(code, bytes_u64(&in));
	struct stack_dump dump = { (const uint8_t *)words, count * 8, regs.sp, flags & 4 ? STACK_MAX : count * 8, NULL, 0 };
	if (flags & 8) { /* the kernel's walk found what the process made it find */
		dump.chain = words;
		dump.chain_n = count;
	}
	unwind(&own.images, own.process, flags & 1 ? UNWIND_FP : UNWIND_HYBRID, &regs, &dump, &result);
	check(&own, &result);
	return 0;
}
