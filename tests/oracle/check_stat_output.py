"""Reads what fpprof stat writes as its readers do: the csv module, with perf's list of fields, and the json module.

check_stat_output.py SCHEMA TEXT CSV JSON: the three tell the same, and the JSON obeys the schema.
"""

import csv
import io
import json
import re
import sys

import jsonschema

USAGE = {"duration_time", "user_time", "system_time", "max_rss", "minor_faults", "major_faults",
         "voluntary_switches", "involuntary_switches", "blocks_in", "blocks_out", "cpu_percent"}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def lines_of_json(text):
    return [json.loads(line, parse_constant=no_constant) for line in text.splitlines()]


def fields(rows):
    """perf's order, as it comes out of the events' objects."""
    names = []
    if "interval" in rows[0]:
        names.append("interval")
    names += [key for key in ("cpu", "thread") if any(key in row for row in rows)]
    names += ["counter-value", "unit", "event"]
    if any("cgroup" in row for row in rows):
        names.append("cgroup")
    if rows[0]["runs"] > 1:
        names.append("variance")
    return names + ["event-runtime", "pcnt-running", "metric-value", "metric-unit"]


def same_number(told, exact):
    decimals = len(told.partition(".")[2])
    return abs(float(told) - exact) <= 0.500001 * 10 ** -decimals + 1e-9 * abs(exact)


def check_metric(told, unit, exact, exact_unit):
    if exact is None:
        assert told == unit == "", (told, unit)
        return
    factor = {"K/sec": 1e3, "M/sec": 1e6, "G/sec": 1e9}.get(unit, 1)
    assert same_number(told, exact / factor), (told, unit, exact)
    assert exact_unit == ("/sec" if unit.endswith("/sec") else unit), (unit, exact_unit)


def check_row(told, row):
    for name in ("unit", "event", "cgroup", "thread", "cpu"):
        if name in told:
            wanted = row.get(name, "")
            assert told[name] == ("CPU" + wanted if name == "cpu" else wanted), (name, told, row)
    for name in ("interval", "event-runtime", "pcnt-running"):
        if name in told:
            assert same_number(told[name], row[name]), (name, told, row)
    if row["state"] == "counted":
        assert same_number(told["counter-value"], row["counter-value"]), (told, row)
    else:
        assert told["counter-value"] == f"<{row['state']}>", (told, row)
    if row.get("variance") is not None:
        assert told["variance"].endswith("%") and same_number(told["variance"][:-1], row["variance"]), (told, row)
    check_metric(told["metric-value"], told["metric-unit"], row["metric-value"], row["metric-unit"])


def check_csv(text, rows):
    assert text.count("\n") == len(text.splitlines()), "a field with a line break"
    names = fields(rows)
    lines = list(csv.reader(io.StringIO(text), strict=True))
    for line in lines:
        assert len(line) == len(names), (names, line)
    table = [dict(zip(names, line)) for line in lines]
    told = [row for row in table if row["event"] and row["event"] not in USAGE]
    more = [row for row in table if not row["event"]]
    assert len(told) == len(rows), (len(told), len(rows))
    for one, row in zip(told, rows):
        check_row(one, row)
    wanted = [metric for row in rows for metric in row.get("more-metrics", [])]
    for one, metric in zip(more, wanted, strict=True):
        check_metric(one["metric-value"], one["metric-unit"], metric["metric-value"], metric["metric-unit"])
    return {row["event"]: row for row in table if row["event"] in USAGE}


def check_run(run, usage):
    assert same_number(usage["duration_time"]["counter-value"], run["elapsed"]["mean"] * 1e9)
    assert ("user_time" in usage) == (run["user"] is not None)
    if run["user"] is not None:
        assert same_number(usage["user_time"]["counter-value"], run["user"] * 1e9)
        assert same_number(usage["system_time"]["counter-value"], run["sys"] * 1e9)
    if "max_rss" in usage:
        assert int(usage["max_rss"]["counter-value"]) == run["rusage"]["max-rss-kib"]


def check_clean(text):
    assert all(c == "\n" or c.isprintable() or c == "\ufffd" for c in text), "a control character"
    assert not re.search(r"\b(nan|inf|infinity)\b", text, re.IGNORECASE), "no number"


def check(schema, text, table, objects):
    lines = lines_of_json(objects)
    for line in lines:
        jsonschema.Draft7Validator(schema).validate(line)
    rows = [line for line in lines if "event" in line]
    runs = [line for line in lines if "schema" in line]
    assert len(rows) + len(runs) == len(lines)
    for each in (text, table, objects):
        check_clean(each)
    if rows:
        usage = check_csv(table, rows)
        assert len(runs) == ("interval" not in rows[0])
        for run in runs:
            check_run(run, usage)


def main():
    schema = json.loads(read(sys.argv[1]))
    jsonschema.Draft7Validator.check_schema(schema)
    check(schema, *(read(path) for path in sys.argv[2:5]))


if __name__ == "__main__":
    main()
