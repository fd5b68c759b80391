/* SPDX-License-Identifier: BSD-3-Clause */
/* history.c - a file that is replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/sluicectl/history.h"

enum { LINES_MAX = 1000, PATH_ROOM = 1024 };

/* Makes @path's folders, for the user alone. */
static bool make_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		int failed;

		*at = '\0';
		failed = mkdir(path, 0700) != 0 && errno != EEXIST;
		*at = '/';
		if (failed)
			return false;
	}
	return true;
}

/* False where the user has no place for it. */
static bool find_file(char out[PATH_ROOM])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (state != NULL && state[0] == '/')
		n = snprintf(out, PATH_ROOM, "%s/sluice/history", state);
	else if (home != NULL && home[0] == '/')
		n = snprintf(out, PATH_ROOM, "%s/.local/state/sluice/history", home);
	return n > 0 && n < PATH_ROOM;
}

History *sluicectl_history_load(void)
{
	History *h = history_init();
	char path[PATH_ROOM];
	HistEvent e;

	if (h == NULL)
		return NULL;
	(void)history(h, &e, H_SETSIZE, LINES_MAX);
	(void)history(h, &e, H_SETUNIQUE, 1);
	if (find_file(path))
		(void)history(h, &e, H_LOAD, path);
	return h;
}

void sluicectl_history_add(History *h, const char *line)
{
	HistEvent e;

	if (line[strspn(line, " \t\n")] != '\0' && line[0] != ' ')
		(void)history(h, &e, H_ENTER, line);
}

static void save(History *h, char *path)
{
	char fresh[PATH_ROOM + 8];
	HistEvent e;
	FILE *f;
	int fd;

	(void)snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path);
	fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (history(h, &e, H_SAVE_FP, f) < 0 || fclose(f) != 0 || rename(fresh, path) != 0)
		(void)unlink(fresh);
}

void sluicectl_history_save(History *h)
{
	char path[PATH_ROOM];

	if (find_file(path) && make_folders(path))
		save(h, path);
	history_end(h);
}
