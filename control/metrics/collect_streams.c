/* SPDX-License-Identifier: BSD-3-Clause */
/* collect_streams.c - streams, authentication, TLS, gateways and DNS: what control counts. */
#include "control/daemon_ask.h"
#include "control/metrics/collect_row.h"
#include "control/metrics/metrics.h"
#include "control/tally.h"

static const struct tally *tally_of(const struct collection *c)
{
	return sessions_tally(daemon_sessions(c->daemon));
}

/* Nobody but row 0 has streams inside: those are the gateways'. */
static unsigned int legs_of(uint64_t row)
{
	return row == 0 ? IFACE_COUNT : IFACE_INTERNAL;
}

bool collect_streams(const struct collection *c, uint64_t row)
{
	static const char *const states[TALLY_STATES] = {"opening", "established", "closing"};
	struct collect_partner p;

	if (!collect_partner(c, row, &p))
		return false;
	for (unsigned int leg = 0; p.is_counted && leg < legs_of(row); leg++)
		for (unsigned int d = 0; d < TALLY_DIRECTIONS; d++)
			for (unsigned int s = 0; s < TALLY_STATES; s++)
				collect_n(c, tally_of(c)->rows[p.id.n].streams[leg][d][s],
					  collect_leg(leg), collect_direction(d), p.name,
					  states[s]);
	return true;
}

bool collect_stream_opened(const struct collection *c, uint64_t row)
{
	struct collect_partner p;

	if (!collect_partner(c, row, &p))
		return false;
	for (unsigned int leg = 0; p.is_counted && leg < legs_of(row); leg++)
		for (unsigned int d = 0; d < TALLY_DIRECTIONS; d++)
			collect_n(c, tally_of(c)->rows[p.id.n].opened[leg][d], collect_leg(leg),
				  collect_direction(d), p.name);
	return true;
}

bool collect_stream_refused(const struct collection *c, uint64_t row)
{
	if (row >= DROP_COUNT)
		return false;
	collect_n(c, tally_of(c)->refused[row], drop_name((enum drop)row));
	return true;
}

bool collect_stream_closed(const struct collection *c, uint64_t row)
{
	static const char *const by[TALLY_CLOSE_BYS] = {"peer", "us", "reset", "timeout"};
	const struct tally_row *r;
	struct collect_partner p;

	if (!collect_partner(c, row, &p))
		return false;
	r = &tally_of(c)->rows[p.id.n];
	for (uint32_t i = 0; p.is_counted && i < r->cell_count; i++) {
		const struct tally_cell *x = &r->cells[i];

		if (!x->is_refusal)
			collect_n(c, x->count, collect_leg(x->leg), collect_direction(x->direction),
				  p.name, x->why == DROP_COUNT ? "none" : drop_name(x->why),
				  by[x->by]);
	}
	return true;
}

bool collect_auth(const struct collection *c, uint64_t row)
{
	if (row >= TALLY_MECHANISMS)
		return false;
	for (unsigned int d = 0; d < TALLY_DIRECTIONS; d++)
		for (unsigned int done = 0; done < 2; done++)
			collect_n(c, tally_of(c)->auth[d][row][done], collect_direction(d),
				  method_name(BIT(row)), done != 0 ? "ok" : "failed");
	return true;
}

bool collect_tls_handshake(const struct collection *c, uint64_t row)
{
	const struct tally *t = tally_of(c);

	if (row > 0)
		return false;
	collect_classes(c, &(struct collect_histogram){tally_handshake_bounds_us,
						       TALLY_HANDSHAKE_BOUNDS, t->handshakes,
						       t->handshakes_sum_us});
	return true;
}

bool collect_tls_sessions(const struct collection *c, uint64_t row)
{
	const struct tally_suite *s;

	if (row >= TALLY_SUITES_MAX)
		return false;
	s = &tally_of(c)->suites[row];
	if (s->sessions > 0)
		collect_n(c, s->sessions, s->version, s->cipher, "false");
	return true;
}

bool collect_cert_expiry(const struct collection *c, uint64_t row)
{
	struct collect_partner p;
	int64_t expires;

	if (!collect_partner(c, row, &p))
		return false;
	if (row == 0) {
		for (unsigned int leg = 0; leg < IFACE_COUNT; leg++)
			collect_n(c, daemon_certificate_ends_unix_s(c->daemon, (enum iface)leg),
				  "own", collect_leg(leg));
		return true;
	}
	expires = tally_of(c)->rows[p.id.n].certificate_expires;
	if (p.is_counted && expires > 0)
		collect_n(c, (uint64_t)expires, "partner", p.name);
	return true;
}

bool collect_gateway_up(const struct collection *c, uint64_t row)
{
	const struct policy *p = daemon_config(c->daemon)->policy;

	if (row >= p->gateway_count)
		return false;
	collect_n(c, tally_gateway(tally_of(c), p->gateways[row].name) > 0, p->gateways[row].name);
	return true;
}

bool collect_gateway_failovers(const struct collection *c, uint64_t row)
{
	const struct policy *p = daemon_config(c->daemon)->policy;

	if (row >= p->gateway_count)
		return false;
	collect_n(c, gateways_failovers(daemon_gateways(c->daemon), row), p->gateways[row].name);
	return true;
}

bool collect_dns_lookups(const struct collection *c, uint64_t row)
{
	static const uint16_t types[] = {33, 28, 1}; /* RFC 2782, RFC 3596, RFC 1035 */

	if (row >= ARRAY_LEN(types))
		return false;
	for (enum dns_result i = 0; i <= DNS_FAILED; i++)
		collect_n(c, dns_record_total(daemon_dns(c->daemon), types[row], i),
			  dns_type_name(types[row]), dns_result_name(i));
	return true;
}

bool collect_queue(const struct collection *c, uint64_t row)
{
	const struct census *s = metrics_census(daemon_metrics(c->daemon));
	struct collect_partner p;

	if (!collect_partner(c, row, &p))
		return false;
	if (!p.is_counted || !census_is_taken(s))
		return true;
	for (unsigned int leg = 0; leg < legs_of(row); leg++)
		collect_n(c, census_queued(s, p.id, (enum iface)leg), p.name, collect_leg(leg));
	return true;
}
