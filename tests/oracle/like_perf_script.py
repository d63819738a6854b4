#!/usr/bin/env python3
"""Compares the stacks of `perf script` with fpprof's folded ones: like_perf_script.py SCRIPT.txt FOLDED PERIOD

Both are made of one perf.data file. Prints "samples N same M (P %)" and the first differences. A frame that fpprof does
not name has its address, which must be perf's, or its function's, which must be the last one of all that fpprof shows of
that file at or before perf's; one that perf does not name agrees with any name. fpprof shows inlined calls between perf's
frames, and of the names at one address of the C library each may show another.
"""
import bisect
import ctypes.util
import glob
import os
import re
import subprocess
import sys
from collections import Counter


def libc_names():
    """Each name of the C library's functions, with those at the same address."""
    by_address, out = {}, {}
    files = glob.glob('/lib/*/' + (ctypes.util.find_library('c') or 'libc.so.6')) + glob.glob('/lib64/libc.so.6')
    for file in files[:1]:
        notes = subprocess.run(['readelf', '-n', file], capture_output=True, text=True).stdout
        build_id = re.search(r'Build ID: (..)(\S+)', notes)
        debug = build_id and f'/usr/lib/debug/.build-id/{build_id.group(1)}/{build_id.group(2)}.debug'
        for table in [file, debug] if debug else [file]:
            for line in subprocess.run(['readelf', '-sW', table], capture_output=True, text=True).stdout.splitlines():
                words = line.split()
                if len(words) > 7 and words[3] in ('FUNC', 'IFUNC'):
                    by_address.setdefault(words[1], set()).add(words[7].split('@')[0])
    for names in by_address.values():
        for name in names:
            out.setdefault(name, set()).update(names)
    return out


LIBC = libc_names()


def perf_stacks(path):
    stacks = Counter()
    for block in open(path, errors='replace').read().split('\n\n'):
        lines = block.strip('\n').split('\n')
        if len(lines) < 2:
            continue
        frames = []
        for line in lines[1:]:
            found = re.match(r'\s*([0-9a-f]+) (.*?) \(([^)]*)\)$', line)
            if found and 'kernel' not in found.group(3) and '[guest' not in found.group(3):
                file = os.path.basename(found.group(3))
                frames.append((re.sub(r'@(?!plt$).*', '', found.group(2)), int(found.group(1), 16), file))
        if frames:
            stacks[tuple(reversed(frames))] += 1
    return stacks


def fpprof_stacks(path, period):
    stacks = Counter()
    for line in open(path):
        stack, value = line.rsplit(' ', 1)
        stacks[tuple(stack.split(';'))] += round(int(value) / period)
    return stacks


STARTS = {}  # of each file, where the functions begin that fpprof shows without a name, in order


def learn_starts(stacks):
    for frame in {frame for stack in stacks for frame in stack}:
        found = re.match(r'(.*)!0x([0-9a-f]+)$', frame)
        if found:
            bisect.insort(STARTS.setdefault(found.group(1), []), int(found.group(2), 16))


def function_at(file, address):
    starts = STARTS.get(file, [])
    i = bisect.bisect_right(starts, address)
    return f'{file}!0x{starts[i - 1]:x}' if i else None


def same_frame(theirs, mine):
    name, address, file = theirs
    place = re.search(r'\+0x([0-9a-f]+)$', mine)
    if place:
        return int(place.group(1), 16) in (address, address - 1)
    if re.search(r'!0x[0-9a-f]+$', mine):
        return name == '[unknown]' and mine == function_at(file, address)
    return name in (mine, '[unknown]') or mine in LIBC.get(name, ())


def agree(theirs, mine):
    left = iter(mine)
    return all(any(same_frame(frame, other) for other in left) for frame in theirs)


def main():
    perf, ours = perf_stacks(sys.argv[1]), fpprof_stacks(sys.argv[2], float(sys.argv[3]))
    learn_starts(ours)
    total, same, shown = sum(perf.values()), 0, 0
    pairs = [(len(other) - len(stack), stack, other) for stack in perf for other in ours if agree(stack, other)]
    for _, stack, other in sorted(pairs, key=lambda pair: pair[0]):
        if ours[other]:
            taken = min(perf[stack], ours[other])
            ours[other] -= taken
            perf[stack] -= taken
            same += taken
    for stack, left in perf.items():
        if left and shown < 10:
            shown += 1
            print('perf only', left, ';'.join(f'{name}@{address:x}' for name, address, _ in stack))
    for stack, count in ours.most_common(10):
        if count > 0:
            print('fpprof only', count, ';'.join(stack))
    print(f'samples {total} same {same} ({100 * same / max(total, 1):.1f} %)')


main()
