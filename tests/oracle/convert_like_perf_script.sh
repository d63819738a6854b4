#!/bin/sh
# User stacks against an unwinder we did not write: perf script walks the same samples of the same file with libdw.
# And its counts: of samples without periods, and of one event among several.
. "$srcdir/tests/tap.sh"
need_command perf
need_command python3
perf record -q -e cpu-clock -o probe.data true 2>/dev/null || skip_all "perf record is not permitted here"

# same NAME COMMAND..: records it, and wants nearly all of its stacks to be the same
same() {
	name=$1
	shift
	perf record -q -e cpu-clock:u -F 2999 --call-graph dwarf,16384 -o perf.data "$@" >/dev/null 2>&1
	perf script --no-inline -i perf.data -F comm,ip,sym,dso >perf.txt 2>/dev/null
	"$FPPROF" convert -q --labels none -o ours.folded perf.data
	python3 "$srcdir/tests/oracle/like_perf_script.py" perf.txt ours.folded 333444.481 >verdict.txt
	percent=$(sed -n 's/^samples.*(\([0-9]*\)\.[0-9]* %)$/\1/p' verdict.txt)
	samples=$(sed -n 's/^samples \([0-9]*\) .*/\1/p' verdict.txt)
	holds "$name: there is something to compare" test "${samples:-0}" -ge 100
	if [ "${percent:-0}" -ge "$wanted" ]; then
		report "$name: $wanted % of the user stacks are those that perf script finds" 0
	else
		report "$name: $wanted % of the user stacks are those that perf script finds" 1 "$(cat verdict.txt)"
	fi
}

$CC -O2 -fomit-frame-pointer -DROUNDS=300000L -o spin-nofp "$srcdir/tests/bench/spin.c"
$CC -O2 -fno-omit-frame-pointer -DROUNDS=300000L -o spin-fp "$srcdir/tests/bench/spin.c"
awk 'BEGIN { for (i = 0; i < 300000; i++) print (i * 7919) % 1000003 }' >numbers.txt
wanted=97 # perf script itself goes wrong in some epilogues, and has other names for aliases

same "without frame pointers" ./spin-nofp
same "with frame pointers" ./spin-fp

export LC_ALL=C.UTF-8
same "sort, of the distribution" sort numbers.txt
same "gzip, of the distribution" gzip -9 -c numbers.txt

# Of several events one is converted.
perf record -q -e cpu-clock:u,task-clock:u -F 499 -g -o two.data ./spin-fp >/dev/null 2>&1
"$FPPROF" convert -o two.pb.gz two.data 2>summary.txt
ours=$(sed -n 's/^fpprof: \([0-9]*\) samples .*/\1/p' summary.txt)
others=$("$FPPROF" report two.pb.gz | sed -n 's/^samples of other events: //p')
is "no sample of another event is missing unsaid" "$(perf script -i two.data -F event 2>/dev/null | wc -l)" \
	"$((ours + others))"
# counts ARGS..: what perf counted of the first event, and what we did
counts() {
	perf record -q -o counted.data "$@" ./spin-fp >/dev/null 2>&1
	perf report --stdio -i counted.data 2>/dev/null | sed -n 's/^# Event count (approx.): \([0-9]*\)$/\1/p' | head -n 1
	"$FPPROF" convert -q -o counted.folded counted.data
	awk '{ sum += $NF } END { printf "%.0f\n", sum }' counted.folded
}

counts -c 200000 -e cpu-clock >counts.txt
is "samples with a fixed period count as perf counts them" "$(sed -n 1p counts.txt)" "$(sed -n 2p counts.txt)"
holds "and there are some" test "$(sed -n 2p counts.txt)" -gt 10000000
if command -v go >/dev/null 2>&1; then
	"$FPPROF" convert -q -o counted.pb.gz counted.data
	is "and their period is in the profile" "Period: 200000" "$(go tool pprof -raw counted.pb.gz 2>/dev/null | grep '^Period:')"
else
	skip "and their period is in the profile" "there is no go here"
fi
counts -F 2999 -e cpu-clock -e page-faults >counts.txt
is "one event among several counts as perf counts it" "$(sed -n 1p counts.txt)" "$(sed -n 2p counts.txt)"
done_testing
