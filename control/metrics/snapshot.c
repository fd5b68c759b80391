/* SPDX-License-Identifier: BSD-3-Clause */
/* snapshot.c - samples copied, with their labels as one key each. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/metrics/snapshot.h"

struct snapshot *snapshot_make(struct daemon *d)
{
	struct snapshot *s = memory_get(sizeof(*s));

	s->config = daemon_config(d);
	s->loaded_unix_s = daemon_loaded_unix_s(d);
	return s;
}

static void clear(struct snapshot *s)
{
	for (size_t i = 0; i < s->partner_count; i++)
		free(s->partners[i]);
	s->partner_count = 0;
	s->count = 0;
	s->at = (struct collect_cursor){0};
}

void snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	clear(s);
	free(s->partners);
	free(s->values);
	free(s);
}

/* Partners come in the same order in each metric that has them: mostly it is the last one again, or
 * the next. */
static const char *keep_partner(struct snapshot *s, const char *name)
{
	if (s->partner_count > 0 && strcmp(s->partners[s->partner_count - 1], name) == 0)
		return s->partners[s->partner_count - 1];
	for (size_t i = 0; i < s->partner_count; i++)
		if (strcmp(s->partners[i], name) == 0)
			return s->partners[i];
	if (s->partner_count == s->partner_room) {
		s->partner_room = s->partner_room > 0 ? 2 * s->partner_room : 16;
		s->partners = memory_grow(s->partners, s->partner_room * sizeof(*s->partners));
	}
	s->partners[s->partner_count] = memory_text(name);
	return s->partners[s->partner_count++];
}

static void add_part(char *key, const char *part)
{
	size_t used = strlen(key);

	if (part == NULL || *part == '\0' || used + 2 >= SNAPSHOT_KEY_MAX)
		return;
	if (used > 0)
		key[used++] = '/';
	for (; *part != '\0' && used + 1 < SNAPSHOT_KEY_MAX; part++)
		key[used++] = isalnum((unsigned char)*part) ? *part : '_';
	key[used] = '\0';
}

static void add(void *to, const struct metric_sample *sample)
{
	struct snapshot *s = to;
	const struct metric *m = collect_metric(sample->id);
	struct snapshot_value *v;

	if (s->count == s->room) {
		s->room = s->room > 0 ? 2 * s->room : 512;
		s->values = memory_grow(s->values, s->room * sizeof(*s->values));
	}
	v = &s->values[s->count++];
	*v = (struct snapshot_value){
	    .id = sample->id, .is_real = sample->is_real, .n = sample->n, .real = sample->real};
	for (size_t i = 0; i < m->label_count; i++) {
		if (strcmp(m->labels[i], "partner") == 0)
			v->partner = keep_partner(s, sample->value[i]);
		else
			add_part(v->key, sample->value[i]);
	}
	if (m->type == METRIC_HISTOGRAM)
		add_part(v->key, sample->suffix + 1);
	add_part(v->key, sample->le);
}

bool snapshot_take(struct snapshot *s, struct daemon *d, unsigned int rows)
{
	if (s->config != daemon_config(d) || s->loaded_unix_s != daemon_loaded_unix_s(d)) {
		clear(s);
		s->config = daemon_config(d);
		s->loaded_unix_s = daemon_loaded_unix_s(d);
	}
	for (unsigned int i = 0; i < rows; i++)
		if (!collect_step(d, &s->at, add, s))
			return true;
	return false;
}
