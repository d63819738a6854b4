#!/bin/sh
# In a PID namespace, as in any container: what runs outside of it has no number in the kernel's records.
. "$srcdir/tests/tap.sh"
need_whole_system
need_command unshare
unshare --pid --fork --mount-proc true 2>unshare.txt || skip_all "no PID namespace is to be had: $(cat unshare.txt)"

$CC -O2 -pthread -o burn "$srcdir/tests/bench/burn.c"

./burn 30 &
burn=$!
at_exit "kill $burn 2>/dev/null"

unshare --pid --fork --mount-proc "$FPPROF" record -a -F 499 -d 1 -o outside.pb.gz 2>err.txt
is "the whole system can be recorded from within a PID namespace" 0 $?
text=$("$FPPROF" report outside.pb.gz)
like "what ran outside is there" "cut: outside this PID namespace" "$text"
like "and no program gives the profile its name" "File: \[system" "$text"
like "and it is said, with what mends it" "outside this PID namespace.*--pid=host" "$(cat err.txt)"
count=$(sed -n 's/.* \([0-9]*\) samples of tasks outside .*/\1/p' err.txt)
holds "and most of a busy second is counted" test "${count:-0}" -gt 150

unshare --pid --fork --mount-proc "$FPPROF" record -F 499 -o inside.folded -- ./burn 0.5 2>err.txt
is "a command can be recorded there" 0 $?
like "with its functions" "main" "$(cat inside.folded)"
unlike "and without what runs outside" "outside this PID namespace" "$(cat inside.folded err.txt)"

text=$(unshare --pid --fork --mount-proc "$FPPROF" doctor)
like "the doctor tells" "limited.*PID namespace" "$text"
like "with what mends it" "--pid=host" "$text"
text=$("$FPPROF" doctor)
unlike "and has nothing to say outside" "--pid=host" "$text"
done_testing
