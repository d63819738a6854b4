#!/bin/sh
# Machines and users that may less, or have less, than this one: refusals, fall-backs, tiny limits.
. "$srcdir/tests/tap.sh"
need_whole_system

$CC -shared -fPIC -o interpose.so "$srcdir/tests/live/interpose.c" -ldl
$CC -O2 -pthread -o burn "$srcdir/tests/bench/burn.c"
$CC -O1 -fno-omit-frame-pointer -DROUNDS=300000L -o spin "$srcdir/tests/bench/spin.c"
chmod 755 .

# with "VARIABLE=VALUE.." ARGS..: fpprof on the machine that the variables describe
with() {
	settings=$1
	shift
	# shellcheck disable=SC2086
	env $settings LD_PRELOAD="$PWD/interpose.so" ASAN_OPTIONS=verify_asan_link_order=0 "$FPPROF" "$@" 2>err.txt
	status=$?
	err=$(cat err.txt)
}

for code in ENOENT ENODEV ENXIO EOPNOTSUPP; do
	with INTERPOSE_HARDWARE=$code record -o out.folded -- ./spin
	is "without hardware counters ($code) the CPU clock is sampled" 0 $status
	is "and that is said once" 1 "$(printf '%s\n' "$err" | grep -c 'no hardware counters')"
	like "and the profile is right" "descend;churn" "$(cat out.folded)"
done
with INTERPOSE_HARDWARE=ENOENT record -e instructions -o out.folded -- ./spin
is "an event asked for by name is not replaced" 1 $status
like "but said to be missing" "instructions" "$err"

with INTERPOSE_HARDWARE=clock record -o cycles.pb.gz -- ./spin
is "with hardware counters cycles are sampled" 0 $status
unlike "without a word about a fall-back" "no hardware" "$err"
if command -v go >/dev/null 2>&1; then
	types=$(go tool pprof -raw cycles.pb.gz 2>/dev/null | sed -n '/^Samples/{n;p;}')
	is "and become time as well" "samples/count cycles/count cpu/nanoseconds" "$types"
	go tool pprof -raw cycles.pb.gz 2>/dev/null | awk '
		/^ *[0-9]+ +[0-9]+ +[0-9]+:/ { cycles += $2; ns += $3 + 0 }
		END { exit !(cycles > 100e6 && ns > 0.9 * cycles && ns < 1.1 * cycles) }'
	is "by the rate of the CPU, which is one a nanosecond" 0 $?
	with INTERPOSE_HARDWARE=clock record -e cycles:u -o user.pb.gz -- ./spin
	types=$(go tool pprof -raw user.pb.gz 2>/dev/null | sed -n '/^Samples/{n;p;}')
	is "but not those of user code alone" "samples/count cycles/count" "$types"
else
	skip "and become time as well" "there is no go here"
	skip "by the rate of the CPU, which is one a nanosecond" "there is no go here"
	skip "but not those of user code alone" "there is no go here"
fi

# rate: samples for a thousand that the asked-for rate gives in the CPU time that the kernel charged
rate() {
	with INTERPOSE_HARDWARE=clock record -F 499 -o rate.pb.gz -- sh -c './burn 2; times >times.txt'
	samples=$(printf '%s\n' "$err" | sed -n 's/^fpprof: \([0-9]*\) samples in .*/\1/p')
	echo $((samples * 1000000000 / 499 * 1000 / $(charged_ns times.txt)))
}
seen="$(rate) $(rate) $(rate)"
# shellcheck disable=SC2086
off=$(($(median $seen) - 1000))
holds "at the asked-for rate, to 5 %, in the median of three runs (per mille: $seen)" test ${off#-} -le 50
with "INTERPOSE_HARDWARE=clock INTERPOSE_PRECISE=1" record -e cycles:pp -o out.folded -- ./spin
is "a PMU that is less precise than asked for is sampled as it is" 0 $status
like "and that is said" "precise_ip 1" "$err"
unlike "and the CPU clock is not what it becomes" "no hardware" "$err"
with "INTERPOSE_HARDWARE=clock INTERPOSE_PRECISE=0" record -e cycles:P -o out.folded -- ./spin
is "one of no precision, too" 0 $status
unlike "without a word where none was asked for" "precise\|no hardware" "$err"
with INTERPOSE_HARDWARE=ENOENT record -e cycles:P -o out.folded -- ./spin
like "cycles that were asked for by name become the CPU clock with a sentence" "CPU clock instead of cycles:P" "$err"

with INTERPOSE_HARDWARE=ENOENT record -e cpu-clock -c 1000 -o fast.pb.gz -- true
is "a clock that is asked for more than the kernel gives is sampled as fast as it can" 0 $status
is "and that is said once" 1 "$(printf '%s\n' "$err" | grep -c 'once in 10000 ns')"

with INTERPOSE_OLD=1 record -o out.folded -- ./spin
is "an older kernel will do" 0 $status
like "all the same" "descend;churn" "$(cat out.folded)"

with INTERPOSE_WIDE=EACCES record -o out.folded -- ./spin
is "where the whole system may not be sampled the command's threads are" 0 $status
is "and the bias is said once" 1 "$(printf '%s\n' "$err" | grep -c 'mostly missed')"
like "and the profile is right" "main;descend" "$(cat out.folded)"

# A thread may end between the opening of its two events on a CPU. With the third one it has only those of the first CPU.
sleep 60 &
pid=$!
died=0 refused=0
for nth in 1 2 3 4; do
	with "INTERPOSE_WIDE=EACCES INTERPOSE_GONE=$nth" record -p "$pid" -d 0.1 -o out.folded
	[ "$status" -le 1 ] || died=$((died + 1))
	[ "$status" -eq 0 ] || refused=$((refused + 1))
	[ "$status" -eq 0 ] || printf '%s\n' "$err" >gone.txt
done
kill "$pid"
wait "$pid" 2>/dev/null
is "a thread that ends while its events are opened never takes fpprof along" 0 $died
like "but the target has ended where nothing of it could be opened ($refused times)" "has ended before" "$(cat gone.txt)"

with INTERPOSE_WIDE=EACCES record -a -d 0.1 -o out.folded
is "but the whole system is refused" 1 $status
like "with the sysctl that mends it" "perf_event_paranoid" "$err"
with INTERPOSE_ALL=EACCES record -o out.folded -- touch ran
is "a user who may nothing is refused" 1 $status
eacces=$err
with INTERPOSE_ALL=EPERM record -o out.folded -- touch ran
eperm=$err
with INTERPOSE_ALL=ENOSYS record -o out.folded -- touch ran
holds "EACCES, EPERM and ENOSYS are three different sentences" \
	test "$eacces" != "$eperm" -a "$eperm" != "$err" -a "$eacces" != "$err"
holds "and the command never ran" test ! -e ran

# A user without privileges, for real.
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null 2>&1; then
	skip "an ordinary user can record a command" "this takes root and setpriv"
	done_testing
fi
# The program may lie where that user cannot reach it.
mkdir -m 777 user
cp "$FPPROF" user/fpprof && chmod 755 user/fpprof
as_user() {
	(cd user && setpriv --reuid=65534 --regid=65534 --clear-groups "$@")
}
as_user ./fpprof record -o out.folded -- ../spin 2>err.txt
is "an ordinary user can record a command" 0 $?
like "with its functions" "main;descend" "$(cat user/out.folded)"
like "and is told what is missing" "not permitted" "$(cat err.txt)"
as_user ./fpprof record -e cpu-clock:k -o out.folded -- ../spin 2>err.txt
is "but not what the kernel does, alone" 1 $?
like "which is said" "what the kernel does.*perf_event_paranoid" "$(cat err.txt)"
as_user ./fpprof record -p 1 -d 0.1 -o out.folded 2>err.txt
is "another user's process is refused" 1 $?
as_monitor() {
	(cd user && setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+perfmon --ambient-caps=+perfmon "$@")
}
../spin & spinner=$!
if as_monitor ./fpprof record -v -a -d 0.2 -o out.folded 2>err.txt; then
	like "processes whose mappings one may not read are counted" "; [1-9][0-9]* processes whose mappings may not be read" \
		"$(cat err.txt)"
	like "with what mends it" "cap_sys_ptrace" "$(cat err.txt)"
	unlike "and what is in them is not taken for code from a JIT" "\[unknown\].*JIT" "$(cat err.txt)"
else
	skip "processes whose mappings one may not read are counted" "the kernel allows nothing to CAP_PERFMON"
fi
kill $spinner
kb=$(cat /proc/sys/kernel/perf_event_mlock_kb)
at_exit "echo $kb >/proc/sys/kernel/perf_event_mlock_kb"
echo 16 >/proc/sys/kernel/perf_event_mlock_kb
(
	ulimit -l 64
	as_user ./fpprof record -o out.folded -- ../spin 2>err.txt
)
is "a tiny limit on locked memory will do" 0 $?
is "and is said once" 1 "$(grep -c 'perf_event_mlock_kb' err.txt)"
like "and the profile is right" "main;descend" "$(cat user/out.folded)"
done_testing
