/* SPDX-License-Identifier: BSD-3-Clause */
/* trial_begin.c - what a trial finds before it dials: the record, the limits, DNS. */
#include <string.h>

#include "control/trial_state.h"

enum { TYPE_SRV = 33 };

static void list_methods(unsigned int methods, char *out, size_t room)
{
	out[0] = '\0';
	for (unsigned int m = METHOD_SASL_EXTERNAL; m <= METHOD_DIALBACK_PLAIN; m <<= 1)
		if ((methods & m) != 0)
			(void)snprintf(out + strlen(out), room - strlen(out), "%s%s",
				       out[0] != '\0' ? ", " : "", method_name(m));
}

static unsigned int count_streams(const struct trial *t)
{
	unsigned int n = 0;

	for (const struct session *s = t->setup.sessions->first; s != NULL; s = s->next)
		if (s->leg == (t->gateway[0] != '\0' ? IFACE_INTERNAL : IFACE_EDGE) &&
		    s->is_established && s->trial == NULL &&
		    (t->gateway[0] != '\0' ? strcmp(s->gateway, t->gateway) == 0
					   : strcmp(s->remote, t->domain) == 0))
			n++;
	return n;
}

static void append(char *out, size_t room, const char *text)
{
	const size_t used = strlen(out), len = min_size(strlen(text), room - used - 1);

	memcpy(out + used, text, len);
	out[used + len] = '\0';
}

static void describe_srv(const struct trial *t, char *out, size_t room, unsigned int *found,
			 enum dns_security *security)
{
	static const char *const services[] = {"_xmpp-server._tcp.", "_xmpps-server._tcp."};
	const struct dns_record *record = resolver_record(t->setup.resolver);

	*found = 0;
	*security = DNS_UNSIGNED;
	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		char name[DNS_NAME_MAX + 1];
		const struct dns_note *n;

		(void)snprintf(name, sizeof(name), "%s%s", services[i], t->domain);
		n = dns_record_find(record, name, TYPE_SRV);
		if (n == NULL)
			continue;
		*found += n->count;
		if (n->security == DNS_BOGUS || n->count > 0)
			*security = n->security;
		append(out, room, out[0] != '\0' ? "; " : "");
		append(out, room, name);
		append(out, room, ": ");
		append(out, room,
		       n->result == DNS_FOUND    ? n->data
		       : n->result == DNS_FAILED ? "no usable answer"
						 : "does not exist");
	}
}

static void say_srv(struct trial *t, enum resolver_result result)
{
	enum dns_security security;
	unsigned int found;
	struct trial_line line;
	char text[384];

	describe_srv(t, text, sizeof(text), &found, &security);
	trial_words_line(&line, "dns-srv", TRIAL_OK, "%s; DNSSEC: %s", text,
			 dns_security_name(security));
	if (result == RESOLVER_REFUSED) {
		line.verdict = TRIAL_FAIL;
		trial_words_hint(&line,
				 "the target \".\" says that %s has no XMPP service: ask its "
				 "administrator, or set ProxyFqdn in its record",
				 t->domain);
	} else if (result == RESOLVER_FAILED && found == 0) {
		line.verdict = TRIAL_FAIL;
		trial_words_hint(&line, "see whether the name server answers at all (<resolver "
					"server>, show dns), and try again");
	} else if (found == 0) {
		line.verdict = result == RESOLVER_FOUND ? TRIAL_WARN : TRIAL_FAIL;
		trial_words_hint(
		    &line,
		    "let the administrator of %s publish _xmpp-server._tcp.%s, or set "
		    "ProxyFqdn in its record; then dns flush %s, for the answer \"none\" "
		    "is kept, too%s",
		    t->domain, t->domain, t->domain,
		    result == RESOLVER_FOUND ? ". Until then its own address is dialled, port 5269"
					     : "");
	}
	trial_say(t, &line);
}

static void say_addresses(struct trial *t, enum resolver_result result)
{
	struct trial_line line;
	char address[ADDR_TEXT_MAX];
	size_t len = 0;

	trial_words_line(&line, "dns-address", TRIAL_OK, "%s", "");
	for (size_t i = 0; i < t->target_count && len + 80 < sizeof(line.detail); i++)
		len += (size_t)snprintf(
		    line.detail + len, sizeof(line.detail) - len, "%s%s port %u", i > 0 ? ", " : "",
		    addr_text(&t->target[i].address, address), t->target[i].port);
	if (t->target_count == 0) {
		trial_words_line(
		    &line, "dns-address", TRIAL_FAIL, "no address to dial%s",
		    result == RESOLVER_FAILED ? ": the name server gave no usable answer" : "");
		trial_words_hint(&line, "A or AAAA records are missing for the hosts above, or for "
					"a family that this interface has no address of");
	}
	trial_say(t, &line);
}

static void resolved(void *user, enum resolver_result result, const struct resolver_target *targets,
		     size_t count)
{
	struct trial *t = user;
	const struct partner *p = trial_partner_of(t);

	t->query = NULL;
	t->target_count = count < TRIAL_TARGETS_MAX ? count : TRIAL_TARGETS_MAX;
	memcpy(t->target, targets, t->target_count * sizeof(*targets));
	if (p == NULL || p->proxy_fqdn == NULL)
		say_srv(t, result);
	if (t->failed == NULL)
		say_addresses(t, result);
	trial_leave(t);
}

static void say_policy(struct trial *t, const struct partner *p)
{
	const struct sessions *table = t->setup.sessions;
	const unsigned int live = count_streams(t);
	char methods[80], others[80] = "";
	struct trial_line line;

	list_methods(policy_methods(p->tls, p->sasl, p->dialback), methods, sizeof(methods));
	if (live > 0)
		(void)snprintf(others, sizeof(others),
			       "; %u streams with it are up: this test opens one of its own", live);
	trial_words_line(&line, "policy", TRIAL_OK, "record of %s, line %u: %s%s", p->domain,
			 p->line, methods, others);
	trial_say(t, &line);
	if (session_may_dial(table, p))
		return;
	trial_words_line(
	    &line, "limits", TRIAL_FAIL, "%u of %u connections with it, %u of %u in all",
	    table->partner_conns[p->id.n], policy_connection_limit(trial_config(t)->policy, p),
	    table->edge_conns, trial_config(t)->policy->limits.connection_limit);
	trial_words_hint(&line,
			 "raise ConnectionLimit of the partner or of GatewayConfiguration, or "
			 "close streams (show streams partner %s)",
			 p->domain);
	trial_say(t, &line);
}

void trial_begin_partner(struct trial *t)
{
	const struct partner *p = trial_partner_of(t);
	struct trial_line line;

	if (p == NULL) {
		trial_over(t);
		return;
	}
	say_policy(t, p);
	if (t->failed != NULL) {
		trial_over(t);
		return;
	}
	t->state = TRIAL_RESOLVES;
	if (p->proxy_fqdn == NULL) {
		t->query = resolver_domain(t->setup.resolver, t->domain, resolved, t);
		return;
	}
	trial_words_line(&line, "dns-srv", TRIAL_OK, "not asked: ProxyFqdn %s port %u is dialled",
			 p->proxy_fqdn, p->proxy_port);
	trial_say(t, &line);
	t->query = resolver_host(t->setup.resolver, p->proxy_fqdn, p->proxy_port, resolved, t);
}

void trial_begin_gateway(struct trial *t)
{
	const struct gateway *g = trial_gateway_of(t);
	const unsigned int live = count_streams(t);
	struct trial_line line;

	trial_words_line(&line, "gateway", TRIAL_OK, "%s, line %u: %u streams are up", t->gateway,
			 g != NULL ? g->line : 0, live);
	if (g != NULL && g->dial != GATEWAY_DIAL_NONE) {
		trial_say(t, &line);
		t->target[0] =
		    (struct resolver_target){.address = g->address,
					     .port = g->port,
					     .direct_tls = g->dial == GATEWAY_DIAL_DIRECT_TLS};
		(void)snprintf(t->target[0].host, sizeof(t->target[0].host), "%s", t->gateway);
		t->target_count = 1;
		trial_next_address(t);
		return;
	}
	line.verdict = live > 0 ? TRIAL_OK : TRIAL_FAIL;
	trial_words_hint(&line, live > 0
				    ? "it is never dialled (dial=\"none\"): that it has streams "
				      "is all there is to test"
				    : "it is never dialled (dial=\"none\") and has not dialled in: "
				      "look at the gateway's log, and at show denied");
	trial_say(t, &line);
	trial_over(t);
}
