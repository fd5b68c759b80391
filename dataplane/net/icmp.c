/* SPDX-License-Identifier: BSD-3-Clause */
/* icmp.c - answers echo within a rate, and reads errors about our own segments (RFC 792). */
#include <netinet/in.h>

#include <rte_icmp.h>
#include <rte_ip.h>

#include "dataplane/net/net_impl.h"

#define UNREACHABLE       3
#define CODE_NET          0
#define CODE_HOST         1
#define CODE_PROTOCOL     2
#define CODE_PORT         3
#define CODE_TOO_BIG      4
#define CODE_NET_BARRED   9
#define CODE_HOST_BARRED  10
#define CODE_ADMIN_BARRED 13 /* RFC 1812 5.2.7.1 */

/* What an error quotes of our segment behind its IP header: 64 bits (RFC 792). */
struct quoted_tcp {
	rte_be16_t src_port, dst_port;
	rte_be32_t seq;
};

static bool take_echo_token(struct net_iface *i, uint64_t now_us)
{
	const uint64_t us_per_token = 1000000 / ICMP_ECHO_PER_S;
	const uint64_t grown = (now_us - i->echo_filled_us) / us_per_token;

	if (grown >= ICMP_ECHO_BURST - i->echo_tokens) {
		i->echo_tokens = ICMP_ECHO_BURST;
		i->echo_filled_us = now_us;
	} else {
		i->echo_tokens += (uint32_t)grown;
		i->echo_filled_us += grown * us_per_token;
	}
	if (i->echo_tokens == 0)
		return false;
	i->echo_tokens--;
	return true;
}

/* A copy from our own pool: a receive buffer must not go out again (some devices lend it). */
struct rte_mbuf *icmp_make_reply(struct net_iface *in, struct rte_mbuf *m, uint64_t now_us)
{
	struct rte_mbuf *reply = NULL;

	if (!take_echo_token(in, now_us)) {
		drop(in, m, DROP_ICMP_RATE);
		return NULL;
	}
	reply = rte_pktmbuf_alloc(in->net->pool);
	if (reply == NULL || rte_pktmbuf_append(reply, m->data_len) == NULL) {
		rte_pktmbuf_free(reply);
		drop(in, m, DROP_MBUF_EMPTY);
		return NULL;
	}
	rte_memcpy(rte_pktmbuf_mtod(reply, void *), rte_pktmbuf_mtod(m, const void *), m->data_len);
	rte_pktmbuf_free(m);
	return reply;
}

static void echo(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *asked,
		 uint64_t now_us)
{
	const struct ip_info info = {
	    .src = asked->dst, .dst = asked->src, .protocol = IPPROTO_ICMP, .hop_limit = HOP_LIMIT};
	struct rte_mbuf *reply = icmp_make_reply(in, m, now_us);
	struct rte_icmp_hdr *icmp;

	if (reply == NULL)
		return;
	icmp = rte_pktmbuf_mtod(reply, struct rte_icmp_hdr *);
	icmp->icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	icmp->icmp_cksum = 0;
	icmp->icmp_cksum = (uint16_t)~rte_raw_cksum(icmp, reply->data_len);
	ip_output(in, reply, &info, now_us);
}

bool icmp_read_ports(struct span bytes, struct tcp_quoted *quoted)
{
	struct quoted_tcp tcp;

	if (bytes.len < sizeof(tcp))
		return false;
	memcpy(&tcp, bytes.at, sizeof(tcp));
	quoted->local_port = rte_be_to_cpu_16(tcp.src_port);
	quoted->remote_port = rte_be_to_cpu_16(tcp.dst_port);
	quoted->seq = rte_be_to_cpu_32(tcp.seq);
	return true;
}

/* The segment that @bytes, an IP packet's beginning, quotes; false when it is none of ours. */
static bool read_quoted(const struct net_iface *in, struct span bytes, struct tcp_quoted *quoted)
{
	struct rte_ipv4_hdr ip;
	size_t header_len;

	if (bytes.len < sizeof(ip))
		return false;
	memcpy(&ip, bytes.at, sizeof(ip));
	header_len = rte_ipv4_hdr_len(&ip);
	if (ip.version_ihl >> 4 != 4 || header_len < sizeof(ip) || bytes.len < header_len ||
	    ip.next_proto_id != IPPROTO_TCP || rte_be_to_cpu_32(ip.src_addr) != in->v4.address)
		return false;
	/* We send no fragments. */
	if ((rte_be_to_cpu_16(ip.fragment_offset) & ~RTE_IPV4_HDR_DF_FLAG) != 0)
		return false;
	*quoted = (struct tcp_quoted){
	    .iface = in->index,
	    .local = addr_from_v4(in->v4.address),
	    .remote = addr_from_v4(rte_be_to_cpu_32(ip.dst_addr)),
	};
	return icmp_read_ports((struct span){bytes.at + header_len, bytes.len - header_len},
			       quoted);
}

static bool unreachable(struct net_iface *in, struct rte_mbuf *m, struct tcp_quoted *quoted)
{
	const struct rte_icmp_hdr *icmp = rte_pktmbuf_mtod(m, const struct rte_icmp_hdr *);
	const struct span bytes = {(const uint8_t *)(icmp + 1), m->data_len - sizeof(*icmp)};
	struct tcp_quoted found;

	if (!read_quoted(in, bytes, &found)) {
		drop(in, m, DROP_ICMP_BAD);
		return false;
	}
	switch (icmp->icmp_code) {
	case CODE_NET:
	case CODE_HOST:
	case CODE_PROTOCOL:
	case CODE_PORT:
	case CODE_NET_BARRED:
	case CODE_HOST_BARRED:
	case CODE_ADMIN_BARRED:
		*quoted = found;
		rte_pktmbuf_free(m);
		return true;
	case CODE_TOO_BIG: /* RFC 1191 4: the last 16 bits; 0 from a router that is older */
		found.is_too_big = true;
		found.mtu = rte_be_to_cpu_16(icmp->icmp_seq_nb);
		*quoted = found;
		rte_pktmbuf_free(m);
		return true;
	default:
		drop(in, m, DROP_IP_PROTOCOL);
		return false;
	}
}

bool icmp_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
		uint64_t now_us, struct tcp_quoted *quoted)
{
	const struct rte_icmp_hdr *icmp = rte_pktmbuf_mtod(m, const struct rte_icmp_hdr *);

	if (m->data_len < sizeof(*icmp) || rte_raw_cksum(icmp, m->data_len) != 0xffff) {
		drop(in, m, DROP_ICMP_BAD);
		return false;
	}
	if (icmp->icmp_type == UNREACHABLE)
		return unreachable(in, m, quoted);
	if (icmp->icmp_type == RTE_IP_ICMP_ECHO_REQUEST && icmp->icmp_code == 0) {
		echo(in, m, info, now_us);
		return false;
	}
	drop(in, m, DROP_IP_PROTOCOL);
	return false;
}
