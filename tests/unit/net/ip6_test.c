/* SPDX-License-Identifier: BSD-3-Clause */
/* ip6_test.c - IPv6 in and out: addresses, extension headers, flow labels, ECN, routes. */
#include "tests/unit/net/rig6.h"

static const struct rte_tcp_hdr syn = {.src_port = 0x409c, /* 40000 */
				       .dst_port = 0x9514, /* 5269 */
				       .data_off = 0x50,
				       .tcp_flags = RTE_TCP_SYN_FLAG};

static struct ip6_fields syn_between(struct ip_addr src, struct ip_addr dst)
{
	return (struct ip6_fields){src, dst, IPPROTO_TCP, 64, 0, &syn, sizeof(syn)};
}

static void passes_a_segment_without_its_header_and_padding(void)
{
	struct ip6_fields p = syn_between(FAR_AWAY6, OURS6);
	struct frame f;

	rig6_open();
	for (p.ecn = 0; p.ecn < 4; p.ecn++) {
		f = make_ip6(p);
		f.bytes[15] |= 0x0c; /* flow label and DSCP mean nothing here */
		f.bytes[14] |= 0x0f;
		memset(f.bytes + f.len, 0xee, 6);
		CHECK_EQ(rig_feed(f.bytes, f.len + 6u), NET_TCP);
		CHECK_EQ(segment->data_len, sizeof(syn));
		CHECK_EQ(segment->pkt_len, sizeof(syn));
		CHECK(memcmp(rte_pktmbuf_mtod(segment, void *), &syn, sizeof(syn)) == 0);
		CHECK_EQ(packet.iface, IFACE_EDGE);
		CHECK(addr_equal(&packet.src, &p.src));
		CHECK(addr_equal(&packet.dst, &p.dst));
		CHECK(!packet.checksum_good);
		CHECK_EQ(packet.ecn, p.ecn);
		rte_pktmbuf_free(segment);
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void keeps_to_the_three_rules(void)
{
	static const struct {
		uint16_t port;
		uint8_t flags;
		bool passes;
	} rows[] = {
	    {5269, RTE_TCP_SYN_FLAG, true},   {80, RTE_TCP_ACK_FLAG, false},
	    {1024, RTE_TCP_SYN_FLAG, false},  {1024, RTE_TCP_ACK_FLAG, true},
	    {23456, RTE_TCP_SYN_FLAG, false},
	};

	rig6_open();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rte_tcp_hdr tcp = make_tcp(40000, rows[i].port, rows[i].flags);
		struct ip6_fields p = syn_between(FAR_AWAY6, OURS6);

		p.payload = &tcp;
		CHECK_EQ(feed_ip6(p), rows[i].passes ? NET_TCP : NET_TAKEN);
		if (rows[i].passes)
			rte_pktmbuf_free(segment);
		else
			CHECK(rig_dropped(DROP_PORT_CLOSED));
	}
	CHECK_EQ(feed_ip6((struct ip6_fields){FAR_AWAY6, OURS6, IPPROTO_TCP, 64, 0, &syn, 19}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_TCP_BAD));
	CHECK_EQ(feed_ip6((struct ip6_fields){FAR_AWAY6, OURS6, IPPROTO_UDP, 64, 0, &syn, 20}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_PROTOCOL));
	CHECK_EQ(feed_ip6((struct ip6_fields){FAR_AWAY6, OURS6, IPPROTO_ICMP, 64, 0, &syn, 20}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_PROTOCOL)); /* IPv4's */
	rig_close();
}

/* An IPv4-mapped one would pass for IPv4 further in. */
static void refuses_sources_that_no_host_has(void)
{
	static const char *const wrong[] = {
	    "::",         "::1",         "ff02::1", "ff0e::1:2:3", "::ffff:192.0.2.7",
	    "::ffff:0:0", "::192.0.2.7", "fe:1::1", "2001:db8::1", "fe80::ff:fe00:1"};

	rig6_open();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK_EQ(feed_ip6(syn_between(addr6(wrong[i]), OURS6)), NET_TAKEN);
		CHECK(rig_dropped(DROP_IP_BAD));
	}
	CHECK_EQ(feed_ip6(syn_between(addr6("64:ff9b::203.0.113.5"), OURS6)), NET_TCP);
	rte_pktmbuf_free(segment);
	rig_close();
}

static void drops_what_is_not_for_us(void)
{
	struct frame f = make_ip6(syn_between(FAR_AWAY6, OURS6));

	rig6_open();
	CHECK_EQ(feed_ip6(syn_between(FAR_AWAY6, STATION6)), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US));
	memcpy(f.bytes, &all_nodes_mac, 6); /* one address in a frame to all */
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US));
	memcpy(f.bytes, &all_macs, 6);
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US));
	f = make_ip6(syn_between(FAR_AWAY6, ALL_NODES6));
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US)); /* no TCP to a group */
	memcpy(f.bytes, &our_mac, 6);           /* nor a group in a frame to us */
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US));
	CHECK_EQ(feed_ip6(syn_between(FAR_AWAY6, addr6("ff02::2"))), NET_TAKEN);
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US)); /* all routers */
	CHECK_EQ(feed_ip6(syn_between(STATION6, OURS6_LOCAL)), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_LINK_LOCAL));
	CHECK_EQ(feed_ip6(syn_between(addr6("fe80::7"), OURS6)), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_LINK_LOCAL));
	rig_close();
}

static void refuses_short_and_malformed_packets(void)
{
	struct frame f = make_ip6(syn_between(FAR_AWAY6, OURS6));

	rig6_open();
	for (size_t len = 14; len < f.len; len++) {
		CHECK_EQ(rig_feed(f.bytes, len), NET_TAKEN);
		CHECK(rig_dropped(DROP_IP_BAD));
	}
	f.bytes[14] = 0x50;
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_BAD));
	rig_close();
}

/* Extension headers in front of the SYN; their bytes are given, the last names TCP. */
static enum net_verdict feed_extended(uint8_t first, const uint8_t *bytes, size_t len)
{
	uint8_t payload[600];

	memcpy(payload, bytes, len);
	memcpy(payload + len, &syn, sizeof(syn));
	return feed_ip6((struct ip6_fields){FAR_AWAY6, OURS6, first, 64, 0, payload,
					    (uint16_t)(len + sizeof(syn))});
}

static void skips_options(void)
{
	static const struct {
		uint8_t first, len, bytes[40];
	} good[] = {
	    {0, 8, {6, 0, 1, 4}},                     /* PadN */
	    {0, 8, {6, 0, 5, 2, 0, 0, 1, 0}},         /* router alert */
	    {60, 8, {6, 0}},                          /* six times Pad1 */
	    {60, 16, {6, 1, 0x1e, 12}},               /* not known, may be skipped */
	    {0, 16, {60, 0, 1, 4, 0, 0, 0, 0, 6, 0}}, /* both kinds */
	    {60, 32, {60, 0, 0, 0,  0, 0, 0, 0, 60, 0, 0, 0, 0,
		      0,  0, 0, 60, 0, 0, 0, 0, 0,  0, 0, 6, 0}}, /* as many as there may be */
	};

	rig6_open();
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CHECK_EQ(feed_extended(good[i].first, good[i].bytes, good[i].len), NET_TCP);
		CHECK_EQ(segment->data_len, sizeof(syn));
		CHECK(memcmp(rte_pktmbuf_mtod(segment, void *), &syn, sizeof(syn)) == 0);
		rte_pktmbuf_free(segment);
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void refuses_other_extensions(void)
{
	static const struct {
		uint8_t first, len, bytes[40];
		enum drop drop;
	} bad[] = {
	    {44, 8, {6}, DROP_IP_FRAGMENT}, /* atomic: RFC 6946 */
	    {44, 8, {6, 0, 0, 1}, DROP_IP_FRAGMENT},
	    {0, 16, {44, 0, 1, 4, 0, 0, 0, 0, 6}, DROP_IP_FRAGMENT},
	    {43, 8, {6}, DROP_IP_EXTENSION}, /* routing */
	    {60, 16, {43, 0, 1, 4, 0, 0, 0, 0, 6}, DROP_IP_EXTENSION},
	    {59, 0, {0}, DROP_IP_PROTOCOL},                           /* no next header */
	    {50, 8, {6}, DROP_IP_PROTOCOL},                           /* ESP */
	    {60, 16, {0, 0, 1, 4, 0, 0, 0, 0, 6}, DROP_IP_EXTENSION}, /* hop by hop is first */
	    {60,
	     40,
	     {60, 0, 0, 0, 0, 0, 0, 0,  60, 0, 0, 0, 0, 0, 0, 0, 60,
	      0,  0, 0, 0, 0, 0, 0, 60, 0,  0, 0, 0, 0, 0, 0, 6, 0},
	     DROP_IP_EXTENSION},
	    {0, 8, {6, 0, 0x41, 4}, DROP_IP_EXTENSION},          /* must be known */
	    {0, 8, {6, 0, 0xc2, 4}, DROP_IP_EXTENSION},          /* jumbogram */
	    {0, 8, {6, 0, 1, 5}, DROP_IP_EXTENSION},             /* beyond its header */
	    {0, 8, {6, 0, 1, 3, 0, 0, 0, 1}, DROP_IP_EXTENSION}, /* without a length */
	    {0, 8, {6, 9, 1, 4}, DROP_IP_BAD},                   /* beyond the packet */
	};
	uint8_t big[264] = {6, 32};

	rig6_open();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_EQ(feed_extended(bad[i].first, bad[i].bytes, bad[i].len), NET_TAKEN);
		CHECK(rig_dropped(bad[i].drop));
	}
	CHECK_EQ(feed_extended(60, big, sizeof(big)), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_EXTENSION));
	big[1] = 31;
	CHECK_EQ(feed_extended(60, big, 256), NET_TCP);
	rte_pktmbuf_free(segment);
	rig_close();
}

static void takes_the_device_s_word_for_tcp_checksums(void)
{
	const struct frame f = make_ip6(syn_between(FAR_AWAY6, OURS6));
	struct net_iface_setup edge = rig6_edge();
	static const uint64_t flags[] = {RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN, RTE_MBUF_F_RX_L4_CKSUM_BAD,
					 RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_NONE};

	for (int trust = 0; trust <= 1; trust++) {
		edge.checksum_trust = trust == 1;
		rig_open_with(&edge);
		for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
			struct rte_mbuf *m = rig_mbuf(f.bytes, f.len);

			m->ol_flags |= flags[i];
			CHECK_EQ(net_input(net, IFACE_EDGE, m, now_us, &packet, &quoted), NET_TCP);
			CHECK_EQ(packet.checksum_good, i >= 2 || trust == 1);
			rte_pktmbuf_free(m);
		}
		rig_close();
	}
}

static bool has_route(const char *dst)
{
	const struct ip_addr a = addr6(dst);

	return net_has_route(net, IFACE_EDGE, &a);
}

static void knows_its_routes(void)
{
	struct net_iface_setup edge = rig6_edge();

	rig6_open();
	CHECK(has_route("2001:db8::7"));
	CHECK(has_route("2001:db8:1::5"));
	CHECK(!has_route("2001:db8::1"));
	CHECK(!has_route("fe80::7"));
	CHECK(!has_route("::1"));
	CHECK(!has_route("::"));
	CHECK(!has_route("ff02::1"));
	CHECK(has_route("203.0.113.5"));
	rig6_output(rig_segment(1), addr6("::1"), 0);
	CHECK(rig_dropped(DROP_IP_NO_ROUTE));
	rig6_output(rig_segment(1), addr_from_v4(STATION), 0); /* of two families */
	CHECK(rig_dropped(DROP_IP_NO_ROUTE));
	rig_close();

	edge.gateway6 = (struct ip_addr){{0}};
	edge.prefix6_len = 125;
	edge.address = edge.gateway6;
	rig6_open_with(&edge);
	CHECK(has_route("2001:db8::7"));
	CHECK(!has_route("2001:db8::8"));
	CHECK(!has_route("203.0.113.5"));
	rig6_output(rig_segment(1), addr6("2001:db8::8"), 0);
	CHECK(rig_dropped(DROP_IP_NO_ROUTE));
	rig_close();

	edge.prefix6_len = 0;
	rig6_open_with(&edge);
	CHECK(has_route("2a00::1"));
	rig_close();
	edge.prefix6_len = 128;
	rig6_open_with(&edge);
	CHECK(!has_route("2001:db8::2"));
	rig_close();
}

static struct rte_mbuf *segment_between(uint16_t src_port, uint16_t dst_port)
{
	const struct rte_tcp_hdr tcp = make_tcp(src_port, dst_port, RTE_TCP_ACK_FLAG);

	return rig_mbuf(&tcp, sizeof(tcp));
}

static uint32_t label_of_next(struct ip_addr dst, uint16_t port, uint8_t ecn)
{
	struct frame f;

	rig6_output(segment_between(port, 5269), dst, ecn);
	f = rig_take();
	CHECK_EQ(f.bytes[14], 0x60);
	CHECK_EQ(f.bytes[15] >> 4, ecn);
	return (uint32_t)(f.bytes[15] & 15) << 16 | (uint32_t)f.bytes[16] << 8 | f.bytes[17];
}

/* One label a flow, whatever its ECN bits; others have others, and after a restart so has it. */
static void labels_flows(void)
{
	uint32_t label, equal = 0;

	rig6_open();
	rig6_introduce(GATEWAY6, gateway_mac);
	label = label_of_next(FAR_AWAY6, 40000, 0);
	CHECK(label != 0);
	for (uint8_t ecn = 0; ecn < 4; ecn++)
		CHECK_EQ(label_of_next(FAR_AWAY6, 40000, ecn), label);
	for (uint16_t port = 40001; port < 40065; port++)
		equal += label_of_next(FAR_AWAY6, port, 0) == label;
	equal += label_of_next(addr6("2001:db8:1::6"), 40000, 0) == label;
	rig_close();
	rig6_open();
	rig6_introduce(GATEWAY6, gateway_mac);
	equal += label_of_next(FAR_AWAY6, 40000, 0) == label;
	CHECK(equal <= 2); /* by chance: 66 in a million */
	rig_close();
}

static void carries_ecn_in_ipv4_too(void)
{
	const struct frame in =
	    make_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0x4000, 0, &syn, sizeof(syn)});
	struct tcp_output out = {
	    .iface = IFACE_EDGE, .src = addr_from_v4(OURS), .dst = addr_from_v4(STATION), .ecn = 2};
	struct frame f = in;
	uint16_t sum;

	rig_open();
	f.bytes[15] = 0xfb; /* DSCP, and both ECN bits */
	memset(f.bytes + 24, 0, 2);
	sum = (uint16_t)~rte_raw_cksum(f.bytes + 14, 20);
	memcpy(f.bytes + 24, &sum, 2);
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TCP);
	CHECK_EQ(packet.ecn, 3);
	rte_pktmbuf_free(segment);
	rig_introduce(STATION, station_mac);
	out.m = rig_segment(1);
	net_output(net, &out, now_us);
	f = rig_take();
	CHECK_EQ(f.bytes[15], 2);
	CHECK_EQ(rte_raw_cksum(f.bytes + 14, 20), 0xffff);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(passes_a_segment_without_its_header_and_padding);
	RUN(keeps_to_the_three_rules);
	RUN(refuses_sources_that_no_host_has);
	RUN(drops_what_is_not_for_us);
	RUN(refuses_short_and_malformed_packets);
	RUN(skips_options);
	RUN(refuses_other_extensions);
	RUN(takes_the_device_s_word_for_tcp_checksums);
	RUN(knows_its_routes);
	RUN(labels_flows);
	RUN(carries_ecn_in_ipv4_too);
	return check_summary();
}
