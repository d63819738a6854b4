#!/usr/bin/env python3
"""Compares the stacks of `perf script` with fpprof's folded ones: like_perf_script.py SCRIPT.txt FOLDED PERIOD

Both are made of one perf.data file. Prints "samples N same M (P %)" and the first differences. A frame that fpprof does
not name has its address, which must be perf's; one that perf does not name agrees with any name.
"""
import re
import sys
from collections import Counter


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
                frames.append((re.sub(r'@.*', '', found.group(2)), int(found.group(1), 16)))
        if frames:
            stacks[tuple(reversed(frames))] += 1
    return stacks


def fpprof_stacks(path, period):
    stacks = Counter()
    for line in open(path):
        stack, value = line.rsplit(' ', 1)
        stacks[tuple(stack.split(';'))] += round(int(value) / period)
    return stacks


def same_frame(theirs, mine):
    name, address = theirs
    place = re.search(r'\+0x([0-9a-f]+)$', mine)
    if place:
        return int(place.group(1), 16) in (address, address - 1)
    return name in (mine, '[unknown]')


def agree(theirs, mine):
    return len(theirs) == len(mine) and all(map(same_frame, theirs, mine))


def main():
    perf, ours = perf_stacks(sys.argv[1]), fpprof_stacks(sys.argv[2], float(sys.argv[3]))
    total, same, shown = sum(perf.values()), 0, 0
    for stack in perf:
        for other in [o for o in ours if agree(stack, o)]:
            taken = min(perf[stack], ours[other])
            ours[other] -= taken
            perf[stack] -= taken
            same += taken
    for stack, left in perf.items():
        if left and shown < 10:
            shown += 1
            print('perf only', left, ';'.join(f'{name}@{address:x}' for name, address in stack))
    for stack, count in ours.most_common(10):
        if count > 0:
            print('fpprof only', count, ';'.join(stack))
    print(f'samples {total} same {same} ({100 * same / max(total, 1):.1f} %)')


main()
