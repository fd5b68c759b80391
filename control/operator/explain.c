/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * explain.c - "explain FROM TO": what would become of a stanza, and why. Decides nothing itself: it
 * asks the route snapshot and its route_judge(), the policy, the stream machine (rehearsal.h), the
 * links' own outlook, and the live streams.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/daemon_ask.h"
#include "control/domains.h"
#include "control/link_condition.h"
#include "control/memory.h"
#include "control/operator/answer.h"
#include "control/rehearsal.h"
#include "control/srv.h"
#include "dataplane/xmpp/jid.h"

struct side {
	const char *text; /* as it was said */
	char domain[DOMAIN_TEXT_MAX + 1];
	const struct route_domain *route; /* what a core takes it for; NULL: nobody's */
	const struct partner *partner;
};

struct explanation {
	struct daemon *daemon;
	const struct policy *policy;
	struct side from, to;
	const struct identity *certificate; /* NULL: none was named */
	json_t *steps;
	const char *result; /* "delivered", "bounced", "refused"; NULL: still open */
	char how[320];
};

__attribute__((format(printf, 4, 5))) static void
step(struct explanation *x, const char *name, enum trial_verdict verdict, const char *format, ...)
{
	char text[480];
	va_list values;
	json_t *row;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	row = json_pack("{s:s, s:s}", "step", name, "verdict", trial_words_verdict(verdict));
	json_object_set_new(row, "detail", answer_string(text));
	json_array_append_new(x->steps, row);
}

__attribute__((format(printf, 3, 4))) static void end(struct explanation *x, const char *result,
						      const char *format, ...)
{
	va_list values;

	x->result = result;
	va_start(values, format);
	(void)vsnprintf(x->how, sizeof(x->how), format, values);
	va_end(values);
}

/* --- the names --- */

/* False: it is no JID. */
static bool read_side(struct explanation *x, const char *name, struct side *s)
{
	const struct span raw = {(const uint8_t *)s->text, strlen(s->text)};
	struct jid jid;

	if (!jid_parse(raw, &jid) || !domains_fold(jid.domain, s->domain)) {
		step(x, name, TRIAL_FAIL, "%.200s is no well-formed domain or JID", s->text);
		end(x, "refused",
		    "a stanza with such an address ends its stream with "
		    "<improper-addressing/>");
		return false;
	}
	s->route = daemon_route_domain(x->daemon, jid.domain);
	s->partner = policy_partner(x->policy, s->domain);
	if (s->route == NULL)
		step(x, name, TRIAL_FAIL,
		     "%s is neither a local domain nor a domain of an allowed partner", s->domain);
	else if (s->route->side == ROUTE_LOCAL)
		step(x, name, TRIAL_OK, "%s is a local domain", s->domain);
	else
		step(x, name, TRIAL_OK, "%s is of partner %s, line %u (%s)", s->domain,
		     s->partner != NULL ? s->partner->domain : "?",
		     s->partner != NULL ? s->partner->line : 0,
		     s->partner != NULL ? partner_type_name(s->partner->type) : "?");
	return true;
}

/* --- what both directions have --- */

static void list_methods(unsigned int methods, char out[64])
{
	out[0] = '\0';
	for (unsigned int m = METHOD_SASL_EXTERNAL; m <= METHOD_DIALBACK_PLAIN; m <<= 1)
		if ((methods & m) != 0)
			(void)snprintf(out + strlen(out), 64 - strlen(out), "%s%s",
				       out[0] != '\0' ? ", then " : "", method_name(m));
}

static void say_methods(struct explanation *x, const struct partner *p)
{
	char methods[64];

	list_methods(policy_methods(p->tls, p->sasl, p->dialback), methods);
	step(x, "methods", TRIAL_OK,
	     "%s (TlsNegotiation %s, SaslNegotiation %s, SupportDialbackNegotiation %s)", methods,
	     level_name(p->tls), level_name(p->sasl), p->dialback ? "true" : "false");
}

static void say_limits(struct explanation *x, const struct partner *p)
{
	struct sessions_use use;

	sessions_use(daemon_sessions(x->daemon), p, &use);
	step(x, "limits",
	     use.partner < use.partner_limit && use.all < use.all_limit ? TRIAL_OK : TRIAL_WARN,
	     "%u of %u connections with %s are in use, %u of %u of the edge", use.partner,
	     use.partner_limit, p->domain, use.all, use.all_limit);
}

static const char *dial_name(enum gateway_dial dial)
{
	return dial == GATEWAY_DIAL_DIRECT_TLS ? "dialled with direct TLS"
	       : dial == GATEWAY_DIAL_STARTTLS ? "dialled with STARTTLS"
					       : "never dialled: it dials in";
}

/* NULL: none serves @local. */
static const struct gateway *say_gateway(struct explanation *x, const char *local)
{
	const struct gateway *g = gateways_choose(daemon_gateways(x->daemon), local, 0);
	char address[ADDR_TEXT_MAX];

	if (g == NULL && policy_gateway_for(x->policy, local) != NULL)
		step(x, "gateway", TRIAL_FAIL, "those that serve %s are in maintenance", local);
	else if (g == NULL)
		step(x, "gateway", TRIAL_FAIL, "no gateway serves %s", local);
	else if (g->dial == GATEWAY_DIAL_NONE)
		step(x, "gateway", TRIAL_OK, "%s, line %u, serves %s; it is %s", g->name, g->line,
		     local, dial_name(g->dial));
	else
		step(x, "gateway", TRIAL_OK, "%s, line %u, serves %s; %s at %s port %u", g->name,
		     g->line, local, dial_name(g->dial), addr_text(&g->address, address), g->port);
	return g;
}

/* --- from a local domain out --- */

static void say_where(struct explanation *x, const struct partner *p)
{
	static const char *const services[] = {"_xmpp-server._tcp.", "_xmpps-server._tcp."};
	const struct dns_note *found = NULL;
	char name[DNS_NAME_MAX + 1];

	if (p->proxy_fqdn != NULL) {
		step(x, "where", TRIAL_OK, "ProxyFqdn %s port %u would be dialled, no SRV is asked",
		     p->proxy_fqdn, p->proxy_port);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(services) && found == NULL; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", services[i], x->to.domain);
		found = dns_record_find(daemon_dns(x->daemon), name, 33);
		found = found != NULL && found->result == DNS_FOUND ? found : NULL;
	}
	if (found != NULL)
		step(x, "where", TRIAL_OK, "its SRV leads to %s", found->data);
	else
		step(x, "where", TRIAL_OK,
		     "by its SRV, which no recent answer tells: test partner %s looks it up",
		     x->to.domain);
}

static void say_backoff(struct explanation *x)
{
	struct links_backoff b;

	if (!daemon_backoff(x->daemon, x->to.domain, &b))
		return;
	step(x, "back-off", b.left_us > 0 ? TRIAL_WARN : TRIAL_OK,
	     "%u failures in a row, the last: %s; %s", b.failures, drop_text(b.why),
	     b.left_us > 0 ? "it is left alone for now" : "it may be dialled again");
}

/* What links.c would do with the first stanza of the pair. */
static void say_outlook(struct explanation *x)
{
	struct links_backoff b;

	switch (daemon_outlook(x->daemon, x->to.domain)) {
	case LINKS_NOT_ALLOWED:
		end(x, "bounced", "<%s/>: no partner's domain",
		    stanza_condition_name(link_condition(DROP_STREAM_NOT_ALLOWED)));
		break;
	case LINKS_BLOCKED:
		end(x, "bounced", "<%s/>: %s is blocked (show blocked)",
		    stanza_condition_name(link_condition(DROP_STREAM_BLOCKED)), x->to.domain);
		break;
	case LINKS_LIMIT:
		end(x, "bounced", "<%s/>: a connection limit is reached",
		    stanza_condition_name(link_condition(DROP_STREAM_LIMIT)));
		break;
	case LINKS_BACKOFF:
		if (!daemon_backoff(x->daemon, x->to.domain, &b))
			b = (struct links_backoff){.why = DROP_DIAL_FAILED};
		end(x, "bounced", "<%s/>: not dialled for another %llu s",
		    stanza_condition_name(link_condition(b.why)),
		    (unsigned long long)b.left_us / 1000000 + 1);
		break;
	case LINKS_DIAL:
		end(x, "delivered",
		    "once a stream is up: it waits while %s is dialled, %u s at most; otherwise it "
		    "bounces, <%s/> where DNS fails, else <%s/>",
		    x->to.domain, x->policy->limits.establishment_timeout_s,
		    stanza_condition_name(link_condition(DROP_DNS_FAILED)),
		    stanza_condition_name(link_condition(DROP_DIAL_FAILED)));
		break;
	}
}

static void explain_out(struct explanation *x)
{
	const struct partner *p = x->to.partner;
	char id[24];

	(void)say_gateway(x, x->from.domain);
	if (route_judge(ROUTE_LOCAL, x->from.route, x->to.route) == ROUTE_TO_WRONG || p == NULL) {
		end(x, "bounced", "<%s/>: %s is no allowed partner",
		    stanza_condition_name(link_condition(DROP_STREAM_NOT_ALLOWED)), x->to.domain);
		return;
	}
	say_methods(x, p);
	say_limits(x, p);
	if (sessions_serving(daemon_sessions(x->daemon), IFACE_EDGE, x->from.domain, x->to.domain,
			     id)) {
		step(x, "stream", TRIAL_OK, "%s is up and takes it", id);
		end(x, "delivered", "by stream %s", id);
		return;
	}
	step(x, "stream", TRIAL_OK, "none is up for this pair: one would be dialled");
	say_where(x, p);
	say_backoff(x);
	say_outlook(x);
}

/* --- from a partner in --- */

static void say_refusal(struct explanation *x, const struct rehearsal *r)
{
	end(x, "refused", "%s%s%s: %s (counted as %s)", r->condition[0] != '\0' ? "<" : "",
	    r->condition, r->condition[0] != '\0' ? "/>" : "no stream error",
	    r->text[0] != '\0' ? r->text : drop_text(r->drop), drop_name(r->drop));
}

/* How its stream would fare by each method that its record has. Returns whether by any. */
static bool rehearse(struct explanation *x)
{
	const struct partner *p = x->from.partner;
	const unsigned int methods =
	    p != NULL ? policy_methods(p->tls, p->sasl, p->dialback) : METHOD_SASL_EXTERNAL;
	struct rehearsal r = {.drop = DROP_COUNT}, first = {.drop = DROP_COUNT};
	bool is_allowed = false;

	for (unsigned int m = METHOD_SASL_EXTERNAL; m <= METHOD_DIALBACK_PLAIN; m <<= 1) {
		if ((methods & m) == 0)
			continue;
		rehearsal_receive(x->policy, x->from.domain, x->to.domain, x->certificate, m, &r);
		if (first.drop == DROP_COUNT)
			first = r;
		is_allowed = is_allowed || r.allowed;
		step(x, "its stream", r.allowed ? TRIAL_OK : TRIAL_WARN, "by %s: %s%s%s",
		     method_name(m), r.allowed ? "let in" : "refused: ",
		     r.allowed && r.requires_tls ? ", behind STARTTLS" : "",
		     r.allowed ? "" : r.text);
	}
	if (!is_allowed)
		say_refusal(x, &first);
	return is_allowed;
}

static void say_inside(struct explanation *x)
{
	const struct gateway *g = say_gateway(x, x->to.domain);
	char id[24];

	if (sessions_serving(daemon_sessions(x->daemon), IFACE_INTERNAL, x->to.domain,
			     x->from.domain, id)) {
		step(x, "stream", TRIAL_OK, "%s to the gateway is up and takes it", id);
		end(x, "delivered", "by stream %s", id);
	} else if (g != NULL && g->dial != GATEWAY_DIAL_NONE) {
		step(x, "stream", TRIAL_OK,
		     "none is up for this pair: the gateway would be dialled");
		end(x, "delivered", "once a stream to %s is up, otherwise it bounces, <%s/>",
		    g->name, stanza_condition_name(link_condition(DROP_STREAM_TIMEOUT)));
	} else {
		step(x, "stream", TRIAL_WARN, "none is up for this pair, and nobody is dialled");
		end(x, "bounced", "<%s/>, unless a gateway dials in within 30 s",
		    stanza_condition_name(link_condition(DROP_STREAM_TIMEOUT)));
	}
}

static void say_certificate(struct explanation *x)
{
	const struct trial_who who = {.domain = x->from.domain, .local = x->to.domain};
	struct trial_line line;

	if (x->certificate == NULL)
		return;
	for (unsigned int i = 0; trial_words_certificate(
		 &who, x->certificate, identity_proves(x->certificate, x->from.domain, false),
		 time(NULL), i, &line);
	     i++)
		step(x, line.step, line.verdict, "%s", line.detail);
}

static void explain_in(struct explanation *x)
{
	say_certificate(x);
	if (x->from.partner != NULL) {
		say_methods(x, x->from.partner);
		say_limits(x, x->from.partner);
	}
	if (!rehearse(x))
		return;
	if (route_judge(ROUTE_REMOTE, x->from.route, x->to.route) == ROUTE_PASSES)
		say_inside(x);
}

/* --- the command --- */

static void say_address(struct explanation *x, const struct ip_addr *address)
{
	struct session_view v;
	uint64_t cursor = 0;
	unsigned int n = 0;
	char text[ADDR_TEXT_MAX];

	while (sessions_next_view(daemon_sessions(x->daemon), &cursor, &v))
		if (v.leg == IFACE_EDGE && addr_equal(&v.address, address))
			n++;
	step(x, "address", TRIAL_OK, "%s has %u connections; who it is does not depend on it",
	     addr_text(address, text), n);
}

/* False, and the answer says why. */
static bool read_options(const struct request *r, struct explanation *x, struct identity *id,
			 struct ip_addr *address, struct answer *a)
{
	const char *file = answer_text(r, "certificate"), *said = answer_text(r, "address");
	char error[256] = "";

	*address = (struct ip_addr){{0}};
	if (said != NULL && !addr_parse(said, address)) {
		answer_refuse(a, EXIT_USAGE, "%.64s is no IP address", said);
		return false;
	}
	if (file == NULL)
		return true;
	/* The relay reads it, as whom it runs. */
	if (r->level < LEVEL_OPERATOR) {
		answer_refuse(a, EXIT_NOT_PERMITTED,
			      "not permitted: --certificate takes operator rights");
		return false;
	}
	if (!daemon_read_certificate(r->daemon, file, NULL, id, error)) {
		answer_refuse(a, EXIT_FAILED, "%.200s", error);
		return false;
	}
	x->certificate = id;
	return true;
}

static void explain(struct explanation *x)
{
	if (!read_side(x, "from", &x->from) || !read_side(x, "to", &x->to))
		return;
	if (x->from.route != NULL && x->from.route->side == ROUTE_LOCAL)
		explain_out(x);
	else
		explain_in(x);
}

void explain_pair(const struct request *r, struct answer *a)
{
	struct explanation x = {.daemon = r->daemon,
				.policy = daemon_config(r->daemon)->policy,
				.from.text = answer_text(r, "from"),
				.to.text = answer_text(r, "to"),
				.steps = json_array()};
	struct identity *id = memory_get(sizeof(*id));
	struct ip_addr address;

	if (read_options(r, &x, id, &address, a)) {
		if (!addr_is_unspecified(&address))
			say_address(&x, &address);
		explain(&x);
		a->data = json_pack("{s:O, s:s}", "steps", x.steps, "result", x.result);
		json_object_set_new(a->data, "how", answer_string(x.how));
	}
	json_decref(x.steps);
	free(id);
}
