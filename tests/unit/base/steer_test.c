/* SPDX-License-Identifier: BSD-3-Clause */
/* steer_test.c - published RSS vectors, the spread of the keyed hash, and what a frame says. */
#include "dataplane/base/steer.h"
#include "tests/check.h"

/* The verification suite that Microsoft publishes for RSS implementers: key, flows, hashes. */
static const uint8_t key[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
				0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
				0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
				0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

static const struct vector {
	const char *dst, *src;
	uint16_t dst_port, src_port;
	uint32_t hash;
} vectors[] = {
    {"161.142.100.80", "66.9.149.187", 1766, 2794, 0x51ccc178},
    {"65.69.140.83", "199.92.111.2", 4739, 14230, 0xc626b0ea},
    {"12.22.207.184", "24.19.198.95", 38024, 12898, 0x5c2b394a},
    {"209.142.163.6", "38.27.205.30", 2217, 48228, 0xafc7327f},
    {"202.188.127.2", "153.39.163.191", 1303, 44251, 0x10e828a2},
    {"3ffe:2501:200:3::1", "3ffe:2501:200:1fff::7", 1766, 2794, 0x40207d3d},
    {"ff02::1", "3ffe:501:8::260:97ff:fe40:efab", 4739, 14230, 0xdde51bbf},
    {"fe80::200:f8ff:fe21:67cf", "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 38024, 44251, 0x02d1feef},
};

static struct steer make(enum steer_way way, uint16_t cores)
{
	struct steer s = {.cores = cores, .key = {1, 2}};

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		s.iface[i].way = way;
		memcpy(s.iface[i].rss.key, key, sizeof(key));
		s.iface[i].rss.key_bytes = sizeof(key);
		s.iface[i].rss.entries = 128;
		for (uint8_t e = 0; e < 128; e++)
			s.iface[i].rss.queue[e] = e;
	}
	return s;
}

static struct ip_addr address(const char *text)
{
	struct ip_addr a = {{0}};

	CHECK(addr_parse(text, &a));
	return a;
}

/* With a table of one queue an entry, the queue is the hash's low bits. */
static void agrees_with_the_published_vectors(void)
{
	const struct steer s = make(STEER_DEVICE, 128);

	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		const struct steer_flow f = {address(v->dst), address(v->src), v->dst_port,
					     v->src_port};

		CHECK_EQ(steer_core(&s, IFACE_EDGE, &f), v->hash & 127);
	}
}

static void hashes_all_bits(void)
{
	/* 199.92.111.2 to 65.69.140.83, by addresses alone. */
	static const uint8_t input[8] = {199, 92, 111, 2, 65, 69, 140, 83};

	CHECK_EQ(steer_toeplitz(key, input, sizeof(input)), 0xd718262a);
}

static void spreads_by_software(void)
{
	static struct steer s, other;
	unsigned int count[5] = {0}, differs = 0;
	struct steer_flow f = {address("192.0.2.1"), address("198.51.100.7"), 5269, 0};

	s = make(STEER_SOFTWARE, 5);
	other = s;
	other.key.k0++;
	for (uint32_t i = 0; i < 10000; i++) {
		f.remote_port = (uint16_t)(i + 1024);
		count[steer_core(&s, IFACE_EDGE, &f)]++;
		if (steer_core(&s, IFACE_EDGE, &f) != steer_core(&other, IFACE_EDGE, &f))
			differs++;
	}
	for (unsigned int i = 0; i < 5; i++)
		CHECK(count[i] > 1800 && count[i] < 2200);
	CHECK(differs > 7000);
}

static void one_core_has_all(void)
{
	const struct steer s = make(STEER_ALONE, 1);
	const struct steer_flow f = {address("192.0.2.1"), address("198.51.100.7"), 5269, 4711};

	CHECK_EQ(steer_core(&s, IFACE_INTERNAL, &f), 0);
	CHECK_STR(steer_way_name(STEER_ALONE), "one core");
	CHECK_STR(steer_way_name(STEER_DEVICE), "device");
	CHECK_STR(steer_way_name(STEER_SOFTWARE), "software");
}

/* --- frames --- */

struct frame {
	uint8_t at[256];
	size_t len;
};

static void add(struct frame *f, const void *bytes, size_t len)
{
	memcpy(f->at + f->len, bytes, len);
	f->len += len;
}

static void add16(struct frame *f, uint16_t n)
{
	const uint8_t b[2] = {(uint8_t)(n >> 8), (uint8_t)n};

	add(f, b, 2);
}

static void add_ethernet(struct frame *f, bool vlan, uint16_t type)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

	f->len = 0;
	add(f, macs, sizeof(macs));
	if (vlan) {
		add16(f, 0x8100);
		add16(f, 42);
	}
	add16(f, type);
}

static void add_ip(struct frame *f, const struct ip_addr *src, const struct ip_addr *dst,
		   uint8_t protocol)
{
	uint8_t v4[20] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol}, v6[40] = {0x60, 0, 0, 0, 0, 0};

	if (addr_is_v4(src)) {
		memcpy(v4 + 12, src->b + 12, 4);
		memcpy(v4 + 16, dst->b + 12, 4);
		add(f, v4, sizeof(v4));
		return;
	}
	v6[6] = protocol;
	memcpy(v6 + 8, src->b, 16);
	memcpy(v6 + 24, dst->b, 16);
	add(f, v6, sizeof(v6));
}

static void add_ports(struct frame *f, uint16_t src, uint16_t dst)
{
	static const uint8_t rest[16] = {0};

	add16(f, src);
	add16(f, dst);
	add(f, rest, sizeof(rest));
}

static struct frame tcp_frame(const struct steer_flow *of, bool vlan)
{
	struct frame f;

	add_ethernet(&f, vlan, addr_is_v4(&of->remote) ? 0x0800 : 0x86dd);
	add_ip(&f, &of->remote, &of->local, 6);
	add_ports(&f, of->remote_port, of->local_port);
	return f;
}

/* An error from a router about a segment that we have sent. */
static struct frame error_frame(const struct steer_flow *of, uint8_t type)
{
	const bool v4 = addr_is_v4(&of->remote);
	const uint8_t icmp[8] = {type, 1};
	const struct ip_addr router = address(v4 ? "203.0.113.9" : "2001:db8::9");
	struct frame f;

	add_ethernet(&f, false, v4 ? 0x0800 : 0x86dd);
	add_ip(&f, &router, &of->local, v4 ? 1 : 58);
	add(&f, icmp, sizeof(icmp));
	add_ip(&f, &of->local, &of->remote, 6);
	add_ports(&f, of->local_port, of->remote_port);
	return f;
}

static uint16_t of_frame(const struct steer *s, const struct frame *f)
{
	return steer_frame(s, IFACE_EDGE, f->at, f->len, 99);
}

static void frames_go_where_their_flow_does(void)
{
	static struct steer software, device;
	static const char *const pairs[][2] = {{"192.0.2.1", "198.51.100.7"},
					       {"2001:db8::1", "2001:db8:1::2"}};

	software = make(STEER_SOFTWARE, 16);
	device = make(STEER_DEVICE, 128);
	for (unsigned int i = 0; i < 100; i++) {
		const bool v6 = i % 2 == 1;
		const struct steer_flow f = {address(pairs[v6][0]), address(pairs[v6][1]), 5269,
					     (uint16_t)(40000 + i)};
		const uint16_t core = steer_core(&software, IFACE_EDGE, &f);
		struct frame frame = tcp_frame(&f, i % 3 == 0);

		CHECK_EQ(of_frame(&software, &frame), core);
		CHECK_EQ(of_frame(&device, &frame), 99); /* it has chosen already */
		frame = error_frame(&f, v6 ? 2 : 3);
		CHECK_EQ(of_frame(&software, &frame), core);
		CHECK_EQ(of_frame(&device, &frame), steer_core(&device, IFACE_EDGE, &f));
		frame = error_frame(&f, v6 ? 128 : 8); /* an echo request quotes nothing */
		CHECK_EQ(of_frame(&software, &frame), 99);
	}
}

static void other_frames_stay(void)
{
	static struct steer s, alone;
	const struct steer_flow f = {address("192.0.2.1"), address("198.51.100.7"), 5269, 4711};
	struct frame frame = tcp_frame(&f, false);

	s = make(STEER_SOFTWARE, 16);
	alone = make(STEER_ALONE, 1);
	CHECK_EQ(of_frame(&alone, &frame), 99);
	frame.at[13] = 0x06; /* ARP */
	CHECK_EQ(of_frame(&s, &frame), 99);
	frame = tcp_frame(&f, false);
	frame.at[14 + 9] = 17; /* UDP */
	CHECK_EQ(of_frame(&s, &frame), 99);
	frame = tcp_frame(&f, false);
	frame.at[14 + 6] = 0x20; /* more fragments */
	CHECK_EQ(of_frame(&s, &frame), 99);
}

/* No prefix of a frame is read beyond its end (the sanitizer sees), and none names a core that is
 * not there. */
static void cut_frames_are_safe(void)
{
	const struct steer s = make(STEER_SOFTWARE, 16);
	const struct steer_flow f = {address("2001:db8::1"), address("2001:db8:1::2"), 5269, 4711};
	const struct frame whole[] = {tcp_frame(&f, true), error_frame(&f, 1)};

	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		for (size_t len = 0; len <= whole[i].len; len++) {
			uint8_t *copy = malloc(len + 1);
			uint16_t core;

			memcpy(copy, whole[i].at, len);
			core = steer_frame(&s, IFACE_EDGE, copy, len, 99);
			CHECK(core == 99 || core < 16);
			free(copy);
		}
}

static void passes_extension_headers(void)
{
	const struct steer s = make(STEER_SOFTWARE, 16);
	const struct steer_flow f = {address("2001:db8::1"), address("2001:db8:1::2"), 5269, 4711};
	static const uint8_t options[8] = {6, 0, 1, 4};
	struct frame frame;

	add_ethernet(&frame, false, 0x86dd);
	add_ip(&frame, &f.remote, &f.local, 60);
	add(&frame, options, sizeof(options));
	add_ports(&frame, f.remote_port, f.local_port);
	CHECK_EQ(of_frame(&s, &frame), steer_core(&s, IFACE_EDGE, &f));
}

int main(void)
{
	RUN(agrees_with_the_published_vectors);
	RUN(hashes_all_bits);
	RUN(spreads_by_software);
	RUN(one_core_has_all);
	RUN(frames_go_where_their_flow_does);
	RUN(other_frames_stay);
	RUN(cut_frames_are_safe);
	RUN(passes_extension_headers);
	return check_summary();
}
