/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script_user.c - the words of a script that stand for the user of a connection. */
#include "tests/tcp/tcp_script.h"

static void play_send(struct script *s)
{
	struct stage *st = &s->stage;
	uint32_t left = script_number(s), piece = tcp_segment_bytes(st->who->c);
	uint8_t bytes[2048];

	if (script_take(s, "by"))
		piece = script_number(s);
	while (left > 0) {
		const uint32_t n = min_u32(left, min_u32(piece, sizeof(bytes)));
		struct rte_mbuf *m;

		for (uint32_t i = 0; i < n; i++)
			bytes[i] = stage_byte(true, st->who->given + i);
		m = env_data(st->env, bytes, (uint16_t)n);
		if (m == NULL || !tcp_send(st->t, st->who->c, m)) {
			rte_pktmbuf_free(m);
			FAIL(s, "tcp_send() refused");
			return;
		}
		st->who->given += n;
		left -= n;
	}
}

static void play_read(struct script *s)
{
	struct stage *st = &s->stage;
	const uint32_t n = script_number(s);
	uint32_t seen = 0, wrong = 0;

	if (tcp_inbound_bytes(st->who->c) < n)
		FAIL(s, "only %u bytes to read", tcp_inbound_bytes(st->who->c));
	for (struct rte_mbuf *m = tcp_inbound(st->who->c); m != NULL; m = m->next)
		for (uint32_t i = 0; i < m->data_len && seen < n; i++, seen++)
			wrong += rte_pktmbuf_mtod(m, uint8_t *)[i] !=
				 stage_byte(false, st->who->read + seen);
	if (wrong > 0)
		FAIL(s, "%u bytes differ", wrong);
	st->who->read += seen;
	tcp_consume(st->t, st->who->c, n, st->now_us);
}

void script_expect_news(struct script *s)
{
	static const char *const names[] = {"accepted", "opened", "data",    "acked",
					    "fin",      "reset",  "timeout", "closed"};
	unsigned int want = 0;

	while (s->at < s->words) {
		const char *w = script_word(s);
		unsigned int i = 0;

		while (i < ARRAY_LEN(names) && strcmp(w, names[i]) != 0)
			i++;
		want |= BIT(i);
	}
	if (s->stage.who->news != want)
		FAIL(s, "news is %#x, not %#x", s->stage.who->news, want);
	s->stage.who->news = 0;
}

void script_expect_state(struct script *s)
{
	const char *want = script_word(s), *is = "none";

	if (s->stage.who->c != NULL)
		is = tcp_state_name(tcp_state(s->stage.who->c));
	if (strcmp(is, want) != 0)
		FAIL(s, "state is %s, not %s", is, want);
}

static void expect_kept(struct script *s)
{
	const uint32_t want = script_number(s);
	uint32_t bytes = 0;
	struct tcp_kept k;

	for (bool more = tcp_kept_first(s->stage.who->c, &k); more;
	     more = tcp_kept_next(s->stage.who->c, &k))
		bytes += k.len;
	if (bytes != want)
		FAIL(s, "%u bytes kept", bytes);
}

static void let_go(struct script *s)
{
	tcp_release(s->stage.t, s->stage.who->c);
	s->stage.who->c = NULL;
}

/* Words that need a connection. */
bool script_user(struct script *s, const char *w)
{
	struct stage *st = &s->stage;
	struct tcp_conn *c = st->who->c;

	if (c == NULL)
		return false;
	if (strcmp(w, "send") == 0)
		play_send(s);
	else if (strcmp(w, "read") == 0)
		play_read(s);
	else if (strcmp(w, "close") == 0)
		tcp_close(st->t, c, st->now_us);
	else if (strcmp(w, "abort") == 0)
		tcp_abort(st->t, c, st->now_us);
	else if (strcmp(w, "release") == 0)
		let_go(s);
	else if (strcmp(w, "free_to") == 0)
		tcp_free_to(st->t, c, script_number(s));
	else if (strcmp(w, "kept") == 0)
		expect_kept(s);
	else if (strcmp(w, "acked") == 0)
		script_expect_number(s, w, tcp_acked(c));
	else if (strcmp(w, "inbound") == 0)
		script_expect_number(s, w, tcp_inbound_bytes(c));
	else if (strcmp(w, "segment_bytes") == 0)
		script_expect_number(s, w, tcp_segment_bytes(c));
	else if (strcmp(w, "srtt_ms") == 0)
		script_expect_number(s, w, tcp_srtt_us(c) / 1000);
	else
		return false;
	return true;
}
