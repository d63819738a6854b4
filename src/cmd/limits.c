/* The soft limit, 1024, is there for select(2), which fpprof does not use. */
#include "src/cmd/limits.h"

#include <sys/resource.h>

void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
