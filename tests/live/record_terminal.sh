#!/bin/sh
# On a terminal: a progress line while it runs, and no profile into the terminal's face. script(1) makes the terminal.
. "$srcdir/tests/tap.sh"
need_whole_system
need_command script

# on_terminal COMMAND: what a person would see; the status of the command is in status.txt
on_terminal() {
	script -qec "$1; echo \$? >status.txt" /dev/null </dev/null 2>&1
}

seen=$(on_terminal "'$FPPROF' record -d 2.5 -a -o out.pb.gz")
is "a recording on a terminal works" 0 "$(cat status.txt)"
like "and shows how far it is" "fpprof: 1 s, [0-9]* samples, 0 lost" "$seen"
like "and ends in one summary line" "samples* in 2.5 s, 0 lost, throttled 0 times" "$seen"
like "that names the file" "in out.pb.gz" "$seen"
seen=$(on_terminal "'$FPPROF' record -q -d 1.5 -a -o out.pb.gz")
is "-q silences all of it" "" "$seen"
seen=$(on_terminal "'$FPPROF' record -o - -- touch ran")
is "a profile is not written to a terminal" 1 "$(cat status.txt)"
like "and that is said with what to do instead" "-o FILE" "$seen"
holds "before the command ran" test ! -e ran
seen=$("$FPPROF" record -d 1.5 -a -o out.pb.gz 2>&1)
unlike "off a terminal there is no progress line" "fpprof: 1 s," "$seen"

# interrupt.py KEYS COMMAND..: Ctrl-C, Ctrl-\ (Q), or the terminal goes away (H).
# Ctrl-C: the terminal sends SIGINT to the command as well; the profile is written, and the status is the command's.
cat >interrupt.py <<'END'
import os, pty, sys, time
keys = sys.argv[1]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
time.sleep(1)
for key in keys:
    if key == 'H':
        os.close(fd)
    else:
        os.write(fd, {'C': b'\x03', 'Q': b'\x1c'}[key])
    time.sleep(0.2)
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
if command -v python3 >/dev/null 2>&1; then
	python3 interrupt.py C "$FPPROF" record -o interrupted.pb.gz -- sh -c 'trap "exit 9" INT; while :; do :; done'
	is "Ctrl-C reaches the command, whose status is returned" 9 $?
	holds "and the profile is there" "$FPPROF" report interrupted.pb.gz
	count='n=0; trap "n=\$((n + 1))" INT QUIT; i=0; while [ $i -lt 15 ]; do sleep 0.1; i=$((i + 1)); done; exit $n'
	python3 interrupt.py C "$FPPROF" record -o interrupted.pb.gz -- sh -c "$count"
	is "and not twice" 1 $?
	python3 interrupt.py Q "$FPPROF" record -o interrupted.pb.gz -- sh -c "$count"
	is "nor does Ctrl-\\" 1 $?
	python3 interrupt.py C "$FPPROF" record -d 0.3 -o interrupted.pb.gz -- sh -c "$count"
	is "also when the profile is written and only the command still runs" 1 $?
	python3 interrupt.py CC "$FPPROF" record -o second.pb.gz -- sh -c 'trap "" INT; sleep 2.5; test -s second.pb.gz && exit 5'
	is "a second Ctrl-C ends the recording without the command, whose status is waited for" 5 $?
	python3 interrupt.py H "$FPPROF" record -o hangup.pb.gz -- sh -c 'trap "exit 4" HUP; i=0; while [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done'
	is "a hangup, which the terminal tells to its session's leader, reaches the command" 4 $?
	holds "and the profile is there then, too" "$FPPROF" report hangup.pb.gz
	python3 interrupt.py C "$FPPROF" record -a -o system.pb.gz
	is "Ctrl-C ends a recording of the system" 0 $?
	holds "with its profile" "$FPPROF" report system.pb.gz
else
	skip "Ctrl-C reaches the command" "there is no python3 here"
fi
done_testing
