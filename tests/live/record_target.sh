#!/bin/sh
# What can be observed besides a command: running processes, threads, CPUs, a cgroup, the whole system.
. "$srcdir/tests/tap.sh"
need_whole_system

cat >busy.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
static volatile unsigned long sink;
static double end;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
__attribute__((noinline)) void spin_early(void) { while (now() < end) for (int i = 0; i < 100000; i++) sink += i; }
__attribute__((noinline)) void spin_late(void) { while (now() < end) for (int i = 0; i < 100000; i++) sink += i; }
static void *early(void *p) { prctl(PR_SET_NAME, "early"); spin_early(); return p; }
static void *late(void *p) { prctl(PR_SET_NAME, "late"); spin_late(); return p; }
int main(int argc, char **argv) {
	pthread_t a, b;
	end = now() + atof(argv[1]);
	pthread_create(&a, NULL, early, NULL);
	usleep(800000);
	pthread_create(&b, NULL, late, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	return argc == 42;
}
END
$CC -O1 -g -fno-omit-frame-pointer -pthread -o busy busy.c

./busy 2 &
pid=$!
sleep 0.3
"$FPPROF" record -F 499 -p $pid -o attach.folded --labels comm,thread 2>err.txt
is "attached to a process, the recording ends when it does" 0 $?
like "threads that were there are seen" "spin_early" "$(cat attach.folded)"
like "threads that came later are seen" "spin_late" "$(cat attach.folded)"
wait $pid

./busy 1.5 &
pid=$!
sleep 0.3
tid=$(grep -l early /proc/$pid/task/*/comm | head -1 | cut -d/ -f5)
"$FPPROF" record -F 499 -t "$tid" -d 1.1 -o thread.folded 2>err.txt
is "a single thread can be observed" 0 $?
like "it is seen" "spin_early" "$(cat thread.folded)"
unlike "and no other one" "spin_late" "$(cat thread.folded)"
wait $pid

# The main thread may end before the others: /proc/PID shows no memory then.
cat >leaderless.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
static volatile unsigned long sink;
static double end;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
__attribute__((noinline)) void spin_on(void) { while (now() < end) for (int i = 0; i < 100000; i++) sink += i; }
static void *work(void *p) { spin_on(); exit(0); return p; }
int main(int argc, char **argv) {
	pthread_t t;
	end = now() + atof(argv[argc - 1]);
	pthread_create(&t, NULL, work, NULL);
	pthread_exit(NULL);
}
END
$CC -O1 -fno-omit-frame-pointer -pthread -o leaderless leaderless.c
./leaderless 1.5 &
pid=$!
sleep 0.3
"$FPPROF" record -p $pid -d 0.8 -o leaderless.folded 2>err.txt
is "a process whose main thread has ended can be observed" 0 $?
like "with its functions" "spin_on" "$(cat leaderless.folded)"
wait $pid

# Two pieces of code that were made at run time, in memory without a file: each is a place of its own.
cat >jit.c <<'END'
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void (*make(void *at))(void) {
	static const unsigned char loop[] = { 0xb9, 0, 0, 0x10, 0, 0xff, 0xc9, 0x75, 0xfc, 0xc3 }; /* mov, dec, jnz, ret */
	void *code = mmap(at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	memcpy(code, loop, sizeof(loop));
	return (void (*)(void))code;
}
int main(int argc, char **argv) {
	void (*a)(void) = make((void *)0x10000000), (*b)(void) = make((void *)0x20000000);
	for (double end = now() + atof(argv[argc - 1]); now() < end; a(), b()) ;
}
END
$CC -O1 -o jit jit.c
./jit 1.5 &
pid=$!
sleep 0.3
"$FPPROF" record -p $pid -d 0.8 -o jit.folded 2>err.txt
like "code at one address is told" "anon.+0x1000000" "$(cat jit.folded)"
like "from code at another" "anon.+0x2000000" "$(cat jit.folded)"
wait $pid

"$FPPROF" record -p 999999999 -o out.pb.gz 2>err.txt
is "a process that does not exist is refused" 1 $?
like "by its number" "no process 999999999" "$(cat err.txt)"
"$FPPROF" record -p 12x -o out.pb.gz 2>err.txt
is "a process id that is no number is a usage error" 2 $?
sleep 0.3 &
"$FPPROF" record -p $! -o short.pb.gz 2>err.txt
is "a process that ends midway leaves what was seen" 0 $?
holds "as a profile" "$FPPROF" report short.pb.gz

./busy 60 & # whoever is slow: it is there until it is seen
pid=$!
"$FPPROF" record -a -F 499 -d 0.6 -o system.pb.gz 2>err.txt
is "the whole system is recorded for as long as was asked" 0 $?
"$FPPROF" record -a -F 499 -d 0.2 -o system.folded 2>err.txt
like "and shows who runs" "^busy;" "$(cat system.folded)"
kill $pid
wait $pid 2>/dev/null
"$FPPROF" record -o interrupted.pb.gz 2>err.txt &
pid=$!
sleep 0.5
kill -INT $pid
wait $pid
is "an interrupt ends a recording of the system" 0 $?
holds "with a profile" "$FPPROF" report interrupted.pb.gz
"$FPPROF" record -a -F 499 -o during.folded -- ./busy 0.3 2>err.txt
is "the system can be recorded while a command runs" 0 $?
like "which is in it" "^busy;" "$(cat during.folded)"

# A real build: make, four files, two at a time.
for i in 1 2 3 4; do
	awk -v n=$i 'BEGIN { for (i = 0; i < 400; i++) printf "int f%d_%d(int x) { for (int i = 0; i < x; i++) x += i %% (x + %d); return x; }\n", n, i, i + 1 }' >part$i.c
done
printf 'all: part1.o part2.o part3.o part4.o\n.c.o:\n\t%s -O2 -c -o $@ $<\n' "$CC" >Makefile
"$FPPROF" record -a -F 499 -o build.folded -- make -j2 >make.txt 2>err.txt
is "a build can be recorded with the whole system" 0 $?
like "down to its compilers" "^\(cc1\|clang\)" "$(cat build.folded)"
like "and their kernel time" "^\(cc1\|clang\).*;do_syscall_64\|^\(cc1\|clang\).*;asm_exc_page_fault" "$(cat build.folded)"
like "without a loss" ", 0 lost" "$(cat err.txt)"

last=$(sed 's/.*[-,]//' /sys/devices/system/cpu/online)
"$FPPROF" record -C "$last" -F 499 -o cpu.folded -- taskset -c "$last" ./busy 0.3 2>err.txt
like "one CPU is recorded" "^busy;" "$(cat cpu.folded)"
"$FPPROF" record -C 4095 -d 0.1 -o out.pb.gz 2>err.txt
is "a CPU that is not there is refused" 1 $?
like "in a sentence" "is not online" "$(cat err.txt)"

# A program that is started on one CPU and runs on another, which alone is observed: its mappings are told on the first.
cat >hop.c <<'END'
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <time.h>
static volatile unsigned long sink;
__attribute__((noinline)) void spin_elsewhere(void) { for (int i = 0; i < 100000; i++) sink += i; }
int main(int argc, char **argv) {
	struct timespec t;
	cpu_set_t set;
	double end;
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	sched_setaffinity(0, sizeof(set), &set);
	clock_gettime(CLOCK_MONOTONIC, &t);
	end = t.tv_sec + t.tv_nsec / 1e9 + 0.3;
	do { spin_elsewhere(); clock_gettime(CLOCK_MONOTONIC, &t); } while (t.tv_sec + t.tv_nsec / 1e9 < end);
	return argc == 42;
}
END
$CC -O1 -g -fno-omit-frame-pointer -o hop hop.c
if [ "$last" != 0 ]; then
	"$FPPROF" record -C "$last" -F 499 -o hop.folded -- taskset -c 0 ./hop "$last" 2>err.txt
	like "what was started on another CPU has names" "^hop;.*spin_elsewhere" "$(cat hop.folded)"
	unlike "all of it" "^hop;.*\[unknown\]" "$(cat hop.folded)"
else
	skip "what was started on another CPU has names" "there is one CPU here"
	skip "all of it" "there is one CPU here"
fi

cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
perf_cgroup=$(awk '$3 == "cgroup" && $4 ~ /perf_event/ { print $2; exit }' /proc/self/mounts)
cgroup=${perf_cgroup:-$cgroup}
if [ -n "$cgroup" ] && mkdir "$cgroup/fpprof-test-$$" 2>/dev/null; then
	sh -c "echo \$\$ >$cgroup/fpprof-test-$$/cgroup.procs; exec ./busy 1" &
	pid=$!
	"$FPPROF" record -F 499 --cgroup "fpprof-test-$$" -d 0.6 -o cgroup.folded 2>err.txt
	like "the processes of a cgroup are recorded" "^busy;" "$(cat cgroup.folded)"
	is "and no others" "" "$(grep -v '^busy;\|^sh;' cgroup.folded)"
	wait $pid
	rmdir "$cgroup/fpprof-test-$$"
else
	skip "the processes of a cgroup are recorded" "no cgroup can be made here"
fi
"$FPPROF" record --cgroup no/such/group -o out.pb.gz 2>err.txt
is "a cgroup that does not exist is refused" 1 $?
"$FPPROF" record -a -p 1 -o out.pb.gz 2>err.txt
is "two targets are a usage error" 2 $?
done_testing
