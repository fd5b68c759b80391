/* SPDX-License-Identifier: BSD-3-Clause */
/* vlan_test.c - 802.1Q tags: what an interface with one takes and sends, and one without. */
#include "tests/unit/net/rig6.h"

#define OURS_VLAN 42

/* Puts a tag behind the addresses of @f. */
static struct frame tagged(const struct frame *f, uint16_t tci)
{
	struct frame t = {.len = (uint16_t)(f->len + 4)};

	memcpy(t.bytes, f->bytes, 12);
	t.bytes[12] = 0x81;
	t.bytes[14] = (uint8_t)(tci >> 8);
	t.bytes[15] = (uint8_t)tci;
	memcpy(t.bytes + 16, f->bytes + 12, f->len - 12u);
	return t;
}

/* The frame without its tag; len 0 when it has not the interface's. */
static struct frame untagged(const struct frame *t)
{
	struct frame f = {.len = (uint16_t)(t->len - 4)};

	if (t->len < 18 || t->bytes[12] != 0x81 || t->bytes[13] != 0 || t->bytes[14] != 0 ||
	    t->bytes[15] != OURS_VLAN)
		return (struct frame){0};
	memcpy(f.bytes, t->bytes, 12);
	memcpy(f.bytes + 12, t->bytes + 16, f.len - 12u);
	return f;
}

static struct frame make_syn(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);

	return make_ip6((struct ip6_fields){FAR_AWAY6, OURS6, IPPROTO_TCP, 64, 0, &tcp, 20});
}

static void open_on_vlan(void)
{
	struct net_iface_setup edge = rig6_edge();

	edge.vlan = OURS_VLAN;
	rig6_open_with(&edge);
}

static bool passes(const struct frame *f)
{
	if (rig_feed(f->bytes, f->len) != NET_TCP)
		return false;
	CHECK_EQ(segment->data_len, 20);
	rte_pktmbuf_free(segment);
	return true;
}

static void takes_its_own_vlan_alone(void)
{
	const struct frame syn = make_syn();
	struct frame f = tagged(&syn, OURS_VLAN);

	open_on_vlan();
	CHECK(passes(&f));
	f = tagged(&syn, OURS_VLAN | 0xe000); /* with a priority */
	CHECK(passes(&f));
	CHECK_EQ(rig_drops(), 0);
	f = tagged(&syn, OURS_VLAN + 1);
	CHECK(!passes(&f));
	CHECK(rig_dropped(DROP_FRAME_VLAN));
	f = tagged(&syn, 0);
	CHECK(!passes(&f));
	CHECK(rig_dropped(DROP_FRAME_VLAN));
	CHECK(!passes(&syn));
	CHECK(rig_dropped(DROP_FRAME_VLAN));
	f = tagged(&syn, OURS_VLAN);
	f = tagged(&f, OURS_VLAN); /* one tag is enough */
	CHECK(!passes(&f));
	CHECK(rig_dropped(DROP_FRAME_TYPE));
	for (f.len = 14; f.len < 18; f.len++) {
		CHECK(!passes(&f));
		CHECK(rig_dropped(DROP_FRAME_SHORT));
	}
	rig_close();
}

/* A tag with id 0 is a priority, nothing else. */
static void takes_no_vlan_without_one(void)
{
	const struct frame syn = make_syn();
	struct frame f = tagged(&syn, 0x2000);

	rig6_open();
	CHECK(passes(&f));
	CHECK_EQ(rig_drops(), 0);
	f = tagged(&syn, OURS_VLAN);
	CHECK(!passes(&f));
	CHECK(rig_dropped(DROP_FRAME_VLAN));
	rig_close();
}

static void takes_the_device_s_word_for_the_tag(void)
{
	const struct frame syn = make_syn();
	struct rte_mbuf *m = rig_mbuf(syn.bytes, syn.len);

	open_on_vlan();
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = OURS_VLAN | 0x6000;
	CHECK_EQ(net_input(net, IFACE_EDGE, m, now_us, &packet, &quoted), NET_TCP);
	rte_pktmbuf_free(m);
	m = rig_mbuf(syn.bytes, syn.len);
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = OURS_VLAN + 1;
	CHECK_EQ(net_input(net, IFACE_EDGE, m, now_us, &packet, &quoted), NET_TAKEN);
	CHECK(rig_dropped(DROP_FRAME_VLAN));
	rig_close();
}

static void tags_all_that_it_sends(void)
{
	const struct frame asks =
	    make_arp((struct arp_fields){RTE_ARP_OP_REQUEST, STATION, OURS, station_mac, all_macs});
	struct frame f = tagged(&asks, OURS_VLAN);

	open_on_vlan();
	CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
	f = rig_take();
	f = untagged(&f);
	CHECK(
	    is_arp(&f, (struct arp_fields){RTE_ARP_OP_REPLY, OURS, STATION, our_mac, station_mac}));
	rig_output(rig_segment(1), STATION);
	f = rig_take();
	f = untagged(&f);
	CHECK(is_segment(&f, station_mac, STATION, 1));
	rig6_output(rig_segment(2), STATION6, 0);
	f = rig_take();
	f = untagged(&f);
	CHECK(is_nd(&f, (struct rte_ether_addr){{0x33, 0x33, 0xff, 0, 0, 7}},
		    (struct nd_fields){.type = 135,
				       .option = 1,
				       .src = OURS6_LOCAL,
				       .dst = solicited_node(STATION6),
				       .target = STATION6,
				       .mac = our_mac}));
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(takes_its_own_vlan_alone);
	RUN(takes_no_vlan_without_one);
	RUN(takes_the_device_s_word_for_the_tag);
	RUN(tags_all_that_it_sends);
	return check_summary();
}
