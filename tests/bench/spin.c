/* Work with a known shape: main -> descend (20 deep) -> churn. argv[1]: rounds of work. */
#include <stdint.h>
#include <stdlib.h>

#ifndef ROUNDS
#define ROUNDS 1500000L
#endif

static volatile uint64_t sink;

__attribute__((noinline)) static uint64_t churn(uint64_t x)
{
	for (int i = 0; i < 1000; i++)
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
	return x;
}

__attribute__((noinline)) static uint64_t descend(int depth, uint64_t x)
{
	uint64_t result;

	if (depth == 0)
		return churn(x);
	result = descend(depth - 1, x + (uint64_t)depth);
	sink += result;
	return result + 1;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : ROUNDS;
	uint64_t x = 1;

	for (long i = 0; i < rounds; i++)
		x = descend(20, x);
	return x == 42;
}
