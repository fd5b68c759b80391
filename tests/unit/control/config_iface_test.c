/* SPDX-License-Identifier: BSD-3-Clause */
/* config_iface_test.c - the addresses of the interfaces, and of the gateways behind one of them, in
 * both families: what is taken, what is refused and what is said about it. */
#include "config_text.h"

#define DIALLED(attributes)                                                                        \
	HEAD EDGE INTERNAL LIMITS LOCALS                                                           \
	    "<gateways>\n<gateway name='g' " attributes                                            \
	    "><certificate-name>g.example</certificate-name>"                                      \
	    "<domain>contoso.example</domain></gateway></gateways>" PARTNER TAIL

static void checks_dialled_gateways(void)
{
	takes(DIALLED("dial='direct-tls' address='198.51.100.77'"), "");
	refuses(DIALLED("dial='direct-tls'"), "t.xml:7: error: gateway \"g\" is to be dialled "
					      "(dial=\"direct-tls\") but has no address\n");
	refuses(DIALLED("dial='starttls' address='203.0.113.1'"),
		"t.xml:7: error: address 203.0.113.1 of gateway \"g\" is outside the internal "
		"network, and <internal> has no gateway\n");
	refuses(
	    DIALLED("dial='starttls' address='2001:db8::1'"),
	    "t.xml:7: error: address 2001:db8::1 of gateway \"g\": <internal> has no address6\n");
	takes(DIALLED("address='198.51.100.77'"), "t.xml:7: warning: gateway \"g\" has an address, "
						  "which is not used while dial is none\n");
	refuses(DIALLED("dial='direct-tls' address='198.51.100.77' port='0'"),
		"t.xml:7: error: port is 0: expected 1 to 65535\n");
}

/* The same with an internal interface of which @attributes say the addresses. */
#define DIALLED_FROM(attributes, address)                                                          \
	HEAD EDGE "<internal driver='tap' device='px1' " attributes                                \
		  "><tls certificate='a' key='b' trust='c'/></internal>\n" LIMITS LOCALS           \
		  "<gateways>\n<gateway name='g' dial='direct-tls' address='" address              \
		  "'><certificate-name>g.example</certificate-name>"                               \
		  "<domain>contoso.example</domain></gateway></gateways>" PARTNER TAIL

static void checks_families_of_gateways(void)
{
	takes(DIALLED_FROM("address6='2001:db8:1::10/64'", "2001:db8:1::20"), "");
	takes(DIALLED_FROM("address='198.51.100.10/24' address6='2001:db8:1::10/64'",
			   "2001:db8:1::20"),
	      "");
	takes(DIALLED_FROM("address6='2001:db8:1::10/64' gateway6='fe80::1'", "2001:db8:2::20"),
	      "");
	refuses(DIALLED_FROM("address6='2001:db8:1::10/64'", "198.51.100.20"),
		"t.xml:7: error: address 198.51.100.20 of gateway \"g\": <internal> has no "
		"address\n");
	refuses(DIALLED_FROM("address='198.51.100.10/24'", "2001:db8:1::20"),
		"t.xml:7: error: address 2001:db8:1::20 of gateway \"g\": <internal> has no "
		"address6\n");
	/* the last bit of a prefix that ends within an octet */
	takes(DIALLED_FROM("address6='2001:db8:1:8::10/61'", "2001:db8:1:f::20"), "");
	refuses(DIALLED_FROM("address6='2001:db8:1:8::10/61'", "2001:db8:1:10::20"),
		"t.xml:7: error: address 2001:db8:1:10::20 of gateway \"g\" is outside the "
		"internal network, and <internal> has no gateway6\n");
	/* the other family's gateway does not help */
	refuses(DIALLED_FROM("address='198.51.100.10/24' gateway='198.51.100.1' "
			     "address6='2001:db8:1::10/64'",
			     "2001:db8:2::20"),
		"t.xml:7: error: address 2001:db8:2::20 of gateway \"g\" is outside the internal "
		"network, and <internal> has no gateway6\n");
}

static void checks_addresses(void)
{
	refuses(
	    WITH_EDGE("address='192.0.2.10/33' gateway='192.0.2.1'"),
	    "t.xml:2: error: address is 192.0.2.10/33: expected an IPv4 address with its prefix "
	    "length, for example 192.0.2.10/24\n");
	refuses(WITH_EDGE("address='192.0.2.0/24' gateway='192.0.2.1'"),
		"t.xml:2: error: address 192.0.2.0/24 is the address of the network itself\n");
	refuses(WITH_EDGE("address='192.0.2.255/24' gateway='192.0.2.1'"),
		"t.xml:2: error: address 192.0.2.255/24 is the network's broadcast address\n");
	refuses(WITH_EDGE("address='127.0.0.5/8' gateway='127.0.0.1'"),
		"t.xml:2: error: address 127.0.0.5/8 is not a unicast address of a host\n");
	takes(WITH_EDGE("address='192.0.2.0/31' gateway='192.0.2.1'"), "");
	refuses(WITH_EDGE("address='192.0.2.10/24' gateway='192.0.2.10'"),
		"t.xml:2: error: gateway 192.0.2.10 is the interface's own address\n");
	refuses(WITH_EDGE("address='192.0.2.10/24' gateway='203.0.113.1'"),
		"t.xml:2: error: gateway 203.0.113.1 is not within the interface's own network\n");
	takes(WITH_EDGE("address='192.0.2.10/24'"),
	      "t.xml:2: warning: no gateway: only partners of the interface's own network can be "
	      "reached\n");
	refuses(WITH_EDGE("address='2001:db8::1/64' gateway='2001:db8::2'"),
		"t.xml:2: error: address is 2001:db8::1/64: expected an IPv4 address with its "
		"prefix length, for example 192.0.2.10/24\n"
		"t.xml:2: error: gateway is 2001:db8::2: expected an IPv4 address\n");
	refuses(WITH_EDGE("address='198.51.100.10/24' gateway='198.51.100.1'"),
		"t.xml:3: error: edge and internal have the same address\n");
	takes(WITH_EDGE("address='198.51.100.11/24' gateway='198.51.100.1'"),
	      "t.xml:3: warning: the networks of edge and internal overlap\n");
}

#define EXPECTED6 "expected an IPv6 address with its prefix length, for example 2001:db8::10/64\n"

static void checks_addresses6(void)
{
	takes(WITH_EDGE("address6='2001:db8::10/64' gateway6='2001:db8::1'"), "");
	takes(WITH_EDGE("address6='2001:db8::10/64' gateway6='fe80::1'"), "");
	takes(WITH_EDGE("address6='fd00::10/64' gateway6='fe80::1'"), "");
	takes(WITH_EDGE("address6='2001:db8::10/127' gateway6='2001:db8::11'"), "");
	takes(WITH_EDGE("address6='2001:db8::10/64'"),
	      "t.xml:2: warning: no gateway6: only partners of the interface's own network can be "
	      "reached\n");
	refuses(WITH_EDGE("address6='192.0.2.10/24'"),
		"t.xml:2: error: address6 is 192.0.2.10/24: " EXPECTED6);
	refuses(WITH_EDGE("address6='2001:db8::10/129'"),
		"t.xml:2: error: address6 is 2001:db8::10/129: " EXPECTED6);
	refuses(WITH_EDGE("address6='2001:db8:::10/64'"),
		"t.xml:2: error: address6 is 2001:db8:::10/64: " EXPECTED6);
	refuses(WITH_EDGE("address6='2001:db8::10'"),
		"t.xml:2: error: address6 of <edge> is \"2001:db8::10\": expected an IPv6 address "
		"with its prefix length, for example 2001:db8::10/64\n");
	refuses(WITH_EDGE("address6='2001:db8::10/64' gateway6='192.0.2.1'"),
		"t.xml:2: error: gateway6 is 192.0.2.1: expected an IPv6 address\n");
	refuses(WITH_EDGE("address6='fe80::10/64' gateway6='fe80::1'"),
		"t.xml:2: error: address6 fe80::10/64 is a link-local address: nobody beyond the "
		"link can reach it\n");
	refuses(WITH_EDGE("address6='ff02::10/64' gateway6='fe80::1'"),
		"t.xml:2: error: address6 ff02::10/64 is not a unicast address of a host\n");
	refuses(WITH_EDGE("address6='::1/128' gateway6='fe80::1'"),
		"t.xml:2: error: address6 ::1/128 is not a unicast address of a host\n");
	refuses(WITH_EDGE("address6='2001:db8::10/64' gateway6='2001:db8::10'"),
		"t.xml:2: error: gateway6 2001:db8::10 is the interface's own address\n");
	refuses(WITH_EDGE("address6='2001:db8::10/64' gateway6='2001:db8:0:1::1'"),
		"t.xml:2: error: gateway6 2001:db8:0:1::1 is not within the interface's own "
		"network\n");
}

#define V4 "address='192.0.2.10/24' gateway='192.0.2.1' "
#define V6 "address6='2001:db8::10/64' gateway6='2001:db8::1' "

static void checks_both_families(void)
{
	struct config *c = parse(WITH_EDGE(V4 V6 "vlan='42'"));
	const struct config_iface *i = &c->iface[IFACE_EDGE];
	char text[ADDR_TEXT_MAX];

	CHECK_STR(said, "");
	CHECK_STR(addr_text(&i->address, text), "192.0.2.10");
	CHECK_STR(addr_text(&i->address6, text), "2001:db8::10");
	CHECK_STR(addr_text(&i->gateway6, text), "2001:db8::1");
	CHECK_EQ(i->prefix_len, 24);
	CHECK_EQ(i->prefix6_len, 64);
	CHECK_EQ(i->vlan, 42);
	config_free(c);
	refuses(WITH_EDGE(""), "t.xml:2: error: neither address nor address6: one is needed\n");
	refuses(WITH_EDGE("gateway='192.0.2.1' " V6), "t.xml:2: error: gateway without address\n");
	refuses(WITH_EDGE(V4 "gateway6='2001:db8::1'"),
		"t.xml:2: error: gateway6 without address6\n");
	refuses(WITH_EDGE("gateway6='2001:db8::1'"),
		"t.xml:2: error: gateway6 without address6\n"
		"t.xml:2: error: neither address nor address6: one is needed\n");
}

static void checks_edge_and_internal_apart(void)
{
#define WITH_BOTH(edge, internal)                                                                  \
	HEAD "<edge driver='tap' device='px0' " edge                                               \
	     "><tls certificate='a' key='b'/></edge>\n<internal driver='tap' "                     \
	     "device='px1' " internal                                                              \
	     "><tls certificate='a' key='b' trust='c'/></internal>\n" LIMITS LOCALS GATEWAY        \
		 PARTNER TAIL
	takes(WITH_BOTH(V6, "address6='2001:db8:1::10/64'"), "");
	takes(WITH_BOTH(V4, "address6='2001:db8::10/64'"), "");
	refuses(WITH_BOTH(V6, "address6='2001:db8::10/64'"),
		"t.xml:3: error: edge and internal have the same address6\n");
	takes(WITH_BOTH(V6, "address6='2001:db8::11/64'"),
	      "t.xml:3: warning: the networks of edge and internal overlap\n");
	takes(WITH_BOTH(V6, "address6='2001:db8:0:1::11/32'"),
	      "t.xml:3: warning: the networks of edge and internal overlap\n");
}

/* IPv6 asks 1280 octets of every link (RFC 8200 5); a VLAN id has twelve bits, and 4095 is
 * reserved (IEEE 802.1Q 9.6). */
static void checks_mtu_and_vlan(void)
{
	takes(WITH_EDGE(V4 V6 "mtu='1280'"), "");
	takes(WITH_EDGE(V4 "mtu='1279'"), "");
	refuses(WITH_EDGE(V4 V6 "mtu='1279'"),
		"t.xml:2: error: mtu is 1279: IPv6 needs 1280 (RFC 8200), or leave out address6\n");
	takes(WITH_EDGE(V4 "vlan='1'"), "");
	takes(WITH_EDGE(V4 "vlan='4094'"), "");
	refuses(WITH_EDGE(V4 "vlan='4095'"), "t.xml:2: error: vlan is 4095: expected 0 to 4094\n");
	refuses(WITH_EDGE(V4 "vlan='two'"),
		"t.xml:2: error: vlan of <edge> is \"two\": expected a whole number\n");
}

int main(void)
{
	RUN(checks_dialled_gateways);
	RUN(checks_families_of_gateways);
	RUN(checks_addresses);
	RUN(checks_addresses6);
	RUN(checks_both_families);
	RUN(checks_edge_and_internal_apart);
	RUN(checks_mtu_and_vlan);
	return check_summary();
}
