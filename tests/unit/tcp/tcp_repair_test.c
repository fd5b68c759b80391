/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_repair_test.c - the pool of repair blocks: how large it is, who gives way, and that all get
 * their bytes across where far more mend than there are blocks. */
#include <string.h>

#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

#include "dataplane/tcp/tcp_conn.h"

static struct env env;

enum { PEERS = 40, PIECES = 6, PIECE = 100, BYTES = PIECES * PIECE };

struct peer {
	struct ip_addr addr;
	struct tcp_conn *conn;
	tcp_seq snd_nxt, rcv_nxt;
	uint8_t seen[BYTES]; /* how often each byte came */
	uint32_t has;        /* in order */
};

struct world {
	struct tcp *t;
	struct ip_addr us;
	uint64_t now_us;
	struct peer peer[PEERS];
	bool lossy; /* of what we send first, each second piece */
};

static uint8_t payload[BYTES];

static void give(struct world *w, struct peer *p, struct env_segment s)
{
	const struct tcp_packet packet = {IFACE_EDGE, p->addr, w->us, false, 0};

	s.src_port = 40000;
	s.dst_port = 5269;
	s.window = 60000;
	tcp_segment(w->t, env_build(&env, &s, &p->addr, &w->us), &packet, w->now_us);
}

/* What has come in: numbers, and what lies behind a gap by SACK, newest first. */
static void acknowledge(struct world *w, struct peer *p)
{
	struct env_segment s = {.seq = p->snd_nxt, .ack = p->rcv_nxt + p->has, .flags = TCP_ACK};

	for (uint32_t i = BYTES / PIECE; i-- > 0;)
		if (p->seen[i * PIECE] && i * PIECE > p->has && s.opt.sack_count < TCP_OPT_SACK_MAX)
			s.opt.sack[s.opt.sack_count++] = (struct tcp_sack_block){
			    p->rcv_nxt + i * PIECE, p->rcv_nxt + (i + 1) * PIECE};
	give(w, p, s);
}

static void take_data(struct world *w, struct peer *p, const struct env_segment *s)
{
	const uint32_t at = s->seq - p->rcv_nxt;

	CHECK(at + s->len <= BYTES && memcmp(s->payload, payload + at, s->len) == 0);
	if (w->lossy && at / PIECE % 2 == 0)
		return;
	for (uint32_t i = at; i < at + s->len && i < BYTES; i++)
		p->seen[i] = 1;
	while (p->has < BYTES && p->seen[p->has])
		p->has++;
}

/* Everything we send reaches its peer; who got data answers once. */
static void settle(struct world *w)
{
	struct tcp_output out[BURST_MAX];
	bool answers[PEERS] = {false};
	struct env_segment s;
	unsigned int n;

	tcp_tick(w->t, w->now_us);
	tcp_flush(w->t, w->now_us);
	while ((n = tcp_take_output(w->t, out, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < n; i++) {
			struct peer *p = &w->peer[addr_v4(&out[i].dst) - 0x0a000000];

			CHECK(env_parse(out[i].m, &out[i].src, &out[i].dst, &s));
			CHECK(!(s.flags & TCP_RST));
			if (s.flags & TCP_SYN)
				p->rcv_nxt = s.seq + 1;
			if (s.len > 0)
				take_data(w, p, &s);
			answers[p - w->peer] |= s.len > 0;
			rte_pktmbuf_free(out[i].m);
		}
	for (unsigned int i = 0; i < PEERS; i++)
		if (answers[i])
			acknowledge(w, &w->peer[i]);
}

static void connect_peer(struct world *w, uint32_t i)
{
	struct peer *p = &w->peer[i];
	unsigned int news;

	*p = (struct peer){.addr = addr_from_v4(0x0a000000 + i), .snd_nxt = 0xffffff80u + i};
	give(w, p,
	     (struct env_segment){
		 .seq = p->snd_nxt++,
		 .flags = TCP_SYN,
		 .opt = {.sack_permitted = true},
	     });
	settle(w);
	w->now_us += 2000; /* a round trip */
	give(w, p, (struct env_segment){.seq = p->snd_nxt, .ack = p->rcv_nxt, .flags = TCP_ACK});
	p->conn = tcp_next_news(w->t, &news);
	CHECK(p->conn != NULL && news == TCP_NEWS_ACCEPTED);
}

static struct world *begin(uint32_t conns, uint32_t repairs)
{
	struct tcp_setup setup = env_setup(&env);
	static struct world w;

	w = (struct world){.us = addr_from_v4(0xc0000201), .now_us = UINT64_C(1) << 34};

	setup.conns = conns;
	setup.repairs = repairs;
	memset(env.drops, 0, sizeof(env.drops));
	w.t = tcp_init(&setup, w.now_us);
	CHECK(w.t != NULL);
	CHECK(tcp_listen(w.t, IFACE_EDGE, &w.us, 5269));
	return &w;
}

static void end(struct world *w)
{
	tcp_fini(w->t);
	CHECK(env_pools_full(&env));
}

static uint32_t held(const struct world *w)
{
	return w->t->repairs_used[false].count + w->t->repairs_used[true].count;
}

static void pool_has_its_share(void)
{
	static const uint32_t sizes[][3] = {
	    {20, 0, 20}, {64, 0, 64}, {1280, 0, 64}, {40000, 0, 2000}, {40000, 7, 7}, {5, 7, 5},
	};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct world *w = begin(sizes[i][0], sizes[i][1]);

		CHECK_EQ(w->t->repairs_max, sizes[i][2]);
		end(w);
	}
}

/* A segment behind a gap of one piece. */
static void leave_gap(struct world *w, uint32_t i)
{
	struct peer *p = &w->peer[i];

	give(w, p,
	     (struct env_segment){.seq = p->snd_nxt + PIECE,
				  .ack = p->rcv_nxt,
				  .flags = TCP_ACK,
				  .payload = payload + PIECE,
				  .len = PIECE});
}

static bool has_block(const struct world *w, uint32_t i)
{
	return w->peer[i].conn->repair != TCP_NONE;
}

static void strangers_give_way_first(void)
{
	struct world *w = begin(PEERS + 8, 4);

	for (uint32_t i = 0; i < 10; i++) {
		connect_peer(w, i);
		if (i < 5)
			tcp_trust(w->t, w->peer[i].conn);
	}
	for (uint32_t i = 0; i < 3; i++)
		leave_gap(w, i);
	for (uint32_t i = 5; i < 10; i++) /* one block for five of them */
		leave_gap(w, i);
	CHECK_EQ(env.drops[DROP_TCP_REPAIR_TAKEN], 4);
	for (uint32_t i = 0; i < 10; i++)
		CHECK_EQ(has_block(w, i), i < 3 || i == 9);
	leave_gap(w, 3); /* the last stranger's */
	CHECK(has_block(w, 3) && !has_block(w, 9));
	leave_gap(w, 4); /* the longest holder's, as no stranger has one */
	CHECK(has_block(w, 4) && !has_block(w, 0));
	CHECK_EQ(w->t->repairs_used[true].count, 0);
	leave_gap(w, 9); /* a stranger costs a trusted one no more than once */
	leave_gap(w, 8);
	leave_gap(w, 7);
	CHECK(has_block(w, 7) && !has_block(w, 1) && has_block(w, 2) && has_block(w, 3));
	CHECK_EQ(env.drops[DROP_TCP_REPAIR_TAKEN], 9);
	end(w);
}

/* Receivers: what a taken block held is sent again by its peer, and all arrives. */
static void a_gap_without_a_block_fills(void)
{
	struct world *w = begin(PEERS + 8, 3);

	for (uint32_t i = 0; i < PEERS; i++)
		connect_peer(w, i);
	for (uint32_t i = 0; i < PEERS; i++)
		leave_gap(w, i);
	CHECK_EQ(held(w), 3);
	CHECK_EQ(w->t->out_of_order_count, 3);
	settle(w);
	for (uint32_t i = 0; i < PEERS; i++) {
		struct peer *p = &w->peer[i];
		struct env_segment s = {.seq = p->snd_nxt, .ack = p->rcv_nxt, .flags = TCP_ACK};

		s.payload = payload;
		s.len = PIECE;
		give(w, p, s);
		/* A whole one is in order by now; of the others the second piece is missing. */
		CHECK_EQ(tcp_inbound_bytes(p->conn), i < PEERS - 3 ? PIECE : 2 * PIECE);
		s.seq += PIECE;
		s.payload += PIECE;
		give(w, p, s);
		CHECK_EQ(tcp_inbound_bytes(p->conn), 2 * PIECE);
		tcp_consume(w->t, p->conn, 2 * PIECE, w->now_us);
		p->snd_nxt += 2 * PIECE;
	}
	settle(w);
	end(w);
}

/* Senders: all lose every second piece at once, twice over; each has all of it across in time that
 * timeouts explain. */
static void mend_with(uint32_t repairs, enum tcp_congestion congestion)
{
	struct world *w = begin(PEERS + 8, repairs);
	uint64_t start_us;
	uint32_t done = 0;

	w->t->setup.congestion = congestion;
	for (uint32_t i = 0; i < PEERS; i++)
		connect_peer(w, i);
	w->lossy = true;
	for (uint32_t i = 0; i < PEERS; i++)
		for (uint32_t k = 0; k < PIECES; k++)
			CHECK(tcp_send(w->t, w->peer[i].conn,
				       env_data(&env, payload + k * PIECE, PIECE)));
	for (int i = 0; i < 100; i++) { /* half a second: the first copies, probes, a timeout */
		settle(w);
		w->now_us += 5000;
	}
	CHECK(held(w) <= repairs);
	CHECK(env.drops[DROP_TCP_REPAIR_TAKEN] >= PEERS - repairs);
	w->lossy = false;
	for (start_us = w->now_us; done < PEERS && w->now_us < start_us + 4 * TCP_SECOND_US;
	     w->now_us += 5000) {
		settle(w);
		done = 0;
		for (uint32_t i = 0; i < PEERS; i++)
			done += tcp_acked(w->peer[i].conn) == BYTES;
	}
	CHECK_EQ(done, PEERS);
	end(w);
}

static void all_mend(void)
{
	for (uint32_t repairs = 1; repairs <= 4; repairs += 3) {
		mend_with(repairs, TCP_CUBIC);
		mend_with(repairs, TCP_NEWRENO);
	}
}

int main(void)
{
	for (uint32_t i = 0; i < BYTES; i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	env_start(&env);
	RUN(pool_has_its_share);
	RUN(strangers_give_way_first);
	RUN(a_gap_without_a_block_fills);
	RUN(all_mend);
	return check_summary();
}
