#!/bin/sh
# Names, files, lines and inlined calls are what llvm-symbolizer says, for programs in C, C++ and Rust, of gcc and clang, of
# each version of DWARF, and for what linkers and compressors make of them.
. "$srcdir/tests/tap.sh"
need_command llvm-symbolizer
need_command readelf
need_command python3

places=${FPPROF%/*}/tests/oracle/name_places
cc=$srcdir/tests/oracle/names_cc.cc

# same WHAT [DEBUG-FILE]
same() {
	holds "$1" python3 "$srcdir/tests/oracle/names_llvm.py" "$places" "${2:-$PWD/program}" 20000 ${3:+"$3"}
}

# compare WHAT COMMAND..: that builds `program`
compare() {
	what=$1
	shift
	if command -v "$1" >/dev/null 2>&1; then
		"$@" -o program >build.txt 2>&1 || cat build.txt
		same "$what"
	else
		skip "$what" "there is no $1 here"
	fi
}

compare "a library in C" gcc -O2 -g -fPIC -shared -D_GNU_SOURCE -I"$srcdir" "$srcdir"/base/*.c
compare "C++ by g++" g++ -O2 -g "$cc"
compare "C++ by g++, not optimised, DWARF 4" g++ -O0 -gdwarf-4 "$cc"
compare "C++ by g++, DWARF 3, compressed" g++ -O2 -gdwarf-3 -gz=zlib "$cc"
compare "C++ by g++, DWARF 2" g++ -O2 -gdwarf-2 "$cc"
compare "C++ by g++, optimised when linked" g++ -O2 -g -flto=1 "$cc"
compare "C++ by clang" clang++ -std=c++17 -O2 -g "$cc"
compare "C++ by clang, DWARF 4, without unused functions" \
	clang++ -std=c++17 -O2 -gdwarf-4 -ffunction-sections -Wl,--gc-sections "$cc"

cat >words.rs <<'END'
use std::collections::BTreeMap;
use std::io::BufRead;

fn main() {
    let mut by_word: BTreeMap<String, usize> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        for word in line.unwrap().split_whitespace().filter(|w| w.len() > 2).map(|w| w.to_lowercase()) {
            *by_word.entry(word).or_default() += 1;
        }
    }
    let mut all: Vec<_> = by_word.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (word, n) in all {
        println!("{word} {n}");
    }
}
END
compare "Rust" rustc -O -g words.rs

# Separate files: the same program, stripped, with its debugging information where strip(1) and distributions put it.
g++ -O2 -g -Wl,--build-id=none -o whole "$cc"
mkdir .debug
objcopy --only-keep-debug whole .debug/program.debug
objcopy --strip-all --add-gnu-debuglink=.debug/program.debug whole program
same "by .gnu_debuglink" "$PWD/program" "$PWD/whole"
printf x >>.debug/program.debug
unlike "a file that is not what the link says is not used" 'names_cc.cc' \
	"$(echo 5000 | "$places" "$PWD/program")"

libc=$(ldd "$FPPROF" | sed -n 's/.*=> \(.*libc.so.6\) .*/\1/p')
id=$(readelf -n "$libc" | sed -n 's/.*Build ID: //p')
debug=/usr/lib/debug/.build-id/${id%"${id#??}"}/${id#??}.debug
if [ -e "$debug" ]; then
	same "the C library, by build id" "$libc" "$debug"
else
	skip "the C library, by build id" "its debugging information is not installed (libc6-dbg)"
fi
done_testing
