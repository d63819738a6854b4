#!/bin/sh
# What scripts/deps would install, on made-up machines: every command it runs is a fake that takes notes.
. "$srcdir/tests/tap.sh"

# machine MANAGER UID: in bin/ a shell, a few tools, the fakes of one distribution, and nothing else
machine() {
	rm -rf bin notes.txt updated
	mkdir bin
	for name in sh env grep sed dirname cat uname; do
		ln -s "$(command -v "$name")" "bin/$name"
	done
	fake id "echo $2"
	if [ "$1" = apt-get ]; then
		# shellcheck disable=SC2016 # the fake's own words
		fake apt-get 'echo "apt-get $*" >>notes.txt
			case "$*" in *update*) : >updated ;; *) [ -e updated ] ;; esac'
		fake dpkg-query 'exit 1'
	else
		# shellcheck disable=SC2016
		fake dnf 'echo "dnf $*" >>notes.txt'
		fake rpm 'exit 1'
	fi
}

# fake COMMAND SCRIPT
fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

deps() {
	out=$(PATH=$PWD/bin sh "$srcdir/scripts/deps" "$@" 2>&1)
	status=$?
	notes=$(cat notes.txt 2>/dev/null)
}

machine apt-get 0
deps
is "on a fresh Debian machine the packages are installed" 0 $status
is "first as they are, then with fresh lists, then again" "install update install" \
	"$(printf '%s\n' "$notes" | sed 's/^apt-get .*\(install\|update\).*/\1/' | tr '\n' ' ' | sed 's/ $//')"
like "without what is only recommended" "--no-install-recommends" "$notes"
for package in gcc make autoconf automake pkg-config libelf-dev libdw-dev libprotobuf-c-dev protobuf-c-compiler \
	zlib1g-dev libcap-dev libjansson-dev libiberty-dev; do
	like "among them $package" " $package\\b" "$notes"
done
like "and that is said" "^deps: installing:.* libdw-dev" "$out"
unlike "what only the tests need is left out" "libcmocka-dev" "$notes"

machine apt-get 0
fake dpkg-query 'echo installed'
for name in autoconf automake pkg-config gcc make protoc-c; do fake "$name" ''; done
deps
is "where all is there nothing is run" "" "$notes"
is "and that is said, too" "deps: all is there" "$out"

machine apt-get 1000
deps
is "without root and sudo it fails" 1 $status
like "and says what to run as root" "as root, run: .*apt-get .*libdw-dev" "$out"

machine apt-get 1000
# shellcheck disable=SC2016
fake sudo 'echo "sudo $*" >>notes.txt; exec "$@"'
deps
is "with sudo it works without root" 0 $status
like "through sudo" "^sudo env DEBIAN_FRONTEND=noninteractive apt-get" "$notes"

machine dnf 0
deps
is "on a fresh Fedora machine the packages are installed" 0 $status
like "by their names there" "^dnf .* elfutils-devel protobuf-c-devel" "$notes"

machine neither 0
rm bin/dnf
deps
is "elsewhere it gives up" 1 $status
like "and says where to read on" "README.md" "$out"
deps --chekc
is "an unknown option is a usage error" 2 $status
done_testing
