/* SPDX-License-Identifier: BSD-3-Clause */
/* rig.c - the core under test, and control's part played by the test. */

#include <sched.h>

#include "tests/eal.h"
#include "tests/unit/core/far.h"
#include "tests/unit/core/wire.h"

struct rig rig;
uint32_t rig_link_queue_bytes, rig_link_queue_stanzas;
enum tls_version rig_tls_version = TLS_1_3;
uint64_t rig_start_us = 1000000000;
uint16_t rig_cores = 1, rig_queues = 1;
enum steer_way rig_way = STEER_ALONE;
unsigned int rig_peers = RIG_PEERS;
static struct port port[IFACE_COUNT];

void rig_start(void)
{
	rig_start_on("384", "0@0,1@0,2@0,3@0,4@0");
}

void rig_start_on(const char *megabytes, const char *lcores)
{
	far_must(rig_peers <= RIG_PEERS_MAX, "too many peers");
	eal_start(megabytes, lcores, NULL);
	far_start();
	for (unsigned int i = 0; i < rig_peers; i++)
		rig.peer[i].heard = malloc(RIG_HEARD);
	rig_link_queue_bytes = LINK_QUEUE_BYTES;
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
}

static struct route *make_routes(void)
{
	static struct route_domain domains[4 + 2 * RIG_DOMAINS] = {
	    {"contoso.example", {CONTOSO}, ROUTE_LOCAL, {0}, 0},
	    {"fabrikam.example", {FABRIKAM}, ROUTE_LOCAL, {0}, 0},
	    {"partner.example", {PARTNER}, ROUTE_REMOTE, {1}, 0},
	    {"other.example", {OTHER}, ROUTE_REMOTE, {2}, 0},
	};

	for (uint16_t i = 0; i < RIG_DOMAINS; i++) {
		struct route_domain *local = &domains[4 + 2 * i], *remote = local + 1;

		*local =
		    (struct route_domain){.id = {(uint16_t)(MANY_LOCAL + i)}, .side = ROUTE_LOCAL};
		*remote = (struct route_domain){
		    .id = {(uint16_t)(MANY_REMOTE + i)}, .side = ROUTE_REMOTE, .partner = {1}};
		snprintf(local->name, sizeof(local->name), "l%u.example", i);
		snprintf(remote->name, sizeof(remote->name), "r%u.example", i);
	}
	return route_make(domains, ARRAY_LEN(domains));
}

/* A device's spread over four queues: some key, queues in turn. */
static void make_steer(void)
{
	rig.steer = (struct steer){.cores = rig_cores, .key = {5, 6}};
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		struct steer_rss *r = &rig.steer.iface[i].rss;

		rig.steer.iface[i].way = rig_way;
		r->key_bytes = 40;
		r->entries = 128;
		for (unsigned int b = 0; b < r->key_bytes; b++)
			r->key[b] = (uint8_t)(b * 37 + 11 * (i + 1));
		for (unsigned int e = 0; e < r->entries; e++)
			r->queue[e] = (uint8_t)(e % rig_cores);
	}
}

static void open_core(uint16_t index)
{
	struct core_setup s = {
	    .index = index,
	    .lcore = index + 1u,
	    .conns = 2 * rig_peers,
	    .link_queue_bytes = rig_link_queue_bytes,
	    .link_queue_stanzas = rig_link_queue_stanzas,
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	};
	char error[256] = "";

	rig.inboxes[index] = inbox_make(index);
	far_must(rig.inboxes[index] != NULL, "inbox");
	s.inbox = rig.inboxes[index];
	s.routes = rig.routes;
	s.idle = CORE_SLEEP;
	if (rig_cores > 1) {
		s.crossings = rig.crossings;
		s.steer = &rig.steer;
	}
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		s.iface[i] = far_iface((enum iface)i, true);
		s.port[i] = index < rig_queues ? &port[i] : NULL;
		s.queue[i] = index;
		s.sender[i] = index % rig_queues;
	}
	rig.cores[index] = core_make(&s, error);
	far_must(rig.cores[index] != NULL, error);
}

void rig_open(void)
{
	rig.now_us = rig_start_us;
	rig.law_broken = 0;
	rig.skip = 0;
	rig.skipped = NULL;
	rig.routes = make_routes();
	rig.crossings = rig_cores > 1 ? crossing_make(rig_cores) : NULL;
	far_must(rig.routes != NULL && (rig.crossings != NULL || rig_cores == 1),
		 "routes and crossings");
	make_steer();
	for (enum iface i = 0; i < IFACE_COUNT; i++)
		wire_open(i, &port[i]);
	for (uint16_t i = 0; i < rig_cores; i++)
		open_core(i);
	rig.core = rig.cores[0];
	rig.inbox = rig.inboxes[0];
	far_open(IFACE_EDGE);
	far_open(IFACE_INTERNAL);
	for (unsigned int i = 0; i < rig_peers; i++) {
		char *heard = rig.peer[i].heard;

		rig.peer[i] = (struct peer){.heard = heard};
		heard[0] = '\0';
	}
}

/* --- turns --- */

uint64_t rig_sum(size_t offset)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < rig_cores; i++)
		sum += stat_read((
		    const _Atomic uint64_t *)(const void *)((const char *)core_stats(rig.cores[i]) +
							    offset));
	return sum;
}

static void check_law(const struct core *c)
{
	const struct stats *s = core_stats(c);
	int64_t gap = law_gap(&s->law);

	for (unsigned int p = 0; p < 3; p++)
		if (law_gap(&s->partner[p].law) != 0)
			gap = 1;
	if (gap != 0 && rig.law_broken++ == 0)
		CHECK_EQ(gap, 0);
}

void rig_turn(void)
{
	rig.now_us = rig.is_live ? rig_clock_us() : rig.now_us + RIG_TURN_US;
	for (uint16_t i = 0; !rig.is_live && i < rig_cores; i++) {
		(void)core_turn(rig.cores[i], rig.now_us);
		check_law(rig.cores[i]);
	}
	far_turn(IFACE_EDGE);
	far_turn(IFACE_INTERNAL);
	if (rig.is_live)
		sched_yield();
}

void rig_run(unsigned int turns)
{
	while (turns-- > 0)
		rig_turn();
}

void rig_wait(uint64_t us)
{
	for (uint64_t passed = 0; passed < us; passed += 1000 + RIG_TURN_US) {
		rig.now_us += 1000;
		rig_turn();
	}
}

/* --- control --- */

static bool take_event(void)
{
	for (rig.event_core = 0; rig.event_core < rig_cores; rig.event_core++)
		if (inbox_take_event(rig.inboxes[rig.event_core], &rig.event))
			break;
	if (rig.event_core == rig_cores)
		return false;
	rig.text[0] = '\0';
	if (rig.event.bytes != NULL) {
		const size_t len = inbox_len(rig.event.bytes);

		far_must(len < sizeof(rig.text), "event too long");
		inbox_bytes(rig.event.bytes, (uint8_t *)rig.text);
		rig.text[len] = '\0';
		inbox_free(rig.event.bytes);
		rig.event.bytes = NULL;
	}
	return true;
}

bool rig_expect(enum event_kind kind)
{
	for (unsigned int i = 0; rig_waits(i, 3000); i++) {
		if (take_event()) {
			if (rig.event.kind != kind && (rig.skip & BIT(rig.event.kind)) != 0) {
				if (rig.skipped != NULL)
					rig.skipped();
				continue;
			}
			if (rig.event.kind != kind)
				fprintf(stderr, "event %d (%s), not %d\n", (int)rig.event.kind,
					rig.text, (int)kind);
			return rig.event.kind == kind;
		}
		rig_turn();
	}
	fprintf(stderr, "no event, expected %d\n", (int)kind);
	return false;
}

void rig_skip_all(void)
{
	while (take_event())
		if (rig.skipped != NULL)
			rig.skipped();
}

bool rig_is_quiet(void)
{
	if (!take_event())
		return true;
	fprintf(stderr, "event %d (%s), expected none\n", (int)rig.event.kind, rig.text);
	return false;
}

void rig_order_to(uint16_t core, const struct msg *m)
{
	far_must(inbox_order(rig.inboxes[core], m), "order ring full");
}

void rig_order(const struct msg *m)
{
	rig_order_to(m->conn.core, m);
}

void rig_order_text(enum msg_kind kind, struct conn_id conn, const char *text)
{
	struct msg m = {.kind = kind, .conn = conn};

	if (text != NULL) {
		m.bytes = inbox_wrap(rig.inboxes[conn.core], text, strlen(text));
		far_must(m.bytes != NULL, "inbox bytes");
	}
	if (kind == MSG_CLOSE)
		m.close.deadline_us = 5000000;
	rig_order(&m);
}

struct peer *rig_connect(enum iface side)
{
	struct peer *p = far_dial(side);

	CHECK(rig_expect(EVENT_ACCEPTED));
	CHECK_EQ(rig.event.accepted.iface, side);
	p->id = rig.event.conn;
	return p;
}

struct peer *rig_dial(enum iface side)
{
	return rig_dial_from(0, side);
}

struct peer *rig_dial_from(uint16_t core, enum iface side)
{
	struct msg m = {.kind = MSG_DIAL};

	m.dial.ref = 77;
	m.dial.iface = side;
	m.dial.remote = far_address(side);
	m.dial.remote_port = 5269;
	rig_order_to(core, &m);
	CHECK(rig_expect(EVENT_DIALED));
	CHECK_EQ(rig.event.dialed.ref, 77);
	CHECK_EQ(rig.event.conn.core, core);
	for (unsigned int turn = 0; rig_waits(turn, 5); turn++) {
		rig_turn();
		for (unsigned int i = 0; i < rig_peers; i++)
			if (rig.peer[i].tcp != NULL && rig.peer[i].id.generation == 0) {
				rig.peer[i].id = rig.event.conn;
				return &rig.peer[i];
			}
	}
	far_must(false, "the far host saw no connection");
	return NULL;
}

static void make_keys(struct tls_handover *k, bool is_core)
{
	memset(k, 0, sizeof(*k));
	k->version = rig_tls_version;
	k->suite = TLS_AES_128_GCM;
	k->hash = TLS_SHA256;
	memset(is_core ? &k->read : &k->write, 0x51, offsetof(struct tls_direction_keys, seq));
	memset(is_core ? &k->write : &k->read, 0x52, offsetof(struct tls_direction_keys, seq));
}

static void resume(struct peer *p, bool restart)
{
	struct msg m = {.kind = MSG_RESUME, .conn = p->id};

	m.resume.restart = restart;
	m.resume.stanza_bytes_max = 512 * 1024;
	rig_order(&m);
}

void rig_secure(struct peer *p, const char *behind)
{
	static const char hello[] = "\x16\x03\x01\x00\x05hello";
	struct msg m = {.kind = MSG_SECURE, .conn = p->id};
	struct tls_handover keys;

	peer_say_bytes(p, hello, sizeof(hello) - 1);
	CHECK(rig_expect(EVENT_TLS_BYTES));
	CHECK_EQ(memcmp(rig.text, hello, sizeof(hello) - 1), 0);
	make_keys(&keys, false);
	far_secure(p, &keys);
	if (behind != NULL) {
		peer_say(p, behind);
		CHECK(rig_expect(EVENT_TLS_BYTES));
	}
	m.secure.keys = inbox_handover(rig.inboxes[p->id.core]);
	far_must(m.secure.keys != NULL, "handover");
	make_keys(m.secure.keys, true);
	m.secure.consumed = sizeof(hello) - 1;
	rig_order(&m);
	resume(p, true);
}

#define THEIR_HEADER                                                                               \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' xml:lang='de' "           \
	"version='1.0'>"
#define OUR_HEADER                                                                                 \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"

void rig_grant(struct peer *p, unsigned int local, unsigned int remote, uint8_t bits)
{
	struct msg m = {.kind = MSG_GRANT, .conn = p->id};

	m.grant.pair = (struct pair){{(uint16_t)local}, {(uint16_t)remote}};
	m.grant.bits = bits;
	rig_order(&m);
}

void rig_stream_quiet(struct peer *p, bool tls)
{
	if (tls)
		rig_secure(p, NULL);
	peer_say(p, THEIR_HEADER);
	CHECK(rig_expect(EVENT_HEADER));
	CHECK_STR(rig.text, THEIR_HEADER);
	rig_order_text(MSG_SEND, p->id, OUR_HEADER);
	resume(p, false);
	rig_run(3);
}

void rig_stream(struct peer *p, bool tls, unsigned int local, unsigned int remote, uint8_t bits)
{
	rig_stream_quiet(p, tls);
	CHECK(peer_hears(p, OUR_HEADER));
	peer_forget(p);
	rig_grant(p, local, remote, bits);
	rig_turn();
}

/* --- the end --- */

static void abort_conns(const struct core *c)
{
	for (uint32_t i = 0; i < 2 * rig_peers; i++)
		if (c->conn[i].state != CONN_FREE && c->conn[i].state != CONN_GONE) {
			const struct msg m = {.kind = MSG_ABORT, .conn = c->conn[i].id};

			rig_order(&m);
		}
}

static void fail_links(const struct core *c)
{
	for (uint32_t i = 0; i < c->links.total; i++)
		if (c->links.links[i].parked.count > 0) {
			struct msg m = {.kind = MSG_LINK_FAILED};

			m.link_failed.pair = c->links.links[i].pair;
			m.link_failed.toward = (enum toward)c->links.links[i].toward;
			rig_order_to(c->setup.index, &m);
		}
}

static void abort_all(void)
{
	for (uint16_t i = 0; i < rig_cores; i++)
		abort_conns(rig.cores[i]);
	rig_run(3);
	while (take_event())
		;
	for (uint16_t i = 0; i < rig_cores; i++)
		fail_links(rig.cores[i]);
}

static void check_full(const struct core *c)
{
	CHECK_EQ(rte_mempool_avail_count(c->pool) + c->spare_count, c->pool->size);
	CHECK_EQ(c->ledgers.available, c->ledgers.total);
	CHECK_EQ(c->grants.available, c->grants.total);
	CHECK_EQ(c->links.available, c->links.total);
	CHECK_EQ(stat_read(&c->stats.law.held), 0);
	CHECK_EQ(stat_read(&c->stats.conns), 0);
	CHECK_EQ(stat_read(&c->stats.streams_granted), 0);
}

unsigned int rig_bad_checks(void)
{
	const unsigned int bad = check_bad_now + far_bad_checks();

	check_bad_now = 0;
	return bad;
}

void rig_finish(void)
{
	/* A failed link may bounce into another one: until nothing is parked anywhere. */
	for (unsigned int i = 0; i < 6; i++) {
		abort_all();
		rig_run(20);
	}
	while (take_event())
		;
	far_close();
	CHECK_EQ(LAW_SUM(came), LAW_SUM(went));
	for (uint16_t i = 0; i < rig_cores; i++)
		check_full(rig.cores[i]);
	for (uint16_t i = 0; i < rig_cores; i++)
		core_close(rig.cores[i]);
	crossing_drain(rig.crossings);
	for (uint16_t i = 0; i < rig_cores; i++) {
		core_free(rig.cores[i]);
		inbox_free_all(rig.inboxes[i]);
	}
	crossing_free(rig.crossings);
	route_free(rig.routes);
	far_check_full();
}
