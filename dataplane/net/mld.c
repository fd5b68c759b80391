/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mld.c - tells switches and routers which groups we listen to (RFC 3810), so that questions about
 * our addresses reach us: at the start, and when a querier asks.
 */
#include <netinet/in.h>

#include <rte_ip.h>

#include "dataplane/net/net_impl.h"

#define REPORT            143
#define RECORD_IS_EXCLUDE 2 /* listens to all sources: what holds, in an answer */
#define RECORD_TO_EXCLUDE 4 /* the same: what has changed, at the start */
#define RECORD_BYTES      20
#define FIRST_GROUP       1 /* all nodes is never reported: RFC 3810 6 */
#define QUERY_BYTES       24
#define DELAY_MAX_US      10000000
#define QUERIER_HOP_LIMIT 1

struct mld_report {
	uint8_t type, reserved;
	rte_be16_t checksum, reserved2, records;
};

struct mld_record {
	uint8_t type, aux_len;
	rte_be16_t sources;
	uint8_t group[16];
};
_Static_assert(sizeof(struct mld_report) == 8 && sizeof(struct mld_record) == RECORD_BYTES,
	       "MLD report");

/* A query's part that MLDv1 (RFC 2710) has, too. */
struct mld_query {
	uint8_t type, code;
	rte_be16_t checksum, delay_ms, reserved;
	uint8_t group[16];
};
_Static_assert(sizeof(struct mld_query) == QUERY_BYTES, "MLD query");

/* Hop-by-hop options: router alert (RFC 2711), and two bytes of padding. */
static const uint8_t router_alert[] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};

/* Both solicited-node groups are one when the addresses end alike. */
static uint16_t count_groups(const struct net_iface *i)
{
	return addr_equal(&i->v6.group[FIRST_GROUP], &i->v6.group[FIRST_GROUP + 1]) ? 1 : 2;
}

static void fill_report(const struct net_iface *i, struct rte_mbuf *m, uint16_t groups)
{
	struct mld_report *report = rte_pktmbuf_mtod(m, struct mld_report *);
	struct mld_record *record = (void *)(report + 1);

	report->type = REPORT;
	report->records = rte_cpu_to_be_16(groups);
	for (uint16_t g = 0; g < groups; g++) {
		record[g].type = i->mld_is_answer ? RECORD_IS_EXCLUDE : RECORD_TO_EXCLUDE;
		memcpy(record[g].group, i->v6.group[FIRST_GROUP + g].b, sizeof(record[g].group));
	}
}

void mld_report(struct net_iface *i, uint64_t now_us)
{
	const uint16_t groups = count_groups(i);
	struct ip_info info = {
	    .src = i->v6.link_local,
	    .dst = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}},
	    .protocol = IPPROTO_ICMPV6,
	    .hop_limit = QUERIER_HOP_LIMIT,
	};
	struct rte_mbuf *m =
	    icmp6_make(i, (uint16_t)(sizeof(struct mld_report) + (size_t)groups * RECORD_BYTES));
	uint8_t *options;

	if (m == NULL)
		return;
	fill_report(i, m, groups);
	icmp6_seal(m, &info);
	options = (void *)rte_pktmbuf_prepend(m, sizeof(router_alert));
	if (options == NULL) {
		drop(i, m, DROP_MBUF_EMPTY);
		return;
	}
	memcpy(options, router_alert, sizeof(router_alert));
	info.protocol = IPPROTO_HOPOPTS;
	ip6_output(i, m, &info, now_us);
}

/* Said twice, as one may be lost (RFC 3810 9.1 Robustness Variable). */
void mld_init(struct net_iface *i, uint64_t now_us)
{
	if (!has_v6(i))
		return;
	i->mld_report.kind = TIMER_MLD_REPORT;
	if (i->net->is_silent)
		return;
	mld_report(i, now_us);
	wheel_set(&i->wheel, &i->mld_report, now_us + MLD_AGAIN_US);
}

/* RFC 3810 6.2: at a random time within what the query allows, so that not all speak at once. */
static void answer_later(struct net_iface *i, uint32_t delay_ms, uint64_t now_us)
{
	const uint64_t most_us = delay_ms * UINT64_C(1000);
	const uint64_t random = keyed_hash(&i->v6.label_key, &now_us, sizeof(now_us));
	const uint64_t due_us =
	    now_us + random % (1 + (most_us < DELAY_MAX_US ? most_us : DELAY_MAX_US));

	if (wheel_is_armed(&i->mld_report) && i->mld_report.due_us <= due_us)
		return; /* that one will do */
	i->mld_is_answer = true;
	wheel_set(&i->wheel, &i->mld_report, due_us);
}

void mld_input(struct net_iface *in, struct rte_mbuf *m, const struct ip_info *info,
	       uint64_t now_us)
{
	struct ip_addr group;
	struct mld_query q;

	if (m->data_len < sizeof(q) || info->hop_limit != QUERIER_HOP_LIMIT ||
	    !ip6_is_link_local(&info->src)) {
		drop(in, m, DROP_ICMP_BAD);
		return;
	}
	memcpy(&q, rte_pktmbuf_mtod(m, const void *), sizeof(q));
	memcpy(group.b, q.group, sizeof(group.b));
	if (addr_is_unspecified(&group) || ip6_is_our_group(in, &group))
		answer_later(in, rte_be_to_cpu_16(q.delay_ms), now_us);
	rte_pktmbuf_free(m);
}
