#!/bin/sh
# What fpprof stat writes is read by a real CSV reader and a real JSON reader, and its formats tell the same.
. "$srcdir/tests/tap.sh"

make_stat=$(dirname "$FPPROF")/tests/oracle/make_stat
[ -x "$make_stat" ] || skip_all "tests/oracle/make_stat was not built"
schema=$srcdir/docs/stat-output.schema.json

for python in python3 /usr/bin/python3; do
	"$python" -c 'import jsonschema' 2>/dev/null && break
	python=
done
[ -n "$python" ] || skip_all "no python3 here has the module jsonschema"

check() {
	"$python" "$srcdir/tests/oracle/check_stat_output.py" "$schema" "$@"
}

for kind in $("$make_stat"); do
	for format in text csv json; do
		"$make_stat" "$kind" "$format" >"$kind.$format"
	done
	holds "$kind: text, CSV and JSON tell the same, and the JSON obeys the schema" \
		check "$kind.text" "$kind.csv" "$kind.json"
done

# A check that cannot fail checks nothing.
sed 's/"counter-value": 22,/"counter-value": "22",/' no_pmu.json >broken.json
! check no_pmu.text no_pmu.csv broken.json >broken.txt 2>&1
report "a count that is no number breaks the schema" $? "$(cat broken.txt)"
sed 's/^22,/23,/' no_pmu.csv >broken.csv
! check no_pmu.text broken.csv no_pmu.json >broken.txt 2>&1
report "a count that differs is noticed" $? "$(cat broken.txt)"

done_testing
