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

struct lookup { /* one libunbound query */
	struct resolver_query *query;
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

struct resolver {
	struct loop *loop;
	struct ub_ctx *ub;
	struct loop_watch watch;
	unsigned int families;
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
	struct resolver *r = CONTAINER_OF(w, struct resolver, watch);

	(void)events;
	(void)ub_process(r->ub);
}

static bool set_server(struct resolver *r, const char *server, char *error)
{
	const int rc = server != NULL ? ub_ctx_set_fwd(r->ub, server)
				      : ub_ctx_resolvconf(r->ub, "/etc/resolv.conf");

	if (rc == 0)
		return true;
	snprintf(error, 256, "resolver: %s: %s", server != NULL ? server : "/etc/resolv.conf",
		 ub_strerror(rc));
	return false;
}

struct resolver *resolver_make(struct loop *l, unsigned int families, const char *server,
			       bool dnssec, char *error)
{
	struct resolver *r = memory_get(sizeof(*r));

	r->ub = ub_ctx_create();
	if (r->ub == NULL) {
		snprintf(error, 256, "resolver: out of memory");
		free(r);
		return NULL;
	}
	r->loop = l;
	r->families = families;
	if (!set_server(r, server, error))
		goto undo_ub;
	(void)ub_ctx_set_option(r->ub, "do-not-query-localhost:", "no");
	/* The built-in refusal of .test, .invalid and private answers is the operator's server's
	 * business. */
	if (dnssec && ub_ctx_add_ta_autr(r->ub, "/usr/share/dns/root.key") != 0 &&
	    ub_ctx_add_ta_file(r->ub, "/usr/share/dns/root.key") != 0) {
		snprintf(error, 256, "resolver: dnssec: no trust anchor: install dns-root-data");
		goto undo_ub;
	}
	(void)ub_ctx_async(r->ub, 1); /* a thread of libunbound's own */
	r->watch.fd = ub_fd(r->ub);
	r->watch.ready = answers_ready;
	if (!loop_watch(l, &r->watch, EPOLLIN)) {
		snprintf(error, 256, "resolver: cannot watch libunbound: %s", strerror(errno));
		goto undo_ub;
	}
	return r;
undo_ub:
	ub_ctx_delete(r->ub);
	free(r);
	return NULL;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	loop_unwatch(r->loop, &r->watch);
	ub_ctx_delete(r->ub);
	free(r);
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
	if (ub_resolve_async(q->resolver->ub, name, type, CLASS_IN, u, answer, &u->id) != 0) {
		q->failed = true;
		return;
	}
	u->running = true;
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

static void answer(void *user, int error, struct ub_result *result)
{
	struct lookup *u = user;
	struct resolver_query *q = u->query;

	u->running = false;
	q->running--;
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
	static const char *const services[] = {"_xmpps-server._tcp.", "_xmpp-server._tcp."};
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
		if (q->lookup[i].running)
			(void)ub_cancel(q->resolver->ub, q->lookup[i].id);
	loop_cancel(q->resolver->loop, &q->at_once);
	loop_cancel(q->resolver->loop, &q->patience);
	free(q);
}
