#!/bin/sh
# A stripped program goes by the names it had before, from wherever they are left: in a file beside it, packed into it, or
# shared with other files.
. "$srcdir/tests/tap.sh"
need_command g++
need_command readelf
need_command objdump

places=${FPPROF%/*}/tests/oracle/name_places
g++ -O2 -g -o whole "$srcdir/tests/oracle/names_cc.cc"

# Addresses of functions, of those only that the program itself has.
nm whole | awk '$2 ~ /[tTwW]/ { print $1 }' | sort -u >addresses.txt

# names FILE: the outermost function's name and its line, of each address
names() {
	"$places" "$PWD/$1" <addresses.txt | awk -v FS='\t' 'NF { last = $1 " " $2 ":" $3 } !NF { print last }' | sed 's/^[a-z]*\([+!]\)0x/FILE\10x/'
}

only_names() {
	sed 's/ .*//' "$@"
}

names whole >whole.txt
holds "the program's functions have names" test "$(grep -c _ZN whole.txt)" -gt 100

# What has no name left goes by where its function starts, for each place in the function.
cat >plain.c <<'END'
#include <stdlib.h>
#include <string.h>

static __attribute__((noinline)) size_t hidden(const char *text) { return strlen(text) + strlen(getenv("HOME")); }
int main(int argc, char **argv) { return argc > 1 && hidden(argv[1]) > 5; }
END
gcc -O2 -fno-builtin -o plain plain.c
start=$(nm plain | sed -n 's/^0*\([0-9a-f]*\) t hidden$/\1/p')
strip -s plain
is "a function without a name goes by where it starts" "plain!0x$start plain!0x$start" \
	"$(printf '%s\n%x\n' "$start" $((0x$start + 9)) | "$places" "$PWD/plain" | cut -f 1 | xargs)"

# Entries of linkage tables, of each kind that linkers make.
for flags in '' -fcf-protection=none '-fcf-protection=full -Wl,-z,ibtplt' '-fno-plt -Wl,-z,lazy' '-static -no-pie'; do
	# shellcheck disable=SC2086 # a list of words
	gcc -O2 -fno-builtin $flags -o plain plain.c
	case "$flags" in
	*static*) objdump -d -j .plt plain | sed -n 's/^ *\([0-9a-f]*\):.*jmp .*/\1/p' >plt.txt ;;
	*) objdump -d plain | sed -n 's/^0*\([0-9a-f]*\) <\(.*@plt\)>:/\1 \2/p' >plt.txt ;;
	esac
	cut -d ' ' -f 1 plt.txt | "$places" "$PWD/plain" | cut -f 1 | grep . | sort -u >got.txt
	case "$flags" in
	*static*) like "entries that an IFUNC chooses for have its name" '^strlen@plt$' "$(cat got.txt)" ;;
	*) cut -d ' ' -f 2 plt.txt | sort -u >expected.txt
		holds "entries of a linkage table have the names that objdump gives (${flags:-as usual})" diff expected.txt got.txt ;;
	esac
done

# MiniDebugInfo: of the symbols only, packed.
if command -v xz >/dev/null 2>&1; then
	objcopy --strip-debug whole mini
	objcopy --only-keep-debug mini packed
	xz -k packed
	strip -s -o program whole
	objcopy --add-section .gnu_debugdata=packed.xz program
	only_names whole.txt >expected.txt
	names program | only_names >got.txt
	holds "by .gnu_debugdata" diff expected.txt got.txt
	head -c 5000 packed.xz >cut.xz
	strip -s -o program whole
	objcopy --add-section .gnu_debugdata=cut.xz program
	is "what is packed and cut is not used" 0 "$(names program | grep -c '^_ZN5words')"
else
	skip "by .gnu_debugdata" "there is no xz here"
fi

# What dwz takes out of two files and puts into a third.
if command -v dwz >/dev/null 2>&1; then
	shared=/usr/lib/debug/.dwz/fpprof-test-$$.debug
	mkdir -p root/usr/lib/debug/.dwz
	cp whole one
	cp whole two
	dwz -m shared.debug -M "$shared" one two 2>dwz.txt
	cp shared.debug "root$shared"
	cp one root/program
	only_names whole.txt >expected.txt
	names root/program | only_names >got.txt
	holds "without what it shares a file has its names" diff expected.txt got.txt
	unlike "and no lines" ' [^:]' "$(names root/program)"
	export FPPROF_ROOT="$PWD/root"
	"$places" /program <addresses.txt | awk -v FS='\t' 'NF { last = $1 " " $2 ":" $3 } !NF { print last }' | sed 's/^[a-z]*\([+!]\)0x/FILE\10x/' >got.txt
	holds "what files share is found and used" diff whole.txt got.txt
else
	skip "what files share is found and used" "there is no dwz here"
fi
done_testing
