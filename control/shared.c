/* SPDX-License-Identifier: BSD-3-Clause */
/* shared.c - a chained hash that grows; keyed, since most texts are peers'. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "control/memory.h"
#include "control/shared.h"
#include "dataplane/base/keyed_hash.h"

enum { BUCKETS_FIRST = 256 };

struct shared {
	struct shared *next;
	uint32_t hash, references;
	char text[];
};

static struct {
	struct shared **bucket;
	size_t buckets, count;
	struct hash_key key;
} all;

static struct shared **bucket_of(uint32_t hash)
{
	return &all.bucket[hash & (all.buckets - 1)];
}

static void grow(void)
{
	struct shared **old = all.bucket;
	const size_t n = all.buckets;

	/* Without random bytes the key is zero: slower under attack, never wrong. */
	if (n == 0 && getrandom(&all.key, sizeof(all.key), 0) != (ssize_t)sizeof(all.key))
		memset(&all.key, 0, sizeof(all.key));
	all.buckets = n > 0 ? 2 * n : BUCKETS_FIRST;
	all.bucket = memory_get(all.buckets * sizeof(struct shared *));
	for (size_t i = 0; i < n; i++)
		while (old[i] != NULL) {
			struct shared *s = old[i];

			old[i] = s->next;
			s->next = *bucket_of(s->hash);
			*bucket_of(s->hash) = s;
		}
	free(old);
}

static const char *take(const char *text, size_t len)
{
	struct shared *s;
	uint32_t hash;

	if (len == 0)
		return SHARED_EMPTY;
	if (all.count >= all.buckets)
		grow();
	hash = (uint32_t)keyed_hash(&all.key, text, len);
	for (s = *bucket_of(hash); s != NULL; s = s->next)
		if (s->hash == hash && strncmp(s->text, text, len) == 0 && s->text[len] == '\0') {
			s->references++;
			return s->text;
		}
	s = memory_get(sizeof(*s) + len + 1);
	memcpy(s->text, text, len);
	s->hash = hash;
	s->references = 1;
	s->next = *bucket_of(hash);
	*bucket_of(hash) = s;
	all.count++;
	return s->text;
}

void shared_set_cut(const char **at, const char *text, size_t most)
{
	const char *next = take(text, strnlen(text, most));

	shared_drop(at);
	*at = next;
}

void shared_set(const char **at, const char *text)
{
	shared_set_cut(at, text, SIZE_MAX);
}

void shared_drop(const char **at)
{
	struct shared *s, **link;

	if (**at == '\0')
		return;
	s = CONTAINER_OF((char *)(uintptr_t)*at, struct shared, text);
	*at = SHARED_EMPTY;
	if (--s->references > 0)
		return;
	link = bucket_of(s->hash);
	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	free(s);
	/* The last one takes the table along: nothing is left behind when all streams are gone. */
	if (--all.count > 0)
		return;
	free(all.bucket);
	all.bucket = NULL;
	all.buckets = 0;
}

size_t shared_count(void)
{
	return all.count;
}
