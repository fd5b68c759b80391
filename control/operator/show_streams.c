/* SPDX-License-Identifier: BSD-3-Clause */
/* show_streams.c - live streams, partners with theirs, and the last refusals. */
#include <string.h>

#include "control/operator/show.h"
#include "control/operator/show_detail.h"

static const struct core *core_of(const struct daemon *d, struct conn_id id)
{
	return id.core < daemon_cores(d) ? daemon_core(d, id.core) : NULL;
}

static void add_traffic(const struct daemon *d, const struct session_view *v, json_t *row)
{
	const struct core *core = core_of(d, v->conn);
	struct conn_view c;

	if (core == NULL || !core_view(core, v->conn, &c))
		return;
	json_object_set_new(row, "stanzas_in", json_integer((json_int_t)c.stanzas_in));
	json_object_set_new(row, "stanzas_out", json_integer((json_int_t)c.stanzas_out));
	json_object_set_new(row, "bytes_in", json_integer((json_int_t)c.bytes_in));
	json_object_set_new(row, "bytes_out", json_integer((json_int_t)c.bytes_out));
	json_object_set_new(row, "queued_bytes", json_integer((json_int_t)c.queued_bytes));
	json_object_set_new(row, "srtt_us", json_integer((json_int_t)c.srtt_us));
	json_object_set_new(row, "idle_s", json_integer((json_int_t)(c.idle_us / 1000000)));
}

static json_t *stream_row(const struct daemon *d, const struct session_view *v)
{
	char address[ADDR_TEXT_MAX];
	json_t *row =
	    json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:b, s:I}", "id", v->trace_id,
		      "leg", v->leg == IFACE_EDGE ? "edge" : "internal", "direction",
		      v->role == STREAM_RECEIVING ? "in" : "out", "state", v->state, "core",
		      (json_int_t)v->conn.core, "address", addr_text(&v->address, address), "port",
		      (json_int_t)v->port, "pairs", (json_int_t)v->pairs, "bidi", v->bidi, "age_s",
		      (json_int_t)(v->age_us / 1000000));

	json_object_set_new(row, "local", answer_string(v->local));
	json_object_set_new(row, "remote", answer_string(v->remote));
	json_object_set_new(row, "partner", answer_string(v->partner));
	json_object_set_new(row, "gateway", answer_string(v->gateway));
	json_object_set_new(row, "stream_id", answer_string(v->stream_id));
	json_object_set_new(row, "tls", answer_string(v->tls_version));
	json_object_set_new(row, "cipher", answer_string(v->cipher));
	json_object_set_new(row, "method", answer_string(v->method != NULL ? v->method : ""));
	add_traffic(d, v, row);
	return row;
}

static bool is_of(const struct daemon *d, const struct session_view *v, const struct partner *p)
{
	return p == NULL ||
	       (v->leg == IFACE_EDGE && policy_partner(daemon_config(d)->policy, v->remote) == p);
}

void show_streams(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	const char *domain = answer_text(r, "partner");
	const struct partner *p = domain != NULL ? answer_partner(r, domain, a) : NULL;
	struct sessions *s = daemon_sessions(d);
	struct show_filter filter;
	unsigned int looks = 0;
	struct session_view v;
	uint64_t cursor = r->cursor, last = cursor;
	json_t *rows;

	if (a->code != EXIT_OK || !show_detail_read(r, &filter, a))
		return;
	rows = json_array();
	while (json_array_size(rows) < SHOW_PAGE_ROWS && looks++ < SHOW_PAGE_LOOKS &&
	       sessions_next_view(s, &cursor, &v)) {
		if (is_of(d, &v, p) && show_detail_passes(&filter, &v)) {
			json_t *row = stream_row(d, &v);

			if (filter.stream != NULL)
				show_detail_stream(&v, row);
			json_array_append_new(rows, row);
		}
		last = cursor;
	}
	if (sessions_next_view(s, &cursor, &v))
		a->cursor = last;
	a->data = json_pack("{s:o}", "streams", rows);
}

/* Live streams of one partner, by direction; @v is walked over once for a page, see below. */
struct tally {
	uint32_t in, out;
};

static void tally_streams(struct daemon *d, const struct policy *p, uint64_t first, size_t count,
			  struct tally *tallies)
{
	struct session_view v;
	uint64_t cursor = 0;

	while (sessions_next_view(daemon_sessions(d), &cursor, &v)) {
		const struct partner *r = v.leg == IFACE_EDGE ? policy_partner(p, v.remote) : NULL;
		const size_t at = r != NULL ? (size_t)(r - p->partners) : SIZE_MAX;

		if (at < first || at - first >= count)
			continue;
		if (v.role == STREAM_RECEIVING)
			tallies[at - first].in++;
		else
			tallies[at - first].out++;
	}
}

static json_t *methods_of(const struct partner *p)
{
	const unsigned int methods = policy_methods(p->tls, p->sasl, p->dialback);
	json_t *list = json_array();

	for (unsigned int m = METHOD_SASL_EXTERNAL; m <= METHOD_DIALBACK_PLAIN; m <<= 1)
		if ((methods & m) != 0)
			json_array_append_new(list, json_string(method_name(m)));
	return list;
}

static void add_partner_traffic(struct daemon *d, const struct partner *p, json_t *row)
{
	uint64_t in = 0, out = 0, bytes_in = 0, bytes_out = 0;

	for (size_t i = 0; i < daemon_cores(d); i++) {
		const struct partner_stats *s = &core_stats(daemon_core(d, i))->partner[p->id.n];

		/* Row 0 is everybody's who has no number: not this partner's alone. */
		if (p->id.n == 0)
			break;
		in += stat_read_kinds(s->stanzas_in);
		out += stat_read_kinds(s->stanzas_out);
		bytes_in += stat_read(&s->bytes_in);
		bytes_out += stat_read(&s->bytes_out);
	}
	json_object_set_new(row, "stanzas_in", json_integer((json_int_t)in));
	json_object_set_new(row, "stanzas_out", json_integer((json_int_t)out));
	json_object_set_new(row, "bytes_in", json_integer((json_int_t)bytes_in));
	json_object_set_new(row, "bytes_out", json_integer((json_int_t)bytes_out));
}

static json_t *partner_row(struct daemon *d, const struct partner *p, const struct tally *t)
{
	const struct limits *l = &daemon_config(d)->policy->limits;
	json_t *more = json_array(), *row;

	for (char **at = p->additional_domains; at != NULL && *at != NULL; at++)
		json_array_append_new(more, json_string(*at));
	row = json_pack(
	    "{s:s, s:o, s:s, s:s, s:s, s:b, s:o, s:I, s:b, s:s?, s:I, s:I, s:I}", "domain",
	    p->domain, "additional_domains", more, "type", partner_type_name(p->type), "tls",
	    level_name(p->tls), "sasl", level_name(p->sasl), "dialback", p->dialback, "methods",
	    methods_of(p), "connection_limit",
	    (json_int_t)(p->connection_limit > 0 ? p->connection_limit
						 : l->partner_connection_limit),
	    "keepalive", p->keepalive, "proxy_fqdn", p->proxy_fqdn, "streams_in", (json_int_t)t->in,
	    "streams_out", (json_int_t)t->out, "line", (json_int_t)p->line);
	json_object_set_new(row, "description",
			    answer_string(p->description != NULL ? p->description : ""));
	add_partner_traffic(d, p, row);
	return row;
}

void show_partners(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	const char *domain = answer_text(r, "domain");
	const struct partner *one = domain != NULL ? answer_partner(r, domain, a) : NULL;
	const struct policy *p = daemon_config(d)->policy;
	const uint64_t first = one != NULL ? (uint64_t)(one - p->partners) : r->cursor;
	const uint64_t end = one != NULL ? first + 1 : p->partner_count;
	struct tally tallies[SHOW_PAGE_ROWS] = {{0, 0}};
	uint64_t at = first;
	json_t *rows;

	if (a->code != EXIT_OK)
		return;
	rows = json_array();
	tally_streams(d, p, first, SHOW_PAGE_ROWS, tallies);
	for (; at < end && at - first < SHOW_PAGE_ROWS; at++) {
		json_t *row = partner_row(d, &p->partners[at], &tallies[at - first]);

		if (one != NULL)
			show_detail_partner(d, one, row);
		json_array_append_new(rows, row);
	}
	a->data = json_pack("{s:o}", "partners", rows);
	a->cursor = at < end ? at : 0;
}

void show_denied(const struct request *r, struct answer *a)
{
	const uint64_t last = answer_number(r, "last", SHOW_PAGE_ROWS);
	const uint64_t most = last < SHOW_PAGE_ROWS ? last : SHOW_PAGE_ROWS;
	json_t *rows = json_array(), *row;
	char address[ADDR_TEXT_MAX];
	struct refusal no;

	for (unsigned int i = (unsigned int)r->cursor;
	     i < most && sessions_refusal(daemon_sessions(r->daemon), i, &no); i++) {
		row = json_pack("{s:I, s:s, s:s, s:s}", "at_unix_s", (json_int_t)no.at_unix_s,
				"address", addr_text(&no.address, address), "reason",
				drop_name(no.drop), "id", no.trace_id);
		json_object_set_new(row, "from", answer_string(no.from));
		json_object_set_new(row, "to", answer_string(no.to));
		json_object_set_new(
		    row, "text", answer_string(no.text[0] != '\0' ? no.text : drop_text(no.drop)));
		json_array_append_new(rows, row);
	}
	a->data = json_pack("{s:o}", "denied", rows);
}
