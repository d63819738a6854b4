#!/bin/sh
# Go programs keep their names when they are stripped, with the calls that were inlined; and Go's own tools do, which
# come stripped.
. "$srcdir/tests/tap.sh"
need_command go

cat >busy.go <<'END'
package main

import "time"

func step(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x / 3 ^ x>>33
}

//go:noinline
func busy(until time.Time) (x uint64) {
	for time.Now().Before(until) {
		for i := 0; i < 100000; i++ {
			x += step(x + uint64(i))
		}
	}
	return x
}

func main() { println(busy(time.Now().Add(time.Second)) != 0) }
END
holds "a Go program is built" go build -ldflags='-s -w' busy.go
holds "it is recorded" "$FPPROF" record -q -o busy.folded -- ./busy
like "an inlined function stands above the one it was inlined into" \
	'runtime.main;main.main;main.busy;main.step [0-9]*$' "$(cat busy.folded)"
unlike "none of its functions is without a name" 'busy+0x' "$(cat busy.folded)"

mkdir cache
"$FPPROF" record -o build.folded -- env GOCACHE="$PWD/cache" go build -o /dev/null -a strconv >out.txt 2>&1
is "a build is recorded" 0 $?
unlike "none of the compiler's functions is without a name" '\(compile\|link\|asm\|go\)+0x' "$(cat build.folded)"
like "the compiler's functions are named" 'cmd/compile/internal/gc.Main' "$(cat build.folded)"
done_testing
