"""Compares what fpprof makes of a Go program's addresses with what its runtime says. usage: names_go.py NAME_PLACES PROGRAM N

Generic functions are printed without their type arguments by the runtime ("[...]"), and so they are here.
"""
import random
import re
import subprocess
import sys


def run(argv, text=""):
    return subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout


def ours(name_places, program, addresses):
    out = run([name_places, program], "".join(f"{a:x}\n" for a in addresses))
    return [[tuple(line.split("\t")[:3]) for line in place.split("\n") if line] for place in out.split("\n\n")[:-1]]


def plain(function):
    return re.sub(r"\[.*\]", "[...]", function)


def segments(program):
    loads = [line.split() for line in run(["readelf", "-lW", program]).splitlines() if line.split()[:1] == ["LOAD"]]
    return [(int(w[2], 16), int(w[2], 16) + int(w[4], 16), "E" in "".join(w[6:-1])) for w in loads]


def runtime(program, what, addresses):
    return run([program, what, f"{segments(program)[0][0]:x}"], "".join(f"{a:x}\n" for a in addresses)).splitlines()


def compare_places(name_places, program, n):
    random.seed(1)
    start, end = next((start, end) for start, end, is_code in segments(program) if is_code)
    addresses = sorted(random.sample(range(start, end), n))
    theirs = [tuple(line.split("\t")) for line in runtime(program, "places", addresses)]
    known = wrong = 0
    for address, want, got in zip(addresses, theirs, ours(name_places, program, addresses)):
        if not want[0] or want[1] == "?":  # no function, or what fills the gap behind one
            continue
        known += 1
        function, file, line = got[0] if got else ("", "", "")
        if (plain(function), file, line) != (plain(want[0]), want[1], want[2]):
            wrong += 1
            print(f"# {address:#x}: {got[:1]}, and the runtime says {want}")
    print(f"# {known} places known to the runtime, {wrong} told otherwise")
    return known > n / 2 and wrong <= known / 1000


def compare_stack(name_places, program):
    frames = [line.split("\t") for line in runtime(program, "stack", [])]
    chains = ours(name_places, program, [int(f[0], 16) for f in frames])
    inlined = 0
    for i, (frame, chain) in enumerate(zip(frames, chains)):
        want = [(plain(f[1]), f[2], f[3]) for f in frames[i:i + len(chain)]]
        if [(plain(f), file, line) for f, file, line in chain] != want:
            print(f"# {frame}: {chain}, and the runtime says {want}")
            return False
        inlined += len(chain) > 1
    print(f"# {len(frames)} frames, {inlined} of them inlined")
    return inlined >= 3


if sys.argv[1] == "places":
    sys.exit(not compare_places(sys.argv[2], sys.argv[3], int(sys.argv[4])))
sys.exit(not compare_stack(sys.argv[2], sys.argv[3]))
