/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_opt.c - TCP options, bounded both ways. */
#include "dataplane/tcp/tcp_opt.h"

enum kind {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WSCALE = 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK = 5,
	KIND_TS = 8,
};

enum kind_bytes {
	MSS_BYTES = 4,
	WSCALE_BYTES = 3,
	SACK_PERMITTED_BYTES = 2,
	TS_BYTES = 10,
	SACK_BLOCK_BYTES = 8,
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static bool take_sack(const uint8_t *body, size_t len, struct tcp_options *out)
{
	if (len == 0 || len % SACK_BLOCK_BYTES != 0 || len / SACK_BLOCK_BYTES > TCP_OPT_SACK_MAX)
		return false;
	out->sack_count = (uint8_t)(len / SACK_BLOCK_BYTES);
	for (size_t i = 0; i < out->sack_count; i++, body += SACK_BLOCK_BYTES)
		out->sack[i] = (struct tcp_sack_block){get32(body), get32(body + 4)};
	return true;
}

/* One option of @len bytes, kind and length bytes included, all of them there. */
static bool take_option(const uint8_t *p, size_t len, struct tcp_options *out)
{
	switch (p[0]) {
	case KIND_MSS:
		out->has_mss = true;
		if (len == MSS_BYTES)
			out->mss = (uint16_t)(p[2] << 8 | p[3]);
		return len == MSS_BYTES;
	case KIND_WSCALE:
		out->has_wscale = true;
		if (len == WSCALE_BYTES)
			out->wscale = p[2] > TCP_OPT_WSCALE_MAX ? TCP_OPT_WSCALE_MAX : p[2];
		return len == WSCALE_BYTES;
	case KIND_SACK_PERMITTED:
		out->sack_permitted = true;
		return len == SACK_PERMITTED_BYTES;
	case KIND_SACK:
		return take_sack(p + 2, len - 2, out);
	case KIND_TS:
		out->has_ts = true;
		if (len != TS_BYTES)
			return false;
		out->ts_val = get32(p + 2);
		out->ts_ecr = get32(p + 6);
		return true;
	default: /* an option we do not know is skipped: RFC 9293 3.2, MUST-6 */
		return true;
	}
}

bool tcp_opt_parse(const uint8_t *at, size_t len, struct tcp_options *out)
{
	size_t i = 0;

	memset(out, 0, sizeof(*out));
	/* What nearly every segment has, as RFC 7323 appendix A recommends it. */
	if (len == TCP_OPT_TS_BYTES && get32(at) == TCP_OPT_TS_PREFIX) {
		out->has_ts = true;
		out->ts_val = get32(at + 4);
		out->ts_ecr = get32(at + 8);
		return true;
	}
	while (i < len && at[i] != KIND_END) {
		if (at[i] == KIND_NOP) {
			i++;
			continue;
		}
		if (len - i < 2 || at[i + 1] < 2 || at[i + 1] > len - i)
			return false;
		if (!take_option(at + i, at[i + 1], out))
			return false;
		i += at[i + 1];
	}
	return true;
}

/* As many blocks as find room behind the @used bytes of other options. */
static uint8_t *put_sack(uint8_t *p, size_t used, const struct tcp_options *o)
{
	const size_t room = (TCP_OPT_BYTES_MAX - 4 - used) / SACK_BLOCK_BYTES;
	const size_t count = o->sack_count < room ? o->sack_count : room;

	if (count == 0)
		return p;
	*p++ = KIND_NOP;
	*p++ = KIND_NOP;
	*p++ = KIND_SACK;
	*p++ = (uint8_t)(2 + SACK_BLOCK_BYTES * count);
	for (size_t i = 0; i < count; i++) {
		put32(p, o->sack[i].from);
		put32(p + 4, o->sack[i].to);
		p += SACK_BLOCK_BYTES;
	}
	return p;
}

size_t tcp_opt_write(uint8_t *at, const struct tcp_options *o)
{
	uint8_t *p = at;

	if (o->has_mss) {
		*p++ = KIND_MSS;
		*p++ = MSS_BYTES;
		*p++ = (uint8_t)(o->mss >> 8);
		*p++ = (uint8_t)o->mss;
	}
	if (o->has_wscale) {
		*p++ = KIND_NOP;
		*p++ = KIND_WSCALE;
		*p++ = WSCALE_BYTES;
		*p++ = o->wscale;
	}
	if (o->sack_permitted) {
		*p++ = KIND_NOP;
		*p++ = KIND_NOP;
		*p++ = KIND_SACK_PERMITTED;
		*p++ = SACK_PERMITTED_BYTES;
	}
	if (o->has_ts) {
		tcp_opt_write_ts(p, o->ts_val, o->ts_ecr);
		p += TCP_OPT_TS_BYTES;
	}
	if (o->sack_count > 0)
		p = put_sack(p, (size_t)(p - at), o);
	return (size_t)(p - at);
}
