/* SPDX-License-Identifier: BSD-3-Clause */
/* config_source.c - texts by path. */
#include <stdlib.h>
#include <string.h>

#include "control/config_source.h"
#include "control/memory.h"

struct config_source *config_source_make(void)
{
	struct config_source *s = memory_get(sizeof(*s));

	s->holders = 1;
	return s;
}

struct config_source *config_source_hold(struct config_source *s)
{
	if (s != NULL)
		s->holders++;
	return s;
}

void config_source_drop(struct config_source *s)
{
	if (s == NULL || --s->holders > 0)
		return;
	for (size_t i = 0; i < s->count; i++) {
		explicit_bzero(s->texts[i].bytes, s->texts[i].len);
		free(s->texts[i].bytes);
		free(s->texts[i].path);
	}
	free(s->texts);
	free(s);
}

const struct config_text *config_source_find(const struct config_source *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->texts[i].path, path) == 0)
			return &s->texts[i];
	return NULL;
}

void config_source_put(struct config_source *s, const char *path, const char *bytes, size_t len)
{
	struct config_text *t;

	if (config_source_find(s, path) != NULL)
		return;
	s->texts = memory_grow(s->texts, (s->count + 1) * sizeof(*s->texts));
	t = &s->texts[s->count++];
	t->path = memory_text(path);
	t->bytes = memory_get(len + 1);
	memcpy(t->bytes, bytes, len);
	t->len = len;
}

struct config_source *config_source_with(const struct config_source *s, const char *path,
					 const char *bytes, size_t len)
{
	struct config_source *with = config_source_make();

	for (size_t i = 0; i < s->count; i++) {
		const struct config_text *t = &s->texts[i];
		const bool is_it = strcmp(t->path, path) == 0;

		config_source_put(with, t->path, is_it ? bytes : t->bytes, is_it ? len : t->len);
	}
	return with;
}
