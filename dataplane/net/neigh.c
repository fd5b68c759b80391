/* SPDX-License-Identifier: BSD-3-Clause */
/* neigh.c - the neighbour cache: states, questions, what waits, and who gives way. */
#include "dataplane/net/net_impl.h"

/* --- states --- */

/* Each state but those that ask has its own end; ask() sets theirs. */
static void become(struct net_iface *i, struct neigh_entry *e, enum neigh_state state,
		   uint64_t now_us)
{
	static const uint64_t lasts_us[NEIGH_STATE_COUNT] = {
	    [NEIGH_INCOMPLETE] = NEIGH_RETRY_US, [NEIGH_REACHABLE] = NEIGH_REACHABLE_US,
	    [NEIGH_STALE] = NEIGH_STALE_US,      [NEIGH_DELAY] = NEIGH_DELAY_US,
	    [NEIGH_PROBE] = NEIGH_RETRY_US,
	};

	TAILQ_REMOVE(&i->neigh.list[e->state], e, of_state);
	e->state = state;
	TAILQ_INSERT_TAIL(&i->neigh.list[state], e, of_state);
	if (state != NEIGH_FREE)
		wheel_set(&i->wheel, &e->timer, now_us + lasts_us[state]);
}

/* The last try goes to everybody, also of a probe: the next hop may have a new card (RFC 7048). */
static void ask(struct net_iface *i, struct neigh_entry *e, uint64_t now_us)
{
	const bool directly = e->state == NEIGH_PROBE && e->asked + 1 < NEIGH_TRIES;
	const struct rte_ether_addr *to = directly ? &e->mac : NULL;

	e->asked++;
	wheel_set(&i->wheel, &e->timer, now_us + NEIGH_RETRY_US);
	if (addr_is_v4(&e->address))
		arp_ask(i, addr_v4(&e->address), to);
	else
		nd_ask(i, &e->address, to);
}

static void probe(struct net_iface *i, struct neigh_entry *e, uint8_t asked, uint64_t now_us)
{
	e->asked = asked;
	become(i, e, NEIGH_PROBE, now_us);
	ask(i, e, now_us);
}

/* --- entries --- */

static struct neigh_entry **chain_of(struct neigh_cache *c, const struct ip_addr *address)
{
	return &c->chains[keyed_hash(&c->key, address, sizeof(*address)) % NEIGH_CHAINS];
}

static struct neigh_entry *find(struct neigh_cache *c, const struct ip_addr *address)
{
	struct neigh_entry *e = c->last;

	if (e != NULL && addr_equal(&e->address, address))
		return e;
	e = *chain_of(c, address);
	while (e != NULL && !addr_equal(&e->address, address))
		e = e->next;
	if (e != NULL)
		c->last = e;
	return e;
}

/* Nothing waits for @e any more. */
static void waited(struct neigh_cache *c, struct neigh_entry *e)
{
	if (e->waiting_count > NEIGH_WAITING_OWN)
		c->shared -= e->waiting_count - (uint32_t)NEIGH_WAITING_OWN;
	e->waiting_count = 0;
}

static void forget(struct net_iface *i, struct neigh_entry *e, enum drop why)
{
	struct neigh_entry **at = chain_of(&i->neigh, &e->address);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	for (unsigned int w = 0; w < e->waiting_count; w++)
		drop(i, e->waiting[w].m, why);
	waited(&i->neigh, e);
	wheel_cancel(&i->wheel, &e->timer);
	become(i, e, NEIGH_FREE, 0);
	i->neigh.last = NULL;
}

static bool is_gateway(const struct net_iface *i, const struct ip_addr *address)
{
	return addr_is_v4(address) ? addr_v4(address) == i->v4.gateway
				   : addr_equal(address, &i->v6.gateway);
}

/* Whom to forget when the cache is full: who is least sure, and so the longest. Never a
 * gateway; as there are but two, there is always somebody else. */
static struct neigh_entry *find_victim(struct net_iface *i)
{
	static const enum neigh_state least_sure_first[] = {
	    NEIGH_INCOMPLETE, NEIGH_STALE, NEIGH_PROBE, NEIGH_DELAY, NEIGH_REACHABLE,
	};
	struct neigh_entry *e;

	for (size_t s = 0; s < ARRAY_LEN(least_sure_first); s++) {
		e = TAILQ_FIRST(&i->neigh.list[least_sure_first[s]]);
		while (e != NULL && is_gateway(i, &e->address))
			e = TAILQ_NEXT(e, of_state);
		if (e != NULL)
			return e;
	}
	return NULL;
}

/* NULL when the cache is full and @may_evict is false. */
static struct neigh_entry *add(struct net_iface *i, const struct ip_addr *address, uint64_t now_us,
			       bool may_evict)
{
	struct neigh_cache *c = &i->neigh;
	struct neigh_entry **chain = chain_of(c, address);
	struct neigh_entry *e = TAILQ_FIRST(&c->list[NEIGH_FREE]);

	if (e == NULL && may_evict) {
		forget(i, find_victim(i), DROP_NEIGHBOUR_PENDING);
		e = TAILQ_FIRST(&c->list[NEIGH_FREE]);
	}
	if (e == NULL)
		return NULL;
	e->next = *chain;
	*chain = e;
	e->address = *address;
	e->asked = 0;
	e->since_us = now_us;
	e->timer = (struct wheel_timer){.kind = TIMER_NEIGH};
	become(i, e, NEIGH_INCOMPLETE, now_us);
	return e;
}

/* --- out --- */

static void transmit(struct net_iface *out, struct neigh_entry *e, struct rte_mbuf *m,
		     uint64_t now_us)
{
	if (e->state == NEIGH_STALE)
		become(out, e, NEIGH_DELAY, now_us);
	eth_output(out, m, &e->mac,
		   addr_is_v4(&e->address) ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6);
}

/* TCP may send a segment again that still waits here: then its newest header is the one to keep. */
static void keep_waiting(struct net_iface *i, struct neigh_entry *e, struct rte_mbuf *m)
{
	bool is_shared;

	for (unsigned int w = 0; w < e->waiting_count; w++)
		if (e->waiting[w].m == m) {
			e->waiting[w] = frame_of(m);
			rte_pktmbuf_free(m);
			return;
		}
	is_shared = e->waiting_count >= NEIGH_WAITING_OWN;
	if (e->waiting_count == NEIGH_WAITING ||
	    (is_shared && i->neigh.shared == NEIGH_WAITING_SHARED)) {
		drop(i, m, DROP_NEIGHBOUR_PENDING);
		return;
	}
	i->neigh.shared += is_shared;
	e->waiting[e->waiting_count++] = frame_of(m);
}

void neigh_send(struct net_iface *out, struct rte_mbuf *m, const struct ip_addr *hop,
		uint64_t now_us)
{
	struct neigh_entry *e = find(&out->neigh, hop);

	if (e == NULL) {
		e = add(out, hop, now_us, true);
		ask(out, e, now_us);
	}
	if (e->state == NEIGH_INCOMPLETE)
		keep_waiting(out, e, m);
	else
		transmit(out, e, m, now_us);
}

/* --- in --- */

static void settle(struct net_iface *i, struct neigh_entry *e, const struct rte_ether_addr *mac,
		   enum neigh_state state, uint64_t now_us)
{
	e->mac = *mac;
	e->asked = 0;
	e->since_us = now_us;
	become(i, e, state, now_us);
	for (unsigned int w = 0; w < e->waiting_count; w++)
		transmit(i, e, frame_restore(&e->waiting[w]), now_us);
	waited(&i->neigh, e);
}

/* He says his address has another card than the one we know: perhaps a failover, perhaps a lie. */
static void doubt(struct net_iface *i, struct neigh_entry *e, uint64_t now_us)
{
	if (e->state == NEIGH_PROBE || now_us - e->since_us < NEIGH_RETRY_US)
		return;
	probe(i, e, NEIGH_TRIES - 1, now_us);
}

bool neigh_answered(struct net_iface *i, const struct ip_addr *address,
		    const struct rte_ether_addr *mac, uint64_t now_us)
{
	struct neigh_entry *e = find(&i->neigh, address);

	if (e == NULL || (e->state != NEIGH_INCOMPLETE && e->state != NEIGH_PROBE))
		return false;
	if (mac == NULL && e->state == NEIGH_INCOMPLETE) /* RFC 4861 7.2.5 */
		return false;
	settle(i, e, mac != NULL ? mac : &e->mac, NEIGH_REACHABLE, now_us);
	return true;
}

void neigh_asked(struct net_iface *i, const struct ip_addr *address,
		 const struct rte_ether_addr *mac, uint64_t now_us)
{
	struct neigh_entry *e = find(&i->neigh, address);

	if (e == NULL)
		e = add(i, address, now_us, false);
	if (e == NULL)
		return;
	if (e->state == NEIGH_INCOMPLETE)
		settle(i, e, mac, NEIGH_STALE, now_us);
	else if (!rte_is_same_ether_addr(&e->mac, mac))
		doubt(i, e, now_us);
}

void neigh_announced(struct net_iface *i, const struct ip_addr *address,
		     const struct rte_ether_addr *mac, uint64_t now_us)
{
	struct neigh_entry *e = find(&i->neigh, address);

	if (e != NULL && e->state != NEIGH_INCOMPLETE && !rte_is_same_ether_addr(&e->mac, mac))
		doubt(i, e, now_us);
}

void neigh_tell(struct net_iface *in, const struct ip_addr *address,
		const struct rte_ether_addr *mac)
{
	struct net *n = in->net;

	if (n->news_tail - n->news_head == NEIGH_NEWS)
		n->news_head++;
	n->news[n->news_tail++ % NEIGH_NEWS] =
	    (struct net_neighbour){.iface = in->index, .address = *address, .mac = *mac};
}

/* --- time --- */

void neigh_on_timer(struct net_iface *i, struct neigh_entry *e, uint64_t now_us)
{
	switch (e->state) {
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		if (e->asked < NEIGH_TRIES)
			ask(i, e, now_us);
		else
			forget(i, e, DROP_NEIGHBOUR_UNRESOLVED);
		break;
	case NEIGH_REACHABLE:
		become(i, e, NEIGH_STALE, now_us);
		break;
	case NEIGH_STALE:
		forget(i, e, DROP_NEIGHBOUR_UNRESOLVED);
		break;
	case NEIGH_DELAY:
		probe(i, e, 0, now_us);
		break;
	case NEIGH_FREE:
	case NEIGH_STATE_COUNT:
		break;
	}
}

void neigh_init(struct neigh_cache *c, const struct hash_key *key)
{
	c->key = *key;
	for (unsigned int s = 0; s < NEIGH_STATE_COUNT; s++)
		TAILQ_INIT(&c->list[s]);
	for (unsigned int n = 0; n < NEIGHBOURS_MAX; n++)
		TAILQ_INSERT_TAIL(&c->list[NEIGH_FREE], &c->entries[n], of_state);
}

void neigh_fini(struct neigh_cache *c)
{
	for (unsigned int n = 0; n < NEIGHBOURS_MAX; n++)
		for (unsigned int w = 0; w < c->entries[n].waiting_count; w++)
			rte_pktmbuf_free(c->entries[n].waiting[w].m);
}
