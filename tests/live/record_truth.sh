#!/bin/sh
# The CPU time in a profile is that which the kernel charged: for a busy program with threads and children, and for a
# storm of processes that live for less than a sampling period.
. "$srcdir/tests/tap.sh"
need_whole_system
need_command go

$CC -O2 -pthread -o burn "$srcdir/tests/bench/burn.c"

# Nanoseconds in a profile, by pprof's own reader.
profile_ns() {
	go tool pprof -raw "$1" 2>/dev/null | awk '/^ +[0-9]+ +[0-9]+: / { sub(":", "", $2); sum += $2 } END { printf "%.0f", sum }'
}

# ratio COMMAND..: per mille of the charged time that the profile holds
ratio() {
	"$FPPROF" record -q -F 999 -o truth.pb.gz -- sh -c '"$@"; times >times.txt' sh "$@"
	echo $(($(profile_ns truth.pb.gz) * 1000 / $(charged_ns times.txt)))
}

# within NAME PER-MILLE COMMAND..: the median of three runs is as near as that to what was charged
within() {
	name=$1 allowed=$2
	shift 2
	seen="$(ratio "$@") $(ratio "$@") $(ratio "$@")"
	# shellcheck disable=SC2086
	off=$(($(median $seen) - 1000))
	[ ${off#-} -le "$allowed" ]
	report "$name" $? "per mille of the CPU time that was charged: $seen"
}

within "5 s of CPU time in threads and children are in the profile, to 3 %, in the median of three runs" 30 ./burn 5
within "1,500 processes that live for half a millisecond are in the profile, to 6 %, in the median of three runs" 60 sh "$srcdir/tests/bench/forks.sh"
done_testing
