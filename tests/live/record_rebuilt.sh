#!/bin/sh
# Programs that are built, run and replaced again and again, as configure does: each is named by its own symbols, though
# they share a path and most likely an inode.
. "$srcdir/tests/tap.sh"
need_whole_system

cat >rebuild.sh <<'END'
for n in 1 2 3 4; do
	rm -f prog
	cp prog$n prog
	./prog
done
END
for n in 1 2 3 4; do
	# Different code before it, so that another's table gives another's name; the last one lives for some milliseconds only.
	awk -v n=$n 'BEGIN { for (i = 0; i < 40 * n; i++) printf "int before_%d(int x) { return x * %d + 1; }\n", i, i + 3 }' >prog$n.c
	cat >>prog$n.c <<END
#include <time.h>
static volatile unsigned long sink;
__attribute__((noinline)) static void churn_$n(void) { for (int i = 0; i < 100000; i++) sink += sink * i; }
int main(void)
{
	while (clock() < CLOCKS_PER_SEC * ($n == 4 ? 20 : 300) / 1000)
		churn_$n();
	return 0;
}
END
	$CC -O1 -o prog$n prog$n.c
done
# Replaced right behind it: by the time its samples are looked at, its inode is somebody else's.
echo 'rm -f prog; cp prog1 prog; sleep 0.3' >>rebuild.sh
"$FPPROF" record -q -F 999 -o rebuilt.folded -- sh rebuild.sh
is "they are recorded" 0 $?
for n in 1 2 3; do
	like "program $n has its own name for its own code" "main;churn_$n" "$(cat rebuilt.folded)"
done
is "and none has another's" "" "$(grep 'before_' rebuilt.folded)"
done_testing
