/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_isn.c - numbers that a stranger must not guess: ISN, timestamp offset, local port. */
#include "dataplane/tcp/tcp_conn.h"

/*
 * RFC 6528: M + F(connection, secret), M a clock of 4 us. The other half of the same hash is the
 * timestamp offset (RFC 7323 7.1): equal for the same four numbers, so that a new connection's
 * timestamps go on from where the last one's were (RFC 6191).
 */
void tcp_isn(const struct tcp *t, struct tcp_conn *c)
{
	const uint64_t f = keyed_hash(&t->setup.isn_key, &c->key, sizeof(c->key));

	tcp_set_iss(c, (tcp_seq)(t->now_us / 4) + (tcp_seq)f);
	c->ts_offset = (uint32_t)(f >> 32);
}

void tcp_set_iss(struct tcp_conn *c, tcp_seq iss)
{
	c->iss = iss;
	c->snd_una = c->snd_pos = c->snd_nxt = c->recover = iss;
	c->snd_end = iss + 1;
}

static bool is_listening(const struct tcp *t, uint16_t port)
{
	for (unsigned int i = 0; i < TCP_LISTENERS_MAX; i++)
		if (t->listener[i].port == port)
			return true;
	return false;
}

/* RFC 6056 3.3.4, double hash: each remote sees its own sequence of ports, hard to foresee. */
bool tcp_port_choose(struct tcp *t, struct flow_key *key)
{
	const uint32_t range = 65536 - TCP_PORT_MIN;
	struct hash_key other = t->setup.isn_key;
	uint32_t *counter;
	uint64_t f;

	key->local_port = 0;
	other.k0 ^= UINT64_C(0x706f727473000000); /* "ports": not the function of the ISN */
	f = keyed_hash(&other, key, sizeof(*key));
	counter = &t->port_counter[(f >> 32) % TCP_PORT_COUNTERS];
	for (uint32_t i = 0; i < range; i++) {
		key->local_port = (uint16_t)(TCP_PORT_MIN + ((uint32_t)f + (*counter)++) % range);
		if (!is_listening(t, key->local_port) && flow_find(&t->flow, key) == FLOW_NONE)
			return true;
	}
	return false;
}
