#!/bin/sh
# Events by all the names that they have, and refusals in words.
. "$srcdir/tests/tap.sh"
need_whole_system

# record EVENT COMMAND..: one sample for each time it happens
record() {
	event=$1
	shift
	"$FPPROF" record -e "$event" -c 1 -o out.folded -- "$@" 2>err.txt
	status=$?
	err=$(cat err.txt)
}

cat >calls.c <<'END'
__attribute__((noinline)) int called(int i) { __asm__ volatile(""); return i + 1; }
int main(void) { int n = 0; while (n < 37) n = called(n); return n - 37; }
END
$CC -O1 -no-pie -o calls calls.c

record syscalls:sys_enter_write dd if=/dev/zero of=/dev/null bs=1 count=100 status=none
like "a tracepoint is sampled each time" "100 samples" "$err"
record "mem:0x$(nm calls | sed -n 's/ T called$//p'):x" ./calls
like "a breakpoint is sampled each time" "37 samples" "$err"
like "in its function" "main;called 37" "$(cat out.folded)"
record software/config=2/u sh -c 'true'
is "an event of a PMU by its number is sampled" 0 $status
unlike "and happens" "^fpprof: 0 samples" "$err"

if [ -e /sys/bus/event_source/devices/msr/events/tsc ]; then
	record msr/tsc/ touch ran
	is "a counter that takes no samples is refused" 1 $status
	like "and it is said where it can be had" "msr/tsc/ can be counted here, but takes no samples" "$err"
	record msr/event=0x7777/ touch ran
	like "a value that a PMU does not know is said to be that" "event msr/event=0x7777/: the kernel refuses it" "$err"
	record msr/tcs/ touch ran
	is "a misspelt event of a PMU is a usage error" 2 $status
	like "with the nearest name" "PMU msr has no event or term 'tcs'; did you mean tsc?" "$err"
	like "and the place" "^      ^~~$" "$err"
else
	skip "a counter that takes no samples is refused" "there is no PMU msr here"
fi
if command -v go >/dev/null 2>&1; then
	"$FPPROF" record -q -e page-faults -c 7 -o counted.pb.gz -- sh -c true
	is "a period that was asked for is in the profile" "Period: 7" "$(go tool pprof -raw counted.pb.gz 2>/dev/null | grep '^Period:')"
else
	skip "a period that was asked for is in the profile" "there is no go here"
fi
record sched:sched_swich touch ran
like "a misspelt tracepoint gets the nearest of its system" "did you mean sched:sched_switch" "$err"
record 'sched:*' touch ran
is "more than one event is a usage error" 2 $status
record duration_time touch ran
is "and so is a time" 2 $status
holds "and the command never ran" test ! -e ran
done_testing
