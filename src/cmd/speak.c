/* Notes go to stderr, because standard output may be the profile. */
#include <stdio.h>

#include "src/cmd/commands.h"

void speak(const char *sentence)
{
	fprintf(stderr, "fpprof: %s\n", sentence);
}
