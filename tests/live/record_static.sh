#!/bin/sh
# A static program has its C library within: where threads begin is told from functions of its own with such names.
. "$srcdir/tests/tap.sh"
need_whole_system

cat >static.c <<'END'
#include <pthread.h>
#include <time.h>
static volatile unsigned long sink;
__attribute__((noinline)) void churn(void)
{
	clock_t until = clock() + CLOCKS_PER_SEC / 5;

	while (clock() < until)
		for (int i = 0; i < 100000; i++)
			sink += sink * i;
}
/* No frame pointer leads on from here. */
#define LOSES_THE_WAY(name) \
	void name(void); \
	__asm__(".globl " #name "\n.type " #name ", @function\n" #name ": push %rbp\nmov $1, %ebp\ncall churn\npop %rbp\nret\n" \
		".size " #name ", . - " #name "\n")
LOSES_THE_WAY(start);
LOSES_THE_WAY(start_thread);
static void *run(void *arg)
{
	churn();
	return arg;
}
int main(void)
{
	pthread_t thread;

	start();
	start_thread();
	return pthread_create(&thread, NULL, run, NULL) || pthread_join(thread, NULL);
}
END
$CC -O1 -g -fno-omit-frame-pointer -static -pthread -o static static.c 2>err.txt || skip_all "no static program can be built here: $(cat err.txt)"
"$FPPROF" record -q -F 499 --unwind fp -o static.folded -- ./static
is "it is recorded" 0 $?
text=$(cat static.folded)
like "a function of its own called start is no root" "\\[cut: [^;]*\\];start;churn" "$text"
like "nor is one called start_thread" "\\[cut: [^;]*\\];start_thread;churn" "$text"
like "the C library's own is" "\(^\|static;\)\(clone3;\)*start_thread;run;churn" "$text"
done_testing
