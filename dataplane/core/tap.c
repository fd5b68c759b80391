/* SPDX-License-Identifier: BSD-3-Clause */
/* tap.c - what is copied, how much of it, and what is lost. */
#define ALLOW_EXPERIMENTAL_API /* rte_pcapng.h, as of 22.11 */
#include <string.h>

#include <rte_cycles.h>
#include <rte_pcapng.h>

#include "dataplane/base/steer.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/element.h"
#include "dataplane/core/parcel.h"

enum { SECOND_US = 1000000 };

static bool spend(struct tap_budget *b, uint64_t now_us, uint64_t cost_us, uint32_t burst)
{
	const uint64_t most = cost_us * burst, gained = now_us - b->as_of_us;

	b->credit_us = gained >= most - b->credit_us ? most : b->credit_us + gained;
	b->as_of_us = now_us;
	if (b->credit_us < cost_us) {
		b->lost++;
		return false;
	}
	b->credit_us -= cost_us;
	return true;
}

/* Takes @bytes, which may be NULL: there was no room for a copy. */
static void give(struct core *c, struct tap_budget *b, struct tapped t)
{
	t.at_us = c->now_us;
	t.lost = b->lost;
	if (t.bytes != NULL && inbox_tap(c->inbox, &t)) {
		b->lost = 0;
		return;
	}
	b->lost++;
	rte_pktmbuf_free(t.bytes);
}

/* --- stanzas --- */

static bool may_copy(struct core *c)
{
	return spend(&c->taps.stanzas, c->now_us, SECOND_US / TAP_STANZAS_PER_S, TAP_STANZAS_BURST);
}

/* Appends to @m up to its bound; frees it where there is no memory, and returns NULL. */
static struct rte_mbuf *append(struct core *c, struct rte_mbuf *m, struct span bytes)
{
	if (m == NULL)
		return NULL;
	bytes.len = min_size(bytes.len, TAP_BYTES_MAX - parcel_of(m)->bytes);
	if (parcel_append(m, inbox_tap_pool(c->inbox), bytes))
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

static void copy_element(struct core *c, const struct conn *k, const struct element *e,
			 enum tapped_kind kind)
{
	struct rte_mbuf *m = parcel_make(inbox_tap_pool(c->inbox));
	struct element_cursor cursor = element_begin(e);
	struct span s;

	while (m != NULL && parcel_of(m)->bytes < TAP_BYTES_MAX &&
	       (s = element_next(e, &cursor)).len > 0)
		m = append(c, m, s);
	give(c, &c->taps.stanzas,
	     (struct tapped){
		 .bytes = m, .total = element_bytes(e), .conn = k->id, .kind = (uint8_t)kind});
}

void tap_stanza_in(struct core *c, const struct conn *k, const struct element *e,
		   enum stanza_kind kind)
{
	const bool is_wanted = (k->taps & TAP_STANZAS) != 0 ||
			       ((k->taps & TAP_MESSAGES) != 0 && kind == STANZA_MESSAGE);

	if (is_wanted && may_copy(c))
		copy_element(c, k, e, TAPPED_IN);
}

void tap_stanza_out(struct core *c, const struct conn *k, const struct element *e)
{
	if ((k->taps & TAP_STANZAS) != 0 && may_copy(c))
		copy_element(c, k, e, TAPPED_OUT);
}

void tap_parcel_out(struct core *c, const struct conn *k, struct rte_mbuf *parcel)
{
	struct rte_mbuf *m;

	if ((k->taps & TAP_STANZAS) == 0 || !may_copy(c))
		return;
	m = parcel_make(inbox_tap_pool(c->inbox));
	for (const struct rte_mbuf *part = parcel; part != NULL && m != NULL; part = part->next)
		m = append(c, m,
			   (struct span){rte_pktmbuf_mtod(part, const uint8_t *), part->data_len});
	give(c, &c->taps.stanzas,
	     (struct tapped){
		 .bytes = m, .total = parcel_of(parcel)->bytes, .conn = k->id, .kind = TAPPED_OUT});
}

void tap_text_out(struct core *c, const struct conn *k, const char *text)
{
	const struct element e = {.tail = {(const uint8_t *)text, strlen(text)}};

	/* White space is a sign of life and no element. */
	if (text[0] == '<')
		tap_stanza_out(c, k, &e);
}

/* --- frames --- */

static void forget_flow(struct core_taps *t, struct conn_id conn)
{
	for (uint32_t i = 0; i < t->flow_count; i++)
		if (conn_id_equal(t->flow[i].conn, conn)) {
			t->flow[i] = t->flow[--t->flow_count];
			return;
		}
}

static void add_flow(struct core *c, const struct conn *k)
{
	const struct flow_key *key = tcp_key(c->tcp, k->tcp);
	struct core_taps *t = &c->taps;

	if (t->flow_count == TAP_FLOWS_MAX)
		return;
	t->flow[t->flow_count++] = (struct tap_flow){.remote = key->remote,
						     .local_port = key->local_port,
						     .remote_port = key->remote_port,
						     .iface = (enum iface)key->iface,
						     .conn = k->id};
}

void tap_set(struct core *c, struct conn *k, uint8_t bits)
{
	if ((k->taps & TAP_FRAMES) != 0)
		forget_flow(&c->taps, k->id);
	k->taps = bits;
	if ((bits & TAP_FRAMES) != 0)
		add_flow(c, k);
}

static const struct tap_flow *find_flow(const struct core *c, enum iface iface,
					const struct rte_mbuf *m, bool is_out)
{
	struct ip_addr remote;
	struct steer_flow f;

	if (!steer_flow_of(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &f))
		return NULL;
	/* As an incoming segment has it; of one that goes out the source is here. */
	if (is_out)
		f = (struct steer_flow){f.remote, f.local, f.remote_port, f.local_port};
	remote = f.remote;
	for (uint32_t i = 0; i < c->taps.flow_count; i++) {
		const struct tap_flow *t = &c->taps.flow[i];

		if (t->iface == iface && t->local_port == f.local_port &&
		    t->remote_port == f.remote_port && addr_equal(&t->remote, &remote))
			return t;
	}
	return NULL;
}

void tap_frame(struct core *c, enum iface iface, const struct rte_mbuf *m, bool is_out)
{
	const struct tap_flow *f = find_flow(c, iface, m, is_out);
	const struct port *port = c->setup.port[iface];
	struct rte_mbuf *copy;

	if (f == NULL || port == NULL ||
	    !spend(&c->taps.frames, c->now_us, SECOND_US / TAP_FRAMES_PER_S, TAPS_RING))
		return;
	copy = rte_pcapng_copy(port->ethdev, c->setup.queue[iface], m, inbox_tap_pool(c->inbox),
			       m->pkt_len, rte_rdtsc(),
			       is_out ? RTE_PCAPNG_DIRECTION_OUT : RTE_PCAPNG_DIRECTION_IN);
	give(c, &c->taps.frames,
	     (struct tapped){
		 .bytes = copy, .total = m->pkt_len, .conn = f->conn, .kind = TAPPED_FRAME});
}
