#!/usr/bin/env python3
"""What profiling costs, as ratios: bare, fpprof and perf in turn, round by round; medians of the rounds' ratios.

Run by scripts/bench, which builds what is needed. Nothing here is a test: it prints what it measured and the figure to reach.
"""
import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def run(argv, interrupt_after=None, cwd=None):
    """Runs to the end: wall seconds, CPU seconds of it and all it waited for, peak KiB, standard error."""
    err = open('stderr.txt', 'w+')
    start = time.monotonic()
    child = subprocess.Popen(['./rusage', 'rusage.txt', *argv], stdout=subprocess.DEVNULL, stderr=err, cwd=cwd)
    stopped = None
    if interrupt_after:
        time.sleep(interrupt_after)
        stopped = time.monotonic()
        child.send_signal(signal.SIGINT)
    child.wait()
    end = time.monotonic()
    wall, cpu, peak = open('rusage.txt').read().split()
    err.seek(0)
    text = err.read()
    err.close()
    return {'wall': float(wall), 'cpu': float(cpu), 'rss': int(peak) + rings(text), 'err': text,
            'status': child.returncode, 'stop': end - stopped if stopped else None}


def rings(text):
    """KiB of ring buffers, which the kernel does not count as ours: fpprof -v tells."""
    found = re.search(r'Rings: (\d+) KiB', text)
    return int(found.group(1)) if found else 0


def lost(text):
    found = re.search(r'(\d+) samples in .*?, (\d+) lost', text)
    return (int(found.group(1)), int(found.group(2))) if found else (0, -1)


def profile_cpu(path):
    """Seconds of cpu/nanoseconds in a profile, by go tool pprof; None without it."""
    try:
        text = subprocess.run(['go', 'tool', 'pprof', '-raw', '-sample_index=1', path], capture_output=True, text=True).stdout
    except FileNotFoundError:
        return None
    return sum(int(m.group(1)) for m in re.finditer(r'^ +\d+ +(\d+): ', text, re.M)) / 1e9


def row(name, value, target, note=''):
    print(f'{name:58} {value:>10}   {target:>12}  {note}', flush=True)


def ratios(name, rounds, bare, contenders, targets):
    """contenders: {label: argv}. Prints each one's wall and CPU over bare's of the same round."""
    results = {label: [] for label in contenders}
    peaks = {label: 0 for label in contenders}
    nulls = []
    for _ in range(rounds):
        base = run(bare)
        again = run(bare)
        nulls.append((again['wall'] / base['wall'], again['cpu'] / base['cpu']))
        for label, argv in contenders.items():
            got = run(argv)
            if got['status'] != 0:
                sys.exit(f"{label}: status {got['status']}: {got['err']}")
            results[label].append((got['wall'] / base['wall'], got['cpu'] / base['cpu']))
            peaks[label] = max(peaks[label], got['rss'])
    for k, what in enumerate(('wall', 'CPU')):
        for label, got in results.items():
            row(f'{name}: {label}, {what} / bare', f'{statistics.median(g[k] for g in got):.3f}', targets.get((label, k), ''))
        row(f'{name}: bare again, {what} / bare', f'{statistics.median(n[k] for n in nulls):.3f}', '')
    for label, peak in peaks.items():
        row(f'{name}: {label}, peak memory', f'{peak / 1024:.1f} MiB', '<= 64 MiB' if label == 'fpprof' else '',
            'rings included' if label == 'fpprof' else '')


def bench_forks(fpprof, rounds):
    bare = ['sh', f'{HERE}/forks.sh']
    ratios('forks.sh, 999 Hz', rounds, bare, {
        'fpprof': [fpprof, 'record', '-v', '-F', '999', '-o', 'forks.pb.gz', '--', *bare],
        'perf record -g': ['perf', 'record', '-q', '-F', '999', '-g', '-o', 'forks.data', *bare],
    }, {('fpprof', 0): '<= 1.18', ('fpprof', 1): '<= 1.22'})


def bench_cpu(fpprof, rounds):
    bare = ['sh', f'{HERE}/cpu.sh']
    ratios('cpu.sh, whole system, 999 Hz', rounds, bare, {
        'fpprof': [fpprof, 'record', '-v', '-a', '-F', '999', '-o', 'cpu.pb.gz', '--', *bare],
        'perf record -g': ['perf', 'record', '-q', '-a', '-F', '999', '-g', '-o', 'cpu.data', *bare],
    }, {('fpprof', 1): '<= 1.05'})


def bench_truth(fpprof, rounds):
    """CPU time in the profile over what the kernel charged to the command."""
    for name, argv, target in (('forks.sh', ['sh', f'{HERE}/forks.sh'], '0.94..1.06'),
                               ('threads and children, 5 s', ['./burn', '5'], '0.97..1.03')):
        got = []
        for _ in range(rounds):
            timed = ['sh', '-c', '"$@"; times > times.txt', 'sh', *argv]
            run([fpprof, 'record', '-v', '-F', '999', '-o', 'truth.pb.gz', '--', *timed])
            inside = profile_cpu('truth.pb.gz')
            if inside is None:
                row(f'{name}: CPU time in the profile / charged', '-', target, 'needs go tool pprof')
                return
            minutes = re.findall(r'(\d+)m([\d.]+)s', open('times.txt').read())
            charged = sum(60 * int(m) + float(s) for m, s in minutes)
            got.append(inside / charged)
        row(f'{name}: CPU time in the profile / charged', f'{statistics.median(got):.3f}', target)


def bench_loss(fpprof):
    load = [subprocess.Popen(['timeout', '11', './spin-long'], stdout=subprocess.DEVNULL) for _ in range(os.cpu_count())]
    got = run([fpprof, 'record', '-v', '-a', '-F', '9999', '-d', '10', '-o', 'loss.pb.gz'])
    for child in load:
        child.wait()
    samples, gone = lost(got['err'])
    row('9,999 Hz, all CPUs busy, 10 s: samples lost', gone, '0', f'{samples} samples')
    row('9,999 Hz, all CPUs busy, 10 s: peak memory', f"{got['rss'] / 1024:.1f} MiB", '<= 64 MiB')


def bench_stop(fpprof, seconds):
    load = subprocess.Popen(['timeout', str(seconds + 5), 'sh', '-c', f'while :; do sh {HERE}/mixed.sh {HERE}/spin.c; done'],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    got = run([fpprof, 'record', '-v', '-a', '-o', 'stop.pb.gz'], interrupt_after=seconds)
    os.killpg(load.pid, signal.SIGTERM)
    load.wait()
    row(f'Ctrl-C after {seconds} s of the whole system, to the file', f"{got['stop']:.2f} s", '<= 0.3 s', f"{lost(got['err'])[0]} samples")
    row(f'whole system, {seconds} s, mixed work: peak memory', f"{got['rss'] / 1024:.1f} MiB", '<= 64 MiB')


def bench_unwind(fpprof):
    """Whole stacks of ordinary stripped programs, as record's summary counts them."""
    for mode in ('fp', 'hybrid'):
        got = run([fpprof, 'record', '-v', '-F', '999', '--unwind', mode, '-o', 'unwind.pb.gz', '--',
                   'sh', f'{HERE}/mixed.sh', f'{HERE}/spin.c'])
        found = re.search(r'stacks ([\d.]+) % complete', got['err'])
        row(f'mixed.sh, --unwind {mode}: stacks complete', f'{found.group(1)} %' if found else '-', '', f"{lost(got['err'])[0]} samples")


def bench_stat(fpprof, rounds):
    bare = ['sh', f'{HERE}/forks.sh']
    ratios('forks.sh', rounds, bare, {
        'fpprof stat': [fpprof, 'stat', '-q', '-o', 'forks.stat', *bare],
        'perf stat': ['perf', 'stat', '-o', 'forks.stat', *bare],
    }, {('fpprof stat', 0): "<= perf's"})
    many = 200
    started = {}
    for label, prefix in (('bare', []), ('fpprof stat', [fpprof, 'stat', '-q', '-o', 'true.stat']),
                          ('perf stat', ['perf', 'stat', '-o', 'true.stat'])):
        started[label] = ['sh', '-c', f'i=0; while [ $i -lt {many} ]; do "$@"; i=$((i+1)); done', 'sh', *prefix, '/bin/true']
    took = {label: [] for label in started}
    for _ in range(rounds):
        for label, argv in started.items():
            took[label].append(run(argv)['wall'])
    for label, target in (('fpprof stat', '<= 2 ms'), ('perf stat', '')):
        more = statistics.median((a - b) / many * 1000 for a, b in zip(took[label], took['bare']))
        row(f'{label} -- true: more than true', f'{more:.2f} ms', target)
    got = run([fpprof, 'stat', '-q', '-a', '-I', '100', '--timeout', '10000', '-o', 'steps.stat'])
    row('fpprof stat -a -I 100, 10 s: CPU time of its own', f"{got['cpu'] / 10 * 100:.2f} %", '< 0.5 %', 'of one CPU')


def make_large(units=150):
    """A library with some 200 MB of DWARF: one unit many times, its symbols renamed so that nothing is merged."""
    def must(*argv):
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    must('g++', '-std=c++17', '-O1', '-g', '-fPIC', '-c', '-o', 'unit.o', f'{HERE}/../oracle/names_cc.cc')
    must('g++', '-std=c++17', '-O2', '-g', '-o', 'small', f'{HERE}/../oracle/names_cc.cc')
    for i in range(units):
        must('objcopy', f'--prefix-symbols=p{i}_', 'unit.o', f'unit{i}.o')
    with open('dso.c', 'w') as f:
        f.writelines(f'void *p{i}___dso_handle;\n' for i in range(units))
    must('gcc', '-shared', '-nostdlib', '-Wl,--unresolved-symbols=ignore-all', '-o', 'large.so', 'dso.c',
         *[f'unit{i}.o' for i in range(units)])


def bench_names(fpprof, rounds):
    """Look-ups of places at random, warm and cold; cold against llvm-symbolizer on the same places."""
    bench = os.path.join(os.path.dirname(fpprof), 'tests/bench/bench_symbolize')
    make_large()
    warm = subprocess.run([bench, 'warm', os.path.abspath('small')], capture_output=True, text=True).stdout
    for what, target in ('functions', '>= 5'), ('lines and inlined calls', '>= 1'):
        found = re.search(what + r' warm: ([\d.]+) million', warm)
        row(f'{what}, warm: million a second', found.group(1) if found else '-', target)
    large = os.path.abspath('large.so')
    with open('places.txt', 'w') as f:
        subprocess.run([bench, 'list', large], stdout=f, check=True)
    times, peaks = [], []
    for _ in range(rounds):
        ours = run([bench, 'cold', large])
        theirs = run(['sh', '-c', 'exec llvm-symbolizer --inlines --obj=$0 <places.txt', large])
        times.append(ours['wall'] / theirs['wall'])
        peaks.append(ours['rss'] / theirs['rss'])
    size = os.path.getsize(large) >> 20
    row('5,000 places cold: time / llvm-symbolizer', f'{statistics.median(times):.2f}', '<= 0.5', f'a file of {size} MiB')
    row('5,000 places cold: memory / llvm-symbolizer', f'{statistics.median(peaks):.2f}', '<= 0.5')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('fpprof')
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--stop-seconds', type=int, default=60)
    parser.add_argument('--only', default='forks,cpu,truth,stat,unwind,loss,stop,names')
    args = parser.parse_args()
    fpprof = os.path.abspath(args.fpprof)
    row('what', 'measured', 'must reach')
    todo = args.only.split(',')
    if 'forks' in todo:
        bench_forks(fpprof, args.rounds)
    if 'cpu' in todo:
        bench_cpu(fpprof, args.rounds)
    if 'truth' in todo:
        bench_truth(fpprof, max(3, args.rounds // 3))
    if 'stat' in todo:
        bench_stat(fpprof, args.rounds)
    if 'unwind' in todo:
        bench_unwind(fpprof)
    if 'loss' in todo:
        bench_loss(fpprof)
    if 'stop' in todo:
        bench_stop(fpprof, args.stop_seconds)
    if 'names' in todo:
        bench_names(fpprof, max(3, args.rounds // 3))


main()
