/* SPDX-License-Identifier: BSD-3-Clause */
/* show_counters.c - the conservation law in total, by core and by partner; drops by reason. */
#include "control/operator/baseline.h"
#include "control/operator/show.h"

static struct show_law read_law(const struct law *l)
{
	return (struct show_law){stat_read(&l->accepted), stat_read(&l->delivered),
				 stat_read(&l->answered), stat_read(&l->bounced),
				 stat_read(&l->dropped),  stat_read(&l->held),
				 stat_read(&l->came),     stat_read(&l->went)};
}

/* What a core has taken from partners, gateways and other cores. */
static uint64_t taken(const struct show_law *l)
{
	return l->accepted + l->came;
}

static uint64_t sum_of(const struct show_law *l)
{
	return l->delivered + l->answered + l->bounced + l->dropped + l->held + l->went;
}

/* A core counts the two sides one after the other: a read in between shows a gap that is none. A
 * real one is still there at the last try. */
void show_law_add(struct show_law *sum, const struct law *law)
{
	struct show_law now = read_law(law);

	for (unsigned int tries = 0; tries < 100 && taken(&now) != sum_of(&now); tries++)
		now = read_law(law);
	sum->accepted += now.accepted;
	sum->delivered += now.delivered;
	sum->answered += now.answered;
	sum->bounced += now.bounced;
	sum->dropped += now.dropped;
	sum->held += now.held;
	sum->came += now.came;
	sum->went += now.went;
}

/* Of several cores together: what has gone from one and not come to another is held in a ring. The
 * cores are read one after the other: what has come meanwhile and was not seen to go stays as such.
 */
static void count_rings(struct show_law *sum)
{
	if (sum->went > sum->came)
		sum->held += sum->went - sum->came;
	sum->came -= sum->went < sum->came ? sum->went : sum->came;
	sum->went = 0;
}

json_t *show_law_json(const struct show_law *l)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "accepted",
			 (json_int_t)l->accepted, "delivered", (json_int_t)l->delivered, "answered",
			 (json_int_t)l->answered, "bounced", (json_int_t)l->bounced, "dropped",
			 (json_int_t)l->dropped, "held", (json_int_t)l->held, "came",
			 (json_int_t)l->came, "went", (json_int_t)l->went, "sum",
			 (json_int_t)sum_of(l), "equal", taken(l) == sum_of(l));
}

static json_t *laws(struct daemon *d)
{
	json_t *rows = json_array();
	struct show_law total = {0};

	for (size_t i = 0; i < daemon_cores(d); i++) {
		struct show_law one = {0};
		json_t *row;

		show_law_add(&one, &core_stats(daemon_core(d, i))->law);
		row = show_law_json(&one);
		json_object_set_new(row, "of", json_sprintf("core %zu", i));
		json_array_append_new(rows, row);
		/* The sum of what is shown, so that the rows add up. */
		total.accepted += one.accepted;
		total.delivered += one.delivered;
		total.answered += one.answered;
		total.bounced += one.bounced;
		total.dropped += one.dropped;
		total.held += one.held;
		total.came += one.came;
		total.went += one.went;
	}
	count_rings(&total);
	json_array_insert_new(rows, 0, show_law_json(&total));
	json_object_set_new(json_array_get(rows, 0), "of", json_string("total"));
	return rows;
}

static json_t *partner_law(struct daemon *d, uint16_t number, json_t *name)
{
	struct show_law sum = {0};
	json_t *row;

	for (size_t i = 0; i < daemon_cores(d); i++)
		show_law_add(&sum, &core_stats(daemon_core(d, i))->partner[number].law);
	count_rings(&sum);
	row = show_law_json(&sum);
	json_object_set_new(row, "of", name);
	return row;
}

static json_t *drops(struct daemon *d)
{
	json_t *rows = json_array();

	for (enum drop i = 0; i < DROP_COUNT; i++)
		json_array_append_new(rows, show_drop_row(i, baseline_drops_since(d, i)));
	return rows;
}

static const struct {
	const char *name;
	size_t offset;
	bool is_gauge;
} counters[] = {
    {"accepted_conns", offsetof(struct stats, accepted_conns), false},
    {"dialed_conns", offsetof(struct stats, dialed_conns), false},
    {"closed_conns", offsetof(struct stats, closed_conns), false},
    {"conns", offsetof(struct stats, conns), true},
    {"streams_granted", offsetof(struct stats, streams_granted), true},
    {"bounces_sent", offsetof(struct stats, bounces_sent), false},
    {"maybe_twice", offsetof(struct stats, maybe_twice), false},
    {"records_opened", offsetof(struct stats, records_opened), false},
    {"records_sealed", offsetof(struct stats, records_sealed), false},
    {"events_full", offsetof(struct stats, events_full), false},
    {"frames_crossed", offsetof(struct stats, frames_crossed), false},
    {"stanzas_crossed", offsetof(struct stats, stanzas_crossed), false},
};

_Static_assert(ARRAY_LEN(counters) <= BASELINE_COUNTERS_MAX, "no room to clear them");

/* Of all cores together. A gauge is never cleared, so its baseline is 0. */
static uint64_t sum_counter(struct daemon *d, size_t index)
{
	uint64_t sum = 0;

	for (size_t c = 0; c < daemon_cores(d); c++) {
		const char *stats = (const char *)(const void *)core_stats(daemon_core(d, c));

		sum += stat_read(
		    (const _Atomic uint64_t *)(const void *)(stats + counters[index].offset));
	}
	return sum;
}

uint64_t show_counter(struct daemon *d, size_t index)
{
	return index < ARRAY_LEN(counters) && !counters[index].is_gauge ? sum_counter(d, index) : 0;
}

static json_t *others(struct daemon *d)
{
	json_t *row = json_object();

	for (size_t i = 0; i < ARRAY_LEN(counters); i++)
		json_object_set_new(row, counters[i].name,
				    json_integer((json_int_t)(sum_counter(d, i) -
							      daemon_baseline(d)->counters[i])));
	return row;
}

/* The law of one partner, and what show partners has of it. */
static void counters_of(struct daemon *d, const struct partner *p, struct answer *a)
{
	struct baseline_partner since;

	baseline_partner_since(d, p->id, &since);
	a->data = json_pack("{s:[o], s:{s:I, s:I, s:I, s:I}, s:I}", "law",
			    partner_law(d, p->id.n, json_string(p->domain)), "counters",
			    "stanzas_in", (json_int_t)since.stanzas_in, "stanzas_out",
			    (json_int_t)since.stanzas_out, "bytes_in", (json_int_t)since.bytes_in,
			    "bytes_out", (json_int_t)since.bytes_out, "since_unix_s",
			    (json_int_t)daemon_baseline(d)->partner_at_unix_s[p->id.n]);
}

/* The first page has the totals; every page has its share of partners. */
void show_counters(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	const struct policy *p = daemon_config(d)->policy;
	const char *domain = answer_text(r, "partner");
	const struct partner *one = domain != NULL ? answer_partner(r, domain, a) : NULL;
	const uint64_t cursor = r->cursor;
	json_t *partners;
	uint64_t at = cursor;

	if (a->code != EXIT_OK)
		return;
	if (one != NULL) {
		counters_of(d, one, a);
		return;
	}
	partners = json_array();
	if (cursor == 0) {
		a->data = json_pack("{s:o, s:o, s:o, s:I}", "law", laws(d), "counters", others(d),
				    "drops", drops(d), "since_unix_s",
				    (json_int_t)daemon_baseline(d)->at_unix_s);
		json_array_append_new(partners, partner_law(d, 0, json_string("no partner")));
	} else {
		a->data = json_object();
	}
	for (; at < p->partner_count && at - cursor < SHOW_PAGE_ROWS - 1; at++)
		json_array_append_new(partners, partner_law(d, p->partners[at].id.n,
							    json_string(p->partners[at].domain)));
	json_object_set_new(a->data, "partners", partners);
	a->cursor = at < p->partner_count ? at : 0;
}
