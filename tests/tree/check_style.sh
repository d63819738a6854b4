#!/bin/sh
# The style of the sources, and that the script which holds it sees a breach.
. "$srcdir/tests/tap.sh"

holds "the sources are in style" "$srcdir/scripts/check-style" "$srcdir"

# refuses NAME FILE COMPLAINT: a tree whose FILE is the file `bad`
refuses() {
	rm -rf house
	mkdir -p house/base house/collectors house/symbolize house/src house/tests house/scripts house/.ci
	cp bad "house/$2"
	complaint=$("$srcdir/scripts/check-style" house)
	is "$1" 1 $?
	like "with the file and the reason" "^$2:[0-9]*: .*$3" "$complaint"
}

header() {
	printf '/* Owns nothing. */\n#ifndef %s\n#define %s\n\n#endif\n' "$1" "$1"
}

mkdir -p house/base house/collectors house/symbolize house/src house/tests house/scripts house/.ci
header FPPROF_BASE_GOOD_H >house/base/good.h
holds "a good header passes" "$srcdir/scripts/check-style" house

header FPPROF_GOOD_H >bad
refuses "a guard is named after its path" base/bad.h "FPPROF_BASE_BAD_H"
echo 'int x;' >bad
refuses "a file opens with a comment" base/bad.c "opens with a comment"
printf '/* Why. */\nint x; \n' >bad
refuses "no line ends in a blank" base/bad.c "blank at the end"
printf '/* Why. */\n        int x;\n' >bad
refuses "indentation is by tabs" base/bad.c "tabs"
printf '/* Why. */\nint %0140d;\n' 0 >bad
refuses "no line is endless" base/bad.c "longer than"
printf '/* Why. */\nx = str%s(a, b);\n' cpy >bad
refuses "unbounded copies are banned" base/bad.c "banned"
printf '/* Why. TO%s */\n' DO >bad
refuses "nothing unfinished is kept in the sources" base/bad.c "unfinished"
{
	printf '/* Why. */\nvoid f(void)\n{\n'
	yes '	g();' | head -n 70
	printf '}\n'
} >bad
refuses "a function fits on a page or two" base/bad.c "more than"
done_testing
