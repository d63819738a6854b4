/*
 * Runs a fuzz target over its corpus without a fuzzer, as part of `make check`: what was found once stays found. The
 * directory is the first argument, or $srcdir/tests/fuzz/corpus/CORPUS.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 64 << 20 };

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(const char *dir, const char *name, int number)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);
	cleanup_buf struct buf input = { 0 };
	struct error err = ERROR_INIT;

	if (file_read(path, INPUT_MAX, &input, &err) < 0) {
		printf("not ok %d - %s: %s\n", number, name, err.text);
		return;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)input.at, input.n);
	printf("ok %d - %s\n", number, name);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir") ? getenv("srcdir") : ".";
	cleanup_free char *dir = argc > 1 ? xstrdup(argv[1]) : xasprintf("%s/tests/fuzz/corpus/%s", srcdir, CORPUS);
	struct dirent **inputs = NULL;
	int n = scandir(dir, &inputs, is_input, alphasort);

	if (n <= 0) {
		printf("1..1\nnot ok 1 - there is no corpus in %s\n", dir);
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		replay(dir, inputs[i]->d_name, i + 1);
		free(inputs[i]);
	}
	free(inputs);
	return 0;
}
