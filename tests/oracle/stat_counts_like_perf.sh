#!/bin/sh
# The same command under fpprof stat and perf stat in turn: the medians of five agree within 5 %, tracepoints exactly.
. "$srcdir/tests/tap.sh"
need_whole_system
need_command perf
$CC -O1 -pthread -o known "$srcdir/tests/live/known.c"

ours() {
	event=$1
	shift
	"$FPPROF" stat -q -x, -e "$event" -o ours.csv -- "$@" && head -n 1 ours.csv | cut -d, -f1
}

perfs() {
	event=$1
	shift
	perf stat -x, -e "$event" -o perf.csv -- "$@" && grep -v '^#' perf.csv | grep . | head -n 1 | cut -d, -f1
}

# agrees NAME EVENT COMMAND..
agrees() {
	name=$1
	shift
	a='' b=''
	for _ in 1 2 3 4 5; do
		a="$a $(ours "$@")"
		b="$b $(perfs "$@")"
	done
	# shellcheck disable=SC2086
	awk -v a="$(printf '%s\n' $a | sort -n | sed -n 3p)" -v b="$(printf '%s\n' $b | sort -n | sed -n 3p)" \
		'BEGIN { exit !(b > 0 && a / b > 0.95 && a / b < 1.05) }'
	report "$name" $? "ours:$a perf's:$b"
}

agrees "page faults agree" page-faults ./known faults 3000
agrees "context switches agree" context-switches ./known switches 500
agrees "the CPU time agrees" task-clock ./known threads 2
is "tracepoints agree exactly" "$(perfs syscalls:sys_enter_read ./known reads 4321)" \
	"$(ours syscalls:sys_enter_read ./known reads 4321)"
done_testing
