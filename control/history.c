/* SPDX-License-Identifier: BSD-3-Clause */
/* history.c - a table by partner number. Number 0 is every partner's that has none: kept empty. */
#include "control/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/memory.h"
#include "control/shared.h"
#include "dataplane/base/bounds.h"

struct history {
	struct history_partner partner[PARTNERS_MAX];
};

struct history *history_make(void)
{
	struct history *h = memory_get(sizeof(*h));

	for (size_t i = 0; i < PARTNERS_MAX; i++)
		h->partner[i].card = SHARED_EMPTY;
	return h;
}

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < PARTNERS_MAX; i++)
		shared_drop(&h->partner[i].card);
	free(h);
}

/* NULL: nobody's. */
static struct history_partner *find(struct history *h, struct partner_id id)
{
	return id.n > 0 && id.n < PARTNERS_MAX ? &h->partner[id.n] : NULL;
}

void history_succeeded(struct history *h, struct partner_id id, unsigned int method, bool ours,
		       const char *stream)
{
	struct history_partner *p = find(h, id);

	if (p == NULL)
		return;
	p->success_unix_s = (uint64_t)time(NULL);
	p->method = method;
	p->was_ours = ours;
	(void)snprintf(p->success_stream, sizeof(p->success_stream), "%s", stream);
}

void history_failed(struct history *h, struct partner_id id, enum drop why, const char *stream,
		    const char *text)
{
	struct history_partner *p = find(h, id);

	if (p == NULL)
		return;
	p->failure_unix_s = (uint64_t)time(NULL);
	p->why = why;
	(void)snprintf(p->failure_stream, sizeof(p->failure_stream), "%s", stream);
	(void)snprintf(p->text, sizeof(p->text), "%.119s", text);
}

void history_certificate(struct history *h, struct partner_id id, const char *card)
{
	struct history_partner *p = find(h, id);

	if (p != NULL && card[0] != '\0')
		shared_set(&p->card, card);
}

const struct history_partner *history_of(const struct history *h, struct partner_id id)
{
	return &h->partner[id.n < PARTNERS_MAX ? id.n : 0];
}
