/* SPDX-License-Identifier: BSD-3-Clause */
/* watch.c - sequence numbers of TCP segments, from the frame. */
#include <netinet/in.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "tests/e2e/bulk/watch.h"

#define OPTION_END          0
#define OPTION_NOP          1
#define OPTION_WINDOW_SCALE 3
#define SHIFT_MAX           14   /* RFC 7323 2.3 */
#define FULL_SEGMENT        1448 /* of Ethernet, with timestamps */

/* The TCP header in @m and the bytes behind it, or NULL. */
static const struct rte_tcp_hdr *find_tcp(const struct rte_mbuf *m, uint32_t *len)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);
	const struct rte_tcp_hdr *tcp = (const void *)(ip + 1);
	uint32_t headers;

	if (m->data_len < sizeof(*eth) + sizeof(*ip) + sizeof(*tcp) ||
	    eth->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    ip->next_proto_id != IPPROTO_TCP || ip->version_ihl != RTE_IPV4_VHL_DEF)
		return NULL;
	headers = (uint32_t)sizeof(*ip) + (uint32_t)(tcp->data_off >> 4) * 4;
	if (rte_be_to_cpu_16(ip->total_length) < headers || m->data_len < sizeof(*eth) + headers)
		return NULL;
	*len = rte_be_to_cpu_16(ip->total_length) - headers;
	return tcp;
}

/* The window scale option of a SYN; 0 where there is none. */
static uint8_t find_shift(const struct rte_tcp_hdr *syn)
{
	const uint8_t *at = (const uint8_t *)(syn + 1);
	const uint8_t *const end = (const uint8_t *)syn + (size_t)(syn->data_off >> 4) * 4;

	while (at + 2 < end && *at != OPTION_END) {
		if (*at == OPTION_WINDOW_SCALE)
			return min_u32(at[2], SHIFT_MAX) & UINT8_MAX;
		at += *at == OPTION_NOP || at[1] == 0 ? 1 : at[1];
	}
	return 0;
}

/* RFC 3168 5, 6.1 */
static void watch_ecn(struct watch *w, const struct rte_tcp_hdr *tcp)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(const void *)tcp - 1;
	const uint8_t bits = ip->type_of_service & RTE_IPV4_HDR_ECN_MASK;

	w->marked += bits == RTE_IPV4_HDR_ECN_CE;
	w->capable += bits != 0 && bits != RTE_IPV4_HDR_ECN_CE;
	if (tcp->tcp_flags & RTE_TCP_SYN_FLAG)
		return;
	w->echoes += (tcp->tcp_flags & RTE_TCP_ECE_FLAG) != 0;
	w->cwr += (tcp->tcp_flags & RTE_TCP_CWR_FLAG) != 0;
}

void watch_frame(struct watch *w, const struct rte_mbuf *m)
{
	uint32_t len;
	const struct rte_tcp_hdr *tcp = find_tcp(m, &len);
	tcp_seq seq, end;

	if (tcp == NULL)
		return;
	w->segments++;
	watch_ecn(w, tcp);
	w->resets += (tcp->tcp_flags & RTE_TCP_RST_FLAG) != 0;
	seq = rte_be_to_cpu_32(tcp->sent_seq);
	end = seq + len;
	if (tcp->tcp_flags & RTE_TCP_SYN_FLAG) {
		w->seen = true;
		w->highest = seq + 1;
		w->shift = find_shift(tcp);
		return;
	}
	w->narrow += (tcp->tcp_flags & RTE_TCP_RST_FLAG) == 0 &&
		     (uint32_t)rte_be_to_cpu_16(tcp->rx_win) << w->shift < FULL_SEGMENT;
	if (!w->seen || len == 0)
		return;
	w->retransmitted += seq_before(seq, w->highest);
	if (seq_after(end, w->highest))
		w->highest = end;
}
