/* SPDX-License-Identifier: BSD-3-Clause */
/* words.c - quotes, comments, blanks. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "control/sluicectl/words.h"

static bool is_blank(char c)
{
	return isspace((unsigned char)c) != 0;
}

/*
 * One word from *@line to *@out, both moved on. NULL, or what is wrong. \ within "..." means
 * itself except before " and \.
 */
static const char *take_word(const char **line, char **out)
{
	const char *at = *line;
	char quote = '\0';

	for (; *at != '\0' && (quote != '\0' || !is_blank(*at)); at++) {
		if (*at == '\\' && quote != '\'' &&
		    (quote == '\0' || at[1] == '"' || at[1] == '\\')) {
			if (*++at == '\0')
				return "a \\ with nothing behind it";
			*(*out)++ = *at;
		} else if (quote == '\0' && (*at == '"' || *at == '\'')) {
			quote = *at;
		} else if (quote != '\0' && *at == quote) {
			quote = '\0';
		} else {
			*(*out)++ = *at;
		}
	}
	*(*out)++ = '\0';
	*line = at;
	return quote == '\0' ? NULL : "a quote that does not end";
}

bool sluicectl_words_split(const char *line, struct words *w, char *error)
{
	const char *wrong = NULL;
	char *out = w->text;

	w->count = 0;
	if (strlen(line) >= sizeof(w->text))
		wrong = "a line of more than 2047 characters";
	while (wrong == NULL) {
		while (is_blank(*line))
			line++;
		if (*line == '\0' || *line == '#')
			return true;
		if (w->count == GRAMMAR_WORDS_MAX) {
			wrong = "too many words";
			break;
		}
		w->at[w->count++] = out;
		wrong = take_word(&line, &out);
	}
	w->count = 0;
	(void)snprintf(error, GRAMMAR_ERROR_MAX, "%s", wrong);
	return false;
}
