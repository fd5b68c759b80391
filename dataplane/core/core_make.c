/* SPDX-License-Identifier: BSD-3-Clause */
/* core_make.c - everything a core ever allocates, sized from its setup; and the end of it. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "dataplane/core/core_state.h"
#include "dataplane/core/pools.h"

enum {
	UNTRUSTED_PER_SOURCE = 64, /* far more than one server opens at once (XEP-0205) */
};

static uint32_t busy(const struct core *c)
{
	return c->setup.busy > 0 ? c->setup.busy : c->setup.conns;
}

static bool fail(char *error, const char *what)
{
	snprintf(error, 256, "no memory for %s: raise memory-mb", what);
	return false;
}

static bool make_pool(struct core *c, char *error)
{
	const uint32_t mbufs = pools_buffers(busy(c));
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "core%u", c->setup.index);
	c->pool = rte_pktmbuf_pool_create(name, mbufs, BUFFERS_CACHE, PARCEL_PRIVATE_BYTES,
					  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	c->pool_reserve = mbufs / BUFFERS_RESERVE;
	stat_set(&c->stats.pool_mbufs, mbufs);
	stat_set(&c->stats.pool_free, mbufs);
	return c->pool != NULL || fail(error, "packet buffers");
}

static bool make_tables(struct core *c, char *error)
{
	const uint32_t conns = c->setup.conns;

	c->record_bytes = record_state_bytes();
	c->conn = rte_zmalloc("conns", (size_t)conns * sizeof(struct conn), CACHE_LINE);
	c->records = rte_zmalloc("records", conns * c->record_bytes, CACHE_LINE);
	if (c->conn == NULL || c->records == NULL)
		return fail(error, "connections");
	if (!grant_table_init(&c->grants, pools_grants(conns)) ||
	    !link_table_init(&c->links, pools_links(conns), c->setup.crossings != NULL))
		return fail(error, "grants and links");
	if (!ledger_pool_init(&c->ledgers, pools_chunks(busy(c))))
		return fail(error, "ledgers");
	return true;
}

static bool make_net(struct core *c, char *error)
{
	struct net_setup s = {
	    .pool = c->pool,
	    .drops = c->stats.drops,
	    .has_others = c->setup.crossings != NULL,
	    .is_silent = c->setup.index > 0,
	};

	memcpy(s.iface, c->setup.iface, sizeof(s.iface));
	c->net = net_init(&s, c->now_us);
	return c->net != NULL || fail(error, "the network layer");
}

static bool listen_on(struct core *c, enum iface iface, const struct ip_addr *address)
{
	return addr_is_unspecified(address) ||
	       tcp_listen(c->tcp, iface, address, c->setup.iface[iface].listen_port);
}

static bool make_tcp(struct core *c, char *error)
{
	struct tcp_setup s = {
	    .core = c->setup.index,
	    .conns = c->setup.conns,
	    .untrusted_per_source = UNTRUSTED_PER_SOURCE,
	    .pool = c->pool,
	    .congestion = c->setup.congestion,
	    .ecn = c->setup.ecn,
	    .keepalive_idle_us = c->setup.keepalive_idle_us,
	    .user_timeout_us = c->setup.user_timeout_us,
	    .time_wait_us = c->setup.time_wait_us,
	    .steer = c->setup.steer,
	    .drops = c->stats.drops,
	    .stats = &c->stats.tcp,
	};
	struct hash_key keys[3];

	if (getrandom(keys, sizeof(keys), 0) != (ssize_t)sizeof(keys)) {
		snprintf(error, 256, "the kernel gives no random bytes");
		return false;
	}
	s.isn_key = keys[0];
	s.flow_key = keys[1];
	c->roots.key = keys[2];
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		s.mtu[i] = c->setup.iface[i].mtu;
		s.rx_mbufs[i] = c->setup.rx_mbufs[i];
	}
	c->tcp = tcp_init(&s, c->now_us);
	if (c->tcp == NULL)
		return fail(error, "TCP");
	for (enum iface i = 0; i < IFACE_COUNT; i++)
		if (!listen_on(c, i, &c->setup.iface[i].address) ||
		    !listen_on(c, i, &c->setup.iface[i].address6))
			return fail(error, "a listener");
	return true;
}

static bool make_machine(struct core *c, char *error)
{
	c->machine = record_machine_init(pools_keys(busy(c)));
	if (c->machine != NULL)
		return true;
	snprintf(error, 256,
		 "this CPU lacks the SSE4 and AES instructions that TLS records need, or memory "
		 "for keys is");
	return false;
}

/* What a re-issued stanza is read by: a root that declares jabber:server and nothing else. */
static void make_bare_root(struct core *c)
{
	static const char ns[] = "jabber:server";

	memcpy(c->bare_root.text, ns, sizeof(ns) - 1);
	c->bare_root.default_len = c->bare_root.text_len = sizeof(ns) - 1;
}

struct core *core_make(const struct core_setup *setup, char *error)
{
	struct core *c = rte_zmalloc("core", sizeof(*c), CACHE_LINE);

	if (c == NULL) {
		fail(error, "a core");
		return NULL;
	}
	c->setup = *setup;
	c->inbox = setup->inbox;
	c->routes = setup->routes;
	TAILQ_INIT(&c->ready);
	TAILQ_INIT(&c->stalled);
	TAILQ_INIT(&c->dirty);
	TAILQ_INIT(&c->doomed);
	STAILQ_INIT(&c->later);
	for (unsigned int i = 0; i < CORES_MAX; i++)
		TAILQ_INIT(&c->starved[i]);
	wheel_init(&c->wheel, c->now_us);
	make_bare_root(c);
	stat_set(&c->stats.tsc_hz, rte_get_tsc_hz());
	if (make_machine(c, error) && make_pool(c, error) && make_tables(c, error) &&
	    make_net(c, error) && make_tcp(c, error))
		return c;
	core_free(c);
	return NULL;
}

/* Connections that are still there give back what they hold; nobody is told any more. */
static void drop_conns(struct core *c)
{
	for (uint32_t i = 0; c->conn != NULL && i < c->setup.conns; i++) {
		struct conn *k = &c->conn[i];

		if (k->state == CONN_OPEN || k->state == CONN_CLOSING || k->state == CONN_ENDING)
			conn_gone(c, k, CLOSED_BY_US);
		inbox_free(k->pending_bytes);
		k->pending_bytes = NULL;
		k->pending_count = 0;
	}
}

void core_close(struct core *c)
{
	drop_conns(c);
	if (c->tcp != NULL)
		tcp_fini(c->tcp);
	if (c->net != NULL)
		net_fini(c->net);
	c->tcp = NULL;
	c->net = NULL;
	rte_free(c->conn);
	c->conn = NULL;
}

void core_free(struct core *c)
{
	if (c == NULL)
		return;
	core_close(c);
	ledger_pool_fini(&c->ledgers);
	link_table_fini(&c->links);
	grant_table_fini(&c->grants);
	rte_mempool_free(c->pool);
	record_machine_close(c->machine);
	rte_free(c->records);
	rte_free(c);
}
