#!/bin/sh
# A command under `fpprof record`: its exit status, its signals, its children, and what goes wrong.
. "$srcdir/tests/tap.sh"
need_whole_system
$CC -shared -fPIC -o interpose.so "$srcdir/tests/live/interpose.c" -ldl

record() {
	"$FPPROF" record -o out.pb.gz "$@" 2>err.txt
	status=$?
	err=$(cat err.txt)
}

is_old() {
	is "$1" "old" "$(cat out.pb.gz)"
}

record -- sh -c 'exit 3'
is "the command's exit status is returned" 3 $status
record -- sh -c 'kill -TERM $$'
is "a signal that ended the command is returned as 128 and its number" 143 $status
record -- true
is "a command that is over at once leaves a profile" 0 $status
holds "and the profile can be read" "$FPPROF" report out.pb.gz

echo old >out.pb.gz
record -- ./no-such-command
is "a command that does not exist is 127" 127 $status
like "and is named" "no-such-command" "$err"
is_old "and the old file is untouched"
record -- no-such-command
like "a command that is not in PATH is said to be" "no command 'no-such-command'" "$err"
: >not-executable
record -- ./not-executable
is "a command that cannot be run is 126" 126 $status
is_old "and the old file is untouched then, too"
record -F 10 -c 10 -- touch ran
is "options that exclude each other are a usage error" 2 $status
record -e cycels -- touch ran
is "an unknown event is a usage error" 2 $status
like "and the nearest name is offered" "did you mean cycles" "$err"
limit=$(cat /proc/sys/kernel/perf_event_max_sample_rate)
record -F $((limit + 1)) -- touch ran
is "a frequency over the limit is refused" 1 $status
like "with the limit and the command that lifts it" "perf_event_max_sample_rate=$((limit + 1))" "$err"
"$FPPROF" record -o no-such-directory/out.pb.gz -- touch ran 2>err.txt
is "an output directory that is missing is refused" 1 $?
like "by its name" "no-such-directory" "$(cat err.txt)"
holds "and the command never ran in any of these" test ! -e ran
is_old "and the old file is still untouched"

record -q -- sh -c 'echo out; echo err >&2' >out.txt
is "with -q standard error is the command's alone" "err" "$err"
is "standard output is the command's" "out" "$("$FPPROF" record -q -o out.pb.gz -- echo out)"
"$FPPROF" record -o - -- echo words 2>err.txt | cat >piped.pb.gz
holds "a profile can go into a pipe" "$FPPROF" report piped.pb.gz
like "while what the command prints goes to standard error" "^words" "$(cat err.txt)"
is "which is said once" 1 "$(grep -c 'goes to standard error' err.txt)"
"$FPPROF" record -q -o /dev/stdout -- echo words 2>err.txt | cat >piped.pb.gz
holds "by another name of standard output it is whole as well" "$FPPROF" report piped.pb.gz
is "and -q leaves standard error to the command" "words" "$(cat err.txt)"
"$FPPROF" record -o - -- touch ran 2>err.txt >&-
is "a standard output that is closed takes no profile" 1 $?
like "and is said to be closed" "standard output: it is closed" "$(cat err.txt)"
holds "before the command ran" test ! -e ran
is "beside a file standard output stays the command's" "words" "$("$FPPROF" record -o out.pb.gz -- echo words 2>err.txt)"
is "standard input is the command's" "in" "$(echo in | "$FPPROF" record -q -o out.pb.gz -- cat)"

is "the command's limit of open files is its own" "$(ulimit -Sn)" "$("$FPPROF" record -q -o out.pb.gz -- sh -c 'ulimit -Sn')"
is "and so are its signals" "$(grep SigBlk /proc/self/status; grep SigIgn /proc/self/status)" \
	"$("$FPPROF" record -q -o out.pb.gz -- sh -c 'grep SigBlk /proc/self/status; grep SigIgn /proc/self/status')"
env --ignore-signal=CHLD "$FPPROF" record -q -o out.pb.gz -- sh -c 'exit 7'
is "the exit status is returned even where ends of children are ignored" 7 $?
ignoring() {
	env --ignore-signal=CHLD,PIPE,HUP "$@" grep SigIgn /proc/self/status
}
is "what was ignored stays ignored for the command" "$(ignoring env)" "$(ignoring "$FPPROF" record -q -o out.pb.gz --)"

record -- sleep 0.1
is "a command that uses no CPU leaves a valid profile" 0 $status
holds "that can be read" "$FPPROF" report out.pb.gz

$CC -O1 -fno-omit-frame-pointer -DROUNDS=100000L -o burn "$srcdir/tests/bench/spin.c"
record -- env ./burn
like "the profile is of the program that a wrapper became" "^File: burn$" "$("$FPPROF" report out.pb.gz)"
record -- sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; exec ./burn'
like "also when the wrapper worked before" "^File: burn$" "$("$FPPROF" report out.pb.gz)"
if [ -e /sys/kernel/tracing/events/sched/sched_switch/id ]; then
	record -e sched:sched_switch:k -- sleep 0.1
	like "a tracepoint's type has its whole name" "^Type: sched_sched_switch$" "$("$FPPROF" report out.pb.gz)"
else
	skip "a tracepoint's type has its whole name" "there is no tracefs here"
fi

# Signals: to fpprof alone, SIGTERM is passed on and the profile is written.
"$FPPROF" record -o term.pb.gz -- sh -c 'trap "exit 7" TERM; : >started; while :; do sleep 0.1; done' 2>err.txt &
pid=$!
until_holds rm started
kill -TERM $pid
wait $pid
is "SIGTERM reaches the command, whose status is returned" 7 $?
holds "and the profile is there" "$FPPROF" report term.pb.gz

# in_background NAME ARGS..: fpprof as a shell with job control would start it; its pid is in $pid. NAME.sh is the command.
in_background() {
	name=$1
	shift
	env --default-signal=INT,QUIT "$FPPROF" record -q -o $name.pb.gz "$@" -- sh $name.sh 2>err.txt &
	pid=$!
	until_holds rm started
	sleep 0.3
}

# reads_signals PID: from here on they are fpprof's to read, among them SIGINT
reads_signals() {
	grep -q '^SigBlk:.*[2367abef]$' "/proc/$1/status"
}

for signal in INT QUIT HUP; do
	echo "trap 'exit 8' $signal; : >started; while :; do sleep 0.1; done" >alone.sh
	in_background alone
	kill -$signal $pid
	wait $pid
	is "SIG$signal that was sent to fpprof alone reaches the command" 8 $?
	in_background alone -d 0.2
	kill -$signal $pid
	wait $pid
	is "also when the profile is written and only the command still runs" 8 $?
done
holds "and the profile is there" "$FPPROF" report alone.pb.gz
echo "trap '' INT; : >started; sleep 2; test -s stubborn.pb.gz && exit 5" >stubborn.sh
in_background stubborn
kill -INT $pid
sleep 0.2
kill -INT $pid
wait $pid
is "a second interrupt ends the recording without the command, whose status is waited for" 5 $?
echo 'n=0; trap "n=1" TERM; kill -TERM $PPID; sleep 0.5; exit $n' >sender.sh
"$FPPROF" record -q -o out.pb.gz -- sh sender.sh
is "what the command sends to fpprof does not come back to it" 0 $?
"$FPPROF" record -q -o background.pb.gz -a 2>err.txt &
pid=$!
until_holds reads_signals $pid
sleep 0.3
kill -INT $pid
wait $pid
is "a background job of a script, which ignores interrupts, is ended by one that is sent to it" 0 $?
holds "with its profile" "$FPPROF" report background.pb.gz
(trap '' HUP; exec "$FPPROF" record -q -d 1.2 -o nohup.pb.gz -a) &
pid=$!
until_holds reads_signals $pid
sleep 0.3
kill -HUP $pid
wait $pid
is "a hangup that is ignored ends nothing" 0 $?
like "before its time" "Duration: 1\.[2-9]" "$("$FPPROF" report nohup.pb.gz)"

# While the profile is written nobody reads signals. A pipe that is full, and that nobody reads, takes for ever.
mkfifo full
exec 3<>full
head -c 65536 /dev/zero >&3
# is_stuck PID: in write(2), or in a sleep of the disk that interpose.so makes
is_stuck() {
	grep -q '^1 \|^35 \|^230 ' "/proc/$1/syscall"
}
# end_or_kill PID: its status, which is 137 where nothing else ended it
end_or_kill() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.2
	done
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}
for signal in HUP:1 INT:2 TERM:15; do
	env --default-signal=INT,HUP "$FPPROF" record -q -o full -- true 3<&- &
	pid=$!
	until_holds is_stuck $pid
	kill -${signal%:*} $pid
	end_or_kill $pid
	is "SIG${signal%:*} ends a recording whose profile nobody reads" $((128 + ${signal#*:})) $?
done
echo "trap ': >got' TERM; : >started; for i in \$(seq 50); do sleep 0.1; done" >follower.sh
"$FPPROF" record -q -d 0.2 -o full -- sh follower.sh >/dev/null 3<&- &
pid=$!
until_holds rm started
until_holds is_stuck $pid
kill -TERM $pid
until_holds rm got
is "while the command runs the first signal is still the command's" 0 "$(kill -0 $pid; echo $?)"
kill -TERM $pid
end_or_kill $pid
is "and the second ends the recording" 143 $?
exec 3>&-
mkdir disk
echo old >disk/out.pb.gz
INTERPOSE_DISK=slow LD_PRELOAD="$PWD/interpose.so" ASAN_OPTIONS=verify_asan_link_order=0 \
	"$FPPROF" record -q -o disk/out.pb.gz -- true &
pid=$!
until_holds is_stuck $pid
kill -TERM $pid
end_or_kill $pid
is "SIGTERM ends a recording while it waits for the disk" 143 $?
is "and nothing is left beside the old file" "out.pb.gz" "$(ls -A disk)"
is "which is whole" "old" "$(cat disk/out.pb.gz)"

# Killed: nothing half-written, no child left behind stopped.
echo old >out.pb.gz
"$FPPROF" record -o out.pb.gz -- sh -c 'echo $$ >child.pid; exec sleep 3' 2>err.txt &
pid=$!
sleep 0.7
kill -KILL $pid
wait $pid 2>/dev/null
is_old "killed by SIGKILL, the old file is whole"
state=$(cut -d' ' -f3 "/proc/$(cat child.pid)/stat" 2>/dev/null)
case $state in
T | t) stopped=1 ;;
*) stopped=0 ;;
esac
is "and the command is not left stopped" 0 $stopped

# A small disk that fills up.
if mkdir small && mount -t tmpfs -o size=16k tmpfs small 2>/dev/null; then
	at_exit "umount small"
	echo old >small/out.folded
	head -c 100000 /dev/zero >small/filler 2>/dev/null
	"$FPPROF" record -F 5000 -o small/out.folded -- sh -c 'i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done' 2>err.txt
	is "a full disk is a failure" 1 $?
	like "that is said" "No space left" "$(cat err.txt)"
	is "and the old file is whole" "old" "$(cat small/out.folded)"
	is "and nothing is left beside it" "filler out.folded" "$(ls -A small | tr '\n' ' ' | sed 's/ $//')"
else
	skip "a full disk is a failure" "a tmpfs cannot be mounted here"
fi
done_testing
