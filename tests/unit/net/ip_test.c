/* SPDX-License-Identifier: BSD-3-Clause */
/* ip_test.c - Ethernet and IPv4 checks, the port policy, routes, and the queue of frames. */
#include "tests/unit/net/rig.h"

static enum net_verdict feed_ip(struct ip_fields p)
{
	const struct frame f = make_ip(p);

	return rig_feed(f.bytes, f.len);
}

static enum net_verdict feed_tcp(uint32_t src, uint16_t dst_port, uint8_t flags)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, dst_port, flags);

	return feed_ip((struct ip_fields){.src = src,
					  .dst = OURS,
					  .protocol = IPPROTO_TCP,
					  .payload = &tcp,
					  .payload_len = sizeof(tcp)});
}

static void passes_a_segment_without_its_headers_and_padding(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);
	struct frame f =
	    make_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0x4000, 8, &tcp, sizeof(tcp)});

	rig_open();
	memset(f.bytes + f.len, 0xee, 6);
	CHECK_EQ(rig_feed(f.bytes, f.len + 6u), NET_TCP);
	CHECK_EQ(segment->data_len, sizeof(tcp));
	CHECK_EQ(segment->pkt_len, sizeof(tcp));
	CHECK(memcmp(rte_pktmbuf_mtod(segment, void *), &tcp, sizeof(tcp)) == 0);
	CHECK_EQ(packet.iface, IFACE_EDGE);
	CHECK_EQ(addr_v4(&packet.src), FAR_AWAY);
	CHECK_EQ(addr_v4(&packet.dst), OURS);
	CHECK(!packet.checksum_good);
	CHECK_EQ(rig_drops(), 0);
	rte_pktmbuf_free(segment);
	rig_close();
}

static void keeps_to_the_three_rules(void)
{
	static const struct {
		uint16_t port;
		uint8_t flags;
		bool passes;
	} rows[] = {
	    {5269, RTE_TCP_SYN_FLAG, true},
	    {5269, RTE_TCP_ACK_FLAG, true},
	    {80, RTE_TCP_SYN_FLAG, false},
	    {80, RTE_TCP_ACK_FLAG, false},
	    {1023, RTE_TCP_ACK_FLAG, false},
	    {1024, RTE_TCP_ACK_FLAG, true},
	    {1024, RTE_TCP_SYN_FLAG, false},
	    {23456, RTE_TCP_SYN_FLAG, false}, /* R3 is the other interface's */
	    {65535, RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG, true},
	    {65535, RTE_TCP_RST_FLAG, true},
	};

	rig_open();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_EQ(feed_tcp(FAR_AWAY, rows[i].port, rows[i].flags),
			 rows[i].passes ? NET_TCP : NET_TAKEN);
		if (rows[i].passes)
			rte_pktmbuf_free(segment);
		else
			CHECK(rig_dropped(DROP_PORT_CLOSED));
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void refuses_a_segment_without_a_whole_header(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);

	rig_open();
	for (uint16_t len = 0; len < sizeof(tcp); len++) {
		CHECK_EQ(feed_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0, 0, &tcp, len}),
			 NET_TAKEN);
		CHECK(rig_dropped(DROP_TCP_BAD));
	}
	rig_close();
}

static void refuses_short_and_foreign_frames(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);
	const struct ip_fields p = {FAR_AWAY, OURS, IPPROTO_TCP, 0, 0, &tcp, sizeof(tcp)};
	struct frame f = make_ip(p);

	rig_open();
	for (size_t len = 1; len < 14; len++) {
		CHECK_EQ(rig_feed(f.bytes, len), NET_TAKEN);
		CHECK(rig_dropped(DROP_FRAME_SHORT));
	}
	for (size_t len = 14; len < f.len; len++) {
		CHECK_EQ(rig_feed(f.bytes, len), NET_TAKEN);
		CHECK(rig_dropped(DROP_IP_BAD));
	}
	f.bytes[12] = 0x88;
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_FRAME_TYPE));
	f = make_ip(p);
	memset(f.bytes, 0xff, 6);
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US));
	memcpy(f.bytes, &station_mac, 6);
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US));
	rig_close();
}

/* A flipped bit anywhere in the IP header must not get through. */
static void verifies_the_header_checksum(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);
	const struct ip_fields p = {FAR_AWAY, OURS, IPPROTO_TCP, 0, 0, &tcp, sizeof(tcp)};

	rig_open();
	for (unsigned int bit = 0; bit < 160; bit++) {
		struct frame f = make_ip(p);

		f.bytes[14 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
		CHECK(rig_dropped(DROP_IP_BAD));
	}
	rig_close();
}

static void drops_what_is_not_for_us(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);

	rig_open();
	CHECK_EQ(feed_ip((struct ip_fields){FAR_AWAY, STATION, IPPROTO_TCP, 0, 0, &tcp, 20}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US));
	CHECK_EQ(feed_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0x2000, 0, &tcp, 20}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_FRAGMENT));
	CHECK_EQ(feed_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0x0001, 0, &tcp, 20}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_FRAGMENT));
	CHECK_EQ(feed_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_UDP, 0, 0, &tcp, 20}),
		 NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_PROTOCOL));
	rig_close();
}

static void refuses_sources_that_no_host_has(void)
{
	static const uint32_t wrong[] = {0,          0x00000001, 0x7f000001, 0xe0000001, 0xffffffff,
					 0xf0000001, 0xc0000200, 0xc00002ff, OURS};

	rig_open();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK_EQ(feed_tcp(wrong[i], 5269, RTE_TCP_SYN_FLAG), NET_TAKEN);
		CHECK(rig_dropped(DROP_IP_BAD));
	}
	rig_close();
}

static void takes_the_device_s_word_for_tcp_checksums(void)
{
	static const struct {
		uint64_t flags;
		bool good;
	} rows[] = {{RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN, false},
		    {RTE_MBUF_F_RX_L4_CKSUM_BAD, false},
		    {RTE_MBUF_F_RX_L4_CKSUM_GOOD, true},
		    {RTE_MBUF_F_RX_L4_CKSUM_NONE, true}};
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);
	const struct frame f =
	    make_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0, 0, &tcp, 20});
	struct net_iface_setup edge = rig_edge();

	for (int trust = 0; trust <= 1; trust++) {
		edge.checksum_trust = trust == 1;
		rig_open_with(&edge);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct rte_mbuf *m = rig_mbuf(f.bytes, f.len);

			m->ol_flags |= rows[i].flags;
			CHECK_EQ(net_input(net, IFACE_EDGE, m, now_us, &packet, &quoted), NET_TCP);
			CHECK_EQ(packet.checksum_good, rows[i].good || trust == 1);
			rte_pktmbuf_free(m);
		}
		rig_close();
	}
}

static void takes_a_frame_in_two_pieces(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);
	const struct frame f =
	    make_ip((struct ip_fields){FAR_AWAY, OURS, IPPROTO_TCP, 0, 0, &tcp, 20});
	struct rte_mbuf *head, *tail;

	rig_open();
	for (size_t cut = 1; cut < f.len; cut++) {
		head = rig_mbuf(f.bytes, cut);
		tail = rig_mbuf(f.bytes + cut, f.len - cut);
		CHECK_EQ(rte_pktmbuf_chain(head, tail), 0);
		CHECK_EQ(net_input(net, IFACE_EDGE, head, now_us, &packet, &quoted), NET_TCP);
		CHECK_EQ(head->data_len, 20);
		rte_pktmbuf_free(head);
	}
	rig_close();
}

static bool has_route(uint32_t dst)
{
	const struct ip_addr a = addr_from_v4(dst);

	return net_has_route(net, IFACE_EDGE, &a);
}

static void knows_its_routes(void)
{
	struct net_iface_setup edge = rig_edge();
	struct ip_addr v6;

	rig_open();
	CHECK(has_route(STATION));
	CHECK(has_route(FAR_AWAY));
	CHECK(!has_route(OURS));
	CHECK(!has_route(0xc00002ff));
	CHECK(!has_route(0xe0000001));
	CHECK(!has_route(0x7f000001));
	CHECK(addr_parse("2001:db8::1", &v6));
	CHECK(!net_has_route(net, IFACE_EDGE, &v6));
	rig_output(rig_segment(1), 0xe0000001);
	CHECK(rig_dropped(DROP_IP_NO_ROUTE));
	rig_close();

	edge.gateway = (struct ip_addr){{0}};
	edge.prefix_len = 31;
	rig_open_with(&edge);
	CHECK(has_route(0xc0000200));
	CHECK(!has_route(STATION));
	CHECK(!has_route(FAR_AWAY));
	rig_output(rig_segment(1), FAR_AWAY);
	CHECK(rig_dropped(DROP_IP_NO_ROUTE));
	rig_close();

	edge.prefix_len = 0;
	rig_open_with(&edge);
	CHECK(has_route(FAR_AWAY));
	rig_close();
}

static void writes_headers_into_the_headroom_only(void)
{
	struct rte_mbuf *m = rig_segment(3), *frame;

	rig_open();
	rig_introduce(STATION, station_mac);
	rte_mbuf_refcnt_set(m, 2);
	rig_output(m, STATION);
	CHECK_EQ(net_take_frames(net, IFACE_EDGE, &frame, 1), 1);
	CHECK(frame == m);
	for (int i = 34; i < 74; i++)
		CHECK_EQ(rte_pktmbuf_mtod(m, uint8_t *)[i], 3);
	rte_pktmbuf_free(frame);
	CHECK_EQ(rte_mbuf_refcnt_read(m), 1);
	rte_pktmbuf_free(m);
	rig_close();
}

static void bounds_the_queue_of_frames(void)
{
	struct rte_mbuf *m = rig_segment(3), *frames[BURST_MAX];
	unsigned int taken, sum = 0, given = 0;

	rig_open();
	rig_introduce(STATION, station_mac);
	while (rig_drops() == 0 && given < 100000) {
		rte_mbuf_refcnt_update(m, 1);
		m->data_off = RTE_PKTMBUF_HEADROOM;
		m->data_len = 40;
		m->pkt_len = 40;
		rig_output(m, STATION);
		given++;
	}
	CHECK(rig_dropped(DROP_TX_FULL));
	while ((taken = net_take_frames(net, IFACE_EDGE, frames, BURST_MAX)) > 0) {
		rte_pktmbuf_free_bulk(frames, taken);
		sum += taken;
	}
	CHECK_EQ(sum, given - 1);
	rte_pktmbuf_free(m);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(passes_a_segment_without_its_headers_and_padding);
	RUN(keeps_to_the_three_rules);
	RUN(refuses_a_segment_without_a_whole_header);
	RUN(refuses_short_and_foreign_frames);
	RUN(verifies_the_header_checksum);
	RUN(drops_what_is_not_for_us);
	RUN(refuses_sources_that_no_host_has);
	RUN(takes_the_device_s_word_for_tcp_checksums);
	RUN(takes_a_frame_in_two_pieces);
	RUN(knows_its_routes);
	RUN(writes_headers_into_the_headroom_only);
	RUN(bounds_the_queue_of_frames);
	return check_summary();
}
