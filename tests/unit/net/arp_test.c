/* SPDX-License-Identifier: BSD-3-Clause */
/* arp_test.c - resolving next hops: what is asked, what is believed, what waits, what is bounded.
 */
#include "dataplane/net/neigh.h"
#include "tests/unit/net/rig.h"

static const struct rte_ether_addr other_mac = {{2, 0, 0, 0, 0, 0x66}};

static bool is_question(const struct frame *f, uint32_t target, struct rte_ether_addr to)
{
	return is_arp(f, (struct arp_fields){RTE_ARP_OP_REQUEST, OURS, target, our_mac, to});
}

static bool took_question(uint32_t target, struct rte_ether_addr to)
{
	const struct frame f = rig_take();

	return is_question(&f, target, to);
}

static bool took_segment(struct rte_ether_addr mac, uint32_t dst, uint8_t mark)
{
	const struct frame f = rig_take();

	return is_segment(&f, mac, dst, mark);
}

static void answer(uint32_t address, struct rte_ether_addr mac)
{
	CHECK_EQ(feed_arp((struct arp_fields){RTE_ARP_OP_REPLY, address, OURS, mac, our_mac}),
		 NET_TAKEN);
}

static void announces_itself_twice(void)
{
	const struct net_iface_setup edge = rig_edge();

	rig_open_with(&edge);
	CHECK(took_question(OURS, all_macs));
	CHECK_EQ(rig_take().len, 0);
	rig_wait(2 * US_PER_S - 1000);
	CHECK_EQ(rig_take().len, 0);
	rig_wait(1000);
	CHECK(took_question(OURS, all_macs));
	rig_wait(100 * US_PER_S);
	CHECK_EQ(rig_take().len, 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void answers_who_asks_and_remembers_him(void)
{
	rig_open();
	rig_introduce(STATION, station_mac);
	rig_output(rig_segment(5), STATION);
	CHECK(took_segment(station_mac, STATION, 5));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void answers_a_probe_and_forgets_it(void)
{
	struct frame f;

	rig_open();
	(void)feed_arp((struct arp_fields){RTE_ARP_OP_REQUEST, 0, OURS, other_mac, all_macs});
	f = rig_take();
	CHECK(is_arp(&f, (struct arp_fields){RTE_ARP_OP_REPLY, OURS, 0, our_mac, other_mac}));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void keeps_some_packets_while_it_asks(void)
{
	rig_open();
	for (uint8_t mark = 1; mark <= NEIGH_WAITING + 1; mark++)
		rig_output(rig_segment(mark), STATION);
	CHECK(rig_dropped(DROP_NEIGHBOUR_PENDING));
	CHECK(took_question(STATION, all_macs));
	CHECK_EQ(rig_take().len, 0);
	answer(STATION, station_mac);
	for (uint8_t mark = 1; mark <= NEIGH_WAITING; mark++)
		CHECK(took_segment(station_mac, STATION, mark));
	CHECK_EQ(rig_take().len, 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void gives_up_after_three_questions(void)
{
	rig_open();
	rig_output(rig_segment(1), STATION);
	for (int i = 0; i < 3; i++) {
		CHECK(took_question(STATION, all_macs));
		rig_wait(999 * 1000);
		CHECK_EQ(rig_take().len, 0);
		CHECK_EQ(rig_drops(), 0);
		rig_wait(1000);
	}
	CHECK(rig_dropped(DROP_NEIGHBOUR_UNRESOLVED));
	CHECK_EQ(rig_take().len, 0);
	answer(STATION, station_mac);
	CHECK(rig_dropped(DROP_ARP_BAD));
	rig_close();
}

static void asks_the_gateway_for_far_addresses(void)
{
	rig_open();
	rig_output(rig_segment(9), FAR_AWAY);
	CHECK(took_question(GATEWAY, all_macs));
	answer(GATEWAY, gateway_mac);
	CHECK(took_segment(gateway_mac, FAR_AWAY, 9));
	rig_close();
}

static void believes_only_answers_to_questions(void)
{
	rig_open();
	answer(STATION, other_mac);
	CHECK(rig_dropped(DROP_ARP_BAD));
	rig_output(rig_segment(1), STATION);
	CHECK(took_question(STATION, all_macs));
	answer(GATEWAY, other_mac);
	CHECK(rig_dropped(DROP_ARP_BAD));
	answer(0xc6336463, other_mac); /* not on this link */
	CHECK(rig_dropped(DROP_ARP_BAD));
	answer(STATION, station_mac);
	CHECK(took_segment(station_mac, STATION, 1));
	answer(STATION, other_mac); /* answered already */
	CHECK(rig_dropped(DROP_ARP_BAD));
	rig_output(rig_segment(2), STATION);
	CHECK(took_segment(station_mac, STATION, 2));
	rig_close();
}

static void ignores_who_claims_our_address(void)
{
	rig_open();
	(void)feed_arp((struct arp_fields){RTE_ARP_OP_REQUEST, OURS, OURS, other_mac, all_macs});
	CHECK(rig_dropped(DROP_ADDRESS_DUPLICATE));
	(void)feed_arp((struct arp_fields){RTE_ARP_OP_REPLY, OURS, STATION, other_mac, our_mac});
	CHECK(rig_dropped(DROP_ADDRESS_DUPLICATE));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

static void ignores_questions_for_others(void)
{
	rig_open();
	(void)feed_arp(
	    (struct arp_fields){RTE_ARP_OP_REQUEST, STATION, GATEWAY, station_mac, all_macs});
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

/* He who asked for us is believed for 5 s of use, then asked directly, twice, then everybody once;
 * an answer holds for 30 s. */
static void asks_again_when_it_is_unsure(void)
{
	rig_open();
	rig_introduce(STATION, station_mac);
	rig_wait(3 * US_PER_S);
	rig_output(rig_segment(1), STATION);
	CHECK(took_segment(station_mac, STATION, 1));
	rig_wait(5 * US_PER_S - 1000);
	CHECK_EQ(rig_take().len, 0);
	rig_wait(1000);
	CHECK(took_question(STATION, station_mac));
	rig_output(rig_segment(2), STATION);
	CHECK(took_segment(station_mac, STATION, 2));
	rig_wait(US_PER_S);
	CHECK(took_question(STATION, station_mac));
	rig_wait(US_PER_S);
	CHECK(took_question(STATION, all_macs));
	answer(STATION, other_mac); /* a new card */
	for (int s = 0; s < 30; s++) {
		rig_output(rig_segment(3), STATION);
		CHECK(took_segment(other_mac, STATION, 3));
		rig_wait(US_PER_S);
		CHECK_EQ(rig_take().len, 0);
	}
	rig_output(rig_segment(4), STATION);
	CHECK(took_segment(other_mac, STATION, 4));
	rig_wait(5 * US_PER_S);
	CHECK(took_question(STATION, other_mac));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void forgets_who_is_not_used_or_silent(void)
{
	rig_open();
	rig_introduce(STATION, station_mac);
	rig_introduce(GATEWAY, gateway_mac);
	rig_output(rig_segment(1), STATION);
	CHECK(took_segment(station_mac, STATION, 1));
	rig_wait(64 * US_PER_S);
	CHECK(took_question(STATION, station_mac));
	CHECK(took_question(STATION, station_mac));
	CHECK(took_question(STATION, all_macs));
	CHECK_EQ(rig_take().len, 0);
	rig_output(rig_segment(2), STATION);
	CHECK(took_question(STATION, all_macs));
	rig_output(rig_segment(3), FAR_AWAY);
	CHECK(took_question(GATEWAY, all_macs));
	rig_close();
}

/* An announcement or question from another card is a hint, not a proof. */
static void doubts_a_contradiction(void)
{
	rig_open();
	rig_introduce(GATEWAY, gateway_mac);
	rig_wait(US_PER_S);
	(void)feed_arp(
	    (struct arp_fields){RTE_ARP_OP_REQUEST, GATEWAY, GATEWAY, other_mac, all_macs});
	CHECK(took_question(GATEWAY, all_macs));
	rig_output(rig_segment(1), FAR_AWAY);
	CHECK(took_segment(gateway_mac, FAR_AWAY, 1));
	answer(GATEWAY, other_mac);
	rig_output(rig_segment(2), FAR_AWAY);
	CHECK(took_segment(other_mac, FAR_AWAY, 2));
	/* not twice a second */
	(void)feed_arp(
	    (struct arp_fields){RTE_ARP_OP_REQUEST, GATEWAY, GATEWAY, gateway_mac, all_macs});
	CHECK_EQ(rig_take().len, 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void keeps_the_newest_of_a_segment_sent_twice(void)
{
	struct rte_mbuf *m = rig_segment(1);
	const uint16_t start = m->data_off;

	rig_open();
	rte_mbuf_refcnt_set(m, 3);
	rig_output(m, STATION);
	m->data_off = start; /* as TCP does when it sends again */
	m->data_len = 40;
	m->pkt_len = 40;
	memset(rte_pktmbuf_mtod(m, void *), 2, 40);
	rig_output(m, STATION);
	CHECK_EQ(rte_mbuf_refcnt_read(m), 2);
	m->data_off = (uint16_t)(start + 20); /* and when it holds on to the payload alone */
	m->data_len = 20;
	m->pkt_len = 20;
	CHECK(took_question(STATION, all_macs));
	answer(STATION, station_mac);
	CHECK(took_segment(station_mac, STATION, 2));
	CHECK_EQ(rig_take().len, 0);
	rte_pktmbuf_free(m);
	rig_close();
}

static void a_full_cache_gives_up_the_oldest_silent_hop(void)
{
	struct net_iface_setup edge = rig_edge();

	edge.prefix_len = 16;
	rig_open_quiet(&edge);
	rig_introduce(STATION, station_mac);
	for (uint32_t n = 0; n < NEIGHBOURS_MAX - 1; n++) {
		now_us++;
		rig_output(rig_segment(1), 0xc0001001 + n);
	}
	CHECK_EQ(rig_drops(), 0);
	rig_output(rig_segment(1), 0xc000ff01);
	CHECK(rig_dropped(DROP_NEIGHBOUR_PENDING));
	/* a stranger who asks is answered, not remembered */
	while (rig_take().len > 0)
		;
	rig_introduce(0xc000ff02, other_mac);
	rig_output(rig_segment(4), STATION);
	CHECK(took_segment(station_mac, STATION, 4));
	answer(0xc0001001, other_mac);
	CHECK(rig_dropped(DROP_ARP_BAD));
	answer(0xc0001002, other_mac);
	CHECK(took_segment(other_mac, 0xc0001002, 1));
	rig_close();
}

static void tells_answers_to_other_cores(void)
{
	struct net_neighbour heard = {0};

	rig_open();
	CHECK(!net_take_neighbour(net, &heard));
	answer(STATION, station_mac); /* another core's question */
	CHECK(rig_dropped(DROP_ARP_BAD));
	CHECK(net_take_neighbour(net, &heard));
	CHECK(heard.iface == IFACE_EDGE && addr_v4(&heard.address) == STATION);
	CHECK(!net_take_neighbour(net, &heard));
	net_hear_neighbour(net, &heard, now_us); /* nobody asked here: not believed */
	rig_output(rig_segment(1), STATION);
	CHECK(took_question(STATION, all_macs));
	net_hear_neighbour(net, &heard, now_us);
	CHECK(took_segment(station_mac, STATION, 1));
	rig_close();
}

/* With other cores an answer that nobody here has asked for is theirs; nonsense stays nonsense. */
static void others_have_asked(void)
{
	struct net_neighbour heard = {0};

	has_others = true;
	rig_open();
	has_others = false;
	answer(STATION, station_mac);
	CHECK_EQ(rig_drops(), 0);
	CHECK(net_take_neighbour(net, &heard));
	answer(0xc6336463, other_mac); /* not on this link */
	CHECK(rig_dropped(DROP_ARP_BAD));
	rig_output(rig_segment(1), STATION);
	CHECK(took_question(STATION, all_macs)); /* it was not believed */
	rig_close();
}

static void leaves_announcing_to_another_core(void)
{
	const struct net_iface_setup edge = rig_edge();

	is_silent = true;
	rig_open_with(&edge);
	is_silent = false;
	now_us += 5 * US_PER_S;
	net_tick(net, now_us);
	CHECK_EQ(rig_take_on(IFACE_EDGE).len, 0);
	CHECK_EQ(rig_take_on(IFACE_INTERNAL).len, 0);
	rig_introduce(STATION, station_mac); /* and answers all the same */
	rig_close();
}

/* Each field that must be as it must be. */
static void refuses_malformed_packets(void)
{
	static const struct {
		uint8_t at, value;
	} wrong[] = {{15, 2}, {16, 9}, {18, 5}, {19, 6}, {21, 3}, {21, 0}, {22, 1}};
	const struct arp_fields good = {RTE_ARP_OP_REQUEST, STATION, OURS, station_mac, all_macs};

	rig_open();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct frame f = make_arp(good);

		f.bytes[wrong[i].at] = wrong[i].value;
		CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
		CHECK(rig_dropped(DROP_ARP_BAD));
	}
	CHECK_EQ(rig_feed(make_arp(good).bytes, 41), NET_TAKEN);
	CHECK(rig_dropped(DROP_ARP_BAD));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(announces_itself_twice);
	RUN(answers_who_asks_and_remembers_him);
	RUN(answers_a_probe_and_forgets_it);
	RUN(keeps_some_packets_while_it_asks);
	RUN(gives_up_after_three_questions);
	RUN(asks_the_gateway_for_far_addresses);
	RUN(believes_only_answers_to_questions);
	RUN(ignores_who_claims_our_address);
	RUN(ignores_questions_for_others);
	RUN(asks_again_when_it_is_unsure);
	RUN(forgets_who_is_not_used_or_silent);
	RUN(doubts_a_contradiction);
	RUN(keeps_the_newest_of_a_segment_sent_twice);
	RUN(a_full_cache_gives_up_the_oldest_silent_hop);
	RUN(tells_answers_to_other_cores);
	RUN(others_have_asked);
	RUN(leaves_announcing_to_another_core);
	RUN(refuses_malformed_packets);
	return check_summary();
}
