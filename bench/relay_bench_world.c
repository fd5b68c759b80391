/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_bench_world.c - the relay's core, and control's part in setting up its streams. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/relay_bench.h"
#include "dataplane/core/core_state.h"
#include "dataplane/xmpp/route.h"
#include "tests/eal.h"

enum {
	LOCAL = 1,
	REMOTE = 100, /* and on, one a stream */
	START_US = 1000000000,
	PATIENCE = 20000,  /* turns for something to happen */
	BACK_TO_BACK = 16, /* turns between two of the far hosts */
	ASLEEP_S = 130,    /* without a byte: then a stream holds no keys ready for use */
};

static struct port ports[IFACE_COUNT];
static const char hello[] = "\x16\x03\x01\x00\x05hello";

void relay_stanza(uint8_t *out, unsigned int n)
{
	static const char tail[] = "</body></message>";
	char head[256];
	const int len = snprintf(head, sizeof(head),
				 "<message from='bob%u@r%u.example/phone' "
				 "to='alice@contoso.example/desk' id='c%u' type='chat'><body>",
				 n, n, n);

	memset(out, 'x', RELAY_STANZA);
	memcpy(out, head, (size_t)len);
	for (size_t at = (size_t)len + 5; at < RELAY_STANZA - sizeof(tail); at += 6)
		out[at] = ' ';
	memcpy(out + RELAY_STANZA - strlen(tail), tail, strlen(tail));
}

struct tls_handover relay_keys(bool is_core)
{
	struct tls_handover k = {.version = TLS_1_3, .suite = TLS_AES_128_GCM, .hash = TLS_SHA256};

	memset(is_core ? &k.read : &k.write, 0x51, offsetof(struct tls_direction_keys, seq));
	memset(is_core ? &k.write : &k.read, 0x52, offsetof(struct tls_direction_keys, seq));
	return k;
}

void relay_world_start(void)
{
	eal_start("900", "0", NULL);
	far_start();
	far_port(IFACE_EDGE, &ports[IFACE_EDGE]);
	far_port(IFACE_INTERNAL, &ports[IFACE_INTERNAL]);
}

static struct route *make_routes(unsigned int streams)
{
	static struct route_domain domains[1 + RELAY_STREAMS_MAX] = {
	    {"contoso.example", {LOCAL}, ROUTE_LOCAL, {0}, 0}};
	struct route *r;

	for (unsigned int i = 0; i < streams; i++) {
		struct route_domain *d = &domains[1 + i];

		*d = (struct route_domain){.id = {(uint16_t)(REMOTE + i)},
					   .side = ROUTE_REMOTE,
					   .partner = {(uint16_t)(1 + i)}};
		snprintf(d->name, sizeof(d->name), "r%u.example", i);
	}
	r = route_make(domains, 1 + streams);
	if (r == NULL)
		bench_die("no memory for routes");
	return r;
}

static void turn(struct relay_world *w)
{
	w->now_us += RELAY_TURN_US;
	(void)core_turn(w->core, w->now_us);
	far_turn(w->now_us);
}

static struct conn_id expect(struct relay_world *w, enum event_kind kind)
{
	struct event e;

	for (unsigned int i = 0; i < PATIENCE; i++) {
		if (inbox_take_event(w->inbox, &e)) {
			if (e.bytes != NULL)
				inbox_free(e.bytes);
			if (e.kind != kind)
				bench_die("the core tells something unexpected");
			return e.conn;
		}
		turn(w);
	}
	bench_die("the core does not answer");
}

static void order(struct relay_world *w, const struct msg *m)
{
	if (!inbox_order(w->inbox, m))
		bench_die("the ring of orders is full");
	turn(w);
}

static void resume(struct relay_world *w, struct conn_id conn, bool restart)
{
	struct msg m = {.kind = MSG_RESUME, .conn = conn};

	m.resume.restart = restart;
	m.resume.stanza_bytes_max = 512 * 1024;
	order(w, &m);
}

static void secure(struct relay_world *w, enum iface side, unsigned int n, struct conn_id conn)
{
	struct msg m = {.kind = MSG_SECURE, .conn = conn};

	far_say(side, n, hello, sizeof(hello) - 1);
	(void)expect(w, EVENT_TLS_BYTES);
	far_secure(side, n);
	m.secure.keys = inbox_handover(w->inbox);
	if (m.secure.keys == NULL)
		bench_die("no handover");
	*m.secure.keys = relay_keys(true);
	m.secure.consumed = sizeof(hello) - 1;
	order(w, &m);
	resume(w, conn, true);
}

/* Direct TLS, both headers. */
static struct conn_id open_stream(struct relay_world *w, enum iface side)
{
	struct msg m = {.kind = MSG_SEND};
	const unsigned int n = far_dial(side, w->now_us);
	const struct conn_id conn = expect(w, EVENT_ACCEPTED);

	secure(w, side, n, conn);
	far_say(side, n, RELAY_HEADER, strlen(RELAY_HEADER));
	(void)expect(w, EVENT_HEADER);
	m.conn = conn;
	m.bytes = inbox_wrap(w->inbox, RELAY_HEADER, strlen(RELAY_HEADER));
	if (m.bytes == NULL)
		bench_die("no bytes for control");
	order(w, &m);
	resume(w, conn, false);
	return conn;
}

static struct pair pair_of(unsigned int n)
{
	return (struct pair){{LOCAL}, {(uint16_t)(REMOTE + n)}};
}

static void grant(struct relay_world *w, struct conn_id conn, unsigned int n, uint8_t bits)
{
	struct msg m = {.kind = MSG_GRANT, .conn = conn};

	m.grant.pair = pair_of(n);
	m.grant.bits = bits;
	m.grant.partner = (struct partner_id){(uint16_t)(n < w->streams ? 1 + n : 1)};
	order(w, &m);
}

static void make_core(struct relay_world *w)
{
	struct core_setup s = {
	    .conns = 2 * RELAY_STREAMS_MAX + w->idle,
	    .busy = w->idle > 0 ? CONNS_DEFAULT : 0,
	    .link_queue_bytes = LINK_QUEUE_BYTES,
	    .link_queue_stanzas = LINK_QUEUE_STANZAS,
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	    .congestion = TCP_CUBIC,
	};
	char error[256] = "";

	w->inbox = inbox_make(0);
	if (w->inbox == NULL)
		bench_die("no inbox");
	s.inbox = w->inbox;
	s.routes = w->routes;
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		s.port[i] = &ports[i];
		s.iface[i] = far_iface((enum iface)i, true);
	}
	w->core = core_make(&s, error);
	if (w->core == NULL)
		bench_die(error);
}

/* Stream @n of a partner, and its pair's way to the gateway. */
static struct conn_id open_pair(struct relay_world *w, unsigned int n)
{
	const struct conn_id edge = open_stream(w, IFACE_EDGE);

	grant(w, edge, n, GRANT_FROM_PEER);
	grant(w, w->gateway, n, GRANT_TO_PEER);
	return edge;
}

static void fall_asleep(struct relay_world *w)
{
	for (unsigned int s = 0; s < ASLEEP_S * 10; s++) {
		w->now_us += 100000;
		(void)core_turn(w->core, w->now_us);
		far_turn(w->now_us);
	}
	if (record_keys_lent(w->core->machine) > 1)
		bench_die("an idle stream has a key schedule");
}

void relay_world_open(struct relay_world *w, unsigned int streams, unsigned int idle)
{
	*w = (struct relay_world){.now_us = START_US,
				  .streams = streams,
				  .idle = idle,
				  .asleep = calloc(max_u32(idle, 1), sizeof(*w->asleep))};
	if (w->asleep == NULL)
		bench_die("no memory for idle streams");
	w->routes = make_routes(streams);
	make_core(w);
	far_open(w->now_us);
	w->gateway = open_stream(w, IFACE_INTERNAL);
	for (unsigned int i = 0; i < streams; i++) {
		const struct conn_id edge = open_pair(w, i);

		w->first = i == 0 ? edge : w->first;
	}
	for (unsigned int i = 0; i < idle; i++) {
		w->asleep[i] = open_pair(w, streams + i);
		far_rest(IFACE_EDGE, streams + i);
	}
	if (idle > 0)
		fall_asleep(w);
	far_forget();
}

void relay_world_end_idle(struct relay_world *w)
{
	for (unsigned int i = 0; i < w->idle; i++) {
		struct msg m = {.kind = MSG_REVOKE, .conn = w->gateway};

		m.grant.pair = pair_of(w->streams + i);
		order(w, &m);
		m = (struct msg){.kind = MSG_ABORT, .conn = w->asleep[i]};
		order(w, &m);
		(void)expect(w, EVENT_CLOSED);
	}
	w->idle = 0;
}

uint64_t relay_world_watch(struct relay_world *w, bool is_watched)
{
	struct msg m = {.kind = MSG_TAP, .conn = w->first};
	uint64_t copies = 0;
	struct tapped t;

	m.tap.bits = is_watched ? TAP_STANZAS : 0;
	order(w, &m);
	for (; inbox_take_tap(w->inbox, &t); copies++)
		inbox_free(t.bytes);
	return copies;
}

static uint64_t accepted(const struct relay_world *w)
{
	return stat_read(&core_stats(w->core)->law.accepted);
}

double relay_world_ns(const struct bench *b, struct relay_world *w, size_t bytes, uint64_t stanzas)
{
	const uint64_t before = accepted(w);
	uint64_t ns = 0;

	while (accepted(w) - before < stanzas) {
		uint64_t start_ns;

		far_load(w->streams, bytes);
		far_turn(w->now_us);
		start_ns = bench_cpu_ns();
		for (unsigned int i = 0; i < BACK_TO_BACK; i++) {
			w->now_us += RELAY_TURN_US;
			if (core_turn(w->core, w->now_us) == 0)
				break;
		}
		ns += bench_since_ns(b, start_ns);
		far_turn(w->now_us);
	}
	return (double)ns / (double)(accepted(w) - before);
}

/* What was said is heard, but for the end of a stanza that was cut. */
static bool is_settled(const struct relay_world *w)
{
	const struct law *l = &core_stats(w->core)->law;

	return stat_read(&l->delivered) == stat_read(&l->accepted) &&
	       far_heard() >= stat_read(&l->accepted) * RELAY_STANZA &&
	       far_said() - far_heard() < (uint64_t)w->streams * RELAY_STANZA;
}

void relay_world_close(struct relay_world *w)
{
	for (unsigned int i = 0; i < PATIENCE && !is_settled(w); i++)
		turn(w);
	if (!is_settled(w) || law_gap(&core_stats(w->core)->law) != 0)
		bench_die("stanzas are missing");
	core_close(w->core);
	far_close();
	core_free(w->core);
	inbox_free_all(w->inbox);
	route_free(w->routes);
	free(w->asleep);
}
