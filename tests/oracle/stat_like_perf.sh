#!/bin/sh
# What fpprof stat writes has the columns, fields and keys of perf stat 6.1. Other perfs have others.
. "$srcdir/tests/tap.sh"

make_stat=$(dirname "$FPPROF")/tests/oracle/make_stat
[ -x "$make_stat" ] || skip_all "tests/oracle/make_stat was not built"
need_command perf
case $(perf version) in
"perf version 6.1."*) ;;
*)
	report "there is nothing to compare with: this is $(perf version)" 0
	done_testing
	;;
esac
events=task-clock,context-switches,cpu-migrations,page-faults
perf stat -e $events -- true 2>perf.text || skip_all "perf cannot count here: $(cat perf.text)"

# Values and metrics are masked with the columns that they take, and so is what was run.
layout() {
	sed -e '/^Note: /d' -e "s/'.*'/COMMAND/" -e 's/^.\{18\} \(msec\|    \) /value \1 /' -e 's/ # .\{32\}$/ # metric/' \
		-e '/ seconds /s/[0-9]/9/g' "$1"
}
"$make_stat" no_pmu text >ours.text
layout perf.text >theirs.txt
layout ours.text >ours.txt
holds "the text has perf's columns" diff theirs.txt ours.txt

# fields FILE: how many a line has; each number once
fields() {
	awk -F, '{ print NF }' "$1" | sort -u
}

# like_perf NAME KIND OPTIONS..: CSV and JSON of KIND, and what perf writes with OPTIONS
like_perf() {
	name=$1
	"$make_stat" "$2" csv >ours.csv
	"$make_stat" "$2" json >ours.json
	shift 2
	perf stat -x, "$@" 2>perf.csv
	is "$name: the CSV has perf's fields" "$(fields perf.csv)" "$(fields ours.csv)"
	perf stat -j "$@" 2>perf.json
	is "$name: the JSON has perf's keys" "$(keys perf.json)" "$(keys ours.json | grep -F -x "$(keys perf.json)")"
}

keys() {
	sed -n '/"event"/p' "$1" | grep -o '"[a-z-]*" *:' | tr -d ' ' | sort -u
}

like_perf "a run" no_pmu -e $events -- true
like_perf "several runs" repeats -r 3 -e $events -- true
like_perf "intervals" interval -I 50 -e $events -- sleep 0.12
if perf stat -a -e task-clock -- true 2>/dev/null; then
	like_perf "CPUs" cpus -a -A -e $events -- true
	like_perf "intervals of CPUs" cpus_interval -a -A -I 50 -e $events -- sleep 0.12
else
	skip "CPUs" "perf may not count on whole CPUs here"
fi
# Not of all threads: perf fails when one of them ends while it opens its events.
sleep 60 &
like_perf "threads" threads -p $! --per-thread -e $events -- true
kill $!
done_testing
