#!/bin/sh
# Around the counting: exit statuses, signals, where reports go, and what is refused before the command has run.
. "$srcdir/tests/tap.sh"
need_whole_system

# stat ARGS..: with the report in $err
stat() {
	"$FPPROF" stat "$@" >out.txt 2>err.txt
	status=$?
	err=$(cat err.txt)
}

stat -- sh -c 'echo said; exit 3'
is "a command's exit status is returned" 3 $status
is "its output is its own" said "$(cat out.txt)"
like "the report is printed all the same" "seconds time elapsed" "$err"
stat -- sh -c 'kill -SEGV $$'
is "a signal's number is added to 128" 139 $status
stat -r 4 -- sh -c 'echo >>runs; [ "$(wc -l <runs)" -ne 2 ] || exit 7'
is "of many runs the first failure is returned" 7 $status
is "and all of them take place" 4 "$(wc -l <runs)"
stat -- no-such-command
is "a command that does not exist" 127 $status
like "is said to be missing" "no command 'no-such-command'" "$err"
touch not-executable
stat -- ./not-executable
is "one that cannot be run" 126 $status

# refused NAME SENTENCE ARGS..: words that are wrong, so the command must not run
refused() {
	name=$1 sentence=$2
	shift 2
	rm -f ran
	stat "$@" -- touch ran
	is "$name is refused" 2 $status
	like "and said: $sentence" "$sentence" "$err"
	holds "before the command ran" test ! -e ran
}

refused "an unknown event" "did you mean cycles" -e cyclse
refused "an unknown tracepoint" "no tracepoint" -e syscalls:sys_enter_nothing
refused "a malformed filter" "Field not found" -e syscalls:sys_enter_read --filter 'cout > 1'
refused "a filter of what is no tracepoint" "filter" -e task-clock --filter 'count > 1'
refused "-r 0" "from 1 to" -r 0
refused "an interval below 10 ms" "from 10 to" -I 5
refused "-A for a command" "add -a" -A
refused "CSV and JSON at once" "exclude" -j -x,
refused "-D -1 without a word from outside" "control" -D -1
refused "two targets" "one of" -a -p 1
refused "an output without a name" "none" -o ''
refused "a separator that fields are quoted with" "no quote" -x '"'
refused "--rusage of the whole system" "goes with a command alone" -a --rusage
refused "a table of two commands" "add -r" --table --vs true
rm -f ran
stat -o /no-such-directory/file -- touch ran
is "an output that cannot be written is refused" 1 $status
holds "before the command ran" test ! -e ran
stat -p 999999999
is "a process that does not exist is refused" 1 $status
like "by its number" "no process 999999999" "$err"

# ---- signals ----------------------------------------------------------------------------------------------------------

# signalled SIGNAL: sends it to fpprof alone while a command runs. A shell starts what is in its background with interrupts
# ignored.
signalled() {
	# shellcheck disable=SC2016
	env --default-signal=INT "$FPPROF" stat -e task-clock -- sh -c 'echo $$ >command.pid; exec sleep 10' 2>err.txt &
	pid=$!
	tries=0
	while [ ! -s command.pid ] && [ $((tries += 1)) -lt 1000 ]; do sleep 0.01; done
	kill -"$1" $pid
	wait $pid
	status=$?
	! kill -0 "$(cat command.pid)" 2>/dev/null
	report "SIG$1 is passed on to the command" $?
	rm -f command.pid
}

signalled TERM
is "whose end is returned" 143 $status
like "and the report is printed" "seconds time elapsed" "$(cat err.txt)"
signalled HUP
is "so for a hang-up" 129 $status
signalled INT
is "and for an interrupt to fpprof alone" 130 $status
env --default-signal=INT "$FPPROF" stat -r 9 -e task-clock -- sh -c 'echo >>series; sleep 0.5' 2>err.txt &
pid=$!
while [ "$(cat series 2>/dev/null | wc -l)" -lt 2 ]; do sleep 0.05; done
kill -TERM $pid
wait $pid
is "a signal ends a series of runs" 143 $?
holds "there and then" test "$(wc -l <series)" -lt 5
like "without the run that it cut short" "left out" "$(cat err.txt)"
env --default-signal=INT "$FPPROF" stat --vs 'sleep 0.5' -r 9 -e task-clock -- sleep 0.5 2>err.txt &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid
is "and a comparison" 143 $?
# shellcheck disable=SC2016
env --default-signal=INT "$FPPROF" stat -e task-clock -- sh -c 'trap "" INT; echo $$ >command.pid; exec sleep 20' 2>err.txt &
pid=$!
while [ ! -s command.pid ]; do sleep 0.05; done
kill -INT $pid
sleep 0.2
kill -INT $pid
wait $pid
is "a second interrupt does not wait for the command" 130 $?
like "which is said to run still" "still runs" "$(cat err.txt)"
kill "$(cat command.pid)"
rm -f command.pid
"$FPPROF" stat -a -I 50 -e context-switches 2>err.txt &
pid=$!
sleep 0.4
kill -INT $pid
wait $pid
is "without a command an interrupt ends it well" 0 $?
like "with the rows so far" "context-switches" "$(cat err.txt)"

# ---- where reports go ---------------------------------------------------------------------------------------------------

stat -o report.txt -- true
is "with -o nothing is said on standard error" "" "$err"
like "and the report is in the file" "seconds time elapsed" "$(cat report.txt)"
echo old >report.txt
stat -o report.txt --append -- true
like "--append keeps what was there" "^old" "$(cat report.txt)"
like "and adds the report" "seconds time elapsed" "$(cat report.txt)"
"$FPPROF" stat --log-fd 5 -- true 5>report.txt 2>err.txt
like "--log-fd takes a descriptor" "seconds time elapsed" "$(cat report.txt)"
"$FPPROF" stat -o - -- true >report.txt 2>err.txt
like "-o - is standard output" "seconds time elapsed" "$(cat report.txt)"
rm -f many.csv
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
	"$FPPROF" stat -q -x, -e task-clock,page-faults -o many.csv --append -- true &
done
wait
is "reports of programs that run at the same time do not interleave" \
	"16 16 16 16 16" "$(for what in task-clock page-faults duration_time user_time system_time; do grep -c "^[0-9.]*,[a-z]*,$what," many.csv; done | xargs)"
stat -I 50 -o /dev/full --append -- sh -c 'sleep 0.2; echo >went-on; exit 9'
is "a report that cannot be written leaves the command's status" 9 $status
holds "and the command alone" test -e went-on
like "and is said" "cannot write to /dev/full" "$err"
mkfifo pipe
long=$(head -c 6000 /dev/zero | tr '\0' x)
(sleep 0.5; cat) <pipe >many.json &
(
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$FPPROF" stat -q -j -e task-clock --log-fd 7 -- sh -c true "$long" &
	done
	wait
) 7>pipe
wait
is "nor do those that are longer than a pipe takes at once" "24 valid" "$(python3 - <<'END'
import json
lines = open('many.json').read().splitlines()
print(len(lines), 'valid' if all(json.loads(line) for line in lines) else '')
END
)"
stat -j -r 3 -e task-clock,cycles -- sh -c 'exit 5'
printf '%s\n' "$err" >report.json
is "JSON is a valid object a line, with the outcome in the last" "5 3" "$(python3 - <<'END'
import json
rows = [json.loads(line) for line in open('report.json')]
print(rows[-1]['exit-status'], rows[-1]['runs'])
END
)"

# ---- users who may less -------------------------------------------------------------------------------------------------

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	chmod 755 .
	mkdir -m 777 user
	cp "$FPPROF" user/fpprof && chmod 755 user/fpprof
	as_user() {
		(cd user && setpriv --reuid=65534 --regid=65534 --clear-groups "$@")
	}
	as_user ./fpprof stat -- true 2>err.txt
	is "an ordinary user can count a command" 0 $?
	like "and is told that the kernel's side is not counted" "(:u)" "$(cat err.txt)"
	as_user ./fpprof stat -a -- true 2>err.txt
	is "but not the whole system" 1 $?
	like "with what mends it" "perf_event_paranoid" "$(cat err.txt)"
	cp "$(command -v sleep)" user/setuid && chmod 4755 user/setuid
	cat >user/busy.c <<'END'
#include <time.h>
int main(void) { while (clock() < CLOCKS_PER_SEC / 5) ; return 0; }
END
	$CC -o user/setuid user/busy.c && chown root user/setuid && chmod 4755 user/setuid
	as_user ./fpprof stat -e task-clock:u -- ./setuid 2>err.txt
	like "a program that gains privileges ends counting, and that is said" "CPU time were counted" "$(cat err.txt)"
else
	skip "an ordinary user can count a command" "this takes root and setpriv"
fi
stat --list software
like "events are listed" "page-faults" "$(cat out.txt)"
stat --list 'sched:sched_sw*'
like "tracepoints too" "sched:sched_switch" "$(cat out.txt)"
stat --list no-such-thing
is "none of a kind is a failure" 1 $status

# ---- machines that are not this one -------------------------------------------------------------------------------------

$CC -shared -fPIC -o interpose.so "$srcdir/tests/live/interpose.c" -ldl

# elsewhere SETTING ARGS..: stat on a made-up machine; see interpose.c
elsewhere() {
	setting=$1
	shift
	env "$setting" LD_PRELOAD="$PWD/interpose.so" ASAN_OPTIONS=verify_asan_link_order=0 "$FPPROF" stat "$@" >out.txt 2>err.txt
	status=$?
	err=$(cat err.txt)
}

elsewhere INTERPOSE_ALL=ENOSYS -- true
is "a kernel without perf events is a failure" 1 $status
is "of one sentence" 1 "$(printf '%s\n' "$err" | grep -c .)"
like "that names it" "built without perf events" "$err"
for event in cycles:P cycles:ppp; do
	elsewhere INTERPOSE_PRECISE=1 -x, -e "$event" -- sh -c 'i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done'
	like "$event is counted where the PMU is less precise" "^[1-9][0-9]*,,$event," "$err"
	case $event in
	*P) unlike "which is what it asks for" "precise" "$err" ;;
	*) like "and that is said" "counted with precise_ip 1" "$err" ;;
	esac
done

# ---- two commands -------------------------------------------------------------------------------------------------------

stat --vs 'sleep 0.02' -r 8 -e task-clock -- sleep 0.3
is "two commands are compared" 0 $status
like "with a verdict" "B is .* faster" "$err"
stat --vs 'sleep 0.02 | cat' -- true
is "what takes a shell is refused" 2 $status
like "with the way to write it" "sh -c" "$err"
stat --vs 'sh -c "exit 4"' -r 3 -j -- true
is "the second command's failure is returned, too" 4 $status
printf '%s\n' "$err" >vs.json
is "a comparison is JSON as well" "4" "$(python3 -c 'import json; print([json.loads(l) for l in open("vs.json")][-1]["b-exit-status"])')"
done_testing
