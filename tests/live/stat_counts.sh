#!/bin/sh
# Counts of things that were done a known number of times, and the same as perf stat's for the same command.
. "$srcdir/tests/tap.sh"
need_whole_system

$CC -O1 -pthread -o known "$srcdir/tests/live/known.c"

# count EVENTS COMMAND..: the values, one a line
count() {
	events=$1
	shift
	"$FPPROF" stat -q -x, -e "$events" -o counts.csv -- "$@" && cut -d, -f1 counts.csv | grep -v '^$'
}

# value EVENT COMMAND..: its value alone
value() {
	count "$@" | head -n 1
}

# between NAME LEAST MOST GOT
between() {
	awk -v least="$2" -v most="$3" -v got="$4" 'BEGIN { exit !(got != "" && got >= least && got <= most) }'
	report "$1" $? "wanted $2 to $3, got '$4'"
}

base=$(value syscalls:sys_enter_read ./known reads 0)
is "reads are counted one by one" "$((base + 1234))" "$(value syscalls:sys_enter_read ./known reads 1234)"
is "a filter counts what it is true of" 1234 \
	"$("$FPPROF" stat -q -x, -e syscalls:sys_enter_read --filter 'count == 1' -- ./known reads 1234 2>&1 | cut -d, -f1 | head -n 1)"
base=$(value page-faults ./known faults 0)
between "page faults are counted" $((base + 1980)) $((base + 2060)) "$(value page-faults ./known faults 2000)"
between "context switches are counted" 300 3000 "$(value context-switches ./known switches 300)"
between "threads are counted with the command" 780 1000 "$(value task-clock ./known threads 4)"
alone=$("$FPPROF" stat -i -q -x, -e task-clock -- ./known threads 4 2>&1 | cut -d, -f1 | head -n 1)
between "and left out with -i" 0 100 "$alone"
like "which says that user and sys are not" "user and sys are the times" \
	"$("$FPPROF" stat -i -e task-clock -- ./known threads 1 2>&1)"
between "children are counted" $((3 * 500)) 100000 "$(value syscalls:sys_enter_read sh -c './known reads 500; ./known reads 500; ./known reads 500')"

"$FPPROF" stat -e '{task-clock,cycles,page-faults}' -- ./known faults 100 2>group.txt
like "a member that is missing does not keep its group from being counted" "[1-9][0-9]* *page-faults" "$(cat group.txt)"

# ---- what runs already ------------------------------------------------------------------------------------------------

./known threads 3 &
pid=$!
while [ "$(ls /proc/$pid/task | wc -l)" -ne 4 ]; do sleep 0.01; done
"$FPPROF" stat -q -x, --per-thread -e task-clock -p $pid -o threads.csv
is "a process is counted to its end" 0 $?
wait $pid
is "its threads have rows of their own" 4 "$(grep -c '^known-[0-9]*,' threads.csv)"
"$FPPROF" stat -q -x, -a -A -e cpu-clock -o cpus.csv -- sleep 0.2
is "each CPU has a row of its own" "$(nproc)" "$(grep -c '^CPU[0-9]*,' cpus.csv)"
between "and its clock runs all the time" 190 2000 "$(cut -d, -f2 cpus.csv | head -n 1)"
"$FPPROF" stat -q -x, -C 0 -e cpu-clock --timeout 200 -o cpu.csv
is "one CPU can be counted for a time" 0 $?
between "and only that" 190 2000 "$(cut -d, -f1 cpu.csv | head -n 1)"

mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cgroup=fpprof-test-$$
if [ -n "$mount" ] && mkdir "$mount/$cgroup" 2>/dev/null; then
	at_exit "rmdir '$mount/$cgroup'"
	"$FPPROF" stat -q -x, -a -e task-clock,page-faults --for-each-cgroup "$cgroup" -o cgroup.csv -- \
		sh -c "echo \$\$ >'$mount/$cgroup/cgroup.procs' && ./known threads 2"
	between "a cgroup is counted alone" 380 600 "$(grep task-clock cgroup.csv | cut -d, -f1)"
	like "under its name" "$cgroup" "$(cat cgroup.csv)"
else
	skip "a cgroup is counted alone" "no cgroup can be made here"
	skip "under its name" "no cgroup can be made here"
fi

# ---- in the course of time --------------------------------------------------------------------------------------------

"$FPPROF" stat -q -x, -I 100 -e page-faults -o steps.csv -- sh -c './known faults 500; sleep 0.25; ./known faults 500'
between "intervals show what happened when" 3 60 "$(wc -l <steps.csv)"
"$FPPROF" stat -q -a -x, -I 200 --timeout 900 -e cpu-clock -o lengths.csv
is "an interval is as long as it was" "" \
	"$(awk -F, -v cpus="$(nproc)" '$7 < 0.95 * cpus || $7 > 1.05 * cpus { print }' lengths.csv)"
between "and their sum is the whole" 1000 2500 "$(awk -F, '$2 ~ /^[0-9]+$/ { sum += $2 } END { print sum }' steps.csv)"
between "a delay leaves out the start" 0 60 \
	"$("$FPPROF" stat -q -x, -D 1500 -e page-faults -- sh -c './known faults 500; sleep 2' 2>&1 | cut -d, -f1 | head -n 1)"
mkfifo ctl ack ready go stop
"$FPPROF" stat -q -x, -D -1 --control fifo:ctl,ack -e page-faults -o control.csv -- \
	sh -c './known faults 300; echo >ready; read x <go; ./known faults 700; echo >ready; read x <stop; ./known faults 300' &
pid=$!
read -r _ <ready
echo enable >ctl
read -r answer <ack
is "a word from outside is answered" ack "$answer"
echo >go
read -r _ <ready
echo disable >ctl
read -r answer <ack
echo >stop
wait $pid
is "and the command's status is returned" 0 $?
between "counts are of the time between enable and disable" 700 900 "$(cut -d, -f1 control.csv | head -n 1)"
"$FPPROF" stat -q -x, --wait-all -e page-faults -o orphan.csv -- sh -c '(sleep 0.2; ./known faults 900) & exit 3'
is "what is left in the background does not change the status" 3 $?
between "and is counted to its end with --wait-all" 900 1400 "$(cut -d, -f1 orphan.csv | head -n 1)"
between "and not without" 0 800 \
	"$("$FPPROF" stat -q -x, -e page-faults -- sh -c '(sleep 0.2; ./known faults 900) & exit 3' 2>&1 | cut -d, -f1 | head -n 1)"
done_testing
