/* SPDX-License-Identifier: BSD-3-Clause */
/* shell_tab.c - the words that may come, those of them that begin as typed, what they share. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sluicectl/complete.h"
#include "control/sluicectl/shell_tab.h"
#include "control/sluicectl/table.h"
#include "control/sluicectl/words.h"

enum { SHOWN_MAX = 200 };

struct candidates {
	char *text; /* all words, each ending in a zero byte */
	const char **at;
	size_t count;
};

static void collect(const struct options *o, const struct words *before, const char *begun,
		    struct candidates *c)
{
	char *rest = NULL;
	size_t len = 0, room = 1;
	FILE *f = open_memstream(&c->text, &len);

	if (f == NULL)
		return;
	sluicectl_complete(o, before->at, before->count, true, f);
	fclose(f);
	for (size_t i = 0; i < len; i++)
		room += c->text[i] == '\n';
	c->at = calloc(room, sizeof(*c->at));
	if (c->at == NULL)
		return;
	for (char *w = strtok_r(c->text, "\n", &rest); w != NULL; w = strtok_r(NULL, "\n", &rest))
		if (strncmp(w, begun, strlen(begun)) == 0 ||
		    (begun[0] == '\0' && isupper((unsigned char)w[0])))
			c->at[c->count++] = w;
}

/* How many characters all of them begin with alike; 0 where a type is among them. */
static size_t shared(const struct candidates *c)
{
	size_t n = strlen(c->at[0]);

	for (size_t i = 0; i < c->count; i++) {
		size_t same = 0;

		if (isupper((unsigned char)c->at[i][0]))
			return 0;
		while (same < n && c->at[i][same] == c->at[0][same])
			same++;
		n = same;
	}
	return n;
}

/* In columns, down and then right, as ls does. */
static void list(const struct candidates *c)
{
	const size_t wide = sluicectl_table_room(stdout),
		     count = c->count < SHOWN_MAX ? c->count : SHOWN_MAX;
	size_t width = 1, across, down;

	for (size_t i = 0; i < count; i++)
		width = strlen(c->at[i]) > width ? strlen(c->at[i]) : width;
	across = wide / (width + 2) > 0 ? wide / (width + 2) : 1;
	down = (count + across - 1) / across;
	fputc('\n', stdout);
	for (size_t row = 0; row < down; row++)
		for (size_t i = row; i < count; i += down)
			printf("%-*s%s", i + down < count ? (int)width + 2 : 0, c->at[i],
			       i + down < count ? "" : "\n");
	if (c->count > count)
		printf("and %zu more\n", c->count - count);
}

static unsigned char offer(EditLine *el, const struct candidates *c, size_t begun)
{
	char more[GRAMMAR_VALUE_MAX + 2];
	const size_t same = c->count > 0 ? shared(c) : 0;

	if (c->count == 0)
		return CC_ERROR;
	if (same > begun || (same == begun && c->count == 1 && same > 0)) {
		(void)snprintf(more, sizeof(more), "%.*s%s", (int)(same - begun), c->at[0] + begun,
			       c->count == 1 ? " " : "");
		return el_insertstr(el, more) == 0 ? CC_REFRESH : CC_ERROR;
	}
	list(c);
	return CC_REDISPLAY;
}

unsigned char sluicectl_shell_tab(EditLine *el, const struct options *o)
{
	const LineInfo *line = el_line(el);
	const size_t len = (size_t)(line->cursor - line->buffer);
	struct candidates c = {NULL, NULL, 0};
	char text[WORDS_LINE_BYTES], error[GRAMMAR_ERROR_MAX];
	const char *begun = "";
	struct words *w;
	unsigned char what = CC_ERROR;

	if (len >= sizeof(text))
		return CC_ERROR;
	memcpy(text, line->buffer, len);
	text[len] = '\0';
	w = malloc(sizeof(*w));
	if (w != NULL && sluicectl_words_split(text, w, error)) {
		if (w->count > 0 && !isspace((unsigned char)text[len - 1]))
			begun = w->at[--w->count];
		collect(o, w, begun, &c);
		what = offer(el, &c, strlen(begun));
	}
	free(w);
	free(c.at);
	free(c.text);
	return what;
}
