/* Does known things a known number of times: known reads|faults|switches|threads N. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void reads(long n)
{
	int fd = open("/dev/zero", O_RDONLY);
	char byte;

	for (long i = 0; i < n; i++)
		if (read(fd, &byte, 1) != 1)
			abort();
}

static void faults(long n)
{
	long page = sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, (size_t)(n * page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(at, (size_t)(n * page), MADV_NOHUGEPAGE);
	for (long i = 0; i < n; i++)
		at[i * page] = 1;
}

static void switches(long n)
{
	const struct timespec pause = { 0, 100000 };

	for (long i = 0; i < n; i++)
		nanosleep(&pause, NULL);
}

static void *burn(void *seconds)
{
	struct timespec now;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((double)now.tv_sec + (double)now.tv_nsec / 1e9 < *(double *)seconds);
	return NULL;
}

/* Each uses a fifth of a second of CPU time. */
static void threads(long n)
{
	double seconds = 0.2;
	pthread_t at[64];

	for (long i = 0; i < n && i < 64; i++)
		pthread_create(&at[i], NULL, burn, &seconds);
	for (long i = 0; i < n && i < 64; i++)
		pthread_join(at[i], NULL);
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;

	if (strcmp(argv[1], "reads") == 0)
		reads(n);
	else if (strcmp(argv[1], "faults") == 0)
		faults(n);
	else if (strcmp(argv[1], "switches") == 0)
		switches(n);
	else if (strcmp(argv[1], "threads") == 0)
		threads(n);
	else
		return 2;
	return 0;
}
