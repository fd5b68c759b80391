/* SPDX-License-Identifier: BSD-3-Clause */
/* nd_test.c - neighbour discovery: what is said at the start, asked, answered and believed. */
#include "dataplane/net/neigh.h"
#include "tests/unit/net/rig6.h"

static const struct rte_ether_addr other_mac = {{2, 0, 0, 0, 0, 0x66}};
static const struct rte_ether_addr group_mac = {{0x33, 0x33, 0xff, 0, 0, 1}};

/* RFC 4862 5.4.2: from nobody, to the group, without our Ethernet address. */
static bool took_probe(struct ip_addr address)
{
	return took_nd(
	    group_mac,
	    (struct nd_fields){.type = 135, .dst = solicited_node(address), .target = address});
}

static bool took_announcement(struct ip_addr address)
{
	return took_nd(all_nodes_mac, (struct nd_fields){.type = 136,
							 .flags = 0x20,
							 .option = 2,
							 .src = address,
							 .dst = ALL_NODES6,
							 .target = address,
							 .mac = our_mac});
}

static void probes_and_announces_its_addresses(void)
{
	struct net_iface_setup edge = rig6_edge();

	edge.address = (struct ip_addr){{0}}; /* IPv6 alone */
	rig_open_with(&edge);
	CHECK_EQ(rig_take().bytes[20], 0); /* hop-by-hop options: the report of mld_test */
	CHECK(took_probe(OURS6_LOCAL));
	CHECK(took_probe(OURS6));
	CHECK_EQ(rig_take().len, 0);
	rig_wait(US_PER_S - 1000);
	CHECK_EQ(rig_take().len, 0);
	rig_wait(1000);
	for (int i = 0; i < 3; i++) {
		struct frame f = rig_take();
		const struct ip_addr local = OURS6_LOCAL, global = OURS6;

		CHECK(f.bytes[20] == 0 ||
		      (f.bytes[54] == 136 && (memcmp(f.bytes + 62, &local, 16) == 0 ||
					      memcmp(f.bytes + 62, &global, 16) == 0)));
	}
	rig_wait(100 * US_PER_S);
	CHECK_EQ(rig_take().len, 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

/* One core of several: the first has said it all, and an answer may be to another's question. */
static void leaves_announcing_to_another_core(void)
{
	const struct net_iface_setup edge = rig6_edge();
	struct net_neighbour heard = {0};

	is_silent = has_others = true;
	rig_open_with(&edge);
	is_silent = has_others = false;
	rig_wait(100 * US_PER_S);
	CHECK_EQ(rig_take().len, 0);
	answer_nd(STATION6, station_mac);
	CHECK(net_take_neighbour(net, &heard));
	CHECK_EQ(rig_drops(), 0);
	answer_nd(FAR_AWAY6, other_mac); /* not on this link */
	CHECK(rig_dropped(DROP_ND_BAD));
	rig_close();
}

static void says_nothing_without_an_address(void)
{
	const struct rte_tcp_hdr tcp = make_tcp(40000, 5269, RTE_TCP_SYN_FLAG);
	struct ip_addr nobody = {{0}};

	rig_open();
	CHECK_EQ(rig_take().len, 0);
	(void)feed_nd((struct nd_fields){
	    .type = 135, .src = nobody, .dst = solicited_node(OURS6), .target = OURS6});
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US));
	(void)feed_ip6((struct ip6_fields){STATION6, OURS6, IPPROTO_TCP, 64, 0, &tcp, 20});
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US));
	(void)feed_ip6((struct ip6_fields){STATION6, nobody, IPPROTO_TCP, 64, 0, &tcp, 20});
	CHECK(rig_dropped(DROP_IP_NOT_FOR_US));
	rig6_output(rig_segment(1), STATION6, 0);
	CHECK(rig_dropped(DROP_IP_NO_ROUTE));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

static void answers_who_asks_and_remembers_him(void)
{
	rig6_open();
	rig6_introduce(STATION6, station_mac);
	rig6_output(rig_segment(5), STATION6, 0);
	CHECK(took_segment6(station_mac, STATION6, 5));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

/* A question to ourselves alone may lack the asker's Ethernet address (RFC 4861 4.3). */
static void finds_an_asker_who_does_not_say_where_he_is(void)
{
	const struct nd_fields answer = {.type = 136,
					 .flags = 0x60,
					 .option = 2,
					 .src = OURS6_LOCAL,
					 .dst = STATION6,
					 .target = OURS6_LOCAL,
					 .mac = our_mac};

	rig6_open();
	(void)feed_nd((struct nd_fields){
	    .type = 135, .src = STATION6, .dst = OURS6_LOCAL, .target = OURS6_LOCAL});
	CHECK(took_nd_question(STATION6, NULL));
	answer_nd(STATION6, station_mac);
	CHECK(took_nd(station_mac, answer));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void defends_its_addresses(void)
{
	rig6_open();
	(void)feed_nd(
	    (struct nd_fields){.type = 135, .dst = solicited_node(OURS6), .target = OURS6});
	CHECK(took_announcement(OURS6));
	(void)feed_nd((struct nd_fields){
	    .type = 135, .dst = solicited_node(OURS6_LOCAL), .target = OURS6_LOCAL});
	CHECK(took_announcement(OURS6_LOCAL));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

/* It is counted and the address used on. */
static void counts_who_claims_its_address(void)
{
	struct nd_fields claim = {.type = 136,
				  .flags = 0x20,
				  .option = 2,
				  .src = STATION6,
				  .dst = ALL_NODES6,
				  .target = OURS6,
				  .mac = other_mac};

	rig6_open();
	(void)feed_nd(claim);
	CHECK(rig_dropped(DROP_ADDRESS_DUPLICATE));
	claim.option = 0;
	(void)feed_nd(claim);
	CHECK(rig_dropped(DROP_ADDRESS_DUPLICATE));
	claim.option = 2;
	claim.mac = our_mac; /* our own came back */
	(void)feed_nd(claim);
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US));
	rig6_introduce(STATION6, station_mac);
	rig_close();
}

static void keeps_some_packets_while_it_asks(void)
{
	rig6_open();
	for (uint8_t mark = 1; mark <= NEIGH_WAITING + 1; mark++)
		rig6_output(rig_segment(mark), STATION6, 0);
	CHECK(rig_dropped(DROP_NEIGHBOUR_PENDING));
	CHECK(took_nd_question(STATION6, NULL));
	CHECK_EQ(rig_take().len, 0);
	answer_nd(STATION6, station_mac);
	for (uint8_t mark = 1; mark <= NEIGH_WAITING; mark++)
		CHECK(took_segment6(station_mac, STATION6, mark));
	CHECK_EQ(rig_take().len, 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void gives_up_after_three_questions(void)
{
	rig6_open();
	rig6_output(rig_segment(1), FAR_AWAY6, 0);
	for (int i = 0; i < 3; i++) {
		CHECK(took_nd_question(GATEWAY6, NULL));
		rig_wait(999 * 1000);
		CHECK_EQ(rig_take().len, 0);
		CHECK_EQ(rig_drops(), 0);
		rig_wait(1000);
	}
	CHECK(rig_dropped(DROP_NEIGHBOUR_UNRESOLVED));
	answer_nd(GATEWAY6, gateway_mac);
	CHECK(rig_dropped(DROP_ND_BAD));
	rig_close();
}

/* Reachable for 30 s, then doubted as soon as it is used; probes go to it alone, but the last. */
static void probes_who_may_be_gone(void)
{
	rig6_open();
	rig6_output(rig_segment(1), STATION6, 0);
	CHECK(took_nd_question(STATION6, NULL));
	answer_nd(STATION6, station_mac);
	CHECK(took_segment6(station_mac, STATION6, 1));
	rig_wait(31 * US_PER_S);
	rig6_output(rig_segment(2), STATION6, 0);
	CHECK(took_segment6(station_mac, STATION6, 2));
	rig_wait(5 * US_PER_S);
	CHECK(took_nd_question(STATION6, &station_mac));
	(void)feed_nd((struct nd_fields){/* to a question to him alone without his address */
					 .type = 136,
					 .flags = 0x40,
					 .src = STATION6,
					 .dst = OURS6_LOCAL,
					 .target = STATION6});
	rig_wait(30 * US_PER_S);
	CHECK_EQ(rig_take().len, 0);
	rig6_output(rig_segment(3), STATION6, 0);
	CHECK(took_segment6(station_mac, STATION6, 3));
	rig_wait(7 * US_PER_S);
	CHECK(took_nd_question(STATION6, &station_mac));
	CHECK(took_nd_question(STATION6, &station_mac));
	CHECK(took_nd_question(STATION6, NULL));
	rig_wait(US_PER_S);
	rig6_output(rig_segment(4), STATION6, 0);
	CHECK(took_nd_question(STATION6, NULL));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void believes_only_answers_to_questions(void)
{
	const struct nd_fields nameless = {
	    .type = 136, .flags = 0x60, .src = STATION6, .dst = OURS6_LOCAL, .target = STATION6};

	rig6_open();
	answer_nd(STATION6, other_mac);
	CHECK(rig_dropped(DROP_ND_BAD));
	rig6_output(rig_segment(1), STATION6, 0);
	CHECK(took_nd_question(STATION6, NULL));
	answer_nd(addr6("fe80::66"), other_mac);
	CHECK(rig_dropped(DROP_ND_BAD));
	answer_nd(FAR_AWAY6, other_mac); /* not on this link */
	CHECK(rig_dropped(DROP_ND_BAD));
	(void)feed_nd(nameless); /* answers, but does not say with what */
	CHECK(rig_dropped(DROP_ND_BAD));
	answer_nd(STATION6, station_mac);
	CHECK(took_segment6(station_mac, STATION6, 1));
	answer_nd(STATION6, other_mac); /* answered already */
	CHECK(rig_dropped(DROP_ND_BAD));
	rig_close();
}

static void doubts_a_contradiction(void)
{
	const struct nd_fields claim = {.type = 136,
					.flags = 0x20,
					.option = 2,
					.src = GATEWAY6,
					.dst = ALL_NODES6,
					.target = GATEWAY6,
					.mac = other_mac};

	rig6_open();
	rig6_introduce(GATEWAY6, gateway_mac);
	rig_wait(US_PER_S);
	(void)feed_nd(claim);
	CHECK(took_nd_question(GATEWAY6, NULL));
	rig6_output(rig_segment(1), FAR_AWAY6, 0);
	CHECK(took_segment6(gateway_mac, FAR_AWAY6, 1));
	answer_nd(GATEWAY6, gateway_mac); /* it is there still */
	(void)feed_nd(claim);             /* not twice a second */
	CHECK_EQ(rig_take().len, 0);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void tells_answers_to_other_cores(void)
{
	struct net_neighbour heard = {0};
	const struct ip_addr station = STATION6;

	rig6_open();
	answer_nd(STATION6, station_mac); /* another core's question */
	CHECK(rig_dropped(DROP_ND_BAD));
	CHECK(net_take_neighbour(net, &heard));
	CHECK(heard.iface == IFACE_EDGE && addr_equal(&heard.address, &station));
	CHECK(!net_take_neighbour(net, &heard));
	rig6_output(rig_segment(1), STATION6, 0);
	CHECK(took_nd_question(STATION6, NULL));
	net_hear_neighbour(net, &heard, now_us);
	CHECK(took_segment6(station_mac, STATION6, 1));
	rig_close();
}

/* Each thing that RFC 4861 7.1.1 and 7.1.2 want as it is. */
static void refuses_malformed_messages(void)
{
	const struct message6 question = make_nd((struct nd_fields){.type = 135,
								    .option = 1,
								    .src = STATION6,
								    .dst = solicited_node(OURS6),
								    .target = OURS6,
								    .mac = station_mac});
	struct message6 wrong[] = {question, question, question, question, question,
				   question, question, question, question};

	wrong[0].hop_limit = 254; /* came through a router */
	wrong[1].bytes[1] = 1;    /* code */
	wrong[2].bytes[8] = 0xff; /* about a group */
	wrong[3].bytes[25] = 0;   /* option of length 0 */
	wrong[4].bytes[25] = 2;   /* beyond the end */
	wrong[5].len = 31;
	wrong[6].len = 23;
	wrong[7].src = (struct ip_addr){{0}}; /* a probe says no Ethernet address */
	wrong[8].bytes[26] = 1;               /* a group's */
	rig6_open();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK_EQ(feed_icmp6(&wrong[i]), NET_TAKEN);
		CHECK(rig_dropped(DROP_ND_BAD));
	}
	(void)feed_nd((struct nd_fields){.type = 135, .dst = OURS6, .target = OURS6});
	CHECK(rig_dropped(DROP_ND_BAD)); /* a probe goes to the group */
	(void)feed_nd((struct nd_fields){.type = 136,
					 .flags = 0x40,
					 .option = 2,
					 .src = STATION6,
					 .dst = ALL_NODES6,
					 .target = STATION6,
					 .mac = station_mac});
	CHECK(rig_dropped(DROP_ND_BAD)); /* an answer does not go to all */
	(void)feed_nd((struct nd_fields){.type = 135,
					 .option = 1,
					 .src = STATION6,
					 .dst = solicited_node(OURS6),
					 .target = addr6("2001:db8::100:1"),
					 .mac = station_mac});
	CHECK(rig_dropped(DROP_FRAME_NOT_FOR_US)); /* of the same group, but another's */
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

static void takes_no_routes_from_the_link(void)
{
	struct message6 m = {.src = GATEWAY6, .dst = ALL_NODES6, .hop_limit = 255, .len = 16};

	rig6_open();
	m.bytes[0] = 134;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ND_ROUTER));
	m.dst = OURS6;
	m.bytes[0] = 137;
	m.len = 40;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ND_ROUTER));
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(probes_and_announces_its_addresses);
	RUN(leaves_announcing_to_another_core);
	RUN(says_nothing_without_an_address);
	RUN(answers_who_asks_and_remembers_him);
	RUN(finds_an_asker_who_does_not_say_where_he_is);
	RUN(defends_its_addresses);
	RUN(counts_who_claims_its_address);
	RUN(keeps_some_packets_while_it_asks);
	RUN(gives_up_after_three_questions);
	RUN(probes_who_may_be_gone);
	RUN(believes_only_answers_to_questions);
	RUN(doubts_a_contradiction);
	RUN(tells_answers_to_other_cores);
	RUN(refuses_malformed_messages);
	RUN(takes_no_routes_from_the_link);
	return check_summary();
}
