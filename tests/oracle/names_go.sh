#!/bin/sh
# Go's names, files, lines and inlined calls are what its own runtime says of the same addresses: with and without
# symbols, at a fixed place and anywhere, linked by Go and by the C compiler, by every Go that is here.
. "$srcdir/tests/tap.sh"
need_command go
need_command readelf
need_command python3

places=${FPPROF%/*}/tests/oracle/name_places

# compare WHAT GO FLAGS..
compare() {
	what=$1 go=$2
	shift 2
	if ! "$go" build -o program "$@" "$srcdir/tests/oracle/names_go.go" >build.txt 2>&1; then
		skip "$what" "it cannot be built here: $(head -n 1 build.txt)"
		return
	fi
	for less in '' ', stripped' ', without section headers'; do
		case "$less" in
		*stripped) strip -s program ;;
		*headers)
			dd if=/dev/zero of=program bs=1 seek=40 count=8 conv=notrunc 2>/dev/null # e_shoff
			dd if=/dev/zero of=program bs=1 seek=60 count=4 conv=notrunc 2>/dev/null # e_shnum, e_shstrndx
			;;
		esac
		holds "$what$less: names, files and lines" \
			python3 "$srcdir/tests/oracle/names_go.py" places "$places" "$PWD/program" 20000
		holds "$what$less: inlined calls" \
			python3 "$srcdir/tests/oracle/names_go.py" stack "$places" "$PWD/program"
	done
}

for go in "$(command -v go)" /usr/lib/go-*/bin/go; do
	[ -x "$go" ] || continue
	version=$("$go" env GOVERSION)
	compare "$version" "$go"
	compare "$version, without Go's symbols" "$go" -ldflags='-s -w'
	compare "$version, loaded anywhere" "$go" -buildmode=pie
	compare "$version, linked by cc" "$go" -ldflags=-linkmode=external
	compare "$version, linked by cc and loaded anywhere" "$go" -buildmode=pie -ldflags=-linkmode=external
done
done_testing
