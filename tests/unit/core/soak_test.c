/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * soak_test.c - random traffic, random deaths: streams of both sides die, wires are cut, hosts stop
 * reading, links fail. Whatever happens, the law holds after every turn (rig.c), each side hears
 * whole stanzas alone, in order, and all memory comes back. With one core, and with two and four,
 * whose streams are where chance has put them. SOAK_SEEDS=N for more rounds.
 */
#include "tests/unit/core/rig.h"

enum { STEPS = 300, SEEDS = 12, BODY_MAX = 6000, SAID = 64 * 1024, STREAM_IDS = 100000 };

/* One side's stream of (contoso, partner), or NULL. */
struct side {
	struct peer *peer;
	char said[SAID];
	unsigned int next_id;
};

static struct side sides[IFACE_COUNT];
static uint64_t seed;
/* Over all seeds: what a round that tests anything must have seen. */
static uint64_t delivered, bounced, again, lost, crossed;
/* Control's part: cores that have asked for a stream. */
static bool wanted[TOWARD_COUNT][RIG_CORES];

static uint64_t dice(uint64_t n)
{
	return check_random(&seed) % n;
}

/* Peers are given out once: after some deaths a round is over. */
static bool may_open(void)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < RIG_PEERS; i++)
		if (rig.peer[i].tcp != NULL || rig.peer[i].is_ended || rig.peer[i].is_reset)
			used++;
	return used < RIG_PEERS;
}

static enum iface side_of(enum toward toward)
{
	return toward == TOWARD_EDGE ? IFACE_EDGE : IFACE_INTERNAL;
}

static void via(uint16_t core, enum toward toward)
{
	const struct peer *p = sides[side_of(toward)].peer;
	struct msg m = {.kind = MSG_LINK_VIA};

	if (!wanted[toward][core] || p == NULL || p->id.core == core)
		return;
	wanted[toward][core] = false;
	m.link_via.pair = (struct pair){{CONTOSO}, {PARTNER}};
	m.link_via.toward = toward;
	m.link_via.core = p->id.core;
	rig_order_to(core, &m);
}

static void on_skipped(void)
{
	if (rig.event.kind == EVENT_CLOSED)
		for (unsigned int i = 0; i < IFACE_COUNT; i++)
			if (sides[i].peer != NULL &&
			    conn_id_equal(sides[i].peer->id, rig.event.conn))
				sides[i].peer = NULL;
	if (rig.event.kind != EVENT_LINK_WANTED)
		return;
	wanted[rig.event.link.toward][rig.event_core] = true;
	via(rig.event_core, rig.event.link.toward);
}

static void drain_events(void)
{
	rig_skip_all();
}

/*
 * One stream carries whole stanzas, in the order in which they were said; where there are several
 * cores, in that of each stream they came from (RFC 6120 10.1), since the next one may be another
 * core's.
 */
static void check_heard(const struct peer *p)
{
	const char *at = p->heard, *end;
	long before_of[2 * RIG_PEERS];

	memset(before_of, -1, sizeof(before_of));

	while ((at = strstr(at, "<message")) != NULL) {
		const char *id = strstr(at, "id='n");

		end = strstr(at, "</message>");
		if (end == NULL)
			break; /* the stream died within it */
		CHECK(id != NULL && id < end);
		/* No other stanza begins inside. */
		CHECK(strstr(at + 1, "<message") == NULL || strstr(at + 1, "<message") > end);
		if (id != NULL && strstr(at, "type='error'") != NULL &&
		    strstr(at, "type='error'") < end) {
			at = end;
			continue;
		}
		if (id != NULL) {
			const long n = strtol(id + 5, NULL, 10);
			long *before = &before_of[rig_cores > 1 ? n / STREAM_IDS : 0];

			CHECK(n > *before);
			*before = n;
		}
		at = end;
	}
}

static void open_side(enum iface i)
{
	struct peer *p = &rig.peer[0];
	const bool tls = dice(3) > 0;

	if (!may_open())
		return;
	rig_cut(i, false);
	rig_run(600);
	drain_events();
	p = rig_connect(i);
	/* rig_stream() waits for the header alone, and what is parked would come at once behind
	 * it. */
	rig_stream_quiet(p, tls);
	rig_grant(p, CONTOSO, PARTNER, GRANT_FROM_PEER | GRANT_TO_PEER);
	sides[i].peer = p;
	sides[i].next_id = (sides[i].next_id / STREAM_IDS + 1) * STREAM_IDS;
	for (uint16_t core = 0; core < rig_cores; core++)
		via(core, i == IFACE_EDGE ? TOWARD_EDGE : TOWARD_INTERNAL);
}

static void say(enum iface i)
{
	static char body[BODY_MAX + 1];
	struct side *s = &sides[i];
	const int len = (int)dice(BODY_MAX);

	if (s->peer->say_len > 0)
		return;
	memset(body, 'a' + (int)dice(26), sizeof(body) - 1);
	snprintf(s->said, sizeof(s->said), "<message from='x@%s' to='y@%s' id='n%u'>%.*s</message>",
		 i == IFACE_EDGE ? "partner.example" : "contoso.example",
		 i == IFACE_EDGE ? "contoso.example" : "partner.example", s->next_id++, len, body);
	peer_say(s->peer, s->said);
}

static void fail(enum toward toward)
{
	struct msg m = {.kind = MSG_LINK_FAILED};

	m.link_failed.pair = (struct pair){{CONTOSO}, {PARTNER}};
	m.link_failed.toward = toward;
	m.link_failed.condition = STANZA_REMOTE_SERVER_TIMEOUT;
	for (uint16_t core = 0; core < rig_cores; core++) {
		wanted[toward][core] = false;
		rig_order_to(core, &m);
	}
}

static void kill_side(struct side *s)
{
	struct peer *p = s->peer;

	switch (dice(3)) {
	case 0:
		peer_reset(p);
		break;
	case 1:
		rig_order_text(MSG_ABORT, p->id, NULL);
		break;
	case 2:
		rig_order_text(MSG_CLOSE, p->id, NULL);
		rig_run((unsigned int)dice(10));
		rig_order_text(MSG_ABORT, p->id, NULL);
		break;
	}
	rig_run(3);
	check_heard(p);
	s->peer = NULL;
}

static void step(enum iface i)
{
	struct side *s = &sides[i];

	if (s->peer != NULL && s->peer->tcp == NULL)
		s->peer = NULL;
	if (s->peer == NULL) {
		if (dice(8) == 0)
			open_side(i);
		else if (dice(10) == 0)
			fail(i == IFACE_EDGE ? TOWARD_EDGE : TOWARD_INTERNAL);
		return;
	}
	switch (dice(40)) {
	case 0:
		kill_side(s);
		break;
	case 1:
	case 2:
		rig_cut(i, true);
		break;
	case 3:
	case 4:
	case 5:
		rig_cut(i, false);
		break;
	case 6:
		s->peer->is_deaf = true;
		break;
	case 7:
	case 8:
		s->peer->is_deaf = false;
		break;
	default:
		say(i);
		break;
	}
}

static void soak(void)
{
	const unsigned int failed_before = check_bad_now;
	const uint64_t seed_now = seed;

	rig_open();
	rig.skipped = on_skipped;
	memset(wanted, 0, sizeof(wanted));
	rig.skip = BIT(EVENT_LINK_WANTED) | BIT(EVENT_CLOSED) | BIT(EVENT_FOOTER);
	memset(sides, 0, sizeof(sides));
	for (int n = 0; n < STEPS; n++) {
		step(IFACE_EDGE);
		step(IFACE_INTERNAL);
		rig_run(1 + (unsigned int)dice(8));
		drain_events();
	}
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		rig_cut((enum iface)i, false);
		if (sides[i].peer != NULL)
			sides[i].peer->is_deaf = false;
	}
	rig_run(300);
	drain_events();
	for (unsigned int i = 0; i < RIG_PEERS; i++)
		check_heard(&rig.peer[i]);
	delivered += LAW_SUM(delivered);
	bounced += LAW_SUM(bounced);
	again += STAT_SUM(maybe_twice);
	crossed += STAT_SUM(stanzas_crossed);
	for (uint16_t i = 0; i < rig_cores; i++)
		lost += stat_read_drop(core_stats(rig.cores[i]), DROP_STANZA_UNRECOVERABLE);
	rig_close();
	if (check_bad_now != failed_before)
		fprintf(stderr, "seed %llu\n", (unsigned long long)seed_now);
}

static void law_order_and_memory(uint16_t cores, uint16_t queues, enum steer_way way)
{
	const char *asked = getenv("SOAK_SEEDS");
	const unsigned int seeds = asked != NULL ? (unsigned int)atoi(asked) : SEEDS;

	rig_cores = cores;
	rig_queues = queues;
	rig_way = way;
	delivered = bounced = again = lost = crossed = 0;
	for (unsigned int i = 1; i <= seeds; i++) {
		seed = i * UINT64_C(0x9e3779b97f4a7c15);
		soak();
	}
	CHECK(delivered > seeds * 20);
	CHECK(bounced > seeds);
	CHECK(again > seeds);
	CHECK_EQ(lost, 0);
	CHECK(cores == 1 ? crossed == 0 : crossed > seeds * 10);
	printf("cores %u delivered %llu bounced %llu again %llu crossed %llu\n", cores,
	       (unsigned long long)delivered, (unsigned long long)bounced,
	       (unsigned long long)again, (unsigned long long)crossed);
}

static void one_core(void)
{
	law_order_and_memory(1, 1, STEER_ALONE);
}

static void two_cores(void)
{
	law_order_and_memory(2, 2, STEER_DEVICE);
}

static void two_cores_and_one_queue(void)
{
	law_order_and_memory(2, 1, STEER_SOFTWARE);
}

static void four_cores(void)
{
	law_order_and_memory(4, 4, STEER_SOFTWARE);
}

int main(void)
{
	rig_start();
	rig_link_queue_bytes = 200 * 1000;
	RUN(one_core);
	RUN(two_cores);
	RUN(two_cores_and_one_queue);
	RUN(four_cores);
	return check_summary();
}
