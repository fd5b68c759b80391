/* SPDX-License-Identifier: BSD-3-Clause */
/* collect_cores.c - what cores count: stanzas, the law, drops, TCP, time. */
#include <string.h>

#include "control/metrics/collect_row.h"
#include "control/operator/show.h"

static const struct stats *stats_of(const struct collection *c, size_t core)
{
	return core_stats(daemon_core(c->daemon, core));
}

static const char *core_text(uint64_t core, char text[8])
{
	(void)snprintf(text, 8, "%u", (unsigned int)core % 10000);
	return text;
}

bool collect_throttled(const struct collection *c, uint64_t row)
{
	struct collect_partner p;
	uint64_t us = 0;

	if (!collect_partner(c, row, &p))
		return false;
	for (size_t i = 0; i < daemon_cores(c->daemon); i++)
		us += stat_read(&stats_of(c, i)->throttled_us[p.id.n]);
	if (p.is_counted)
		collect_real(c, (double)us / 1e6, p.name);
	return true;
}

static uint64_t kind_of(const struct collection *c, struct partner_id id, bool is_out,
			unsigned int kind)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < daemon_cores(c->daemon); i++) {
		const struct partner_stats *s = &stats_of(c, i)->partner[id.n];

		sum += stat_read(is_out ? &s->stanzas_out[kind] : &s->stanzas_in[kind]);
	}
	return sum;
}

bool collect_stanzas(const struct collection *c, uint64_t row)
{
	static const char *const kinds[STATS_KINDS] = {"message", "presence", "iq"};
	struct collect_partner p;

	if (!collect_partner(c, row, &p))
		return false;
	for (unsigned int out = 0; p.is_counted && out < 2; out++)
		for (unsigned int k = 0; k < STATS_KINDS; k++)
			collect_n(c, kind_of(c, p.id, out != 0, k), collect_direction(out), p.name,
				  kinds[k]);
	return true;
}

bool collect_stanza_bytes(const struct collection *c, uint64_t row)
{
	struct collect_partner p;
	uint64_t in = 0, out = 0;

	if (!collect_partner(c, row, &p))
		return false;
	for (size_t i = 0; i < daemon_cores(c->daemon); i++) {
		in += stat_read(&stats_of(c, i)->partner[p.id.n].bytes_in);
		out += stat_read(&stats_of(c, i)->partner[p.id.n].bytes_out);
	}
	if (p.is_counted) {
		collect_n(c, in, "in", p.name);
		collect_n(c, out, "out", p.name);
	}
	return true;
}

static uint64_t drops_of(const struct collection *c, enum drop d)
{
	uint64_t sum = sessions_drops(daemon_sessions(c->daemon), d);

	for (size_t i = 0; i < daemon_cores(c->daemon); i++)
		sum += stat_read_drop(stats_of(c, i), d);
	return sum;
}

bool collect_stanza_dropped(const struct collection *c, uint64_t row)
{
	const char *name;

	if (row >= DROP_COUNT)
		return false;
	name = drop_name((enum drop)row);
	if (strncmp(name, "stanza_", strlen("stanza_")) == 0)
		collect_n(c, drops_of(c, (enum drop)row), name);
	return true;
}

bool collect_drops(const struct collection *c, uint64_t row)
{
	static const char *const faults[] = {
	    [DROP_FAULT_PEER] = "peer", [DROP_FAULT_OURS] = "ours", [DROP_FAULT_POLICY] = "policy"};

	if (row >= DROP_COUNT)
		return false;
	collect_n(c, drops_of(c, (enum drop)row), drop_name((enum drop)row),
		  faults[drop_fault((enum drop)row)]);
	return true;
}

bool collect_latency(const struct collection *c, uint64_t row)
{
	uint64_t counts[STATS_LATENCY_BOUNDS + 1] = {0}, sum_us = 0;

	if (row > 0)
		return false;
	for (size_t i = 0; i < daemon_cores(c->daemon); i++) {
		for (size_t k = 0; k < ARRAY_LEN(counts); k++)
			counts[k] += stat_read(&stats_of(c, i)->latency[k]);
		sum_us += stat_read(&stats_of(c, i)->latency_sum_us);
	}
	collect_classes(c, &(struct collect_histogram){stats_latency_bounds_us,
						       STATS_LATENCY_BOUNDS, counts, sum_us});
	return true;
}

static struct show_law law_of(const struct collection *c)
{
	struct show_law sum = {0};

	for (size_t i = 0; i < daemon_cores(c->daemon); i++)
		show_law_add(&sum, &stats_of(c, i)->law);
	return sum;
}

bool collect_law(const struct collection *c, uint64_t row)
{
	const struct show_law l = law_of(c);

	if (row > 0)
		return false;
	collect_n(c, l.accepted, "accepted");
	collect_n(c, l.delivered, "delivered");
	collect_n(c, l.answered, "answered");
	collect_n(c, l.bounced, "bounced");
	collect_n(c, l.dropped, "dropped");
	return true;
}

/* What is on its way between cores is held, too. */
bool collect_law_held(const struct collection *c, uint64_t row)
{
	const struct show_law l = law_of(c);

	if (row > 0)
		return false;
	collect_n(c, l.held + (l.went > l.came ? l.went - l.came : 0));
	return true;
}

bool collect_tcp_connections(const struct collection *c, uint64_t row)
{
	uint64_t n = 0;

	if (row + 1 >= TCP_STAT_STATES)
		return false;
	for (size_t i = 0; i < daemon_cores(c->daemon); i++)
		n += row + 2 == TCP_STAT_STATES
			 ? stat_read(&stats_of(c, i)->time_waits)
			 : tcp_stat_read_state(&stats_of(c, i)->tcp, (unsigned int)row + 1);
	collect_n(c, n, tcp_stat_state_name((unsigned int)row + 1));
	return true;
}

bool collect_tcp_stat(const struct collection *c, uint64_t row)
{
	const enum tcp_stat which = (enum tcp_stat)(c->id - METRIC_TCP_COOKIES_SENT);
	char core[8];

	if (row >= daemon_cores(c->daemon))
		return false;
	collect_n(c, tcp_stat_read(&stats_of(c, row)->tcp, which), core_text(row, core));
	return true;
}

bool collect_core_busy(const struct collection *c, uint64_t row)
{
	const struct recent_stats *r;
	char core[8];
	uint64_t tsc;

	if (row >= daemon_cores(c->daemon))
		return false;
	r = &stats_of(c, row)->recent;
	tsc = stat_read(&r->tsc);
	collect_real(c, tsc > 0 ? (double)stat_read(&r->busy_tsc) / (double)tsc : 0,
		     core_text(row, core));
	return true;
}

bool collect_core_busy_time(const struct collection *c, uint64_t row)
{
	const struct stats *s;
	char core[8];
	uint64_t hz;

	if (row >= daemon_cores(c->daemon))
		return false;
	s = stats_of(c, row);
	hz = stat_read(&s->tsc_hz);
	collect_real(c, hz > 0 ? (double)stat_read(&s->busy_tsc) / (double)hz : 0,
		     core_text(row, core));
	return true;
}

bool collect_core_stanzas(const struct collection *c, uint64_t row)
{
	char core[8];

	if (row >= daemon_cores(c->daemon))
		return false;
	collect_n(c, stat_stanzas(stats_of(c, row)), core_text(row, core));
	return true;
}
