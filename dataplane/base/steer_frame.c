/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steer_frame.c - the flow of a frame, found without judging it: what is malformed is left to
 * whoever has it, who will drop it.
 */
#include "dataplane/base/steer.h"

enum {
	TYPE_AT = 12, /* of Ethernet */
	TYPE_IPV4 = 0x0800,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	ICMP_BYTES = 8,
	EXTENSIONS_MAX = 4, /* of IPv6: more is no traffic of ours */
};

/* A packet, from its IP header on. */
struct packet {
	const uint8_t *at;
	size_t len;
};

/* Its header, read. */
struct header {
	struct ip_addr src, dst;
	uint8_t protocol;
	bool is_plain; /* nothing between IP and what it carries */
	struct packet payload;
};

static uint16_t read16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t read32(const uint8_t *b)
{
	return (uint32_t)read16(b) << 16 | read16(b + 2);
}

static bool read_ipv4(struct packet p, struct header *h)
{
	size_t header;

	if (p.len < IPV4_BYTES)
		return false;
	header = (size_t)(p.at[0] & 0x0f) * 4;
	/* Of a fragment only the first has ports, and none is taken. */
	if (header < IPV4_BYTES || p.len < header || (read16(p.at + 6) & 0x3fff) != 0)
		return false;
	*h = (struct header){.src = addr_from_v4(read32(p.at + 12)),
			     .dst = addr_from_v4(read32(p.at + 16)),
			     .protocol = p.at[9],
			     .is_plain = true,
			     .payload = {p.at + header, p.len - header}};
	return true;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	       protocol == PROTOCOL_DESTINATION;
}

static bool read_ipv6(struct packet p, struct header *h)
{
	if (p.len < IPV6_BYTES)
		return false;
	*h = (struct header){.protocol = p.at[6],
			     .is_plain = true,
			     .payload = {p.at + IPV6_BYTES, p.len - IPV6_BYTES}};
	memcpy(h->src.b, p.at + 8, sizeof(h->src.b));
	memcpy(h->dst.b, p.at + 24, sizeof(h->dst.b));
	for (unsigned int i = 0; i < EXTENSIONS_MAX && is_extension(h->protocol); i++) {
		size_t bytes;

		if (h->payload.len < 8)
			return false;
		bytes = ((size_t)h->payload.at[1] + 1) * 8;
		if (h->payload.len < bytes)
			return false;
		h->protocol = h->payload.at[0];
		h->payload = (struct packet){h->payload.at + bytes, h->payload.len - bytes};
		h->is_plain = false;
	}
	return true;
}

static bool read_ip(struct packet p, struct header *h)
{
	if (p.len == 0)
		return false;
	switch (p.at[0] >> 4) {
	case 4:
		return read_ipv4(p, h);
	case 6:
		return read_ipv6(p, h);
	default:
		return false;
	}
}

/* RFC 792: unreachable, quench, redirect, time exceeded, parameter. RFC 4443 2.1: below 128. */
static bool is_error(uint8_t protocol, uint8_t type)
{
	if (protocol == PROTOCOL_ICMPV6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* The segment that an ICMP error quotes is one of ours: its source is here. */
static bool read_quoted(const struct header *icmp, struct steer_flow *f)
{
	const struct packet p = icmp->payload;
	struct header h;

	if (p.len < ICMP_BYTES || !is_error(icmp->protocol, p.at[0]) ||
	    !read_ip((struct packet){p.at + ICMP_BYTES, p.len - ICMP_BYTES}, &h) ||
	    h.protocol != PROTOCOL_TCP || h.payload.len < 4)
		return false;
	*f = (struct steer_flow){h.src, h.dst, read16(h.payload.at), read16(h.payload.at + 2)};
	return true;
}

/* From behind Ethernet and one VLAN tag. */
static struct packet skip_ethernet(const uint8_t *frame, size_t len)
{
	size_t at = TYPE_AT;

	if (len >= at + 6 && read16(frame + at) == TYPE_VLAN)
		at += 4;
	if (len < at + 2 || (read16(frame + at) != TYPE_IPV4 && read16(frame + at) != TYPE_IPV6))
		return (struct packet){NULL, 0};
	return (struct packet){frame + at + 2, len - at - 2};
}

static struct steer_flow flow_of(const struct header *h)
{
	return (struct steer_flow){h->dst, h->src, read16(h->payload.at + 2),
				   read16(h->payload.at)};
}

bool steer_flow_of(const uint8_t *frame, size_t len, struct steer_flow *f)
{
	struct header h;

	if (!read_ip(skip_ethernet(frame, len), &h) || h.protocol != PROTOCOL_TCP ||
	    h.payload.len < 4)
		return false;
	*f = flow_of(&h);
	return true;
}

uint16_t steer_frame(const struct steer *s, enum iface iface, const uint8_t *frame, size_t len,
		     uint16_t self)
{
	struct steer_flow f;
	struct header h;

	if (s->iface[iface].way == STEER_ALONE || !read_ip(skip_ethernet(frame, len), &h))
		return self;
	if (h.protocol == PROTOCOL_TCP && h.payload.len >= 4) {
		if (s->iface[iface].way == STEER_DEVICE && h.is_plain)
			return self;
		f = flow_of(&h);
	} else if ((h.protocol != PROTOCOL_ICMP && h.protocol != PROTOCOL_ICMPV6) ||
		   !read_quoted(&h, &f)) {
		return self;
	}
	return steer_core(s, iface, &f);
}
