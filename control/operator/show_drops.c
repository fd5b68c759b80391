/* SPDX-License-Identifier: BSD-3-Clause */
/* show_drops.c - what was dropped or refused, by reason: of everybody, or in one partner's name. */
#include "control/operator/baseline.h"
#include "control/operator/show.h"

static const char *fault_of(enum drop d)
{
	static const char *const faults[] = {
	    [DROP_FAULT_PEER] = "peer", [DROP_FAULT_OURS] = "ours", [DROP_FAULT_POLICY] = "policy"};

	return faults[drop_fault(d)];
}

json_t *show_drop_row(enum drop d, uint64_t count)
{
	return json_pack("{s:s, s:I, s:s, s:s}", "name", drop_name(d), "count", (json_int_t)count,
			 "fault", fault_of(d), "text", drop_text(d));
}

/* Times are 0 where nothing was ever cleared: since the start. */
static void drops_of_partner(const struct request *r, const struct partner *p, struct answer *a)
{
	struct baseline_partner since;
	struct show_law law = {0};
	json_t *rows = json_array();

	baseline_partner_since(r->daemon, p->id, &since);
	for (enum drop i = 0; i < DROP_COUNT; i++)
		if (since.refused[i] > 0)
			json_array_append_new(rows, show_drop_row(i, since.refused[i]));
	for (size_t i = 0; i < daemon_cores(r->daemon); i++)
		show_law_add(&law, &core_stats(daemon_core(r->daemon, i))->partner[p->id.n].law);
	a->data = json_pack("{s:s, s:I, s:I, s:I, s:o}", "partner", p->domain, "since_unix_s",
			    (json_int_t)daemon_baseline(r->daemon)->partner_at_unix_s[p->id.n],
			    "stanzas_bounced", (json_int_t)law.bounced, "stanzas_dropped",
			    (json_int_t)law.dropped, "drops", rows);
}

void show_drops(const struct request *r, struct answer *a)
{
	const char *domain = answer_text(r, "partner");
	const struct partner *p = domain != NULL ? answer_partner(r, domain, a) : NULL;
	json_t *rows;

	if (a->code != EXIT_OK)
		return;
	if (p != NULL) {
		drops_of_partner(r, p, a);
		return;
	}
	rows = json_array();
	for (enum drop i = 0; i < DROP_COUNT; i++) {
		const uint64_t n = baseline_drops_since(r->daemon, i);

		if (n > 0)
			json_array_append_new(rows, show_drop_row(i, n));
	}
	a->data = json_pack("{s:I, s:o}", "since_unix_s",
			    (json_int_t)daemon_baseline(r->daemon)->at_unix_s, "drops", rows);
}
