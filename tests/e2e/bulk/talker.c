/* SPDX-License-Identifier: BSD-3-Clause */
/* talker.c - mbufs of full and of odd sizes out; whole and partial reads in. */
#include "tests/e2e/bulk/talker.h"

#define ODD_SIZE    600  /* of 10,000 mbufs: any size up to a segment, where no rate is measured */
#define ODD_READ    1000 /* of 10,000 reads: only a part of what is there */
#define KEPT_BEHIND 5000 /* bytes that are kept though acknowledged */

static EVP_MD_CTX *make_hash(void)
{
	EVP_MD_CTX *h = EVP_MD_CTX_new();

	if (h != NULL && EVP_DigestInit_ex(h, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(h);
		return NULL;
	}
	return h;
}

static void finish_hash(EVP_MD_CTX *h, uint8_t *digest)
{
	(void)EVP_DigestFinal_ex(h, digest, NULL);
	EVP_MD_CTX_free(h);
}

bool talker_begin(struct talker *k, const struct talker_setup *setup)
{
	*k = (struct talker){
	    .setup = *setup, .dice = {setup->seed}, .out = make_hash(), .in = make_hash()};
	return k->out != NULL && k->in != NULL;
}

void talker_hear(struct talker *k, unsigned int news, uint64_t now_us)
{
	if (news & (TCP_NEWS_ACCEPTED | TCP_NEWS_OPENED)) {
		k->open = true;
		k->begun_us = now_us;
	}
	if (news & TCP_NEWS_FIN)
		k->fin = true;
	k->gone |= news & TCP_NEWS_GONE;
}

/* A slow reader waits until the window is nearly shut, then a while more, then reads it all. */
static bool is_pausing(struct talker *k, uint64_t now_us)
{
	if (!k->setup.slow || k->fin)
		return false;
	if (k->pause_until_us == 0) {
		if (tcp_inbound_bytes(k->conn) < RECEIVE_WINDOW_BYTES - MTU_MAX)
			return true;
		k->pause_until_us = now_us + TALKER_PAUSE_US;
	}
	if (now_us < k->pause_until_us)
		return true;
	k->pause_until_us = 0;
	return false;
}

static void read_all(struct talker *k, uint64_t now_us)
{
	uint32_t want = tcp_inbound_bytes(k->conn), left;

	if (want == 0 || is_pausing(k, now_us))
		return;
	if (dice_hit(&k->dice, ODD_READ))
		want = 1 + dice_below(&k->dice, want);
	left = want;
	for (struct rte_mbuf *m = tcp_inbound(k->conn); m != NULL && left > 0; m = m->next) {
		const uint32_t n = min_u32(left, rte_pktmbuf_data_len(m));

		(void)EVP_DigestUpdate(k->in, rte_pktmbuf_mtod(m, const void *), n);
		left -= n;
	}
	k->received += want - left;
	tcp_consume(k->setup.tcp, k->conn, want - left, now_us);
}

/* Bytes that are to be sent by now. */
static uint64_t wanted(const struct talker *k)
{
	return k->setup.echo && k->received < k->setup.bytes ? k->received : k->setup.bytes;
}

/* The next piece of what is to be sent, or NULL when no mbuf is left. */
static struct rte_mbuf *make_piece(struct talker *k)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(k->setup.pool);
	const uint64_t left = wanted(k) - k->sent;
	uint32_t n = tcp_segment_bytes(k->conn);
	void *at;

	if (m == NULL)
		return NULL;
	if (k->setup.time_us == 0 && dice_hit(&k->dice, ODD_SIZE))
		n = 1 + dice_below(&k->dice, n);
	if (n > left)
		n = (uint32_t)left;
	m->data_off = RTE_ALIGN(TCP_HEADROOM, 8);
	at = rte_pktmbuf_append(m, (uint16_t)n);
	dice_fill(&k->dice, at, n);
	return m;
}

static void send_some(struct talker *k)
{
	while (k->sent < wanted(k) && tcp_room(k->conn) > 0) {
		struct rte_mbuf *m = make_piece(k);

		if (m == NULL)
			return;
		/* Hashed before TCP has it: what is sent later has to be this. */
		(void)EVP_DigestUpdate(k->out, rte_pktmbuf_mtod(m, const void *), m->data_len);
		k->sent += m->data_len;
		if (!tcp_send(k->setup.tcp, k->conn, m)) {
			rte_pktmbuf_free(m);
			return; /* room was asked for: the hashes will tell */
		}
	}
}

static void close_if_due(struct talker *k, uint64_t now_us)
{
	if (k->setup.time_us != 0 && now_us - k->begun_us >= k->setup.time_us)
		k->setup.bytes = k->sent; /* that is all, then */
	if (k->closed || k->sent < k->setup.bytes ||
	    (k->setup.close == TALKER_CLOSE_LAST && !k->fin))
		return;
	tcp_close(k->setup.tcp, k->conn, now_us);
	k->closed = true;
}

void talker_turn(struct talker *k, uint64_t now_us)
{
	if (!k->open || k->conn == NULL)
		return;
	k->segment_bytes = tcp_segment_bytes(k->conn);
	read_all(k, now_us);
	if (k->setup.echo && k->fin && tcp_inbound_bytes(k->conn) == 0)
		k->setup.bytes = k->received; /* no more will come to be answered */
	if (k->gone != 0)
		goto out;
	if (!k->closed)
		send_some(k);
	if (k->setup.keep && tcp_acked(k->conn) > KEPT_BEHIND)
		tcp_free_to(k->setup.tcp, k->conn, tcp_acked(k->conn) - KEPT_BEHIND);
	close_if_due(k, now_us);
out:
	if (k->ended_us == 0 && talker_is_over(k))
		k->ended_us = now_us;
}

bool talker_is_over(const struct talker *k)
{
	if (k->conn == NULL)
		return false;
	return (k->gone != 0 || tcp_state(k->conn) == TCP_TIME_WAIT) &&
	       tcp_inbound_bytes(k->conn) == 0;
}

bool talker_is_orderly(const struct talker *k)
{
	return k->conn != NULL && k->open && k->closed && k->fin &&
	       (k->gone & (TCP_NEWS_RESET | TCP_NEWS_TIMEOUT)) == 0 && talker_is_over(k) &&
	       tcp_acked(k->conn) == k->setup.bytes;
}

void talker_end(struct talker *k, uint8_t *sent, uint8_t *received, uint64_t now_us)
{
	if (k->conn != NULL) {
		if (!talker_is_over(k))
			tcp_abort(k->setup.tcp, k->conn, now_us);
		tcp_release(k->setup.tcp, k->conn);
		k->conn = NULL;
	}
	finish_hash(k->out, sent);
	finish_hash(k->in, received);
}
