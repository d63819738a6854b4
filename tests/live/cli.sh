#!/bin/sh
# The frame: help, version, wrong words, manual pages, completion. Needs no privileges.
. "$srcdir/tests/tap.sh"

fpprof() {
	"$FPPROF" "$@" >out.txt 2>err.txt
	status=$?
	out=$(cat out.txt)
	err=$(cat err.txt)
}

fpprof
is "fpprof alone succeeds" 0 $status
like "and prints help" "^Usage: fpprof COMMAND" "$out"
like "which lists the commands" "^  record  *sample" "$out"
help=$out
fpprof --help
is "--help prints the same" "$help" "$out"
fpprof help
is "so does help" "$help" "$out"
fpprof help record
is "help on a command succeeds" 0 $status
record_help=$out
fpprof record --help
is "and is what its --help prints" "$record_help" "$out"
fpprof record -h
is "and its -h" "$record_help" "$out"
is "no line of help is wider than a terminal" "" "$(printf '%s\n' "$record_help" | awk 'length > 80')"
fpprof --version
like "--version prints the version" "^fpprof [0-9]*\.[0-9]" "$out"

fpprof recrod
is "an unknown command is a usage error" 2 $status
is "with one line, and the nearest name" "fpprof: no command 'recrod'; did you mean record?" "$err"
fpprof nothing-of-the-kind
like "a command that is like no other is sent to help" "'fpprof help' lists them" "$err"
fpprof record --lables=comm
is "an unknown option is a usage error" 2 $status
is "with the nearest name" "fpprof: no option --lables; did you mean --labels?" "$err"
fpprof record -F many
is "an argument that is no number is a usage error" 2 $status
fpprof record -F 1.9
is "half a sample is none to be had" "fpprof: -F takes a whole number, and 1.9 is none" "$err"
fpprof --verison
like "the frame's own options are checked, too" "did you mean --version" "$err"
fpprof doctor everything
is "a word too many is a usage error" 2 $status
fpprof help record --troff
like "options may stand behind what they are about" "^.TH FPPROF" "$out"
fpprof help record report
is "help on two things is a usage error" 2 $status
"$FPPROF" help >/dev/full 2>err.txt
is "help that cannot be written is a failure" 1 $?
like "which is said" "cannot write to standard output" "$(cat err.txt)"
"$FPPROF" help >out.txt <&- 2>&-
is "closed standard streams do no harm" 0 $?
"$FPPROF" help >&- 2>err.txt
is "but nothing is printed on a standard output that is closed" 1 $?
like "which is said, too" "cannot write to standard output" "$(cat err.txt)"

commands=$("$FPPROF" help | awk '/^[A-Z]/ { inside = /^Commands:/ } inside && /^  [a-z]/ { print $1 }')
like "there are commands" "^doctor" "$commands"
for command in $commands; do
	"$FPPROF" help --troff "$command" >page.1
	like "the manual page of $command has its options" '\\-\\-help' "$(cat page.1)"
	if command -v groff >/dev/null 2>&1; then
		is "and is clean troff" "" "$(groff -man -ww -z -Tutf8 page.1 2>&1)"
	else
		skip "and is clean troff" "there is no groff here"
	fi
done
like "the manual page of fpprof names the others" 'fpprof\\-record' "$("$FPPROF" help --troff)"

# complete WORD..: what bash offers behind these words
complete_words() {
	"$FPPROF" help --bash-completion >completion.bash
	bash -c '. ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fpprof; echo "${COMPREPLY[*]}"' bash "$@"
}

if command -v bash >/dev/null 2>&1; then
	is "bash completes commands" "record" "$(complete_words fpprof rec)"
	is "and their options" "--duration" "$(complete_words fpprof record --dur)"
	is "and leaves arguments to bash" "" "$(complete_words fpprof record -o --f)"
	is "and the commands behind help" "convert" "$(complete_words fpprof help conv)"
else
	skip "bash completion" "there is no bash here"
fi

fpprof doctor
like "doctor says whether the whole system can be sampled" "^[a-z]*  *whole system" "$out"
is "and all it says begins with a mark or is indented" "" \
	"$(printf '%s\n' "$out" | grep -v "^ok \|^limited \|^missing \|^ \|^\$\|^'fpprof record'")"
if "$FPPROF" record -q -a -d 0.05 -o probe.pb.gz 2>/dev/null; then wanted=0; else wanted=1; fi
is "and its exit status is what record -a finds" $wanted $status
done_testing
