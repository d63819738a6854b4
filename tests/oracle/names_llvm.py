"""Compares what fpprof makes of a file's addresses with what llvm-symbolizer says. usage: names_llvm.py NAME_PLACES FILE N [DEBUG-FILE]

Function (the linker's name), file, line and column of each inlined call and of the function around them must be equal.
llvm-symbolizer takes a stripped file's symbols from the file itself: it is asked of the file with debugging information.
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


def addresses_of(file):
    """Each symbol's addresses: most constructors have two names at one, versions of a function one name at two."""
    out = {}
    for line in run(["readelf", "-sW", file]).splitlines():
        words = line.split()
        if len(words) > 7 and words[3] in ("FUNC", "NOTYPE", "IFUNC"):
            out.setdefault(words[7].split("@")[0], set()).add(words[1])
    return out


def is_same(got, want, at):
    """The outermost function may go by any name that its symbols have."""
    ours, theirs = (frames[-1][0].split("@")[0] for frames in (got, want))
    return got[:-1] == want[:-1] and got[-1][1:] == want[-1][1:] and \
        (ours == theirs or bool(at.get(ours, set()) & at.get(theirs, set())))


def code(file):
    for line in run(["readelf", "-SW", file]).splitlines():
        words = line.replace("[ ", "[").split()
        if len(words) > 5 and words[1] == ".text":
            return int(words[3], 16), int(words[3], 16) + int(words[5], 16)
    raise SystemExit("no code in " + file)


def main():
    name_places, file, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    debug = sys.argv[4] if len(sys.argv) > 4 else file
    start, end = code(file)
    random.seed(1)
    addresses = sorted(random.sample(range(start, end), min(n, end - start)))
    at = addresses_of(debug)
    known = wrong = inlined = 0
    answers = zip(addresses, ours(name_places, file, addresses), theirs(debug, addresses), strict=True)
    for address, got, want in answers:
        if want[-1][0] == "??" and not want[0][1]:  # nothing is known of it
            continue
        known += 1
        inlined += len(want) > 1
        if want[-1][0] == "??":  # only the line is known, and we show the address
            want[-1] = (f"{os.path.basename(file)}+{address:#x}",) + want[-1][1:]
        if not is_same(got, want, at):
            wrong += 1
            print(f"# {address:#x}:\n#   fpprof {got}\n#   llvm   {want}")
    print(f"# {known} places of {len(addresses)} known to llvm-symbolizer, {inlined} in inlined calls; {wrong} told otherwise")
    return known < len(addresses) / 3 or wrong > known / 1000


sys.exit(main())
