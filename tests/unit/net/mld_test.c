/* SPDX-License-Identifier: BSD-3-Clause */
/* mld_test.c - which groups are reported, when, and to whom (RFC 3810). */
#include "tests/unit/net/rig6.h"

#define IS_EXCLUDE 2
#define TO_EXCLUDE 4

/* A report of ours: hop-by-hop header with a router alert, to ff02::16, and records of @kind about
 * the groups of @address and of the link-local one; once where they are the same. */
static bool is_report(const struct frame *f, uint8_t kind, struct ip_addr address)
{
	static const uint8_t alert[] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};
	static const struct rte_ether_addr routers = {{0x33, 0x33, 0, 0, 0, 0x16}};
	const struct ip_addr src = OURS6_LOCAL, dst = addr6("ff02::16");
	const struct ip_addr of[] = {solicited_node(address), solicited_node(OURS6_LOCAL)};
	const uint16_t groups = addr_equal(&of[0], &of[1]) ? 1 : 2;
	const uint16_t len = (uint16_t)(8 + groups * 20);
	const uint8_t *icmp = f->bytes + 62;

	if (f->len != 62 + len || memcmp(f->bytes, &routers, 6) != 0 || f->bytes[20] != 0 ||
	    f->bytes[21] != 1 || f->bytes[19] != 8 + len || memcmp(f->bytes + 22, &src, 16) != 0 ||
	    memcmp(f->bytes + 38, &dst, 16) != 0 || memcmp(f->bytes + 54, alert, 8) != 0)
		return false;
	if (icmp[0] != 143 || icmp[1] != 0 || icmp[7] != groups ||
	    icmp6_sum(f->bytes + 14, icmp, len) != 0xffff)
		return false;
	for (uint16_t g = 0; g < groups; g++) {
		const uint8_t *record = icmp + 8 + g * 20;

		if (record[0] != kind || record[1] != 0 || record[2] != 0 || record[3] != 0 ||
		    memcmp(record + 4, &of[g], 16) != 0)
			return false;
	}
	return true;
}

/* Takes all frames; how many of them were such reports. */
static unsigned int count_reports(uint8_t kind, struct ip_addr address)
{
	unsigned int reports = 0;
	struct frame f = rig_take();

	for (; f.len > 0; f = rig_take())
		reports += is_report(&f, kind, address);
	return reports;
}

static void reports_its_groups_twice_at_the_start(void)
{
	struct net_iface_setup edge = rig6_edge();

	rig_open_with(&edge);
	CHECK_EQ(count_reports(TO_EXCLUDE, OURS6), 1); /* both addresses end alike */
	rig_wait(US_PER_S);
	CHECK_EQ(count_reports(TO_EXCLUDE, OURS6), 1);
	rig_wait(100 * US_PER_S);
	CHECK_EQ(count_reports(TO_EXCLUDE, OURS6), 0);
	rig_close();

	edge.address6 = addr6("2001:db8::2:1");
	rig_open_with(&edge);
	CHECK_EQ(count_reports(TO_EXCLUDE, edge.address6), 1);
	rig_close();
}

static struct message6 make_query(struct ip_addr group, uint16_t delay_ms)
{
	struct message6 m = {.src = addr6("fe80::99"),
			     .dst = ALL_NODES6,
			     .hop_limit = 1,
			     .len = 28,
			     .bytes = {130, 0, 0, 0, (uint8_t)(delay_ms >> 8), (uint8_t)delay_ms}};

	memcpy(m.bytes + 8, &group, 16);
	return m;
}

static void answers_queries_within_their_time(void)
{
	const struct ip_addr all = {{0}};
	struct message6 m = make_query(all, 1000);

	rig6_open();
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
		CHECK_EQ(feed_icmp6(&m), NET_TAKEN); /* one report does for both */
		rig_wait(US_PER_S + 1000);
		CHECK_EQ(count_reports(IS_EXCLUDE, OURS6), 1);
	}
	m = make_query(solicited_node(OURS6), 0xffff); /* at most 10 s */
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	rig_wait(10 * US_PER_S + 1000);
	CHECK_EQ(count_reports(IS_EXCLUDE, OURS6), 1);
	m = make_query(addr6("ff02::fb"), 1000); /* of no interest */
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	rig_wait(20 * US_PER_S);
	CHECK_EQ(count_reports(IS_EXCLUDE, OURS6), 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void refuses_queries_from_afar(void)
{
	const struct ip_addr all = {{0}};
	struct message6 m = make_query(all, 1000);

	rig6_open();
	m.hop_limit = 2;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m.hop_limit = 1;
	m.src = STATION6;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m.src = addr6("fe80::99");
	m.len = 23;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	rig_wait(20 * US_PER_S);
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(reports_its_groups_twice_at_the_start);
	RUN(answers_queries_within_their_time);
	RUN(refuses_queries_from_afar);
	return check_summary();
}
