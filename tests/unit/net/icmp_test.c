/* SPDX-License-Identifier: BSD-3-Clause */
/* icmp_test.c - echo within its rate, and errors about our own segments. */
#include "tests/unit/net/rig.h"

struct message {
	uint16_t len;
	uint8_t bytes[512];
};

static void seal(struct message *m)
{
	uint16_t sum;

	memset(m->bytes + 2, 0, 2);
	sum = (uint16_t)~rte_raw_cksum(m->bytes, m->len);
	memcpy(m->bytes + 2, &sum, 2);
}

static struct message make_echo(uint16_t len)
{
	struct message m = {.len = len, .bytes = {8, 0, 0, 0, 0x12, 0x34, 0, 1}};

	for (uint16_t i = 8; i < len; i++)
		m.bytes[i] = (uint8_t)i;
	seal(&m);
	return m;
}

static enum net_verdict feed_icmp(const struct message *m)
{
	const struct frame f =
	    make_ip((struct ip_fields){STATION, OURS, IPPROTO_ICMP, 0, 0, m->bytes, m->len});

	return rig_feed(f.bytes, f.len);
}

static bool took_reply(const struct message *asked)
{
	const struct frame f = rig_take();

	return f.len == 34 + asked->len && memcmp(f.bytes, &station_mac, 6) == 0 &&
	       f.bytes[23] == IPPROTO_ICMP && f.bytes[34] == 0 && f.bytes[35] == 0 &&
	       rte_raw_cksum(f.bytes + 34, asked->len) == 0xffff &&
	       memcmp(f.bytes + 38, asked->bytes + 4, asked->len - 4u) == 0;
}

static void answers_echo(void)
{
	static const uint16_t lengths[] = {8, 9, 64, 65, 500};

	rig_open();
	rig_introduce(STATION, station_mac);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		const struct message m = make_echo(lengths[i]);

		CHECK_EQ(feed_icmp(&m), NET_TAKEN);
		CHECK(took_reply(&m));
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void limits_the_rate_of_echo(void)
{
	const struct message m = make_echo(64);
	unsigned int answered = 0;

	rig_open();
	rig_introduce(STATION, station_mac);
	for (int i = 0; i < 10000; i++) { /* a second of a flood */
		now_us += 100;
		(void)feed_icmp(&m);
		while (rig_take().len > 0)
			answered++;
	}
	CHECK(answered >= 149 && answered <= 151);
	CHECK_EQ(drops[DROP_ICMP_RATE], 10000 - answered);
	CHECK_EQ(rig_drops(), 10000 - answered);
	now_us += US_PER_S;
	(void)feed_icmp(&m);
	CHECK(took_reply(&m));
	rig_close();
}

static void refuses_malformed_and_unknown_messages(void)
{
	struct message m = make_echo(64);

	rig_open();
	m.bytes[40] ^= 1;
	CHECK_EQ(feed_icmp(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_echo(7);
	CHECK_EQ(feed_icmp(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_echo(64);
	m.bytes[0] = 5; /* redirect */
	seal(&m);
	CHECK_EQ(feed_icmp(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_PROTOCOL));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

/* An error that quotes a segment from @src:1234 to FAR_AWAY:5269. */
static struct message make_error(uint8_t code, uint32_t src, uint8_t protocol, uint16_t fragment)
{
	const struct rte_tcp_hdr tcp = make_tcp(1234, 5269, RTE_TCP_SYN_FLAG);
	const struct frame quote =
	    make_ip((struct ip_fields){src, FAR_AWAY, protocol, fragment, 4, &tcp, 8});
	struct message m = {.len = (uint16_t)(8 + quote.len - 14), .bytes = {3, code}};

	memcpy(m.bytes + 8, quote.bytes + 14, quote.len - 14u);
	seal(&m);
	return m;
}

static void passes_unreachable_on(void)
{
	static const uint8_t codes[] = {0, 1, 2, 3, 9, 10, 13};

	rig_open();
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		const struct message m = make_error(codes[i], OURS, IPPROTO_TCP, 0x4000);

		memset(&quoted, 0, sizeof(quoted));
		CHECK_EQ(feed_icmp(&m), NET_QUOTED);
		CHECK_EQ(addr_v4(&quoted.local), OURS);
		CHECK_EQ(addr_v4(&quoted.remote), FAR_AWAY);
		CHECK_EQ(quoted.local_port, 1234);
		CHECK_EQ(quoted.remote_port, 5269);
		CHECK_EQ(quoted.iface, IFACE_EDGE);
		CHECK_EQ(quoted.seq, 0x01020304);
		CHECK(!quoted.is_too_big);
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

/* RFC 1191 4: the MTU in the last two bytes of the header, 0 from a router that does not know it.
 */
static void tells_the_mtu_of_a_narrow_link(void)
{
	struct message m = make_error(4, OURS, IPPROTO_TCP, 0x4000);

	rig_open();
	for (uint32_t mtu = 0; mtu <= 1400; mtu += 1400) {
		m.bytes[6] = (uint8_t)(mtu >> 8);
		m.bytes[7] = (uint8_t)mtu;
		seal(&m);
		memset(&quoted, 0, sizeof(quoted));
		CHECK_EQ(feed_icmp(&m), NET_QUOTED);
		CHECK(quoted.is_too_big);
		CHECK_EQ(quoted.mtu, mtu);
		CHECK_EQ(quoted.seq, 0x01020304);
		CHECK_EQ(quoted.local_port, 1234);
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void refuses_errors_about_what_we_never_sent(void)
{
	const struct {
		struct message m;
		enum drop drop;
	} rows[] = {
	    {make_error(3, STATION, IPPROTO_TCP, 0), DROP_ICMP_BAD},
	    {make_error(3, OURS, IPPROTO_UDP, 0), DROP_ICMP_BAD},
	    {make_error(3, OURS, IPPROTO_TCP, 0x2000), DROP_ICMP_BAD},
	    {make_error(7, OURS, IPPROTO_TCP, 0x4000), DROP_IP_PROTOCOL},
	};
	struct message m = make_error(3, OURS, IPPROTO_TCP, 0);

	rig_open();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_EQ(feed_icmp(&rows[i].m), NET_TAKEN);
		CHECK(rig_dropped(rows[i].drop));
	}
	for (m.len--; m.len >= 8; m.len--) { /* cut short */
		seal(&m);
		CHECK_EQ(feed_icmp(&m), NET_TAKEN);
		CHECK(rig_dropped(DROP_ICMP_BAD));
	}
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(answers_echo);
	RUN(limits_the_rate_of_echo);
	RUN(refuses_malformed_and_unknown_messages);
	RUN(passes_unreachable_on);
	RUN(tells_the_mtu_of_a_narrow_link);
	RUN(refuses_errors_about_what_we_never_sent);
	return check_summary();
}
