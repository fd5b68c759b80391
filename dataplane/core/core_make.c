/* SPDX-License-Identifier: BSD-3-Clause */
/* core_make.c - everything a core ever allocates, sized from its setup; and the end of it. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "dataplane/core/core_state.h"

enum {
	POOL_BASE = 8192,  /* mbufs for one busy pair of streams, whatever the number of conns */
	POOL_PER_CONN = 8, /* and for each connection */
	POOL_CACHE = 256,
	POOL_RESERVE = 16,   /* one part in so many is left for what is already being read */
	GRANTS_PER_CONN = 4, /* most streams carry one pair, a gateway's carries many */
	GRANTS_BASE = 1024,
	LINKS_BASE = 1024, /* pairs without a stream, besides one link a grant */
	CHUNKS_PER_CONN = 2,
	CHUNKS_BASE = 256,
	UNTRUSTED_PER_SOURCE = 64, /* far more than one server opens at once (XEP-0205) */
};

static bool fail(char *error, const char *what)
{
	snprintf(error, 256, "no memory for %s: raise memory-mb", what);
	return false;
}

static bool make_pool(struct core *c, char *error)
{
	const uint32_t mbufs = POOL_BASE + POOL_PER_CONN * c->setup.conns;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "core%u", c->setup.index);
	c->pool = rte_pktmbuf_pool_create(name, mbufs, POOL_CACHE, PARCEL_PRIVATE_BYTES,
					  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	c->pool_reserve = mbufs / POOL_RESERVE;
	stat_set(&c->stats.pool_mbufs, mbufs);
	stat_set(&c->stats.pool_free, mbufs);
	return c->pool != NULL || fail(error, "packet buffers");
}

static bool make_tables(struct core *c, char *error)
{
	const uint32_t conns = c->setup.conns, grants = GRANTS_BASE + GRANTS_PER_CONN * conns;

	c->record_bytes = RTE_ALIGN(record_state_bytes(), CACHE_LINE);
	c->conn = rte_zmalloc("conns", (size_t)conns * sizeof(struct conn), CACHE_LINE);
	c->records = rte_zmalloc("records", conns * c->record_bytes, CACHE_LINE);
	if (c->conn == NULL || c->records == NULL)
		return fail(error, "connections");
	if (!grant_table_init(&c->grants, grants) ||
	    !link_table_init(&c->links, grants + LINKS_BASE))
		return fail(error, "grants and links");
	if (!ledger_pool_init(&c->ledgers, CHUNKS_BASE + CHUNKS_PER_CONN * conns))
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
	};
	struct hash_key keys[2];

	if (getrandom(keys, sizeof(keys), 0) != (ssize_t)sizeof(keys)) {
		snprintf(error, 256, "the kernel gives no random bytes");
		return false;
	}
	s.isn_key = keys[0];
	s.flow_key = keys[1];
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
	c->machine = record_machine_init();
	if (c->machine != NULL)
		return true;
	snprintf(error, 256, "this CPU lacks the SSE4 and AES instructions that TLS records need");
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
	TAILQ_INIT(&c->later);
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
		for (; k->pending_count > 0; k->pending_count--)
			if (k->pending[(k->pending_first + k->pending_count - 1) % CONN_PENDING_MAX]
				.bytes != NULL)
				inbox_free(k->pending[(k->pending_first + k->pending_count - 1) %
						      CONN_PENDING_MAX]
					       .bytes);
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
	rte_free(c->records);
	rte_mempool_free(c->pool);
	if (c->machine != NULL)
		record_machine_close(c->machine);
	rte_free(c);
}
