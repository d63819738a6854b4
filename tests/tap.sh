# Sourced by the shell tests: they speak TAP, and their names state behaviour.
#
#	. "$srcdir/tests/tap.sh"
#	is "an exit status is returned" 3 "$status"
#	holds "the file is there" test -f "$file"
#	done_testing
#
# Environment: $FPPROF is the program, $CC the compiler, $srcdir the sources. FPPROF_NO_SKIP=1 makes a skip a failure.
# shellcheck shell=sh

: "${FPPROF:?names the program under test}" "${srcdir:?names the source tree}" "${CC:=cc}"
srcdir=$(cd "$srcdir" && pwd)
tap_count=0
tap_at_exit=:
tap_work=$(mktemp -d)
cd "$tap_work" || exit 99
trap 'eval "$tap_at_exit"; cd /; rm -rf "$tap_work"' EXIT
trap 'exit 1' HUP INT TERM

# at_exit COMMAND: runs it when the test ends, whatever ends it; the last one given comes first
at_exit() {
	tap_at_exit="$1; $tap_at_exit"
}

# report NAME STATUS [what to say when it failed]
report() {
	tap_count=$((tap_count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $tap_count - $1"
	else
		echo "not ok $tap_count - $1"
		[ -z "${3:-}" ] || printf '%s\n' "$3" | head -60 | sed 's/^/# /'
	fi
}

# is NAME WANTED GOT
is() {
	if [ "$2" = "$3" ]; then
		report "$1" 0
	else
		report "$1" 1 "wanted: $2
got:    $3"
	fi
}

# like NAME BASIC-REGEX TEXT
like() {
	if printf '%s\n' "$3" | grep -q -e "$2"; then
		report "$1" 0
	else
		report "$1" 1 "nothing like '$2' in:
$3"
	fi
}

# unlike NAME BASIC-REGEX TEXT
unlike() {
	if printf '%s\n' "$3" | grep -q -e "$2"; then
		report "$1" 1 "'$2' is in:
$3"
	else
		report "$1" 0
	fi
}

# holds NAME COMMAND..
holds() {
	tap_name=$1
	shift
	tap_output=$("$@" 2>&1)
	report "$tap_name" $? "$* said: $tap_output"
}

# skip NAME REASON: one test that cannot be run here
skip() {
	tap_count=$((tap_count + 1))
	if [ -n "${FPPROF_NO_SKIP:-}" ]; then
		echo "not ok $tap_count - $1"
		echo "# skipped, and skips are failures here: $2"
	else
		echo "ok $tap_count - $1 # SKIP $2"
	fi
}

# skip_all REASON: nothing of this file can be run here
skip_all() {
	if [ -n "${FPPROF_NO_SKIP:-}" ]; then
		echo "1..1"
		echo "not ok 1 - $(basename "$0") # skipped, and skips are failures here: $1"
	else
		echo "1..0 # SKIP $1"
	fi
	exit 0
}

done_testing() {
	echo "1..$tap_count"
	exit 0
}

# Can this user sample whole CPUs here?
need_whole_system() {
	"$FPPROF" record -q -a -d 0.05 -o tap-probe.pb.gz 2>tap-probe.txt ||
		skip_all "sampling the whole system is not permitted here: $(cat tap-probe.txt)"
	rm -f tap-probe.pb.gz tap-probe.txt
}

# median NUMBER..: on a shared machine one run can be disturbed, so the middle one of three is looked at
median() {
	printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

# charged_ns FILE: what the kernel charged a shell for its children: "0m1.230s 0m0.040s", the second line of `times`
charged_ns() {
	awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += 60 * t[1] + t[2] } } END { printf "%.0f", sum * 1e9 }' "$1"
}

# until_holds COMMAND..: waits for what must come; without it nothing that follows would mean anything
until_holds() {
	tap_tries=0
	until "$@" 2>/dev/null; do
		tap_tries=$((tap_tries + 1))
		if [ $tap_tries -gt 600 ]; then
			echo "Bail out! waited in vain for: $*"
			exit 1
		fi
		sleep 0.1
	done
}

need_command() {
	command -v "$1" >/dev/null 2>&1 || skip_all "there is no $1 here"
}
