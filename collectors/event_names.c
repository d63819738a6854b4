/*
 * Cache events are put together from a cache, what is done to it, and how that ends; perf has several words for each,
 * and takes them in any order. Which of them make sense together is perf's table, too: an instruction cache is not
 * stored to.
 */
#include "collectors/event_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HW(n, other, c) { n, other, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##c, EVENT_TOOL_NONE }
#define SW(n, other, c) { n, other, PERF_TYPE_SOFTWARE, c, EVENT_TOOL_NONE }
#define TOOL(n, t) { n, NULL, 0, 0, EVENT_TOOL_##t }

enum { SW_BPF_OUTPUT = 10, SW_CGROUP_SWITCHES = 11 /* Linux 5.13 */ };

const struct known_event known_events[] = {
	HW("cycles", "cpu-cycles", CPU_CYCLES),
	HW("instructions", NULL, INSTRUCTIONS),
	HW("cache-references", NULL, CACHE_REFERENCES),
	HW("cache-misses", NULL, CACHE_MISSES),
	HW("branches", "branch-instructions", BRANCH_INSTRUCTIONS),
	HW("branch-misses", NULL, BRANCH_MISSES),
	HW("bus-cycles", NULL, BUS_CYCLES),
	HW("ref-cycles", NULL, REF_CPU_CYCLES),
	HW("stalled-cycles-frontend", "idle-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HW("stalled-cycles-backend", "idle-cycles-backend", STALLED_CYCLES_BACKEND),
	SW("cpu-clock", NULL, PERF_COUNT_SW_CPU_CLOCK),
	SW("task-clock", NULL, PERF_COUNT_SW_TASK_CLOCK),
	SW("page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS),
	SW("minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN),
	SW("major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ),
	SW("context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES),
	SW("cpu-migrations", "migrations", PERF_COUNT_SW_CPU_MIGRATIONS),
	SW("alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS),
	SW("emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS),
	SW("cgroup-switches", NULL, SW_CGROUP_SWITCHES),
	SW("bpf-output", NULL, SW_BPF_OUTPUT),
	SW("dummy", NULL, PERF_COUNT_SW_DUMMY),
	TOOL("duration_time", DURATION_TIME),
	TOOL("user_time", USER_TIME),
	TOOL("system_time", SYSTEM_TIME),
	{ 0 },
};

/* ---- caches ---------------------------------------------------------------------------------------------------- */

enum {
	WORDS_MAX = 5,
	OP_READ = 1 << PERF_COUNT_HW_CACHE_OP_READ,
	OP_PREFETCH = 1 << PERF_COUNT_HW_CACHE_OP_PREFETCH,
	OP_ANY = OP_READ | OP_PREFETCH | 1 << PERF_COUNT_HW_CACHE_OP_WRITE,
};

/* By PERF_COUNT_HW_CACHE_*; the first name is the one that is shown. */
static const struct cache {
	const char *names[WORDS_MAX];
	unsigned int ops;
} caches[PERF_COUNT_HW_CACHE_MAX] = {
	[PERF_COUNT_HW_CACHE_L1D] = { { "L1-dcache", "L1-d", "L1d", "L1-data" }, OP_ANY },
	[PERF_COUNT_HW_CACHE_L1I] = { { "L1-icache", "L1-i", "L1i", "L1-instruction" }, OP_READ | OP_PREFETCH },
	[PERF_COUNT_HW_CACHE_LL] = { { "LLC", "L2" }, OP_ANY },
	[PERF_COUNT_HW_CACHE_DTLB] = { { "dTLB", "d-tlb", "Data-TLB" }, OP_ANY },
	[PERF_COUNT_HW_CACHE_ITLB] = { { "iTLB", "i-tlb", "Instruction-TLB" }, OP_READ },
	[PERF_COUNT_HW_CACHE_BPU] = { { "branch", "branches", "bpu", "btb", "bpc" }, OP_READ },
	[PERF_COUNT_HW_CACHE_NODE] = { { "node" }, OP_ANY },
};

/* "L1-dcache-" [0] "-misses", or "L1-dcache-" [1] */
static const char *const ops[PERF_COUNT_HW_CACHE_OP_MAX][WORDS_MAX] = {
	[PERF_COUNT_HW_CACHE_OP_READ] = { "load", "loads", "read" },
	[PERF_COUNT_HW_CACHE_OP_WRITE] = { "store", "stores", "write" },
	[PERF_COUNT_HW_CACHE_OP_PREFETCH] = { "prefetch", "prefetches", "speculative-read", "speculative-load" },
};

static const char *const results[PERF_COUNT_HW_CACHE_RESULT_MAX][WORDS_MAX] = {
	[PERF_COUNT_HW_CACHE_RESULT_ACCESS] = { "refs", "Reference", "ops", "access" },
	[PERF_COUNT_HW_CACHE_RESULT_MISS] = { "misses", "miss" },
};

static uint64_t cache_config(unsigned int cache, unsigned int op, unsigned int result)
{
	return cache | op << 8 | (uint64_t)result << 16;
}

/* The length of the longest of the words that `at` starts with, up to a dash or the end; 0: none. */
static size_t match_words(const char *at, const char *const words[WORDS_MAX])
{
	size_t longest = 0;

	for (size_t i = 0; i < WORDS_MAX && words[i]; i++) {
		size_t n = strlen(words[i]);

		if (n > longest && strncasecmp(at, words[i], n) == 0 && (!at[n] || at[n] == '-'))
			longest = n;
	}
	return longest;
}

/* Takes "-WORD" where the word is in one of `n` rows, and says which. */
static bool take_word(const char **at, const char *const words[][WORDS_MAX], unsigned int n, int *row)
{
	for (unsigned int i = 0; **at == '-' && *row < 0 && i < n; i++) {
		size_t length = match_words(*at + 1, words[i]);

		if (!length)
			continue;
		*at += 1 + length;
		*row = (int)i;
		return true;
	}
	return false;
}

static bool parse_cache_ends(const char *at, unsigned int cache, uint64_t *config)
{
	int op = -1, result = -1;

	while (take_word(&at, ops, PERF_COUNT_HW_CACHE_OP_MAX, &op) ||
	       take_word(&at, results, PERF_COUNT_HW_CACHE_RESULT_MAX, &result))
		;
	op = op < 0 ? PERF_COUNT_HW_CACHE_OP_READ : op;
	result = result < 0 ? PERF_COUNT_HW_CACHE_RESULT_ACCESS : result;
	if (*at || !(caches[cache].ops & 1U << op))
		return false;
	*config = cache_config(cache, (unsigned int)op, (unsigned int)result);
	return true;
}

static bool parse_cache(const char *name, uint64_t *config)
{
	for (unsigned int cache = 0; cache < PERF_COUNT_HW_CACHE_MAX; cache++) {
		size_t n = match_words(name, caches[cache].names);

		if (n)
			return parse_cache_ends(name + n, cache, config);
	}
	return false;
}

static void write_cache_name(unsigned int cache, unsigned int op, unsigned int result, char *out, size_t size)
{
	bool is_miss = result == PERF_COUNT_HW_CACHE_RESULT_MISS;

	snprintf(out, size, "%s-%s%s", caches[cache].names[0], ops[op][!is_miss], is_miss ? "-misses" : "");
}

bool cache_event(size_t i, char name[CACHE_NAME_MAX], uint64_t *config)
{
	for (unsigned int cache = 0; cache < PERF_COUNT_HW_CACHE_MAX; cache++) {
		for (unsigned int k = 0; k < PERF_COUNT_HW_CACHE_OP_MAX * PERF_COUNT_HW_CACHE_RESULT_MAX; k++) {
			unsigned int op = k / PERF_COUNT_HW_CACHE_RESULT_MAX;
			unsigned int result = k % PERF_COUNT_HW_CACHE_RESULT_MAX;

			if (!(caches[cache].ops & 1U << op) || i-- > 0)
				continue;
			write_cache_name(cache, op, result, name, CACHE_NAME_MAX);
			*config = cache_config(cache, op, result);
			return true;
		}
	}
	return false;
}

static bool cache_name(uint64_t config, char out[EVENT_NAME_MAX])
{
	uint64_t cache = config & 0xff, op = config >> 8 & 0xff, result = config >> 16;

	if (cache >= PERF_COUNT_HW_CACHE_MAX || op >= PERF_COUNT_HW_CACHE_OP_MAX ||
	    result >= PERF_COUNT_HW_CACHE_RESULT_MAX)
		return false;
	write_cache_name((unsigned int)cache, (unsigned int)op, (unsigned int)result, out, EVENT_NAME_MAX);
	return true;
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

bool event_find_raw(const char *name, bool may_have_prefix, uint64_t *config)
{
	unsigned long long value;
	char *end;

	if (name[0] != 'r')
		return false;
	name += 1;
	if (may_have_prefix && name[0] == '0' && (name[1] == 'x' || name[1] == 'X'))
		name += 2;
	if (!name[0] || name[strspn(name, "0123456789abcdefABCDEF")])
		return false;
	errno = 0;
	value = strtoull(name, &end, 16);
	if (errno)
		return false;
	*config = value;
	return true;
}

static bool is_called(const struct known_event *known, const char *name)
{
	return strcmp(known->name, name) == 0 || (known->alias && strcmp(known->alias, name) == 0);
}

bool event_find_name(const char *name, struct event *out)
{
	for (const struct known_event *known = known_events; known->name; known++) {
		if (!is_called(known, name))
			continue;
		out->type = known->type;
		out->config = known->config;
		out->tool = known->tool;
		return true;
	}
	if (event_find_raw(name, false, &out->config)) {
		out->type = PERF_TYPE_RAW;
		return true;
	}
	if (parse_cache(name, &out->config)) {
		out->type = PERF_TYPE_HW_CACHE;
		return true;
	}
	return false;
}

bool event_name_of(uint32_t type, uint64_t config, char out[EVENT_NAME_MAX])
{
	for (const struct known_event *known = known_events; known->name; known++) {
		if (known->tool != EVENT_TOOL_NONE || known->type != type || known->config != config)
			continue;
		snprintf(out, EVENT_NAME_MAX, "%s", known->name);
		return true;
	}
	if (type == PERF_TYPE_HW_CACHE)
		return cache_name(config, out);
	if (type == PERF_TYPE_RAW)
		snprintf(out, EVENT_NAME_MAX, "r%llx", (unsigned long long)config);
	return type == PERF_TYPE_RAW;
}

enum event_unit event_unit_of(const struct event *event)
{
	uint32_t number = (uint32_t)event->config;
	bool is_clock = event->type == PERF_TYPE_SOFTWARE &&
			(number == PERF_COUNT_SW_CPU_CLOCK || number == PERF_COUNT_SW_TASK_CLOCK);

	if (event->tool != EVENT_TOOL_NONE || is_clock)
		return EVENT_UNIT_NANOSECONDS;
	if (event->type == PERF_TYPE_HARDWARE && number == PERF_COUNT_HW_CPU_CYCLES)
		return EVENT_UNIT_CYCLES;
	return EVENT_UNIT_COUNT;
}
