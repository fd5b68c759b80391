/* SPDX-License-Identifier: BSD-3-Clause */
/* batch.c - a line, its command, the next line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/batch.h"
#include "control/sluicectl/words.h"

static int run_line(struct asker *a, const char *line)
{
	char error[GRAMMAR_ERROR_MAX];
	struct words w;

	if (!sluicectl_words_split(line, &w, error)) {
		sluicectl_ask_complain(a, error);
		return EXIT_USAGE;
	}
	if (w.count == 0)
		return EXIT_OK;
	return sluicectl_ask(a, w.at, w.count);
}

/* The rest of a line that had no room: a command that was cut must not be run. */
static void skip_line(FILE *f)
{
	int c;

	while ((c = fgetc(f)) != EOF && c != '\n')
		continue;
}

static int run_lines(struct asker *a, FILE *f)
{
	char line[WORDS_LINE_BYTES + 2];
	int first = EXIT_OK;

	for (a->line = 1; !a->has_ended && fgets(line, sizeof(line), f) != NULL; a->line++) {
		const size_t len = strcspn(line, "\n");
		int code;

		if (line[len] == '\0' && len + 1 == sizeof(line))
			skip_line(f);
		line[len] = '\0';
		code = run_line(a, line);
		if (first == EXIT_OK)
			first = code;
		if (code != EXIT_OK && a->options->stop_at_error)
			break;
	}
	return first;
}

int sluicectl_batch(struct asker *a, const char *file)
{
	const bool is_stdin = strcmp(file, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(file, "re");
	char sentence[512];
	int code;

	if (f == NULL) {
		(void)snprintf(sentence, sizeof(sentence), "cannot read %s: %s", file,
			       strerror(errno));
		sluicectl_ask_complain(a, sentence);
		return EXIT_USAGE;
	}
	a->file = is_stdin ? "standard input" : file;
	code = run_lines(a, f);
	if (ferror(f)) {
		(void)snprintf(sentence, sizeof(sentence), "cannot read on: %s", strerror(errno));
		sluicectl_ask_complain(a, sentence);
		code = code != EXIT_OK ? code : EXIT_FAILED;
	}
	a->file = NULL;
	if (!is_stdin)
		fclose(f);
	return code;
}
