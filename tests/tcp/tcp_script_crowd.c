/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script_crowd.c - words that stand for many segments or many others. */
#include "tests/tcp/tcp_script.h"

enum { FULL_BYTES = 1460 };

/* FROM TO [by BYTES] [step BYTES]: the peer sends these bytes in full segments or such pieces, one
 * behind the other or each so far behind the one before; what we answer is not looked at. */
static void flood(struct script *s)
{
	struct stage *st = &s->stage;
	uint32_t from = script_number(s), piece = FULL_BYTES, step;
	const uint32_t to = script_number(s);
	char text[64];

	if (script_take(s, "by"))
		piece = max_u32(script_number(s), 1);
	step = script_take(s, "step") ? max_u32(script_number(s), 1) : piece;
	for (; from < to && s->failed == 0; from += step) {
		snprintf(text, sizeof(text), ". seq %u:%u ack 1", from, min_u32(from + piece, to));
		script_split(s, text);
		script_segment_in(s);
		stage_settle(st);
		st->sent_count = 0;
	}
}

/* Another address of the network: 10.78.0.0/16, or 2001:db8:1::/48. */
static struct ip_addr stranger_addr(struct stage *st)
{
	const uint32_t r = stage_random(st);
	struct ip_addr a;

	if (addr_is_v4(&st->them))
		return addr_from_v4(0x0a4e0000 | (r & 0xffff));
	a = st->them;
	a.b[5] = 1;
	memcpy(a.b + 12, &r, sizeof(r));
	return a;
}

static struct env_segment stranger_syn(struct stage *st)
{
	return (struct env_segment){
	    .src_port = (uint16_t)(1024 + stage_random(st) % 60000),
	    .dst_port = STAGE_LOCAL_PORT,
	    .seq = stage_random(st),
	    .flags = 2,
	    .window = 65535,
	    .opt = {.has_mss = true, .mss = FULL_BYTES},
	};
}

/* SYNs that nobody follows up. */
static void flood_syn(struct script *s)
{
	struct stage *st = &s->stage;
	uint32_t n = script_number(s);

	for (; n > 0; n--) {
		const struct ip_addr from = stranger_addr(st);
		const struct env_segment syn = stranger_syn(st);

		stage_stranger(st, &from, &syn);
		stage_settle(st);
	}
}

/* The rest of the handshake, and text that nobody reads. */
static void go_on(struct stage *st, const struct ip_addr *from, struct env_segment seg,
		  uint32_t bytes)
{
	static const uint8_t text[FULL_BYTES];

	seg.seq++;
	seg.ack = st->answer.seq + 1;
	seg.flags = 16;
	seg.opt = (struct tcp_options){0};
	stage_stranger(st, from, &seg);
	stage_settle(st);
	seg.payload = text;
	for (; bytes > 0; bytes -= seg.len) {
		seg.len = min_u32(bytes, FULL_BYTES);
		stage_stranger(st, from, &seg);
		stage_settle(st);
		seg.seq += seg.len;
	}
}

/* COUNT other connections, each with so many bytes that are not read. */
static void fill(struct script *s)
{
	struct stage *st = &s->stage;
	uint32_t n = script_number(s), bytes = 0;

	if (script_take(s, "bytes"))
		bytes = script_number(s);
	for (; n > 0 && s->failed == 0; n--) {
		const struct ip_addr from = stranger_addr(st);
		const struct env_segment syn = stranger_syn(st);
		const unsigned int answered = st->answered, strangers = st->strangers;

		stage_stranger(st, &from, &syn);
		stage_settle(st);
		if (st->answered == answered || !addr_equal(&st->answered_addr, &from) ||
		    st->answer.flags != 18) {
			FAIL(s, "a stranger's SYN was not answered");
			return;
		}
		go_on(st, &from, syn, bytes);
		if (st->strangers != strangers + 1)
			FAIL(s, "a stranger did not get in");
	}
}

/* COUNT dials to others, each from a port that says nothing about the next (RFC 6056 3.1). */
static void dials(struct script *s)
{
	struct stage *st = &s->stage;
	const uint32_t n = script_number(s);
	unsigned int eighth[8] = {0}, neighbours = 0;
	uint16_t before = 0;

	for (uint32_t i = 0; i < n && st->strangers < STAGE_STRANGERS; i++) {
		const struct ip_addr to = stranger_addr(st);
		struct tcp_conn *c = tcp_dial(st->t, IFACE_EDGE, &st->us, &to, 5269, st->now_us);
		uint16_t port;

		if (c == NULL) {
			FAIL(s, "dial %u fails", i);
			return;
		}
		st->stranger[st->strangers++] = c;
		stage_settle(st);
		port = tcp_key(st->t, c)->local_port;
		if (port < 1024 || port == STAGE_LOCAL_PORT)
			FAIL(s, "local port is %u", port);
		eighth[port / 8192]++;
		neighbours += (uint16_t)(port - before + 8) < 16;
		before = port;
	}
	for (unsigned int i = 0; i < ARRAY_LEN(eighth); i++)
		if (eighth[i] < n / 16 || eighth[i] > n / 4)
			FAIL(s, "%u of %u ports in eighth %u", eighth[i], n, i);
	if (neighbours > 1 + n / 100)
		FAIL(s, "%u ports are next to the one before", neighbours);
}

/* Our first numbers towards this peer and towards PORT are at least so far from each other. */
static void expect_apart(struct script *s)
{
	const struct stage_peer *other = stage_peer(&s->stage, (uint16_t)script_number(s));
	const int32_t least = (int32_t)script_number(s);
	int32_t d;

	if (other == NULL || !other->has_iss || !s->stage.who->has_iss) {
		FAIL(s, "there is no number to compare");
		return;
	}
	d = (int32_t)(s->stage.who->iss - other->iss);
	if (d < least && d > -least)
		FAIL(s, "only %d apart", d);
}

static void expect_answered(struct script *s)
{
	script_expect_number(s, "answered", s->stage.answered);
	s->stage.answered = 0;
}

bool script_crowd(struct script *s, const char *w)
{
	if (strcmp(w, "flood") == 0)
		flood(s);
	else if (strcmp(w, "flood_syn") == 0)
		flood_syn(s);
	else if (strcmp(w, "fill") == 0)
		fill(s);
	else if (strcmp(w, "dials") == 0)
		dials(s);
	else if (strcmp(w, "apart") == 0)
		expect_apart(s);
	else if (strcmp(w, "answered") == 0)
		expect_answered(s);
	else
		return false;
	return true;
}
