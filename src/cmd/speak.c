/* Notes go to stderr, because standard output may be the profile. */
#include <stdio.h>

#include "src/cmd/commands.h"

void speak_all(enum log_level level, const char *sentence)
{
	(void)level;
	fprintf(stderr, "fpprof: %s\n", sentence);
}

void speak_notes(enum log_level level, const char *sentence)
{
	if (level == LOG_NOTE)
		speak_all(level, sentence);
}
