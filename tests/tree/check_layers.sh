#!/bin/sh
# The floors of the house, and that the script which holds them sees a breach.
. "$srcdir/tests/tap.sh"

holds "no include goes up a floor" "$srcdir/scripts/check-layers" "$srcdir"

# refuses NAME FILE INCLUDE COMPLAINT: a tree in which FILE has one more include
refuses() {
	rm -rf house
	mkdir -p house/base house/collectors house/symbolize house/src/profile house/src/output house/src/stat house/src/cmd house/src/new
	echo '#include "base/error.h"' >house/base/buf.c
	echo "$3" >"house/$2"
	complaint=$("$srcdir/scripts/check-layers" house)
	is "$1" 1 $?
	like "with the file and the reason" "^$2:1: .*$4" "$complaint"
}

refuses "base may not know collectors" base/error.c '#include "collectors/ring.h"' "must not know collectors"
refuses "collectors may not know symbolize" collectors/ring.c '#include "symbolize/image.h"' "must not know symbolize"
refuses "symbolize may not know the profile" symbolize/image.c '#include "src/profile/profile.h"' "must not know src/profile"
refuses "the profile may not know its writers" src/profile/profile.c '#include "src/output/output.h"' "must not know src/output"
refuses "no floor may know the commands" src/output/pprof.c '#include "src/cmd/options.h"' "must not know src/cmd"
refuses "an include names its floor" src/cmd/record.c '#include "options.h"' "does not name a floor"
refuses "an include of ours is in quotes" src/cmd/record.c '#include <base/error.h>' "in quotes"
refuses "protobuf-c stays behind the pprof writer" src/cmd/record.c '#include <protobuf-c/protobuf-c.h>' "protobuf-c stays behind"
refuses "jansson stays behind the JSON of counts" src/stat/text.c '#include <jansson.h>' "jansson stays behind"
refuses "and so does the header that brings it along" src/stat/text.c '#include "src/stat/json_line.h"' "jansson stays behind"
refuses "a floor that is not known is not passed over" src/new/new.c '#include "base/error.h"' "does not know the floor"
done_testing
