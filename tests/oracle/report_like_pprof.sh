#!/bin/sh
# fpprof report prints what go tool pprof -top prints, line by line; and pprof reads every file that fpprof writes.
. "$srcdir/tests/tap.sh"

make_profile=$(dirname "$FPPROF")/tests/oracle/make_profile
[ -x "$make_profile" ] || skip_all "tests/oracle/make_profile was not built"

# pprof comes with Go as a tool of its own; the newest Go builds it first, and then its dates look otherwise.
for go in ${GO:-} /usr/lib/go/bin/go /usr/lib/go-1.19/bin/go go; do
	tools=$("$go" env GOTOOLDIR 2>/dev/null) || continue
	if [ -x "$tools/pprof" ]; then
		pprof="$tools/pprof"
		break
	fi
	"$go" tool -n pprof >/dev/null 2>&1 && pprof="$go tool pprof" && break
done
[ -n "${pprof:-}" ] || skip_all "there is no Go with pprof here"

export HOME="$PWD" PPROF_TMPDIR="$PWD" PPROF_BINARY_PATH="$PWD"
unset TZ

theirs() {
	# shellcheck disable=SC2086 # pprof may be three words
	$pprof -top "$@" 2>/dev/null
}

without_time() {
	grep -v '^Time: '
}

# same NAME FILE "OPTIONS OF PPROF" OPTIONS..: options are compared that both understand
same() {
	same_name=$1
	same_file=$2
	same_theirs=$3
	shift 3
	# shellcheck disable=SC2086
	theirs $same_theirs "$same_file" >theirs.txt
	"$FPPROF" report "$@" "$same_file" >ours.txt 2>ours.err
	if grep -q '^Time: ....-' theirs.txt; then
		without_time <theirs.txt >t && mv t theirs.txt
		without_time <ours.txt >t && mv t ours.txt
	fi
	holds "$same_name" diff theirs.txt ours.txt
}

for kind in $("$make_profile"); do
	file=$kind.pb.gz
	"$make_profile" "$kind" "$file"
	# shellcheck disable=SC2086
	holds "$kind: pprof reads the file" $pprof -raw -output=raw.txt "$file"
	# shellcheck disable=SC2086
	holds "$kind: and its stacks" $pprof -traces -output=traces.txt "$file"
	same "$kind" "$file" ""
	same "$kind, by cum" "$file" -cum --cum
	same "$kind, the first 7 rows" "$file" -nodecount=7 --nodes 7
	same "$kind, the first 3 rows by cum" "$file" "-cum -nodecount=3" --cum --nodes 3
	same "$kind, samples" "$file" -sample_index=samples --type samples
	for focus in 'function_1' '^m' 'odd\.c' 'lib' 'nothing has this name'; do
		theirs "-focus=$focus" "$file" >theirs.txt
		"$FPPROF" report --focus "$focus" "$file" >ours.txt 2>ours.err
		grep -q '^Time: ....-' theirs.txt && sed -i '/^Time: /d' theirs.txt ours.txt
		holds "$kind, focus on '$focus'" diff theirs.txt ours.txt
	done
done

same "bytes: another type" bytes.pb.gz -sample_index=inuse_space --type inuse_space
same "odd_units: a unit that nobody knows" odd_units.pb.gz -sample_index=length --type length
same "odd_units: a short name of a unit" odd_units.pb.gz -sample_index=heap --type heap
for zone in UTC America/New_York Asia/Kolkata; do
	TZ=$zone
	export TZ
	same "the time in $zone" one.pb.gz ""
done

long=$(printf '%0100d' 0 | tr 0 x)
same "a long filter is shortened" cpu.pb.gz "-focus=$long|function_1" --focus "$long|function_1"

is "a file comes through standard input" "$("$FPPROF" report cpu.pb.gz)" "$("$FPPROF" report - <cpu.pb.gz)"
is "options may stand behind the file" "$("$FPPROF" report --cum cpu.pb.gz)" "$("$FPPROF" report cpu.pb.gz --cum)"

# refuses NAME STATUS REGEX COMMAND..
refuses() {
	refuses_name=$1
	refuses_status=$2
	refuses_what=$3
	shift 3
	"$@" >out.txt 2>err.txt
	is "$refuses_name" "$refuses_status" $?
	like "$refuses_name, with a sentence" "$refuses_what" "$(cat err.txt)"
}

echo "no profile at all" >text
head -c 100 cpu.pb.gz >cut.pb.gz
printf PERFILE2xxxx >perf.data
: >empty
refuses "text is no profile" 1 "cannot read text: it is not a pprof profile" "$FPPROF" report text
refuses "a cut file is no profile" 1 "cut.pb.gz: the compressed data ends too early" "$FPPROF" report cut.pb.gz
refuses "an empty file is no profile" 1 "empty: it is empty" "$FPPROF" report empty
refuses "perf.data is for convert" 1 "fpprof convert" "$FPPROF" report perf.data
refuses "a file that is not there" 1 "absent" "$FPPROF" report absent
refuses "no file" 2 "needs a profile" "$FPPROF" report
refuses "two files" 2 "one profile" "$FPPROF" report cpu.pb.gz bytes.pb.gz
refuses "a type that is not there" 2 "no values of type 'wall'; it has samples, cpu" \
	"$FPPROF" report --type wall cpu.pb.gz
refuses "a broken expression" 2 "no regular expression" "$FPPROF" report --focus '(' cpu.pb.gz
refuses "a full disk" 1 "cannot write" sh -c '"$FPPROF" report cpu.pb.gz >/dev/full'

done_testing
