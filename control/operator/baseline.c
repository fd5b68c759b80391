/* SPDX-License-Identifier: BSD-3-Clause */
/* baseline.c - counters of cores and control summed up, and what to subtract from them. */
#include <stdlib.h>
#include <time.h>

#include "control/memory.h"
#include "control/operator/baseline.h"
#include "control/operator/show.h"

struct baseline *baseline_make(void)
{
	return memory_get(sizeof(struct baseline));
}

void baseline_free(struct baseline *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < PARTNERS_MAX; i++)
		free(b->partner[i]);
	free(b);
}

uint64_t baseline_drops(struct daemon *d, enum drop reason)
{
	uint64_t sum = sessions_drops(daemon_sessions(d), reason);

	for (size_t i = 0; i < daemon_cores(d); i++)
		sum += stat_read_drop(core_stats(daemon_core(d, i)), reason);
	return sum;
}

uint64_t baseline_drops_since(struct daemon *d, enum drop reason)
{
	return baseline_drops(d, reason) - daemon_baseline(d)->drops[reason];
}

void baseline_read_partner(struct daemon *d, struct partner_id id, struct baseline_partner *out)
{
	const struct tally_row *row = &sessions_tally(daemon_sessions(d))->rows[id.n];

	*out = (struct baseline_partner){0};
	for (size_t i = 0; i < daemon_cores(d); i++) {
		const struct partner_stats *s = &core_stats(daemon_core(d, i))->partner[id.n];

		out->stanzas_in += stat_read_kinds(s->stanzas_in);
		out->stanzas_out += stat_read_kinds(s->stanzas_out);
		out->bytes_in += stat_read(&s->bytes_in);
		out->bytes_out += stat_read(&s->bytes_out);
	}
	for (uint32_t i = 0; i < row->cell_count; i++)
		if (row->cells[i].is_refusal && row->cells[i].why < DROP_COUNT)
			out->refused[row->cells[i].why] += row->cells[i].count;
}

void baseline_partner_since(struct daemon *d, struct partner_id id, struct baseline_partner *out)
{
	const struct baseline_partner *before = daemon_baseline(d)->partner[id.n];

	baseline_read_partner(d, id, out);
	if (before == NULL)
		return;
	out->stanzas_in -= before->stanzas_in;
	out->stanzas_out -= before->stanzas_out;
	out->bytes_in -= before->bytes_in;
	out->bytes_out -= before->bytes_out;
	for (size_t i = 0; i < DROP_COUNT; i++)
		out->refused[i] -= before->refused[i];
}

static void clear_partner(struct daemon *d, struct partner_id id)
{
	struct baseline *b = daemon_baseline(d);

	if (b->partner[id.n] == NULL)
		b->partner[id.n] = memory_get(sizeof(*b->partner[id.n]));
	baseline_read_partner(d, id, b->partner[id.n]);
	b->partner_at_unix_s[id.n] = (uint64_t)time(NULL);
}

/* Of all that show counters and show drops tell without a partner. */
static void clear_total(struct daemon *d)
{
	struct baseline *b = daemon_baseline(d);

	b->at_unix_s = (uint64_t)time(NULL);
	for (enum drop i = 0; i < DROP_COUNT; i++)
		b->drops[i] = baseline_drops(d, i);
	for (size_t i = 0; i < BASELINE_COUNTERS_MAX; i++)
		b->counters[i] = show_counter(d, i);
}

void baseline_clear(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	const struct policy *p = daemon_config(d)->policy;
	const char *domain = answer_text(r, "partner");
	const struct partner *one = domain != NULL ? answer_partner(r, domain, a) : NULL;

	if (a->code != EXIT_OK)
		return;
	if (one != NULL) {
		clear_partner(d, one->id);
		a->data = json_pack("{s:s}", "cleared", one->domain);
		return;
	}
	clear_total(d);
	for (size_t i = 0; i < p->partner_count; i++)
		clear_partner(d, p->partners[i].id);
	a->data =
	    json_pack("{s:s, s:I}", "cleared", "all", "partners", (json_int_t)p->partner_count);
}
