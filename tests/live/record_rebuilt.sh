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
	sed "s/churn/churn_$n/g" "$srcdir/tests/bench/spin.c" >spin$n.c
	# Different code before it, so that the wrong table would give a wrong name.
	awk -v n=$n 'BEGIN { for (i = 0; i < 40 * n; i++) printf "int before_%d(int x) { return x * %d + 1; }\n", i, i + 3 }' >pad$n.c
	cat pad$n.c spin$n.c >both$n.c
	$CC -O2 -DROUNDS=250000L -o prog$n both$n.c
done
"$FPPROF" record -q -F 999 -o rebuilt.folded -- sh rebuild.sh
is "they are recorded" 0 $?
for n in 1 2 3 4; do
	like "program $n has its own name for its own code" "main;descend.*;churn_$n" "$(cat rebuilt.folded)"
done
is "and none has another's" "" "$(grep 'before_' rebuilt.folded)"
done_testing
