#!/bin/sh
# Programs that are built, run and replaced again and again, as configure does: each is named by its own symbols, though
# they share a path and most likely an inode. One that is overwritten in place takes its names with it: then there are none,
# rather than another's.
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

# overwrite LINKER-OPTION FILE: the same in place, so that the inode is one
overwrite() {
	for n in 1 2 3; do
		$CC -O1 "$1" -o prog$n prog$n.c
	done
	rm -f prog
	cp prog1 prog
	"$FPPROF" record -q -F 999 -o "$2" -- sh -c './prog; cp prog2 prog; ./prog; cp prog3 prog; ./prog'
}

overwrite -Wl,--build-id=sha1 in_place.folded
like "of programs in one inode the last one has its names" "main;churn_3" "$(cat in_place.folded)"
unlike "and the others have none of its" "before_" "$(cat in_place.folded)"
like "but their place in the file" "prog[+!]0x" "$(cat in_place.folded)"
overwrite -Wl,--build-id=none no_id.folded
unlike "nor without build ids" "before_" "$(cat no_id.folded)"

"$FPPROF" record -v -F 999 -o stripped.pb.gz -- sh -c './prog; strip prog' 2>said.txt
like "of one that was stripped it is said" "prog: was changed after it ran" "$(cat said.txt)"
done_testing
