/* SPDX-License-Identifier: BSD-3-Clause */
/* neigh_test.c - the neighbour cache of both families when it is full and when it is scanned. */
#include "dataplane/net/neigh.h"
#include "tests/unit/net/rig6.h"

static const struct rte_ether_addr other_mac = {{2, 0, 0, 0, 0, 0x66}};

static struct ip_addr scanned(uint32_t n)
{
	struct ip_addr a = addr6("2001:db8::1:0:0");

	a.b[13] = (uint8_t)(n >> 16);
	a.b[14] = (uint8_t)(n >> 8);
	a.b[15] = (uint8_t)n;
	return a;
}

static void confirm(struct ip_addr address, struct rte_ether_addr mac)
{
	rig6_output(rig_segment(1), address, 0);
	CHECK(took_nd_question(address, NULL));
	answer_nd(address, mac);
	CHECK(took_segment6(mac, address, 1));
}

/* Whoever makes us talk to all addresses of the prefix pushes out nobody who ever answered. */
static void survives_a_scan(void)
{
	rig6_open();
	rig_introduce(STATION, station_mac);
	rig6_introduce(STATION6, station_mac);
	for (uint32_t n = 0; n < 100; n++)
		confirm(scanned(n), station_mac);
	for (uint32_t n = 1000; n < 20000; n++) {
		rig6_output(rig_segment(2), scanned(n), 0);
		rig6_drain();
	}
	CHECK_EQ(drops[DROP_NEIGHBOUR_PENDING], rig_drops());
	CHECK_EQ(rig_drops(), 19000 - (NEIGHBOURS_MAX - 102));
	memset(drops, 0, sizeof(drops));
	rig_output(rig_segment(3), STATION);
	CHECK(rig_take().bytes[12] == 8);
	rig6_output(rig_segment(3), STATION6, 0);
	CHECK(took_segment6(station_mac, STATION6, 3));
	for (uint32_t n = 0; n < 100; n++) {
		rig6_output(rig_segment(4), scanned(n), 0);
		CHECK(took_segment6(station_mac, scanned(n), 4));
	}
	rig_close();
}

/* Whom we have only heard of gives way before who has answered; a gateway to nobody. */
static void the_least_sure_gives_way(void)
{
	rig6_open();
	rig6_introduce(GATEWAY6, gateway_mac);
	rig6_introduce(STATION6, station_mac);
	for (uint32_t n = 0; n < NEIGHBOURS_MAX - 2; n++)
		confirm(scanned(n), station_mac);
	rig6_output(rig_segment(1), scanned(9000), 0);
	CHECK(took_nd_question(scanned(9000), NULL));
	for (uint32_t n = 0; n < NEIGHBOURS_MAX - 2; n++) {
		rig6_output(rig_segment(2), scanned(n), 0);
		CHECK(took_segment6(station_mac, scanned(n), 2));
	}
	rig6_output(rig_segment(3), FAR_AWAY6, 0);
	CHECK(took_segment6(gateway_mac, FAR_AWAY6, 3));
	CHECK_EQ(rig_drops(), 0);
	rig6_output(rig_segment(4), STATION6, 0); /* it was the station; now the unanswered one */
	CHECK(took_nd_question(STATION6, NULL));
	CHECK(rig_dropped(DROP_NEIGHBOUR_PENDING));
	rig_close();
}

/* Strangers who ask are answered, but the first ones are remembered and no more. */
static void a_flood_of_askers_pushes_out_nobody(void)
{
	rig6_open();
	confirm(STATION6, station_mac);
	for (uint32_t n = 0; n < 5000; n++)
		rig6_introduce(scanned(n), other_mac);
	rig6_output(rig_segment(1), STATION6, 0);
	CHECK(took_segment6(station_mac, STATION6, 1));
	rig6_output(rig_segment(1), FAR_AWAY6, 0); /* a stranger gives way */
	CHECK(took_nd_question(GATEWAY6, NULL));
	answer_nd(GATEWAY6, gateway_mac);
	CHECK(took_segment6(gateway_mac, FAR_AWAY6, 1));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void send_to(uint32_t n, unsigned int count)
{
	for (unsigned int mark = 1; mark <= count; mark++)
		rig6_output(rig_segment((uint8_t)mark), scanned(n), 0);
	CHECK(took_nd_question(scanned(n), NULL));
}

/* What waits for addresses that a stranger named is bounded together, beyond a few each. */
static void waits_for_many_within_a_bound(void)
{
	enum { HOPS = 20, BEYOND = NEIGH_WAITING - NEIGH_WAITING_OWN };

	rig6_open();
	for (uint32_t n = 0; n < HOPS; n++)
		send_to(n, NEIGH_WAITING);
	CHECK_EQ(drops[DROP_NEIGHBOUR_PENDING], HOPS * BEYOND - NEIGH_WAITING_SHARED);
	CHECK_EQ(rig_drops(), drops[DROP_NEIGHBOUR_PENDING]);
	memset(drops, 0, sizeof(drops));
	send_to(HOPS, NEIGH_WAITING_OWN); /* its own few each has always */
	CHECK_EQ(rig_drops(), 0);
	/* An answer gives its part of the share back. */
	answer_nd(scanned(0), station_mac);
	for (unsigned int mark = 1; mark <= NEIGH_WAITING; mark++)
		CHECK(took_segment6(station_mac, scanned(0), (uint8_t)mark));
	send_to(HOPS + 1, NEIGH_WAITING);
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

/* Same numbers, other family: neither is taken for the other. */
static void keeps_the_families_apart(void)
{
	struct frame f;

	rig6_open();
	rig_introduce(STATION, station_mac);
	rig6_output(rig_segment(1), STATION6, 0);
	CHECK(took_nd_question(STATION6, NULL));
	answer_nd(STATION6, other_mac);
	CHECK(took_segment6(other_mac, STATION6, 1));
	rig_output(rig_segment(2), STATION);
	f = rig_take();
	CHECK(is_segment(&f, station_mac, STATION, 2));
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(survives_a_scan);
	RUN(the_least_sure_gives_way);
	RUN(a_flood_of_askers_pushes_out_nobody);
	RUN(waits_for_many_within_a_bound);
	RUN(keeps_the_families_apart);
	return check_summary();
}
