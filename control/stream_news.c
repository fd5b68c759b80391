/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_news.c - what the machine has to say, in the order it has to be obeyed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/stream_state.h"

struct stream_news *stream_add_news(struct stream *s, enum stream_news_kind kind)
{
	struct queued_news *q = memory_get(sizeof(*q));

	q->news.kind = kind;
	q->news.bytes = "";
	q->news.drop = DROP_COUNT;
	if (s->news_last != NULL)
		s->news_last->next = q;
	else
		s->news = q;
	s->news_last = q;
	return &q->news;
}

struct stream_news *stream_add_bytes(struct stream *s, enum stream_news_kind kind)
{
	struct stream_news *news = stream_add_news(s, kind);

	if (s->out_len > 0) {
		s->news_last->bytes = s->out;
		news->bytes = s->out;
		news->len = s->out_len;
		s->out = NULL;
		s->out_len = s->out_room = 0;
	}
	return news;
}

void stream_flush(struct stream *s)
{
	if (s->out_len > 0)
		stream_add_bytes(s, STREAM_NEWS_SEND);
}

void stream_add_refused(struct stream *s, enum drop why, const char *ours, const char *theirs,
			const char *text)
{
	struct stream_news *news = stream_add_news(s, STREAM_NEWS_REFUSED);

	news->drop = why;
	snprintf(news->ours, sizeof(news->ours), "%s", ours);
	snprintf(news->theirs, sizeof(news->theirs), "%s", theirs);
	snprintf(news->text, sizeof(news->text), "%s", text);
}

bool stream_take(struct stream *s, struct stream_news *news)
{
	struct queued_news *q = s->news;

	free(s->taken);
	s->taken = NULL;
	if (q == NULL) {
		*news = (struct stream_news){.kind = STREAM_NEWS_NONE, .drop = DROP_COUNT};
		return false;
	}
	s->news = q->next;
	if (s->news == NULL)
		s->news_last = NULL;
	*news = q->news;
	s->taken = q->bytes;
	free(q);
	return true;
}

void stream_news_free(struct stream *s)
{
	while (s->news != NULL) {
		struct queued_news *q = s->news;

		s->news = q->next;
		free(q->bytes);
		free(q);
	}
	free(s->taken);
	free(s->out);
}

int stream_cut(const char *text, size_t most)
{
	size_t len = strnlen(text, most + 1);

	if (len <= most)
		return (int)len;
	for (len = most; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80; len--)
		;
	return (int)len;
}

void stream_say(char *text, size_t room, const char *before, const char *name, const char *after)
{
	/* A name longer than a line of the log is no use in it. */
	snprintf(text, room, "%s%.*s%s", before, stream_cut(name, 64), name, after);
}
