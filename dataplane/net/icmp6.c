/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp6.c - what a host needs of ICMPv6 (RFC 4443): echo within a rate, errors about our own
 * segments, neighbour discovery and the groups' queries.
 */
#include <netinet/in.h>

#include <rte_ip.h>

#include "dataplane/net/net_impl.h"

#define UNREACHABLE      1
#define UNREACHABLE_LAST 6 /* code: reject route to destination */
#define TOO_BIG          2
#define ECHO_REQUEST     128
#define ECHO_REPLY       129
#define MLD_QUERY        130
#define ROUTER_ADVERT    134
#define NEIGHBOUR_ASKS   135
#define NEIGHBOUR_SAYS   136
#define REDIRECT         137

struct icmp6 {
	uint8_t type, code;
	rte_be16_t checksum;
	rte_be32_t value; /* of "too big": the MTU */
};

/* RFC 8200 8.1: the sum does not care about the order, so both addresses are summed as they are. */
static uint16_t sum_of(const struct rte_mbuf *m, const struct ip_info *info)
{
	const rte_be32_t tail[2] = {rte_cpu_to_be_32(m->data_len),
				    rte_cpu_to_be_32(IPPROTO_ICMPV6)};
	uint32_t sum = __rte_raw_cksum(tail, sizeof(tail), 0);

	sum = __rte_raw_cksum(info->src.b, sizeof(info->src.b), sum);
	sum = __rte_raw_cksum(info->dst.b, sizeof(info->dst.b), sum);
	sum = __rte_raw_cksum(rte_pktmbuf_mtod(m, const void *), m->data_len, sum);
	return __rte_raw_cksum_reduce(sum);
}

struct rte_mbuf *icmp6_make(struct net_iface *i, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(i->net->pool);
	char *message = m != NULL ? rte_pktmbuf_append(m, len) : NULL;

	if (message == NULL) {
		drop(i, m, DROP_MBUF_EMPTY);
		return NULL;
	}
	memset(message, 0, len);
	return m;
}

void icmp6_seal(struct rte_mbuf *m, const struct ip_info *info)
{
	struct icmp6 *icmp = rte_pktmbuf_mtod(m, struct icmp6 *);

	icmp->checksum = 0;
	icmp->checksum = (uint16_t)~sum_of(m, info);
}

/* Only to an address of ours: a group would make many answer one (RFC 4443 4.2 lets us). */
static void echo(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *asked,
		 uint64_t now_us)
{
	const struct ip_info info = {.src = asked->dst,
				     .dst = asked->src,
				     .protocol = IPPROTO_ICMPV6,
				     .hop_limit = HOP_LIMIT};
	struct rte_mbuf *reply;

	if (ip6_is_group(&asked->dst)) {
		drop(in, m, DROP_IP_PROTOCOL);
		return;
	}
	reply = icmp_make_reply(in, m, now_us);
	if (reply == NULL)
		return;
	rte_pktmbuf_mtod(reply, struct icmp6 *)->type = ECHO_REPLY;
	icmp6_seal(reply, &info);
	ip6_output(in, reply, &info, now_us);
}

/* The segment that @bytes, an IP packet's beginning, quotes; false when it is none of ours, which
 * have neither extension headers nor a link-local address. */
static bool read_quoted(const struct net_iface *in, struct span bytes, struct tcp_quoted *quoted)
{
	struct rte_ipv6_hdr ip;

	if (bytes.len < sizeof(ip))
		return false;
	memcpy(&ip, bytes.at, sizeof(ip));
	if (rte_be_to_cpu_32(ip.vtc_flow) >> 28 != 6 || ip.proto != IPPROTO_TCP)
		return false;
	*quoted = (struct tcp_quoted){.iface = in->index};
	memcpy(quoted->local.b, ip.src_addr, sizeof(quoted->local.b));
	memcpy(quoted->remote.b, ip.dst_addr, sizeof(quoted->remote.b));
	return addr_equal(&quoted->local, &in->v6.address) && ip6_is_host(&quoted->remote) &&
	       icmp_read_ports((struct span){bytes.at + sizeof(ip), bytes.len - sizeof(ip)},
			       quoted);
}

static bool take_error(struct net_iface *in, struct rte_mbuf *m, const struct icmp6 *icmp,
		       struct tcp_quoted *quoted)
{
	const struct span bytes = {rte_pktmbuf_mtod(m, const uint8_t *) + sizeof(*icmp),
				   m->data_len - sizeof(*icmp)};
	struct tcp_quoted found;
	bool good = read_quoted(in, bytes, &found);

	if (good && icmp->type == TOO_BIG) {
		found.is_too_big = true;
		found.mtu = rte_be_to_cpu_32(icmp->value);
		good = found.mtu >= MTU_IPV6_MIN; /* RFC 8201 4 */
	} else if (good && icmp->code > UNREACHABLE_LAST) {
		drop(in, m, DROP_IP_PROTOCOL);
		return false;
	}
	if (!good) {
		drop(in, m, DROP_ICMP_BAD);
		return false;
	}
	*quoted = found;
	rte_pktmbuf_free(m);
	return true;
}

bool icmp6_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
		 uint64_t now_us, struct tcp_quoted *quoted)
{
	struct icmp6 icmp;

	if (m->data_len < sizeof(icmp) || sum_of(m, info) != 0xffff) {
		drop(in, m, DROP_ICMP_BAD);
		return false;
	}
	memcpy(&icmp, rte_pktmbuf_mtod(m, const void *), sizeof(icmp));
	if (addr_is_unspecified(&info->src) && icmp.type != NEIGHBOUR_ASKS) {
		drop(in, m, DROP_ICMP_BAD);
		return false;
	}
	switch (icmp.type) {
	case UNREACHABLE:
	case TOO_BIG:
		return take_error(in, m, &icmp, quoted);
	case ECHO_REQUEST:
		echo(in, m, info, now_us);
		return false;
	case MLD_QUERY:
		mld_input(in, m, info, now_us);
		return false;
	case NEIGHBOUR_ASKS:
	case NEIGHBOUR_SAYS:
		nd_input(in, m, info, now_us);
		return false;
	case ROUTER_ADVERT:
	case REDIRECT:
		drop(in, m, DROP_ND_ROUTER);
		return false;
	default:
		drop(in, m, DROP_IP_PROTOCOL);
		return false;
	}
}
