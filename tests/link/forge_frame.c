/* SPDX-License-Identifier: BSD-3-Clause */
/* forge_frame.c - Ethernet, IP, TCP and ICMP headers, from the innermost outwards. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "tests/link/forge_frame.h"

enum { TTL = 64, SYN_MSS = 1460, SYN_SHIFT = 7, QUOTED_TCP = 8 };

static uint32_t add(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Of TCP and ICMPv6, with the pseudo header (RFC 9293 3.1, RFC 8200 8.1). */
static uint16_t checksum(const struct forge_packet *p, const uint8_t *src, const uint8_t *dst,
			 uint8_t protocol, const uint8_t *at, uint16_t len)
{
	const size_t n = p->is_v6 ? 16 : 4;

	return fold(add(add(add((uint32_t)protocol + len, src, n), dst, n), at, len));
}

static uint16_t put_ip(const struct forge_packet *p, const uint8_t *src, const uint8_t *dst,
		       uint8_t protocol, uint16_t len, uint8_t *at)
{
	if (p->is_v6) {
		struct ip6_hdr h = {.ip6_flow = htonl(UINT32_C(6) << 28),
				    .ip6_plen = htons(len),
				    .ip6_nxt = protocol,
				    .ip6_hlim = TTL};

		memcpy(&h.ip6_src, src, 16);
		memcpy(&h.ip6_dst, dst, 16);
		memcpy(at, &h, sizeof(h));
		return sizeof(h);
	}
	struct iphdr h = {.version = 4,
			  .ihl = 5,
			  .tot_len = htons((uint16_t)(sizeof(h) + len)),
			  .frag_off = htons(IP_DF),
			  .ttl = TTL,
			  .protocol = protocol};

	memcpy(&h.saddr, src, 4);
	memcpy(&h.daddr, dst, 4);
	h.check = fold(add(0, (const uint8_t *)&h, sizeof(h)));
	memcpy(at, &h, sizeof(h));
	return sizeof(h);
}

static uint16_t put_options(const struct forge_packet *p, uint8_t *at)
{
	static const uint8_t syn[] = {2, 4, SYN_MSS >> 8, SYN_MSS & 0xff, 4, 2, 1, 3, 3, SYN_SHIFT,
				      1, 1};
	const uint32_t ts[2] = {htonl(p->ts_val), htonl(p->ts_ecr)};
	uint16_t n = 0;

	if (p->kind == FORGE_SYN || p->kind == FORGE_SYN_ACK) {
		memcpy(at, syn, sizeof(syn));
		n += (uint16_t)sizeof(syn);
	}
	if (!p->has_ts)
		return n;
	memcpy(at + n, (const uint8_t[]){1, 1, 8, 10}, 4);
	memcpy(at + n + 4, ts, sizeof(ts));
	return (uint16_t)(n + 12);
}

static uint8_t flags(enum forge_kind kind)
{
	static const uint8_t of[FORGE_KIND_COUNT] = {
	    [FORGE_RST] = TH_RST,          [FORGE_RST_ACK] = TH_RST | TH_ACK,
	    [FORGE_SYN] = TH_SYN,          [FORGE_SYN_ACK] = TH_SYN | TH_ACK,
	    [FORGE_ACK] = TH_ACK,          [FORGE_DATA] = TH_ACK | TH_PUSH,
	    [FORGE_FIN] = TH_ACK | TH_FIN,
	};

	return of[kind];
}

static uint16_t put_tcp(const struct forge_packet *p, uint8_t *at)
{
	struct tcphdr h = {.th_sport = htons(p->sport),
			   .th_dport = htons(p->dport),
			   .th_seq = htonl(p->seq),
			   .th_flags = flags(p->kind),
			   .th_win = htons(p->window)};
	const uint16_t options = put_options(p, at + sizeof(h));
	const uint16_t len = (uint16_t)(sizeof(h) + options + p->len);

	h.th_ack = h.th_flags & TH_ACK ? htonl(p->ack) : 0;
	h.th_off = (sizeof(h) + options) / 4 & 15;
	memset(at + sizeof(h) + options, 'X', p->len);
	memcpy(at, &h, sizeof(h));
	h.th_sum = checksum(p, p->src, p->dst, IPPROTO_TCP, at, len);
	memcpy(at, &h, sizeof(h));
	return len;
}

/* The packet that the victim is told about: its own, as far as an error quotes it. */
static uint16_t put_quoted(const struct forge_packet *p, uint8_t *at)
{
	const uint16_t ports[2] = {htons(p->dport), htons(p->sport)};
	const uint32_t seq = htonl(p->seq);
	const uint16_t n = put_ip(p, p->dst, p->src, IPPROTO_TCP, 1480, at);

	memcpy(at + n, ports, sizeof(ports));
	memcpy(at + n + sizeof(ports), &seq, sizeof(seq));
	return (uint16_t)(n + QUOTED_TCP);
}

static uint16_t put_icmp_v4(const struct forge_packet *p, uint8_t *at)
{
	struct icmphdr h = {.type = ICMP_DEST_UNREACH,
			    .code =
				p->kind == FORGE_TOO_BIG ? ICMP_FRAG_NEEDED : ICMP_PORT_UNREACH};
	const uint16_t len = (uint16_t)(sizeof(h) + put_quoted(p, at + sizeof(h)));

	if (p->kind == FORGE_TOO_BIG)
		h.un.frag.mtu = htons(p->mtu);
	memcpy(at, &h, sizeof(h));
	h.checksum = fold(add(0, at, len));
	memcpy(at, &h, sizeof(h));
	return len;
}

static uint16_t put_icmp_v6(const struct forge_packet *p, uint8_t *at)
{
	struct icmp6_hdr h = {
	    .icmp6_type = p->kind == FORGE_TOO_BIG ? ICMP6_PACKET_TOO_BIG : ICMP6_DST_UNREACH,
	    .icmp6_code = p->kind == FORGE_TOO_BIG ? 0 : ICMP6_DST_UNREACH_NOPORT};
	const uint16_t len = (uint16_t)(sizeof(h) + put_quoted(p, at + sizeof(h)));

	if (p->kind == FORGE_TOO_BIG)
		h.icmp6_mtu = htonl(p->mtu);
	memcpy(at, &h, sizeof(h));
	h.icmp6_cksum = checksum(p, p->router, p->dst, IPPROTO_ICMPV6, at, len);
	memcpy(at, &h, sizeof(h));
	return len;
}

uint16_t forge_frame(const struct forge_packet *p, uint8_t frame[FORGE_FRAME_MAX])
{
	const bool icmp = p->kind == FORGE_TOO_BIG || p->kind == FORGE_UNREACHABLE;
	const uint16_t type = htons(p->is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	const uint16_t ip = p->is_v6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);
	uint8_t *const at = frame + ETH_HLEN;
	uint8_t protocol = IPPROTO_TCP;
	uint16_t len;

	memcpy(frame, p->to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, p->from, ETH_ALEN);
	memcpy(frame + (size_t)2 * ETH_ALEN, &type, sizeof(type));
	if (!icmp) {
		len = put_tcp(p, at + ip);
	} else if (p->is_v6) {
		protocol = IPPROTO_ICMPV6;
		len = put_icmp_v6(p, at + ip);
	} else {
		protocol = IPPROTO_ICMP;
		len = put_icmp_v4(p, at + ip);
	}
	put_ip(p, icmp ? p->router : p->src, p->dst, protocol, len, at);
	return (uint16_t)(ETH_HLEN + ip + len);
}
