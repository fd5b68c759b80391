/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nd.c - questions and answers about IPv6 neighbours (RFC 4861), and the check that our own
 * addresses are ours alone (RFC 4862 5.4).
 *
 * A static address is used from the start and even when another station claims it, as the IPv4 one
 * is: giving it up would let any station of the link turn the relay off. The claim is counted.
 */
#include <rte_ip.h>

#include "dataplane/net/net_impl.h"

#define SOLICITATION     135
#define ADVERTISEMENT    136
#define FLAG_SOLICITED   0x40000000u
#define FLAG_OVERRIDE    0x20000000u
#define OPTION_SOURCE    1
#define OPTION_TARGET    2
#define OPTION_UNIT      8 /* bytes */
#define OPTION_MAC_BYTES 8

/* Both messages (RFC 4861 4.3, 4.4): flags are reserved in a solicitation. */
struct nd_message {
	uint8_t type, code;
	rte_be16_t checksum;
	rte_be32_t flags;
	uint8_t target[16];
};
_Static_assert(sizeof(struct nd_message) == 24, "ND message");

struct nd_mac {
	uint8_t type, len; /* len: OPTION_UNIT */
	struct rte_ether_addr mac;
};
_Static_assert(sizeof(struct nd_mac) == OPTION_MAC_BYTES, "ND option");

/* --- out --- */

/* What to say: a message of @type about @target, with our MAC in an option of @option (0: none). */
struct statement {
	uint8_t type, option;
	uint32_t flags;
	struct ip_addr target, src, dst;
};

static struct rte_mbuf *make_message(struct net_iface *i, const struct statement *s)
{
	const uint16_t len = sizeof(struct nd_message) + (s->option != 0 ? OPTION_MAC_BYTES : 0);
	struct rte_mbuf *m = icmp6_make(i, len);
	struct nd_message *nd;

	if (m == NULL)
		return NULL;
	nd = rte_pktmbuf_mtod(m, struct nd_message *);
	nd->type = s->type;
	nd->flags = rte_cpu_to_be_32(s->flags);
	memcpy(nd->target, s->target.b, sizeof(nd->target));
	if (s->option != 0)
		*(struct nd_mac *)(void *)(nd + 1) = (struct nd_mac){s->option, 1, i->mac};
	return m;
}

/* @to NULL: the group, or whoever is found to have the address. */
static void say(struct net_iface *i, const struct statement *s, const struct rte_ether_addr *to,
		uint64_t now_us)
{
	const struct ip_info info = {
	    .src = s->src, .dst = s->dst, .protocol = IPPROTO_ICMPV6, .hop_limit = ND_HOP_LIMIT};
	struct rte_mbuf *m = make_message(i, s);

	if (m == NULL)
		return;
	icmp6_seal(m, &info);
	if (to != NULL)
		ip6_output_to(i, m, &info, to);
	else
		ip6_output(i, m, &info, now_us);
}

void nd_ask(struct net_iface *i, const struct ip_addr *target, const struct rte_ether_addr *to)
{
	const struct statement s = {
	    .type = SOLICITATION,
	    .option = OPTION_SOURCE,
	    .target = *target,
	    .src = i->v6.link_local,
	    .dst = to != NULL ? *target : ip6_solicited_node(target),
	};
	const struct rte_ether_addr group = ip6_group_mac(&s.dst);

	say(i, &s, to != NULL ? to : &group, 0);
}

/* RFC 4862 5.4.2: does anybody have it already? */
static void probe(struct net_iface *i, const struct ip_addr *address, uint64_t now_us)
{
	const struct statement s = {
	    .type = SOLICITATION,
	    .target = *address,
	    .dst = ip6_solicited_node(address),
	};

	say(i, &s, NULL, now_us);
}

/* RFC 4861 7.2.6: to all nodes, unasked. */
static void advertise(struct net_iface *i, const struct ip_addr *address, uint64_t now_us)
{
	const struct statement s = {
	    .type = ADVERTISEMENT,
	    .option = OPTION_TARGET,
	    .flags = FLAG_OVERRIDE,
	    .target = *address,
	    .src = *address,
	    .dst = i->v6.group[0],
	};

	say(i, &s, NULL, now_us);
}

void nd_announce(struct net_iface *i, uint64_t now_us)
{
	advertise(i, &i->v6.link_local, now_us);
	advertise(i, &i->v6.address, now_us);
}

void nd_init(struct net_iface *i, uint64_t now_us)
{
	if (!has_v6(i) || i->net->is_silent)
		return;
	probe(i, &i->v6.link_local, now_us);
	probe(i, &i->v6.address, now_us);
	i->nd_announce.kind = TIMER_ND_ANNOUNCE;
	wheel_set(&i->wheel, &i->nd_announce, now_us + ND_ANNOUNCE_US);
}

/* --- in --- */

/* What one message says. */
struct claim {
	uint8_t type;
	bool solicited;
	bool has_mac;
	struct ip_addr target;
	struct rte_ether_addr mac;
};

/* RFC 4861 4.6: an option of length 0 voids the message; those not known are skipped. */
static bool read_options(struct span options, uint8_t wanted, struct claim *out)
{
	size_t at = 0;

	while (at < options.len) {
		struct nd_mac o;
		size_t len;

		if (options.len - at < sizeof(o))
			return false;
		memcpy(&o, options.at + at, sizeof(o));
		len = (size_t)o.len * OPTION_UNIT;
		if (len == 0 || options.len - at < len)
			return false;
		if (o.type == wanted && len == sizeof(o)) {
			out->has_mac = true;
			out->mac = o.mac;
		}
		at += len;
	}
	return !out->has_mac || rte_is_valid_assigned_ether_addr(&out->mac);
}

/* The checks of RFC 4861 7.1.1 and 7.1.2. */
static bool read_claim(const struct rte_mbuf *m, const struct ip_info *info, struct claim *out)
{
	const uint8_t *start = rte_pktmbuf_mtod(m, const uint8_t *);
	struct nd_message nd;
	bool is_question;

	if (m->data_len < sizeof(nd) || info->hop_limit != ND_HOP_LIMIT)
		return false;
	memcpy(&nd, start, sizeof(nd));
	is_question = nd.type == SOLICITATION;
	*out = (struct claim){
	    .type = nd.type,
	    .solicited = (rte_be_to_cpu_32(nd.flags) & FLAG_SOLICITED) != 0,
	};
	memcpy(out->target.b, nd.target, sizeof(nd.target));
	if (nd.code != 0 || !ip6_is_host(&out->target) ||
	    !read_options((struct span){start + sizeof(nd), m->data_len - sizeof(nd)},
			  is_question ? OPTION_SOURCE : OPTION_TARGET, out))
		return false;
	if (addr_is_unspecified(&info->src))
		return is_question && !out->has_mac && ip6_is_group(&info->dst);
	return is_question || !out->solicited || !ip6_is_group(&info->dst);
}

static bool may_be_used(const struct net_iface *i, const struct ip_addr *a)
{
	return ip6_is_host(a) && (ip6_is_on_link(i, a) || addr_equal(a, &i->v6.gateway));
}

static void answer(struct net_iface *in, const struct claim *c, const struct ip_info *info,
		   uint64_t now_us)
{
	struct statement s = {
	    .type = ADVERTISEMENT,
	    .option = OPTION_TARGET,
	    .flags = FLAG_SOLICITED | FLAG_OVERRIDE,
	    .target = c->target,
	    .src = c->target,
	    .dst = info->src,
	};

	if (addr_is_unspecified(&info->src)) {
		advertise(in, &c->target, now_us);
		return;
	}
	if (c->has_mac && may_be_used(in, &info->src))
		neigh_asked(in, &info->src, &c->mac, now_us);
	say(in, &s, c->has_mac ? &c->mac : NULL, now_us);
}

static void take_answer(struct net_iface *in, const struct claim *c, uint64_t now_us)
{
	if (c->has_mac)
		neigh_tell(in, &c->target, &c->mac);
	if (!neigh_answered(in, &c->target, c->has_mac ? &c->mac : NULL, now_us) &&
	    !in->net->has_others)
		count_drop(in->net, DROP_ND_BAD);
}

static void take_advertisement(struct net_iface *in, const struct claim *c, uint64_t now_us)
{
	if (ip6_is_ours(in, &c->target))
		/* Somebody has our address (RFC 4862 5.4.4), or our own message came back. */
		count_drop(in->net, c->has_mac && rte_is_same_ether_addr(&c->mac, &in->mac)
					? DROP_FRAME_NOT_FOR_US
					: DROP_ADDRESS_DUPLICATE);
	else if (!may_be_used(in, &c->target))
		count_drop(in->net, DROP_ND_BAD);
	else if (c->solicited)
		take_answer(in, c, now_us);
	else if (c->has_mac)
		neigh_announced(in, &c->target, &c->mac, now_us);
}

void nd_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info, uint64_t now_us)
{
	struct claim c;

	if (!read_claim(m, info, &c))
		count_drop(in->net, DROP_ND_BAD);
	else if (c.type == ADVERTISEMENT)
		take_advertisement(in, &c, now_us);
	else if (!ip6_is_ours(in, &c.target))
		count_drop(in->net, DROP_FRAME_NOT_FOR_US);
	else
		answer(in, &c, info, now_us);
	rte_pktmbuf_free(m);
}
