/* SPDX-License-Identifier: BSD-3-Clause */
/* resolver.c - SRV and address look-ups by libunbound, whose thread does the waiting. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unbound.h>

#include "control/memory.h"
#include "control/resolver.h"
#include "control/srv.h"

#define TYPE_A    1
#define TYPE_AAAA 28
#define TYPE_SRV  33
#define CLASS_IN  1
#define SRV_MAX   RESOLVER_TARGETS_MAX

/* RFC 8305 8: Resolution Delay. A host with addresses of one family waits so long for the other's.
 */
#define RESOLUTION_DELAY_US UINT64_C(50000)

enum family { V6, V4, FAMILIES }; /* in the order of preference */

enum step { STEP_SRV, STEP_ADDRESS };

struct upstream;

struct lookup { /* one libunbound query */
	struct resolver_query *query;
	struct upstream *upstream;
	int id;
	bool running;
	size_t index; /* of the srv it resolves, or 0/1 = _xmpps-server/_xmpp-server */
	enum family family;
};

struct resolver_query {
	struct resolver *resolver;
	resolver_done *done;
	void *user;
	char domain[DOMAIN_TEXT_MAX + 1];
	enum step step;
	struct lookup lookup[SRV_MAX * FAMILIES];
	size_t running;
	struct srv srv[SRV_MAX];
	size_t srv_count;
	bool refused, failed;
	struct addresses { /* of one srv and family */
		struct ip_addr address[RESOLVER_TARGETS_MAX / 4];
		size_t count;
	} found[SRV_MAX][FAMILIES];
	struct loop_timer at_once;  /* failure to even ask, told from the loop */
	struct loop_timer patience; /* with the slower family */
};

/* One libunbound with its cache. A flush makes the next; this one ends with its last question. */
struct upstream {
	struct upstream *next; /* older ones */
	struct resolver *resolver;
	struct ub_ctx *ub;
	struct loop_watch watch;
	size_t running;
	struct loop_timer retire; /* not from within its own callback */
};

struct resolver {
	struct loop *loop;
	struct upstream *now;
	struct dns_record *record;
	unsigned int families;
	char *server;
	bool dnssec;
};

static uint32_t draw(uint32_t bound)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		r = 0;
	return bound > 0 ? r % bound : 0;
}

static void answers_ready(struct loop_watch *w, uint32_t events)
{
	struct upstream *u = CONTAINER_OF(w, struct upstream, watch);

	(void)events;
	(void)ub_process(u->ub);
}

static bool set_server(struct ub_ctx *ub, const char *server, char *error)
{
	const int rc =
	    server != NULL ? ub_ctx_set_fwd(ub, server) : ub_ctx_resolvconf(ub, "/etc/resolv.conf");

	if (rc == 0)
		return true;
	snprintf(error, 256, "resolver: %s: %s", server != NULL ? server : "/etc/resolv.conf",
		 ub_strerror(rc));
	return false;
}

static bool set_up(const struct resolver *r, struct ub_ctx *ub, char *error)
{
	if (!set_server(ub, r->server, error))
		return false;
	(void)ub_ctx_set_option(ub, "do-not-query-localhost:", "no");
	/* The built-in refusal of .test, .invalid and private answers is the operator's server's
	 * business. */
	if (r->dnssec && ub_ctx_add_ta_autr(ub, "/usr/share/dns/root.key") != 0 &&
	    ub_ctx_add_ta_file(ub, "/usr/share/dns/root.key") != 0) {
		snprintf(error, 256, "resolver: dnssec: no trust anchor: install dns-root-data");
		return false;
	}
	(void)ub_ctx_async(ub, 1); /* a thread of libunbound's own */
	return true;
}

static void free_upstream(struct upstream *u)
{
	loop_cancel(u->resolver->loop, &u->retire);
	ub_ctx_delete(u->ub);
	free(u);
}

static void retire(struct loop_timer *t)
{
	struct upstream *u = CONTAINER_OF(t, struct upstream, retire);
	struct upstream **at = &u->resolver->now;

	while (*at != u)
		at = &(*at)->next;
	*at = u->next;
	loop_unwatch(u->resolver->loop, &u->watch);
	free_upstream(u);
}

/* It has one question less; an old one without any goes. */
static void let_go(struct upstream *u)
{
	struct resolver *r = u->resolver;

	if (u->running == 0 && u != r->now)
		loop_at(r->loop, &u->retire, loop_now_us(r->loop));
}

/* A libunbound that knows nothing yet, from now on the one that is asked. */
static bool add_upstream(struct resolver *r, char *error)
{
	struct upstream *u = memory_get(sizeof(*u));

	u->resolver = r;
	u->retire.due = retire;
	u->ub = ub_ctx_create();
	if (u->ub == NULL) {
		snprintf(error, 256, "resolver: out of memory");
		free(u);
		return false;
	}
	if (!set_up(r, u->ub, error))
		goto undo;
	u->watch.fd = ub_fd(u->ub);
	u->watch.ready = answers_ready;
	if (!loop_watch(r->loop, &u->watch, EPOLLIN)) {
		snprintf(error, 256, "resolver: cannot watch libunbound: %s", strerror(errno));
		goto undo;
	}
	u->next = r->now;
	r->now = u;
	return true;
undo:
	free_upstream(u);
	return false;
}

struct resolver *resolver_make(struct loop *l, unsigned int families, const char *server,
			       bool dnssec, char *error)
{
	struct resolver *r = memory_get(sizeof(*r));

	r->loop = l;
	r->families = families;
	r->server = server != NULL ? memory_text(server) : NULL;
	r->dnssec = dnssec;
	r->record = dns_record_make();
	if (add_upstream(r, error))
		return r;
	resolver_free(r);
	return NULL;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	while (r->now != NULL)
		retire(&r->now->retire);
	dns_record_free(r->record);
	free(r->server);
	free(r);
}

bool resolver_flush(struct resolver *r, const char *domain, unsigned int *forgotten, char *error)
{
	struct upstream *before = r->now;

	if (!add_upstream(r, error))
		return false;
	let_go(before);
	*forgotten = dns_record_forget(r->record, domain);
	return true;
}

const struct dns_record *resolver_record(const struct resolver *r)
{
	return r->record;
}

/* The addresses of one host, the families in turn. Returns how many @targets there are now. */
static size_t put_host(const struct srv *s, const struct addresses found[FAMILIES],
		       struct resolver_target *targets, size_t count)
{
	for (size_t k = 0; k < ARRAY_LEN(found->address); k++)
		for (enum family f = V6; f < FAMILIES && count < RESOLVER_TARGETS_MAX; f++) {
			struct resolver_target *t = &targets[count];

			if (k >= found[f].count)
				continue;
			t->address = found[f].address[k];
			t->port = s->port;
			t->direct_tls = s->direct_tls;
			memcpy(t->host, s->host, sizeof(t->host));
			count++;
		}
	return count;
}

static void finish(struct resolver_query *q)
{
	struct resolver_target targets[RESOLVER_TARGETS_MAX];
	enum resolver_result result = RESOLVER_NOT_FOUND;
	size_t count = 0;

	for (size_t i = 0; i < q->srv_count; i++)
		count = put_host(&q->srv[i], q->found[i], targets, count);
	if (count > 0)
		result = RESOLVER_FOUND;
	else if (q->failed)
		result = RESOLVER_FAILED;
	else if (q->refused)
		result = RESOLVER_REFUSED;
	q->done(q->user, result, targets, count);
	resolver_cancel(q);
}

static void answer(void *user, int error, struct ub_result *result);

/* Whether the question is on its way; if not, it counts as failed. */
static void ask(struct resolver_query *q, size_t index, const char *name, int type)
{
	const enum family family = type == TYPE_AAAA ? V6 : V4;
	struct lookup *u = &q->lookup[index * FAMILIES + family];

	u->query = q;
	u->index = index;
	u->family = family;
	u->upstream = q->resolver->now;
	if (ub_resolve_async(u->upstream->ub, name, type, CLASS_IN, u, answer, &u->id) != 0) {
		q->failed = true;
		return;
	}
	u->running = true;
	u->upstream->running++;
	q->running++;
}

static void ask_addresses(struct resolver_query *q)
{
	q->step = STEP_ADDRESS;
	for (size_t i = 0; i < q->srv_count; i++) {
		if (q->resolver->families & RESOLVER_V6)
			ask(q, i, q->srv[i].host, TYPE_AAAA);
		if (q->resolver->families & RESOLVER_V4)
			ask(q, i, q->srv[i].host, TYPE_A);
	}
	if (q->running == 0)
		loop_at(q->resolver->loop, &q->at_once, 0);
}

static void read_srv(struct resolver_query *q, const struct ub_result *result, bool direct_tls)
{
	for (size_t i = 0; result->data[i] != NULL && q->srv_count < SRV_MAX; i++) {
		struct srv *s = &q->srv[q->srv_count];

		if (!srv_read((const uint8_t *)result->data[i], (size_t)result->len[i], s))
			continue;
		s->direct_tls = direct_tls;
		if (strcmp(s->host, ".") != 0)
			q->srv_count++;
		else if (!direct_tls)
			q->refused = true;
	}
}

static void srv_complete(struct resolver_query *q)
{
	if (q->srv_count == 0 && !q->refused && !q->failed) {
		/* No SRV at all: the domain's own address (RFC 6120 3.2.2). */
		q->srv[0] = (struct srv){.port = 5269};
		memcpy(q->srv[0].host, q->domain, sizeof(q->srv[0].host));
		q->srv_count = 1;
	}
	if (q->srv_count == 0) {
		finish(q);
		return;
	}
	srv_order(q->srv, q->srv_count, draw);
	ask_addresses(q);
}

static void read_addresses(struct resolver_query *q, const struct lookup *u,
			   const struct ub_result *result)
{
	struct addresses *a = &q->found[u->index][u->family];

	for (size_t i = 0; result->data[i] != NULL && a->count < ARRAY_LEN(a->address); i++) {
		const uint8_t *b = (const uint8_t *)result->data[i];

		if (u->family == V4 && result->len[i] == 4)
			a->address[a->count++] =
			    addr_from_v4((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
					 (uint32_t)b[2] << 8 | b[3]);
		else if (u->family == V6 && result->len[i] == 16)
			memcpy(a->address[a->count++].b, b, 16);
		/* An IPv4 address in disguise is none of this family. */
		if (u->family == V6 && a->count > 0 && addr_is_v4(&a->address[a->count - 1]))
			a->count--;
	}
}

/* Has each host an address, or no question open? Otherwise a slow answer would upset the order of
 * RFC 2782. */
static bool may_finish_soon(const struct resolver_query *q)
{
	for (size_t i = 0; i < q->srv_count; i++)
		if (q->found[i][V4].count + q->found[i][V6].count == 0 &&
		    (q->lookup[i * FAMILIES + V4].running || q->lookup[i * FAMILIES + V6].running))
			return false;
	return true;
}

static void patience_is_over(struct loop_timer *t)
{
	struct resolver_query *q = CONTAINER_OF(t, struct resolver_query, patience);

	finish(q);
}

/* What is still asked for is the other family of hosts that can be dialled already. */
static void wait_for_other_family(struct resolver_query *q)
{
	if (!may_finish_soon(q) || q->patience.due != NULL)
		return;
	q->patience.due = patience_is_over;
	loop_at(q->resolver->loop, &q->patience,
		loop_now_us(q->resolver->loop) + RESOLUTION_DELAY_US);
}

static const char *const services[] = {"_xmpps-server._tcp.", "_xmpp-server._tcp."};

/* For the operator, whatever becomes of it. */
static void note(const struct lookup *u, int error, const struct ub_result *result)
{
	const struct resolver_query *q = u->query;
	struct dns_note n = {.at_us = loop_now_us(q->resolver->loop), .result = DNS_FAILED};

	n.type = q->step == STEP_SRV ? TYPE_SRV : u->family == V6 ? TYPE_AAAA : TYPE_A;
	snprintf(n.name, sizeof(n.name), "%s%s", q->step == STEP_SRV ? services[u->index] : "",
		 q->step == STEP_SRV ? q->domain : q->srv[u->index].host);
	if (error != 0 || result == NULL) {
		snprintf(n.data, sizeof(n.data), "%s", error != 0 ? ub_strerror(error) : "");
		dns_record_put(q->resolver->record, &n);
		return;
	}
	n.security = result->bogus ? DNS_BOGUS : result->secure ? DNS_SECURE : DNS_UNSIGNED;
	n.ttl_s = result->ttl > 0 ? (uint32_t)result->ttl : 0;
	if (result->bogus)
		snprintf(n.data, sizeof(n.data), "%s",
			 result->why_bogus != NULL ? result->why_bogus : "DNSSEC says bogus");
	else if (result->rcode == 3)
		n.result = DNS_NO_NAME;
	else if (result->rcode != 0)
		snprintf(n.data, sizeof(n.data), "rcode %d", result->rcode);
	else
		n.result = result->havedata ? DNS_FOUND : DNS_NO_DATA;
	for (; n.result == DNS_FOUND && result->data[n.count] != NULL; n.count++)
		dns_note_add(&n, (const uint8_t *)result->data[n.count],
			     (size_t)result->len[n.count]);
	dns_record_put(q->resolver->record, &n);
}

static void answer(void *user, int error, struct ub_result *result)
{
	struct lookup *u = user;
	struct resolver_query *q = u->query;

	u->running = false;
	q->running--;
	u->upstream->running--;
	let_go(u->upstream);
	note(u, error, result);
	/* NXDOMAIN (3) and an empty answer are answers; everything else but data is a failure. */
	if (error != 0 || result == NULL || result->bogus ||
	    (result->rcode != 0 && result->rcode != 3))
		q->failed = true;
	else if (result->havedata && q->step == STEP_SRV)
		read_srv(q, result, u->index == 0);
	else if (result->havedata)
		read_addresses(q, u, result);
	ub_resolve_free(result);
	if (q->running == 0 && q->step == STEP_SRV)
		srv_complete(q);
	else if (q->running == 0)
		finish(q);
	else if (q->step == STEP_ADDRESS)
		wait_for_other_family(q);
}

static void could_not_ask(struct loop_timer *t)
{
	finish(CONTAINER_OF(t, struct resolver_query, at_once));
}

static struct resolver_query *make_query(struct resolver *r, const char *domain,
					 resolver_done *done, void *user)
{
	struct resolver_query *q = memory_get(sizeof(*q));

	q->resolver = r;
	q->done = done;
	q->user = user;
	q->at_once.due = could_not_ask;
	snprintf(q->domain, sizeof(q->domain), "%s", domain);
	return q;
}

struct resolver_query *resolver_domain(struct resolver *r, const char *domain, resolver_done *done,
				       void *user)
{
	struct resolver_query *q = make_query(r, domain, done, user);
	char name[sizeof("_xmpps-server._tcp.") + DOMAIN_TEXT_MAX + 1];

	q->step = STEP_SRV;
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		snprintf(name, sizeof(name), "%s%s", services[i], domain);
		ask(q, i, name, TYPE_SRV);
	}
	if (q->running == 0)
		loop_at(r->loop, &q->at_once, 0);
	return q;
}

struct resolver_query *resolver_host(struct resolver *r, const char *host, uint16_t port,
				     resolver_done *done, void *user)
{
	struct resolver_query *q = make_query(r, host, done, user);

	q->srv[0].port = port;
	memcpy(q->srv[0].host, q->domain, sizeof(q->srv[0].host));
	q->srv_count = 1;
	ask_addresses(q);
	return q;
}

void resolver_cancel(struct resolver_query *q)
{
	for (size_t i = 0; i < ARRAY_LEN(q->lookup); i++)
		if (q->lookup[i].running) {
			(void)ub_cancel(q->lookup[i].upstream->ub, q->lookup[i].id);
			q->lookup[i].upstream->running--;
			let_go(q->lookup[i].upstream);
		}
	loop_cancel(q->resolver->loop, &q->at_once);
	loop_cancel(q->resolver->loop, &q->patience);
	free(q);
}
