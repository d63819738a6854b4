/* Two threads and two child processes that burn CPU for about argv[1] seconds of CPU time in all. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double share;
static volatile uint64_t sink;

static double thread_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *burn(void *unused)
{
	while (thread_seconds() < share)
		for (int i = 0; i < 100000; i++)
			sink += sink * 6364136223846793005ULL + 1;
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	share = (argc > 1 ? atof(argv[1]) : 1) / 4;
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			burn(NULL);
			_exit(0);
		}
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, burn, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	while (wait(NULL) > 0)
		;
	return 0;
}
