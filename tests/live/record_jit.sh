#!/bin/sh
# Code that a process compiles while it runs has the names that its compiler writes down, also in another mount namespace.
. "$srcdir/tests/tap.sh"

# A program that makes code, and says so as a compiler would.
cat >jit.c <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	/* mov $100000, %ecx; loop: dec %ecx; jnz loop; ret */
	static const unsigned char code[] = { 0xb9, 0xa0, 0x86, 0x01, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0xc3 };
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char path[64];
	FILE *map;

	memcpy(at, code, sizeof(code));
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	map = fopen(path, "w");
	fprintf(map, "%lx %zx compiled at run time\n", (unsigned long)at, sizeof(code));
	fclose(map);
	for (time_t end = time(NULL) + 2; time(NULL) < end;)
		((void (*)(void))at)();
	unlink(path);
	return argc < 0 || !argv;
}
END
$CC -O2 -fno-omit-frame-pointer -o jit jit.c
holds "a program that makes code is recorded" "$FPPROF" record -q -o jit.folded -- ./jit
like "its code has the name that it gave" 'compiled at run time [0-9]*$' "$(cat jit.folded)"

if unshare --mount --pid --fork true 2>/dev/null; then
	holds "it is recorded in namespaces of its own" "$FPPROF" record -q -o other.folded -- \
		unshare --mount --pid --fork sh -c \
		'exec 9<"$0" && mount -t tmpfs none /tmp && cp /dev/fd/9 /tmp/jit && exec /tmp/jit' "$PWD/jit"
	like "the file is found by the number and the path that the process has" 'compiled at run time [0-9]*$' \
		"$(cat other.folded)"
else
	skip "the file is found by the number and the path that the process has" "no namespaces can be made here"
fi

if command -v node >/dev/null 2>&1; then
	cat >busy.js <<'END'
function busyInScript(n) { let x = 0; for (let i = 0; i < n; i++) x = (x * 31 + i) % 1000003; return x; }
for (const end = Date.now() + 2000; Date.now() < end;) busyInScript(1e6);
END
	holds "node is recorded" "$FPPROF" record -q -o node.folded -- \
		sh -c 'echo $$ >node.pid && exec node --perf-basic-prof busy.js'
	rm -f "/tmp/perf-$(cat node.pid).map"
	like "functions of a script have their names" 'busyInScript' "$(cat node.folded)"
else
	skip "functions of a script have their names" "there is no node here"
fi
done_testing
