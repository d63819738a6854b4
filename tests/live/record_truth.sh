#!/bin/sh
# The CPU time in a profile is that which the kernel charged: for a busy program with threads and children, and for a
# storm of processes that live for less than a sampling period.
. "$srcdir/tests/tap.sh"
need_whole_system
need_command go

$CC -O2 -pthread -o burn "$srcdir/tests/bench/burn.c"

# Nanoseconds in a profile, by pprof's own reader.
profile_ns() {
	go tool pprof -raw "$1" 2>/dev/null | awk '/^ +[0-9]+ +[0-9]+: / { sub(":", "", $2); sum += $2 } END { printf "%d", sum }'
}

# Nanoseconds that the shell was told of its children: "0m1.230s 0m0.040s", the second line of `times`.
charged_ns() {
	awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += 60 * t[1] + t[2] } } END { printf "%d", sum * 1e9 }' "$1"
}

# ratio COMMAND..: per mille of the charged time that the profile holds
ratio() {
	"$FPPROF" record -q -F 999 -o truth.pb.gz -- sh -c '"$@"; times >times.txt' sh "$@"
	echo $(($(profile_ns truth.pb.gz) * 1000 / $(charged_ns times.txt)))
}

# within NAME PER-MILLE COMMAND..: on a shared machine a run can be disturbed, so one of three must be right
within() {
	name=$1 allowed=$2
	shift 2
	seen=''
	for _ in 1 2 3; do
		got=$(ratio "$@")
		seen="$seen $got"
		if [ "$got" -ge $((1000 - allowed)) ] && [ "$got" -le $((1000 + allowed)) ]; then
			report "$name" 0
			return
		fi
	done
	report "$name" 1 "per mille of the CPU time that was charged:$seen"
}

within "5 s of CPU time in threads and children are in the profile, to 3 %" 30 ./burn 5
within "1,500 processes that live for half a millisecond are in the profile, to 6 %" 60 sh "$srcdir/tests/bench/forks.sh"
done_testing
