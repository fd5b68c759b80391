/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arp.c - the next hop's Ethernet address (RFC 826, 1122 2.3.2, 5227).
 *
 * Believed are answers to our own questions, and whoever asks for us where nothing is known of him.
 * A claim that contradicts a known entry only makes us ask anew.
 */
#include <sys/random.h>

#include <rte_arp.h>

#include "dataplane/net/net_impl.h"

static const struct rte_ether_addr everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr nobody;

/* --- frames --- */

static void send_arp(struct net_iface *i, uint16_t op, const struct rte_ether_addr *to,
		     uint32_t target)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(i->net->pool);
	struct rte_arp_hdr *arp;

	if (m == NULL) {
		count_drop(i->net, DROP_MBUF_EMPTY);
		return;
	}
	arp = (void *)rte_pktmbuf_append(m, sizeof(*arp));
	if (arp == NULL) {
		drop(i, m, DROP_MBUF_EMPTY);
		return;
	}
	*arp = (struct rte_arp_hdr){
	    .arp_hardware = rte_cpu_to_be_16(RTE_ARP_HRD_ETHER),
	    .arp_protocol = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4),
	    .arp_hlen = RTE_ETHER_ADDR_LEN,
	    .arp_plen = sizeof(uint32_t),
	    .arp_opcode = rte_cpu_to_be_16(op),
	    .arp_data =
		{
		    .arp_sha = i->mac,
		    .arp_sip = rte_cpu_to_be_32(i->address),
		    .arp_tha = op == RTE_ARP_OP_REPLY ? *to : nobody,
		    .arp_tip = rte_cpu_to_be_32(target),
		},
	};
	eth_output(i, m, to, RTE_ETHER_TYPE_ARP);
}

/* The last try goes to everybody: the next hop may have a new card. */
static void ask(struct net_iface *i, struct arp_entry *e, uint64_t now_us)
{
	const bool directly = e->state == ARP_CHECKING && e->asked + 1 < ARP_TRIES;

	e->asked++;
	send_arp(i, RTE_ARP_OP_REQUEST, directly ? &e->mac : &everybody, e->address);
	wheel_set(&i->arp.wheel, &e->timer, now_us + ARP_RETRY_US);
}

/* --- entries --- */

static struct arp_entry **chain_of(struct arp_cache *c, uint32_t address)
{
	return &c->chains[keyed_hash(&c->key, &address, sizeof(address)) % ARP_CHAINS];
}

static struct arp_entry *find(struct arp_cache *c, uint32_t address)
{
	struct arp_entry *e = *chain_of(c, address);

	while (e != NULL && e->address != address)
		e = e->next;
	return e;
}

static void forget(struct net_iface *i, struct arp_entry *e, enum drop why)
{
	struct arp_entry **at = chain_of(&i->arp, e->address);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	for (unsigned int w = 0; w < e->waiting_count; w++)
		drop(i, e->waiting[w].m, why);
	wheel_cancel(&i->arp.wheel, &e->timer);
	*e = (struct arp_entry){.next = i->arp.free};
	i->arp.free = e;
}

/* Whom to forget when the cache is full: who never answered longest, else who answered longest ago.
 * Never the gateway. */
static struct arp_entry *find_victim(struct net_iface *i)
{
	struct arp_entry *victim = NULL;

	for (unsigned int n = 0; n < ARP_ENTRIES_MAX; n++) {
		struct arp_entry *e = &i->arp.entries[n];
		const bool silent = e->state == ARP_ASKING;

		if (e->address == i->gateway)
			continue;
		if (victim == NULL || (silent && victim->state != ARP_ASKING) ||
		    (silent == (victim->state == ARP_ASKING) && e->since_us < victim->since_us))
			victim = e;
	}
	return victim;
}

/* NULL when the cache is full and @may_evict is false. */
static struct arp_entry *add(struct net_iface *i, uint32_t address, uint64_t now_us, bool may_evict)
{
	struct arp_entry **chain = chain_of(&i->arp, address);
	struct arp_entry *e;

	if (i->arp.free == NULL && may_evict)
		forget(i, find_victim(i), DROP_ARP_PENDING);
	e = i->arp.free;
	if (e == NULL)
		return NULL;
	i->arp.free = e->next;
	*e = (struct arp_entry){
	    .next = *chain,
	    .timer = {.kind = TIMER_ARP_ENTRY},
	    .since_us = now_us,
	    .address = address,
	    .state = ARP_ASKING,
	};
	*chain = e;
	return e;
}

static void confirm(struct net_iface *i, struct arp_entry *e, const struct rte_ether_addr *mac,
		    uint64_t now_us)
{
	e->state = ARP_KNOWN;
	e->mac = *mac;
	e->asked = 0;
	e->since_us = now_us;
	e->used = e->waiting_count > 0;
	/* A due time later than an armed one is free: the wheel re-links. */
	wheel_set(&i->arp.wheel, &e->timer, now_us + ARP_LIFE_US);
	for (unsigned int w = 0; w < e->waiting_count; w++)
		eth_output(i, frame_restore(&e->waiting[w]), mac, RTE_ETHER_TYPE_IPV4);
	e->waiting_count = 0;
}

static void on_timer(struct net_iface *i, struct arp_entry *e, uint64_t now_us)
{
	if (e->state == ARP_KNOWN && e->used)
		e->state = ARP_CHECKING;
	if (e->state == ARP_KNOWN || e->asked >= ARP_TRIES)
		forget(i, e, DROP_ARP_UNRESOLVED);
	else
		ask(i, e, now_us);
}

/* --- out --- */

/* TCP may send a segment again that still waits here: then its newest header is the one to keep. */
static void keep_waiting(struct net_iface *i, struct arp_entry *e, struct rte_mbuf *m)
{
	for (unsigned int w = 0; w < e->waiting_count; w++)
		if (e->waiting[w].m == m) {
			e->waiting[w] = frame_of(m);
			rte_pktmbuf_free(m);
			return;
		}
	if (e->waiting_count == ARP_WAITING) {
		drop(i, m, DROP_ARP_PENDING);
		return;
	}
	e->waiting[e->waiting_count++] = frame_of(m);
}

void arp_send(struct net_iface *out, struct rte_mbuf *m, uint32_t hop, uint64_t now_us)
{
	struct arp_entry *e = find(&out->arp, hop);

	if (e == NULL) {
		e = add(out, hop, now_us, true);
		ask(out, e, now_us);
	}
	e->used = true;
	if (e->state == ARP_ASKING)
		keep_waiting(out, e, m);
	else
		eth_output(out, m, &e->mac, RTE_ETHER_TYPE_IPV4);
}

/* --- in --- */

/* What one ARP packet says, in host order. */
struct claim {
	uint16_t op;
	uint32_t sender, target;
	struct rte_ether_addr mac;
};

static bool read_claim(const struct rte_mbuf *m, struct claim *out)
{
	const struct rte_arp_hdr *arp = rte_pktmbuf_mtod(m, const struct rte_arp_hdr *);

	if (m->data_len < sizeof(*arp) ||
	    arp->arp_hardware != rte_cpu_to_be_16(RTE_ARP_HRD_ETHER) ||
	    arp->arp_protocol != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(uint32_t))
		return false;
	*out = (struct claim){
	    .op = rte_be_to_cpu_16(arp->arp_opcode),
	    .sender = rte_be_to_cpu_32(arp->arp_data.arp_sip),
	    .target = rte_be_to_cpu_32(arp->arp_data.arp_tip),
	    .mac = arp->arp_data.arp_sha,
	};
	return (out->op == RTE_ARP_OP_REQUEST || out->op == RTE_ARP_OP_REPLY) &&
	       rte_is_valid_assigned_ether_addr(&out->mac);
}

/* He says his address has another card than the one we know: perhaps a failover, perhaps a lie. */
static void doubt(struct net_iface *i, struct arp_entry *e, uint64_t now_us)
{
	if (e->state != ARP_KNOWN || now_us - e->since_us < ARP_RETRY_US)
		return;
	e->state = ARP_CHECKING;
	e->asked = ARP_TRIES - 1;
	ask(i, e, now_us);
}

static void learn_asker(struct net_iface *in, const struct claim *c, uint64_t now_us)
{
	struct arp_entry *e = find(&in->arp, c->sender);

	if (e == NULL)
		e = add(in, c->sender, now_us, false);
	if (e == NULL)
		return;
	if (e->state != ARP_ASKING && !rte_is_same_ether_addr(&e->mac, &c->mac))
		doubt(in, e, now_us);
	else
		confirm(in, e, &c->mac, now_us);
}

/* False: nobody asked. */
static bool take_answer(struct net_iface *i, uint32_t address, const struct rte_ether_addr *mac,
			uint64_t now_us)
{
	struct arp_entry *e = find(&i->arp, address);

	if (e == NULL || e->state == ARP_KNOWN)
		return false;
	confirm(i, e, mac, now_us);
	return true;
}

static void tell_other_cores(struct net_iface *in, const struct claim *c)
{
	struct net *n = in->net;

	if (n->news_tail - n->news_head == ARP_NEWS)
		n->news_head++;
	n->news[n->news_tail++ % ARP_NEWS] =
	    (struct net_arp){.iface = in->index, .address = addr_from_v4(c->sender), .mac = c->mac};
}

static void take_claim(struct net_iface *in, const struct claim *c, uint64_t now_us)
{
	const bool may_be_used =
	    ip_is_host(in, c->sender) && (is_on_link(in, c->sender) || c->sender == in->gateway);
	struct arp_entry *e;

	if (c->sender == in->address) {
		/* Somebody has our address (RFC 5227 2.4), or our own announcement came back. */
		count_drop(in->net, rte_is_same_ether_addr(&c->mac, &in->mac)
					? DROP_FRAME_NOT_FOR_US
					: DROP_ARP_BAD);
	} else if (c->sender == c->target && may_be_used) { /* an announcement */
		e = find(&in->arp, c->sender);
		if (e != NULL && !rte_is_same_ether_addr(&e->mac, &c->mac))
			doubt(in, e, now_us);
	} else if (c->target != in->address) {
		count_drop(in->net, DROP_FRAME_NOT_FOR_US);
	} else if (c->op == RTE_ARP_OP_REQUEST) {
		send_arp(in, RTE_ARP_OP_REPLY, &c->mac, c->sender);
		if (may_be_used) /* not a probe: RFC 5227 2.1.1 asks from address 0 */
			learn_asker(in, c, now_us);
	} else if (may_be_used) {
		tell_other_cores(in, c);
		if (!take_answer(in, c->sender, &c->mac, now_us))
			count_drop(in->net, DROP_ARP_BAD);
	} else {
		count_drop(in->net, DROP_ARP_BAD);
	}
}

void arp_input(struct net_iface *in, struct rte_mbuf *m, uint64_t now_us)
{
	struct claim c;

	if (in->address == 0 || !read_claim(m, &c))
		count_drop(in->net, DROP_ARP_BAD);
	else
		take_claim(in, &c, now_us);
	rte_pktmbuf_free(m);
}

void arp_heard(struct net_iface *i, const struct net_arp *answer, uint64_t now_us)
{
	if (addr_is_v4(&answer->address))
		(void)take_answer(i, addr_v4(&answer->address), &answer->mac, now_us);
}

/* --- time --- */

void arp_tick(struct net_iface *i, uint64_t now_us)
{
	struct wheel_timer *t;

	while ((t = wheel_next(&i->arp.wheel, now_us)) != NULL) {
		if (t->kind == TIMER_ARP_ENTRY)
			on_timer(i, CONTAINER_OF(t, struct arp_entry, timer), now_us);
		else
			send_arp(i, RTE_ARP_OP_REQUEST, &everybody, i->address);
	}
}

bool arp_init(struct net_iface *i, uint64_t now_us)
{
	struct arp_cache *c = &i->arp;

	if (getrandom(&c->key, sizeof(c->key), 0) != (ssize_t)sizeof(c->key))
		return false;
	for (unsigned int n = 0; n < ARP_ENTRIES_MAX; n++) {
		c->entries[n].next = c->free;
		c->free = &c->entries[n];
	}
	wheel_init(&c->wheel, now_us);
	if (i->address == 0)
		return true;
	c->announce.kind = TIMER_ARP_ANNOUNCE;
	wheel_set(&c->wheel, &c->announce, now_us + ARP_ANNOUNCE_US);
	send_arp(i, RTE_ARP_OP_REQUEST, &everybody, i->address);
	return true;
}

void arp_fini(struct net_iface *i)
{
	for (unsigned int n = 0; n < ARP_ENTRIES_MAX; n++)
		for (unsigned int w = 0; w < i->arp.entries[n].waiting_count; w++)
			rte_pktmbuf_free(i->arp.entries[n].waiting[w].m);
}
