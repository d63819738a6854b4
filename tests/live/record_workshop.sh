#!/bin/sh
# The workshop's word counter, which reads one byte at a time: where does its time go? In C and in Go; go tool pprof,
# which we did not write, reads the answer.
. "$srcdir/tests/tap.sh"
need_whole_system
need_command go

cat >words.c <<'END'
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) static int readbyte(int fd)
{
	unsigned char c;
	return read(fd, &c, 1) == 1 ? c : -1;
}
int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDONLY), words = 0, in_word = 0, c;
	(void)argc;
	while ((c = readbyte(fd)) >= 0) {
		if (isspace(c) && in_word)
			words++;
		in_word = !isspace(c);
	}
	printf("%d\n", words);
	return 0;
}
END
cat >words.go <<'END'
package main

import (
	"fmt"
	"io"
	"os"
	"unicode"
)

//go:noinline
func readbyte(r io.Reader) (rune, error) {
	var buf [1]byte
	_, err := r.Read(buf[:])
	return rune(buf[0]), err
}

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	words, inword := 0, false
	for {
		r, err := readbyte(f)
		if err != nil {
			break
		}
		if unicode.IsSpace(r) && inword {
			words++
		}
		inword = !unicode.IsSpace(r)
	}
	fmt.Println(words)
}
END
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "word%d%s", i, i % 10 ? " " : "\n" }' >text.txt
$CC -O2 -o words "words.c"
GOFLAGS='' GO111MODULE=off HOME=$PWD go build -o words-go words.go 2>go.txt ||
	skip_all "go cannot build a program here: $(cat go.txt)"

# stack_has PROFILE OUTER INNER..: some stack has these functions, in this order from the outside
stack_has() {
	go tool pprof -traces "$1" 2>/dev/null | awk -v want="$(shift; echo "$*")" '
		function check(  i, k) {
			k = 1
			for (i = n; i >= 1 && k <= m; i--)
				if (frames[i] ~ "^" w[k] "$")
					k++
			if (k > m)
				found = 1
			n = 0
		}
		BEGIN { m = split(want, w, " ") }
		/^-+\+-+/ { check(); next }
		{ line = $0; sub(/^ *[0-9.]+[a-z]* +/, "", line); sub(/^ +/, "", line); frames[++n] = line }
		END { check(); exit !found }'
}

# share PROFILE FUNCTION: its cumulative share, in whole percent, as pprof counts it
share() {
	go tool pprof -top -cum -nodecount=1000 "$1" 2>/dev/null |
		awk -v f="$2" '$6 == f { sub(/%.*/, "", $5); print int($5); found = 1 } END { if (!found) print 0 }'
}

is "the text is of a megabyte or more" 1 "$(($(wc -c <text.txt) >= 1000000))"
for lang in c go; do
	program=words
	read_from="main readbyte"
	byte=readbyte
	[ $lang = c ] || program=words-go
	[ $lang = c ] || read_from='main.main main.readbyte'
	[ $lang = c ] || byte=main.readbyte
	words=$("$FPPROF" record -q -o $lang.pb.gz -- ./$program text.txt)
	is "$lang: the words are counted all the same" 200000 "$((words))"
	holds "$lang: the read system call is under readbyte under main" \
		stack_has $lang.pb.gz "$read_from" '.*do_syscall_64' '.*(ksys_read|vfs_read).*'
	cum=$(share $lang.pb.gz $byte)
	holds "$lang: most of the time is under readbyte ($cum %)" test "$cum" -ge 60
	ours=$("$FPPROF" report --cum $lang.pb.gz | awk -v f=$byte '$6 == f { sub(/%.*/, "", $5); print int($5) }')
	is "$lang: report says the same" "$cum" "$ours"
	holds "$lang: the program is the profile's File" \
		sh -c "go tool pprof -top $lang.pb.gz 2>/dev/null | grep -qx 'File: $program'"
done
holds "C: the C library's read is between them" stack_has c.pb.gz main readbyte '(__)?read' '.*do_syscall_64'
done_testing
