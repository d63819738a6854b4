#!/bin/sh
# A recorded stream (by perf record, of tiny.c beside this) with the program's image and its machine's kallsyms, through
# the real binary: no privileges, no kernel, the same answer everywhere.
#
# Made with: gcc -O2 -fno-omit-frame-pointer -fasynchronous-unwind-tables -static -nostdlib -fcf-protection=none tiny.c, strip -g,
# and: perf record -F 200 --call-graph dwarf,512 /replay/tiny
. "$srcdir/tests/tap.sh"
here=$srcdir/tests/replay

# convert OUT ARGS..: of the recorded stream
convert() {
	out=$1
	shift
	"$FPPROF" convert --symfs "$here/root" --kallsyms "$here/kallsyms" -o "$out" "$@" "$here/tiny.data" 2>err.txt
}

convert hybrid.folded
is "the stream can be converted" 0 $?
holds "its stacks and names are those expected" sh -c "sort hybrid.folded | diff '$here/tiny.folded' -"
convert fp.folded --unwind fp
holds "along frame pointers alone, the caller of the frameless function is missing" \
	sh -c "sort fp.folded | diff '$here/tiny-fp.folded' -"
convert kernel.folded --unwind kernel
holds "what the kernel's walk found is all there is with --unwind kernel: it was not recorded" \
	sh -c "! grep -q with_frame kernel.folded && grep -q 'cut: .*;churn' kernel.folded"
convert no.folded --unwind magic
is "an unknown way to unwind is a usage error" 2 $?
like "all stacks are complete" "stacks 100.0 % complete, frames 100.0 % named" "$(convert x.pb.gz; cat err.txt)"
convert tiny.pb.gz
like "report shows its hottest function" "churn" "$("$FPPROF" report tiny.pb.gz)"
like "the profile says how true it is, in the words of the summary" \
	"^fpprof .*: $(sed -n 's/^fpprof: \(.* named\);.*/\1/p' err.txt)" "$("$FPPROF" report tiny.pb.gz)"
like "and where it came from" "^event cpu-clock.*, from a perf.data file" "$("$FPPROF" report tiny.pb.gz)"
unlike "which is not this host" "^host" "$("$FPPROF" report tiny.pb.gz)"
convert verbose.pb.gz -v
like "with -v the reasons for which stacks ended are given" "^  100.0 %  root" "$(cat err.txt)"
like "and every counter" "[1-9][0-9]*  records of perf's own" "$(cat err.txt)"
convert quiet.pb.gz -q
is "with -q nothing is said" "" "$(cat err.txt)"
"$FPPROF" convert "$here/tiny.data" --symfs "$here/root" --kallsyms "$here/kallsyms" -q -o again.pb.gz
is "options may stand behind the file" 0 $?
holds "the same stream gives the same bytes" cmp tiny.pb.gz again.pb.gz

"$FPPROF" convert --symfs no-such-dir --kallsyms "$here/kallsyms" -o gone.folded "$here/tiny.data" 2>err.txt
is "without the image there is a profile all the same" 0 $?
like "in which frames keep their file and offset" "tiny+0x" "$(cat gone.folded)"

# A bit of a build id is another: of the program's behind the owner of its note, and of the kernel's in the file.
mkdir -p rebuilt/replay
LC_ALL=C sed 's/GNU\x00\x97\x2b/GNU\x00\x97\x2c/' "$here/root/replay/tiny" >rebuilt/replay/tiny
"$FPPROF" convert -v --symfs rebuilt --kallsyms "$here/kallsyms" -o rebuilt.folded "$here/tiny.data" 2>err.txt
unlike "by another build of the program no function is named" "churn" "$(cat rebuilt.folded)"
like "and that is said, too" "tiny: is not the one that ran" "$(cat err.txt)"
LC_ALL=C sed 's/\xff\xb6\x6c\x43/\xfe\xb6\x6c\x43/' "$here/tiny.data" >other.data
"$FPPROF" convert --symfs "$here/root" -o other.folded other.data 2>err.txt
like "the kernel that runs does not name the functions of another one" "of another kernel or boot" "$(cat err.txt)"

sed 's/^ffffffff8/ffffffff9/' "$here/kallsyms" >moved.kallsyms
"$FPPROF" convert --symfs "$here/root" --kallsyms moved.kallsyms -o moved.folded "$here/tiny.data" 2>err.txt
unlike "by another boot's kallsyms no kernel function is named" "syscall" "$(cat moved.folded)"
like "but keeps its address" "\\[kernel\\]+0xffffffff8" "$(cat moved.folded)"
like "and that is said, with what mends it" "of another kernel or boot (.*--kallsyms)" "$(cat err.txt)"
awk '{ $1 = sprintf("%016x", NR * 4096); print }' "$here/kallsyms" >other.kallsyms
"$FPPROF" convert --symfs "$here/root" --kallsyms other.kallsyms -o moved.folded "$here/tiny.data" 2>err.txt
like "nor by another machine's" "of another kernel or boot" "$(cat err.txt)"

# Cut anywhere, it is refused in a sentence, and nothing is left.
size=$(wc -c <"$here/tiny.data")
cut=0
bad=''
while [ $cut -lt "$size" ]; do
	head -c $cut "$here/tiny.data" >cut.data
	"$FPPROF" convert -q --symfs "$here/root" --kallsyms "$here/kallsyms" -o cut.pb.gz cut.data 2>err.txt
	status=$?
	# Behind the records there is only what perf says about itself.
	[ $status -eq 1 ] || [ $status -eq 0 ] || bad="$bad $cut:$status"
	[ $status -eq 0 ] || [ -s err.txt ] || bad="$bad $cut:silent"
	[ $status -eq 0 ] || [ ! -e cut.pb.gz ] || bad="$bad $cut:left-a-file"
	rm -f cut.pb.gz
	cut=$((cut + 509))
done
is "a file cut anywhere is refused in a sentence" "" "$bad"
head -c 8192 "$here/tiny.data" >cut.data
"$FPPROF" convert -o cut.pb.gz cut.data 2>err.txt
is "one that ends among its records is refused" 1 $?
like "and that is said" "cut off" "$(cat err.txt)"
echo nonsense >nonsense.data
"$FPPROF" convert -o cut.pb.gz nonsense.data 2>err.txt
is "what is no perf.data is refused" 1 $?
like "and that is said, too" "no perf.data" "$(cat err.txt)"
"$FPPROF" convert -o cut.pb.gz no-such.data 2>err.txt
is "a file that is not there is refused" 1 $?
"$FPPROF" convert -o cut.pb.gz 2>err.txt
is "no file is a usage error" 2 $?
"$FPPROF" convert "$here/tiny.data" -o cut.pb.gz another.data 2>err.txt
is "and so are two" 2 $?
like "the second of which is named" "another.data" "$(cat err.txt)"
done_testing
