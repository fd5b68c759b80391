/* SPDX-License-Identifier: BSD-3-Clause */
/* icmp6_test.c - IPv6's echo within its rate, and errors about our own segments. */
#include "tests/unit/net/rig6.h"

static struct message6 make_echo(uint16_t len)
{
	struct message6 m = {.src = STATION6,
			     .dst = OURS6,
			     .hop_limit = 64,
			     .len = len,
			     .bytes = {128, 0, 0, 0, 0x12, 0x34, 0, 1}};

	for (uint16_t i = 8; i < len; i++)
		m.bytes[i] = (uint8_t)i;
	return m;
}

static bool took_reply(const struct message6 *asked)
{
	const struct frame f = rig_take();

	return f.len == 54 + asked->len && memcmp(f.bytes, &station_mac, 6) == 0 &&
	       f.bytes[20] == IPPROTO_ICMPV6 && memcmp(f.bytes + 22, &asked->dst, 16) == 0 &&
	       memcmp(f.bytes + 38, &asked->src, 16) == 0 && f.bytes[54] == 129 &&
	       f.bytes[55] == 0 && icmp6_sum(f.bytes + 14, f.bytes + 54, asked->len) == 0xffff &&
	       memcmp(f.bytes + 58, asked->bytes + 4, asked->len - 4u) == 0;
}

static void answers_echo(void)
{
	static const uint16_t lengths[] = {8, 9, 64, 65, 256};
	struct message6 m;

	rig6_open();
	rig6_introduce(STATION6, station_mac);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		m = make_echo(lengths[i]);
		CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
		CHECK(took_reply(&m));
	}
	m.dst = OURS6_LOCAL;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(took_reply(&m));
	CHECK_EQ(rig_drops(), 0);
	m.dst = ALL_NODES6; /* one question, many answers: not from us */
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_PROTOCOL));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

static void limits_the_rate_of_echo(void)
{
	const struct message6 m = make_echo(64);
	unsigned int answered = 0;

	rig6_open();
	rig6_introduce(STATION6, station_mac);
	for (int i = 0; i < 10000; i++) { /* a second of a flood */
		now_us += 100;
		(void)feed_icmp6(&m);
		while (rig_take().len > 0)
			answered++;
	}
	CHECK(answered >= 149 && answered <= 151);
	CHECK_EQ(drops[DROP_ICMP_RATE], 10000 - answered);
	CHECK_EQ(rig_drops(), 10000 - answered);
	rig_close();
}

/* A flipped bit anywhere in the message or the addresses must not get through. */
static void verifies_the_checksum(void)
{
	const struct message6 m = make_echo(64);
	const struct frame good = make_icmp6(&m);

	rig6_open();
	for (size_t bit = 0; bit < 64 * 8; bit++) {
		struct frame f = good;

		f.bytes[54 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
		CHECK(rig_dropped(DROP_ICMP_BAD));
	}
	for (size_t bit = 32; bit < 128; bit++) { /* of the source */
		struct frame f = good;

		f.bytes[22 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQ(rig_feed(f.bytes, f.len), NET_TAKEN);
		CHECK(rig_drops() == 1 && (drops[DROP_ICMP_BAD] == 1 || drops[DROP_IP_BAD] == 1));
		memset(drops, 0, sizeof(drops));
	}
	rig_close();
}

static void refuses_unknown_messages(void)
{
	static const uint8_t types[] = {3, 4, 129, 131, 132, 133, 143, 200};
	struct message6 m = make_echo(64);

	rig6_open();
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		m.bytes[0] = types[i];
		CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
		CHECK(rig_dropped(DROP_IP_PROTOCOL));
	}
	m = make_echo(7);
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_echo(64);
	m.src = (struct ip_addr){{0}}; /* from nobody */
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	CHECK_EQ(rig_take().len, 0);
	rig_close();
}

/* An error that quotes a segment from @src:1234 to FAR_AWAY6:5269. */
static struct message6 make_error(uint8_t type, uint8_t code, struct ip_addr src, uint8_t protocol)
{
	const struct rte_tcp_hdr tcp = make_tcp(1234, 5269, RTE_TCP_SYN_FLAG);
	const struct frame quote =
	    make_ip6((struct ip6_fields){src, FAR_AWAY6, protocol, 64, 0, &tcp, sizeof(tcp)});
	struct message6 m = {.src = addr6("2001:db8:ffff::1"), /* a router */
			     .dst = OURS6,
			     .hop_limit = 60,
			     .len = 8 + 40 + 20,
			     .bytes = {type, code, 0, 0, 0, 0, 0x05, 0x14}}; /* 1300 */

	memcpy(m.bytes + 8, quote.bytes + 14, 60);
	return m;
}

static bool is_told(const struct message6 *m)
{
	const struct ip_addr local = OURS6, remote = FAR_AWAY6;

	memset(&quoted, 0, sizeof(quoted));
	return feed_icmp6(m) == NET_QUOTED && addr_equal(&quoted.local, &local) &&
	       addr_equal(&quoted.remote, &remote) && quoted.local_port == 1234 &&
	       quoted.remote_port == 5269 && quoted.iface == IFACE_EDGE && quoted.seq == 0x01020304;
}

static void passes_unreachable_on(void)
{
	rig6_open();
	for (uint8_t code = 0; code <= 6; code++) {
		const struct message6 m = make_error(1, code, OURS6, IPPROTO_TCP);

		CHECK(is_told(&m));
		CHECK(!quoted.is_too_big);
	}
	CHECK_EQ(rig_drops(), 0);
	rig_close();
}

static void tells_the_mtu_of_a_narrow_link(void)
{
	struct message6 m = make_error(2, 0, OURS6, IPPROTO_TCP);

	rig6_open();
	CHECK(is_told(&m));
	CHECK(quoted.is_too_big);
	CHECK_EQ(quoted.mtu, 1300);
	m.bytes[7] = 0x00; /* 1280 */
	CHECK(is_told(&m));
	CHECK_EQ(quoted.mtu, 1280);
	CHECK_EQ(rig_drops(), 0);
	m.bytes[6] = 0x04; /* 1279: no link is so narrow (RFC 8201 4) */
	m.bytes[7] = 0xff;
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	rig_close();
}

static void refuses_errors_about_what_we_never_sent(void)
{
	struct message6 m = make_error(1, 7, OURS6, IPPROTO_TCP);

	rig6_open();
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_IP_PROTOCOL));
	m = make_error(2, 0, STATION6, IPPROTO_TCP);
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_error(2, 0, OURS6_LOCAL, IPPROTO_TCP);
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_error(2, 0, OURS6, IPPROTO_FRAGMENT);
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_error(2, 0, OURS6, IPPROTO_TCP);
	m.bytes[8] = 0x45; /* quotes IPv4 */
	CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
	CHECK(rig_dropped(DROP_ICMP_BAD));
	m = make_error(2, 0, OURS6, IPPROTO_TCP);
	for (m.len = 8 + 40 + 7; m.len >= 8; m.len--) { /* cut short */
		CHECK_EQ(feed_icmp6(&m), NET_TAKEN);
		CHECK(rig_dropped(DROP_ICMP_BAD));
	}
	rig_close();
}

int main(void)
{
	rig_start();
	RUN(answers_echo);
	RUN(limits_the_rate_of_echo);
	RUN(verifies_the_checksum);
	RUN(refuses_unknown_messages);
	RUN(passes_unreachable_on);
	RUN(tells_the_mtu_of_a_narrow_link);
	RUN(refuses_errors_about_what_we_never_sent);
	return check_summary();
}
