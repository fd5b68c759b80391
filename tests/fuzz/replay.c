/* SPDX-License-Identifier: BSD-3-Clause */
/* replay.c - runs one fuzz target over every file of a corpus folder: the target as an ordinary
 * test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *bytes;
	size_t len;

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		perror(path);
		exit(2);
	}
	/* Exactly as large as the file, so that a sanitizer sees a read past the end. */
	bytes = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (bytes == NULL)
		exit(2);
	len = fread(bytes, 1, (size_t)st.st_size, f);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
	return 1;
}

int main(int argc, char **argv)
{
	char path[4096];
	struct dirent *entry;
	int files = 0;
	DIR *dir;

	if (argc < 2) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	dir = opendir(argv[1]);
	if (dir == NULL) {
		perror(argv[1]);
		return 2;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && snprintf(path, sizeof(path), "%s/%s", argv[1],
							entry->d_name) < (int)sizeof(path))
			files += replay_file(path);
	closedir(dir);
	printf("%d files replayed\n", files);
	return files > 0 ? 0 : 1;
}
