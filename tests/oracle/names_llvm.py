"""Compares what fpprof makes of a file's addresses with what llvm-symbolizer says. usage: names_llvm.py NAME_PLACES FILE N

Function (the linker's name), file, line and column of each inlined call and of the function around them must be equal.
"""
import os
import random
import subprocess
import sys


def run(argv, text=""):
    return subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout


def places(text):
    return [[line for line in place.split("\n") if line] for place in text.split("\n\n")[:-1]]


def clean(path):
    return os.path.normpath(path) if path and path != "??" else ""


def ours(name_places, file, addresses):
    out = []
    for place in places(run([name_places, file], "".join(f"{a:x}\n" for a in addresses))):
        frames = [line.split("\t") for line in place]
        out.append([(f[0], clean(f[1]), f[2], f[3]) for f in frames])
    return out


def theirs(file, addresses):
    out = []
    text = run(["llvm-symbolizer", "--inlines", "--no-demangle", "--functions=linkage", "--obj=" + file],
               "".join(f"{a:#x}\n" for a in addresses))
    for place in places(text):
        frames = []
        for function, where in zip(place[::2], place[1::2]):
            path, line, column = where.rsplit(":", 2)
            path = clean(path) if "/" in path else ""  # a bare name is the symbol table's, of the file before the symbol
            frames.append((function, path, line, column))
        out.append(frames)
    return out


def aliases(file):
    """Each symbol's first name in the alphabet at the same address: C++ has two names for most constructors."""
    by_address = {}
    for line in run(["readelf", "-sW", file]).splitlines():
        words = line.split()
        if len(words) > 7 and words[3] in ("FUNC", "NOTYPE", "IFUNC"):
            by_address.setdefault(words[1], set()).add(words[7].split("@")[0])
    return {name: min(names) for names in by_address.values() for name in names}


def code(file):
    for line in run(["readelf", "-SW", file]).splitlines():
        words = line.replace("[ ", "[").split()
        if len(words) > 5 and words[1] == ".text":
            return int(words[3], 16), int(words[3], 16) + int(words[5], 16)
    raise SystemExit("no code in " + file)


def main():
    name_places, file, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    start, end = code(file)
    random.seed(1)
    addresses = sorted(random.sample(range(start, end), min(n, end - start)))
    alias = aliases(file)
    known = wrong = inlined = 0
    for address, got, want in zip(addresses, ours(name_places, file, addresses), theirs(file, addresses), strict=True):
        if want[-1][0] == "??" and not want[0][1]:  # nothing is known of it
            continue
        known += 1
        inlined += len(want) > 1
        if want[-1][0] == "??":  # only the line is known, and we show the address
            want[-1] = (f"{os.path.basename(file)}+{address:#x}",) + want[-1][1:]
        for frames in got, want:
            frames[-1] = (alias.get(frames[-1][0], frames[-1][0]),) + frames[-1][1:]
        if got != want:
            wrong += 1
            print(f"# {address:#x}:\n#   fpprof {got}\n#   llvm   {want}")
    print(f"# {known} places of {len(addresses)} known to llvm-symbolizer, {inlined} in inlined calls; {wrong} told otherwise")
    return known < len(addresses) / 3 or wrong > known / 1000


sys.exit(main())
