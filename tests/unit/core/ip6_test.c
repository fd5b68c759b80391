/* SPDX-License-Identifier: BSD-3-Clause */
/* ip6_test.c - a core with both families: streams by IPv6, and what it does not reach. */
#include "tests/unit/core/rig.h"

#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "    \
	"version='1.0'>"
#define FROM(lang, body)                                                                           \
	"<message" lang                                                                            \
	" from='bob@partner.example/r' to='alice@contoso.example' id='m'><body>" body              \
	"</body></message>"

static void crosses(void)
{
	const uint8_t both = GRANT_FROM_PEER | GRANT_TO_PEER;
	struct peer *edge, *gateway;

	rig_open();
	edge = rig_connect(IFACE_EDGE);
	CHECK(!addr_is_v4(&rig.event.accepted.remote));
	rig_stream(edge, true, CONTOSO, PARTNER, both);
	gateway = rig_connect(IFACE_INTERNAL);
	CHECK(!addr_is_v4(&rig.event.accepted.remote));
	rig_stream(gateway, true, CONTOSO, PARTNER, both);
	peer_say(edge, FROM("", "1"));
	CHECK(peer_hears(gateway, FROM(" xml:lang='de'", "1")));
	rig_run(500);
	CHECK_EQ(LAW(accepted), 1);
	CHECK_EQ(LAW(delivered), 1);
	rig_close();
}

static void dials(void)
{
	struct peer *p;

	rig_open();
	p = rig_dial(IFACE_EDGE);
	rig_order_text(MSG_SEND, p->id, HEADER);
	CHECK(peer_hears(p, HEADER));
	rig_close();
}

/* Without an address of the family there is no dialling into it. */
static void refuses_what_it_has_no_address_for(void)
{
	struct msg m = {.kind = MSG_DIAL};

	rig_ipv6 = false;
	rig_open();
	m.dial.ref = 5;
	m.dial.iface = IFACE_EDGE;
	m.dial.remote_port = 5269;
	CHECK(addr_parse("2001:db8::2", &m.dial.remote));
	rig_order(&m);
	CHECK(rig_expect(EVENT_DIAL_FAILED));
	CHECK_EQ(rig.event.dialed.drop, DROP_IP_NO_ROUTE);
	rig_close();
	rig_ipv6 = true;
}

int main(void)
{
	rig_start();
	rig_ipv6 = true;
	RUN(crosses);
	RUN(dials);
	RUN(refuses_what_it_has_no_address_for);
	return check_summary();
}
