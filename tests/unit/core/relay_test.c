/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_test.c - stanzas across the relay: context, policy, bounces, answers, order. */
#include "tests/unit/core/rig.h"

#define MESSAGE(body)                                                                              \
	"<message from='bob@partner.example/r' to='alice@contoso.example' id='m'><body>" body      \
	"</body></message>"
#define MESSAGE_DE(body)                                                                           \
	"<message xml:lang='de' from='bob@partner.example/r' to='alice@contoso.example' "          \
	"id='m'><body>" body "</body></message>"
#define REPLY(to)                                                                                  \
	"<message from='alice@contoso.example' to='bob@" to "' id='r'><body>hi</body></message>"
#define REPLY_DE(to)                                                                               \
	"<message xml:lang='de' from='alice@contoso.example' to='bob@" to                          \
	"' id='r'><body>hi</body></message>"

/* Both streams of (contoso, partner), bidirectional. */
static void open_pair(struct peer **edge, struct peer **gateway, bool tls)
{
	rig_open();
	*edge = rig_connect(IFACE_EDGE);
	rig_stream(*edge, tls, CONTOSO, PARTNER, GRANT_FROM_PEER | GRANT_TO_PEER);
	*gateway = rig_connect(IFACE_INTERNAL);
	rig_stream(*gateway, tls, CONTOSO, PARTNER, GRANT_FROM_PEER | GRANT_TO_PEER);
}

/* Stanzas whose way was timed. */
static uint64_t latencies(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= STATS_LATENCY_BOUNDS; i++)
		n += stat_read(&rig.core->stats.latency[i]);
	return n;
}

static void cross(bool tls)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, tls);
	peer_say(edge, MESSAGE("1"));
	CHECK(peer_hears(gateway, MESSAGE_DE("1")));
	peer_say(gateway, REPLY("partner.example"));
	CHECK(peer_hears(edge, REPLY_DE("partner.example")));
	rig_run(500);
	CHECK_EQ(LAW(accepted), 2);
	CHECK_EQ(LAW(delivered), 2);
	CHECK_EQ(stat_read(&rig.core->stats.partner[1].law.delivered), 2);
	CHECK_EQ(stat_read(&rig.core->stats.partner[1].stanzas_in[0]), 1); /* messages */
	CHECK_EQ(stat_read(&rig.core->stats.partner[1].stanzas_out[0]), 1);
	CHECK_EQ(stat_read_kinds(rig.core->stats.partner[1].stanzas_in), 1);
	CHECK_EQ(stat_read_kinds(rig.core->stats.partner[1].stanzas_out), 1);
	CHECK_EQ(stat_stanzas(&rig.core->stats), 2);
	CHECK(stat_read(&rig.core->stats.frames_in) >= stat_read(&rig.core->stats.bursts_in));
	CHECK(stat_read(&rig.core->stats.bursts_in) > 2);
	CHECK_EQ(latencies(), 1); /* of the first of two */
	CHECK(stat_read(&rig.core->stats.frames_out) > 2);
	CHECK(rig_is_quiet());
	rig_close();
}

/* One in SAMPLE_EVERY, the first included; none is left behind. */
static void times_some(void)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, true);
	for (unsigned int i = 0; i < 2 * SAMPLE_EVERY + 2; i++) {
		peer_say(edge, MESSAGE("1"));
		rig_run(20);
	}
	rig_run(500);
	CHECK_EQ(LAW(delivered), 2 * SAMPLE_EVERY + 2);
	CHECK_EQ(latencies(), 3);
	CHECK_EQ(rig.core->samples.placed, 0);
	CHECK(stat_read(&rig.core->stats.latency_sum_us) < 3 * UINT64_C(10000000));
	rig_close();
}

static void crosses_in_plain(void)
{
	cross(false);
}

static void crosses_in_tls(void)
{
	cross(true);
}

static void crosses_in_tls_1_2(void)
{
	rig_tls_version = TLS_1_2;
	cross(true);
	rig_tls_version = TLS_1_3;
}

static void takes_context_along(void)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, true);
	peer_say(edge, "<message xml:lang='en' from='b@partner.example' to='a@contoso.example'>"
		       "<x:y/></message>");
	CHECK(peer_hears(gateway, "<message xmlns:x='urn:x' xml:lang='en' from='b@partner.example' "
				  "to='a@contoso.example'><x:y/></message>"));
	rig_close();
}

/* Each cut of the same stream into records gives the same bytes on the other side. */
static void frames_across_any_cut(void)
{
	static const char text[] = MESSAGE("cut") " " MESSAGE("cut again");
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, true);
	for (size_t cut = 1; cut < sizeof(text) - 1; cut += 7) {
		peer_forget(gateway);
		peer_say_bytes(edge, text, cut);
		rig_run(3);
		peer_say_bytes(edge, text + cut, sizeof(text) - 1 - cut);
		CHECK(peer_hears(gateway, MESSAGE_DE("cut") MESSAGE_DE("cut again")));
	}
	rig_close();
}

static void keeps_order_of_many(void)
{
	enum { COUNT = 400 };
	static char said[COUNT * 256], wanted[COUNT * 256];
	struct peer *edge, *gateway;
	size_t s = 0, w = 0;

	for (int i = 0; i < COUNT; i++) {
		s += (size_t)snprintf(said + s, sizeof(said) - s,
				      "<message from='b@partner.example' to='a@contoso.example' "
				      "id='%d'/>",
				      i);
		w += (size_t)snprintf(wanted + w, sizeof(wanted) - w,
				      "<message xml:lang='de' from='b@partner.example' "
				      "to='a@contoso.example' id='%d'/>",
				      i);
	}
	open_pair(&edge, &gateway, true);
	peer_say_bytes(edge, said, s);
	CHECK(peer_hears(gateway, wanted));
	rig_run(500);
	CHECK_EQ(LAW(delivered), COUNT);
	/* Several stanzas of a turn share a record. */
	CHECK(stat_read(&rig.core->stats.records_sealed) < COUNT / 2);
	rig_close();
}

static void refused(const char *stanza, enum drop why)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, false);
	peer_say(edge, stanza);
	CHECK(rig_expect(EVENT_STANZA_REFUSED));
	CHECK_EQ(rig.event.drop, why);
	CHECK_EQ(rig_drops(why), 1);
	CHECK_EQ(LAW(accepted), 0);
	/* Paused for good: what follows is not read. */
	peer_say(edge, MESSAGE("no"));
	rig_run(50);
	CHECK(peer_hears(gateway, ""));
	rig_order_text(MSG_CLOSE, edge->id, "<stream:error/>");
	CHECK(peer_hears(edge, "<stream:error/></stream:stream>"));
	rig_close();
}

static void refuses_what_ends_a_stream(void)
{
	refused("<message to='a@contoso.example'/>", DROP_STANZA_NO_ADDRESS);
	refused("<message from='b@partner.example'/>", DROP_STANZA_NO_ADDRESS);
	refused("<message from='b@partner.example' to='@'/>", DROP_STANZA_NO_ADDRESS);
	refused("<message from='b@other.example' to='a@contoso.example'/>",
		DROP_STANZA_INVALID_FROM);
	refused("<message from='b@nobody.example' to='a@contoso.example'/>",
		DROP_STANZA_INVALID_FROM);
	refused("<message from='b@contoso.example' to='a@contoso.example'/>",
		DROP_STANZA_INVALID_FROM);
	refused("<message from='b@partner.example' to='a@nobody.example'/>",
		DROP_STANZA_HOST_UNKNOWN);
	refused("<message from='b@partner.example' to='a@other.example'/>",
		DROP_STANZA_HOST_UNKNOWN);
	refused("<message from='b@partner.example' to='a@fabrikam.example'/>",
		DROP_STANZA_INVALID_FROM);
}

static void refuses_an_endless_opening_tag(void)
{
	static char tag[STANZA_HEAD_BYTES_MAX + 200];
	int n = snprintf(tag, sizeof(tag),
			 "<message from='b@partner.example' to='a@contoso.example' a='");

	memset(tag + n, 'x', STANZA_HEAD_BYTES_MAX);
	strcpy(tag + n + STANZA_HEAD_BYTES_MAX, "'/>");
	refused(tag, DROP_STANZA_HEAD);
}

static void gateway_from_is_checked(void)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, false);
	peer_say(gateway, "<message from='a@fabrikam.example' to='b@partner.example'/>");
	CHECK(rig_expect(EVENT_STANZA_REFUSED));
	CHECK_EQ(rig.event.drop, DROP_STANZA_INVALID_FROM);
	rig_close();
}

static void unknown_target_bounces_and_the_stream_lives(void)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, true);
	peer_say(gateway, REPLY("nobody.example"));
	while (gateway->heard_len == 0)
		rig_turn();
	CHECK(strstr(gateway->heard, "type='error'") != NULL);
	CHECK(strstr(gateway->heard, "<not-allowed") != NULL);
	CHECK(strstr(gateway->heard, "from='bob@nobody.example'") != NULL);
	CHECK_EQ(LAW(bounced), 1);
	CHECK_EQ(stat_read(&rig.core->stats.bounces_sent), 1);
	peer_say(gateway, REPLY("partner.example"));
	CHECK(peer_hears(edge, REPLY_DE("partner.example")));
	rig_close();
}

static void unknown_target_of_an_error_is_dropped(void)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, false);
	peer_say(gateway, "<message type='error' from='a@contoso.example' to='b@nobody.example'/>");
	rig_run(50);
	CHECK(peer_hears(gateway, ""));
	CHECK_EQ(LAW(dropped), 1);
	CHECK_EQ(rig_drops(DROP_STANZA_NOT_ALLOWED), 1);
	rig_close();
}

static void gateway_is_routed_by_to(void)
{
	struct peer *edge, *gateway, *second;

	open_pair(&edge, &gateway, false);
	second = rig_connect(IFACE_EDGE);
	rig_stream(second, false, CONTOSO, OTHER, GRANT_TO_PEER);
	/* Down the stream of (contoso, partner), to the other partner (facts.md 3.2). */
	peer_say(gateway, REPLY("other.example"));
	CHECK(peer_hears(second, REPLY_DE("other.example")));
	CHECK(peer_hears(edge, ""));
	rig_close();
}

static void any_grant_of_a_gateway(void)
{
	struct peer *edge, *gateway;

	rig_open();
	edge = rig_connect(IFACE_EDGE);
	rig_stream(edge, false, CONTOSO, PARTNER, GRANT_TO_PEER);
	gateway = rig_connect(IFACE_INTERNAL);
	rig_stream(gateway, false, CONTOSO, DOMAIN_ANY.n, GRANT_FROM_PEER);
	peer_say(gateway, REPLY("partner.example"));
	CHECK(peer_hears(edge, REPLY_DE("partner.example")));
	rig_close();
}

static void probe_is_answered(void)
{
	struct peer *edge, *gateway;

	open_pair(&edge, &gateway, false);
	peer_say(edge, "<iq type='result' id='sluice-probe-1' from='partner.example' "
		       "to='contoso.example'/>"
		       "<iq type='get' id='sluice-probe-2' from='partner.example' "
		       "to='contoso.example'/>");
	CHECK(peer_hears(gateway, "<iq xml:lang='de' type='get' id='sluice-probe-2' "
				  "from='partner.example' to='contoso.example'/>"));
	CHECK_EQ(LAW(answered), 1);
	CHECK_EQ(LAW(accepted), 2);
	rig_close();
}

static void control_gets_what_is_no_stanza(void)
{
	struct peer *edge, *gateway;
	struct msg m = {.kind = MSG_RESUME};

	open_pair(&edge, &gateway, false);
	peer_say(edge, "<other xmlns='urn:o'/>" MESSAGE("behind"));
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, "<other xmlns='urn:o'/>");
	rig_run(50);
	CHECK(peer_hears(gateway, ""));
	m.conn = edge->id;
	rig_order(&m);
	CHECK(peer_hears(gateway, MESSAGE_DE("behind")));
	rig_close();
}

static void stanza_without_grant_is_controls(void)
{
	struct peer *edge;

	rig_open();
	edge = rig_connect(IFACE_EDGE);
	rig_stream(edge, false, CONTOSO, PARTNER, GRANT_TO_PEER);
	peer_say(edge, MESSAGE("early"));
	CHECK(rig_expect(EVENT_ELEMENT));
	CHECK_STR(rig.text, MESSAGE("early"));
	rig_close();
}

static void big_stanza(bool tls)
{
	enum { BIG = 200 * 1024 };
	static char said[BIG + 512], wanted[BIG + 512];
	struct peer *edge, *gateway;
	int n = snprintf(said, sizeof(said),
			 "<message from='b@partner.example' to='a@contoso.example'><body>");
	int w = snprintf(wanted, sizeof(wanted),
			 "<message xml:lang='de' from='b@partner.example' "
			 "to='a@contoso.example'><body>");

	for (int i = 0; i < BIG; i++)
		said[n + i] = wanted[w + i] = (char)('a' + i % 23);
	strcpy(said + n + BIG, "</body></message>");
	strcpy(wanted + w + BIG, "</body></message>");
	open_pair(&edge, &gateway, tls);
	peer_say(edge, said);
	CHECK(peer_hears(gateway, wanted));
	/* And small ones around it keep their place. */
	peer_forget(gateway);
	peer_say(edge, MESSAGE("after"));
	CHECK(peer_hears(gateway, MESSAGE_DE("after")));
	rig_run(500);
	CHECK_EQ(LAW(delivered), 2);
	rig_close();
}

static void carries_200_kb(void)
{
	big_stanza(false);
	big_stanza(true);
}

int main(void)
{
	rig_start();
	RUN(crosses_in_plain);
	RUN(times_some);
	RUN(crosses_in_tls);
	RUN(crosses_in_tls_1_2);
	RUN(takes_context_along);
	RUN(frames_across_any_cut);
	RUN(keeps_order_of_many);
	RUN(refuses_what_ends_a_stream);
	RUN(refuses_an_endless_opening_tag);
	RUN(gateway_from_is_checked);
	RUN(unknown_target_bounces_and_the_stream_lives);
	RUN(unknown_target_of_an_error_is_dropped);
	RUN(gateway_is_routed_by_to);
	RUN(any_grant_of_a_gateway);
	RUN(probe_is_answered);
	RUN(control_gets_what_is_no_stanza);
	RUN(stanza_without_grant_is_controls);
	RUN(carries_200_kb);
	return check_summary();
}
