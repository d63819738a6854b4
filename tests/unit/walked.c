/* -DWALKED=walked_fp or walked_nofp says which of the two this is; the flags do the rest. */
#include "tests/unit/walked.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile int sink;

/* Behind each call something is left to do, so that no call is a tail call. */
static __attribute__((noinline)) void middle(leaf_fn *leaf)
{
	leaf();
	sink++;
}

static __attribute__((noinline)) void plain(leaf_fn *leaf)
{
	middle(leaf);
	sink++;
}

static __attribute__((noinline)) void variable(leaf_fn *leaf)
{
	size_t n = 100 + (size_t)(sink & 7);
	char *at = __builtin_alloca(n);

	memset(at, 1, n);
	middle(leaf);
	sink += at[n - 1];
}

static __attribute__((noinline)) void realigned(leaf_fn *leaf)
{
	char at[128] __attribute__((aligned(64)));

	memset(at, 1, sizeof(at));
	__asm__ volatile("" : : "r"(at) : "memory");
	middle(leaf);
	sink += at[5];
}

static __attribute__((noinline)) void large(leaf_fn *leaf)
{
	char at[40000];

	memset(at, 1, sizeof(at));
	__asm__ volatile("" : : "r"(at) : "memory");
	middle(leaf);
	sink += at[5];
}

static leaf_fn *the_leaf;

static int compare(const void *a, const void *b)
{
	if (the_leaf)
		the_leaf();
	return *(const char *)a - *(const char *)b;
}

static __attribute__((noinline)) void callback(leaf_fn *leaf)
{
	char text[] = "ba";

	the_leaf = leaf;
	qsort(text, 2, 1, compare);
	the_leaf = NULL;
	sink += text[0];
}

static __attribute__((noinline)) void descend(leaf_fn *leaf, int depth)
{
	if (depth)
		descend(leaf, depth - 1);
	else
		leaf();
	sink++;
}

static __attribute__((noinline)) void many(leaf_fn *leaf)
{
	descend(leaf, 64);
	sink++;
}

static __attribute__((noinline)) int add(int a, int b)
{
	return a + b;
}

static __attribute__((noinline)) int many_registers(int a, int b, int c)
{
	int d = add(a, b), e = add(b, c), f = add(a, c), g = add(d, e);

	return add(add(a, d), add(e, f)) + add(g, add(b, c)) * add(d, f);
}

static __attribute__((noinline)) void leaves(void)
{
	char text[64] = "some text to copy";
	struct timespec now;

	sink += many_registers(1, 2, sink);
	sink += (int)strlen(text);
	memcpy(text + 32, text, 20 + (size_t)(sink & 1));
	clock_gettime(CLOCK_MONOTONIC, &now);
	sink += text[40] + (int)now.tv_nsec;
	variable(the_leaf ? the_leaf : (leaf_fn *)abs);
	realigned((leaf_fn *)abs);
	middle((leaf_fn *)abs);
	sink += atoi("42");
}

const struct walked WALKED = { plain, variable, realigned, large, callback, many, leaves };
