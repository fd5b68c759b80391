/* SPDX-License-Identifier: BSD-3-Clause */
/* load_endpoint_test.c - two endpoints back to back over a wire that cuts where it likes: all
 * ways of opening a stream, stanzas of all sizes, and ends that must not be taken for good ones. */
#include "bench/load/endpoint.h"

#include <stdlib.h>

#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

enum { WIRE = 1024 * 1024, LARGE = 60000 };

static struct kit_cert ca, cert[2];
static struct tls_ctx *tls[2];
static struct record_machine *machine;
static const char *const names[2] = {"p0.example", "contoso.example"};

/* [0] dials. */
struct side {
	struct endpoint *e;
	unsigned int authorised, may_send, stanzas, ended;
	unsigned int method;
	size_t stanza_bytes;
	char why[256];
	struct partner partner;
	struct policy policy;
	char *ours[2];
};

static struct side side[2];
static uint8_t wire[WIRE];

static void on_authorised(void *user, const char *ours, const char *theirs, unsigned int method,
			  bool may_send)
{
	struct side *s = user;

	(void)ours, (void)theirs;
	s->authorised++;
	s->may_send += may_send;
	s->method = method;
}

static void on_stanza(void *user, struct span stanza, const struct framer_root *root)
{
	struct side *s = user;
	struct stanza head;

	CHECK(stanza_parse(stanza, root, &head));
	CHECK(head.from.at != NULL && head.to.at != NULL);
	CHECK_EQ(stanza.at[stanza.len - 1], '>');
	s->stanzas++;
	s->stanza_bytes += stanza.len;
}

static void on_ended(void *user, const char *why)
{
	struct side *s = user;

	s->ended++;
	snprintf(s->why, sizeof(s->why), "%s", why != NULL ? why : "");
}

static const struct endpoint_calls calls = {on_authorised, on_stanza, on_ended};

static void open_side(int i, enum endpoint_kind kind, bool direct_tls, enum level sasl,
		      enum level level)
{
	static char secret[] = "secret";
	struct side *s = &side[i];
	struct endpoint_setup setup = {
	    .kind = kind,
	    .is_dialled = i == 0,
	    .has_tls = direct_tls,
	    .ours = i == 0 ? names[0] : NULL,
	    .theirs = i == 0 ? names[1] : NULL,
	    .secret = secret,
	    .policy = &s->policy,
	    .tls = tls[i],
	    .machine = machine,
	    .calls = &calls,
	    .user = s,
	};

	memset(s, 0, sizeof(*s));
	s->ours[0] = strdup(names[i]);
	s->partner = (struct partner){.id = {1},
				      .domain = strdup(names[1 - i]),
				      .tls = level,
				      .sasl = sasl,
				      .dialback = true};
	s->policy = (struct policy){
	    .local_domains = s->ours,
	    .partners = &s->partner,
	    .partner_count = 1,
	    .dialback_passphrase = secret,
	    .limits = {.establishment_timeout_s = 60, .stanza_bytes_max = STANZA_BYTES_DEFAULT}};
	s->e = endpoint_make(&setup, 1);
}

static void close_sides(void)
{
	for (int i = 0; i < 2; i++) {
		endpoint_free(side[i].e);
		free(side[i].ours[0]);
		free(side[i].partner.domain);
	}
}

/* All bytes in pieces of at most @cut. */
static void deliver(int to, size_t len, size_t cut)
{
	for (size_t at = 0; at < len; at += cut) {
		uint8_t *piece = malloc(min_size(cut, len - at)); /* so that no byte more is read */

		memcpy(piece, wire + at, min_size(cut, len - at));
		endpoint_on_bytes(side[to].e, piece, min_size(cut, len - at), 1);
		free(piece);
	}
}

static void run(size_t cut)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (int i = 0; i < 2; i++) {
			const size_t len = endpoint_output(side[i].e, wire, sizeof(wire));

			moved = moved || len > 0;
			deliver(1 - i, len, cut);
		}
	}
}

static void open_both(size_t cut)
{
	endpoint_on_open(side[0].e, 1);
	run(cut);
}

/* One record with @count stanzas, or with a part of one. */
static void send_text(int from, const char *text, size_t len, size_t cut)
{
	while (len > 0) {
		const size_t part = min_size(len, endpoint_plain_room(side[from].e, WIRE));

		memcpy(wire + endpoint_plain_offset(side[from].e), text, part);
		deliver(1 - from, endpoint_seal(side[from].e, wire, part), cut);
		text += part;
		len -= part;
	}
}

static const char *stanza_of(size_t bytes)
{
	static char text[LARGE + 128];
	const int len = snprintf(text, sizeof(text),
				 "<message from='me@p0.example' to='me@contoso.example'>"
				 "<body>");

	memset(text + len, 'x', bytes);
	strcpy(text + len + bytes, "</body></message>");
	return text;
}

static void check_stanzas(size_t cut)
{
	static const size_t sizes[] = {1, 200, 16384, LARGE};
	size_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const char *text = stanza_of(sizes[i]);

		sum += strlen(text);
		send_text(0, text, strlen(text), cut);
		CHECK_EQ(side[1].stanzas, i + 1);
	}
	CHECK_EQ(side[1].stanza_bytes, sum);
	endpoint_close(side[0].e);
	run(cut);
	CHECK_STR(side[1].why, "");
	CHECK_EQ(side[1].ended, 1);
	CHECK(endpoint_is_over(side[1].e));
}

static const size_t cuts[] = {WIRE, 1448, 7, 1};

static void opens_by_external(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		for (int direct = 0; direct < 2; direct++) {
			open_side(0, ENDPOINT_S2S, direct, LEVEL_OPTIONAL, LEVEL_REQUIRED);
			open_side(1, ENDPOINT_S2S, direct, LEVEL_OPTIONAL, LEVEL_REQUIRED);
			open_both(cuts[i]);
			CHECK(side[0].authorised == 1 && side[1].authorised == 1);
			CHECK_EQ(side[0].may_send, 1);
			CHECK_EQ(side[0].method, METHOD_SASL_EXTERNAL);
			check_stanzas(cuts[i]);
			close_sides();
		}
}

static void opens_by_dialback(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		for (int plain = 0; plain < 2; plain++) {
			const enum level level = plain ? LEVEL_NOT_SUPPORTED : LEVEL_REQUIRED;

			open_side(0, ENDPOINT_S2S, false, LEVEL_NOT_SUPPORTED, level);
			open_side(1, ENDPOINT_S2S, false, LEVEL_NOT_SUPPORTED, level);
			open_both(cuts[i]);
			CHECK(side[0].authorised == 1 && side[1].authorised == 1);
			CHECK_EQ(side[1].method,
				 plain ? METHOD_DIALBACK_PLAIN : METHOD_DIALBACK_TLS);
			check_stanzas(cuts[i]);
			close_sides();
		}
}

static void opens_bare(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		for (int has_tls = 0; has_tls < 2; has_tls++) {
			open_side(0, ENDPOINT_BARE, has_tls, LEVEL_OPTIONAL, LEVEL_REQUIRED);
			open_side(1, ENDPOINT_BARE, has_tls, LEVEL_OPTIONAL, LEVEL_REQUIRED);
			endpoint_on_open(side[1].e, 1);
			open_both(cuts[i]);
			CHECK(side[0].authorised == 1 && side[1].authorised == 1);
			check_stanzas(cuts[i]);
			close_sides();
		}
}

/* XEP-0114 3: the hash of "3BF96D32" and "secret", by coreutils' sha1sum. */
static void opens_a_component(void)
{
	static const char header[] = "<stream:stream xmlns='jabber:component:accept' "
				     "xmlns:stream='http://etherx.jabber.org/streams' "
				     "from='p0.example' id='3BF96D32'>";
	static const char accepted[] =
	    "<handshake/><message from='a@p0.example' to='b@p0.example'/>";
	uint8_t bytes[256];
	size_t len;

	open_side(0, ENDPOINT_COMPONENT, false, LEVEL_OPTIONAL, LEVEL_REQUIRED);
	open_side(1, ENDPOINT_COMPONENT, false, LEVEL_OPTIONAL, LEVEL_REQUIRED);
	endpoint_on_open(side[0].e, 1);
	len = endpoint_output(side[0].e, wire, sizeof(wire) - 1);
	wire[len] = '\0';
	CHECK(strstr((const char *)wire, "to='p0.example'") != NULL);
	memcpy(bytes, header, sizeof(header));
	endpoint_on_bytes(side[0].e, bytes, sizeof(header) - 1, 1);
	len = endpoint_output(side[0].e, wire, sizeof(wire) - 1);
	wire[len] = '\0';
	CHECK_STR((const char *)wire,
		  "<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>");
	CHECK_EQ(side[0].authorised, 0);
	memcpy(bytes, accepted, sizeof(accepted));
	endpoint_on_bytes(side[0].e, bytes, sizeof(accepted) - 1, 1);
	CHECK_EQ(side[0].authorised, 1);
	CHECK_EQ(side[0].stanzas, 1);
	close_sides();
}

/* A TLS record that has been touched, and a stream that says what none may. */
static void tells_bad_ends(void)
{
	const char *text = stanza_of(200);
	size_t len;

	open_side(0, ENDPOINT_S2S, true, LEVEL_OPTIONAL, LEVEL_REQUIRED);
	open_side(1, ENDPOINT_S2S, true, LEVEL_OPTIONAL, LEVEL_REQUIRED);
	open_both(WIRE);
	memcpy(wire + endpoint_plain_offset(side[0].e), text, strlen(text));
	len = endpoint_seal(side[0].e, wire, strlen(text));
	wire[len / 2] ^= 1;
	deliver(1, len, WIRE);
	CHECK_EQ(side[1].stanzas, 0);
	CHECK_EQ(side[1].ended, 1);
	CHECK(strstr(side[1].why, "bad TLS record") != NULL);
	close_sides();

	open_side(0, ENDPOINT_BARE, false, LEVEL_OPTIONAL, LEVEL_REQUIRED);
	open_side(1, ENDPOINT_BARE, false, LEVEL_OPTIONAL, LEVEL_REQUIRED);
	open_both(WIRE);
	send_text(0, "<message><!-- -->", 17, WIRE);
	CHECK(strstr(side[1].why, "not what XMPP allows") != NULL);
	close_sides();
}

/* Who trusts nobody must not get through by the load's good nature. */
static void refuses_a_stranger(void)
{
	struct tls_ctx *good = tls[0];
	struct kit_cert other_ca = kit_issue(&(struct kit_want){.cn = "other", .is_ca = true});
	struct kit_cert other = kit_issue(
	    &(struct kit_want){.cn = "p0.example", .san = "DNS:p0.example", .issuer = &other_ca});

	tls[0] = kit_ctx(IFACE_EDGE, &other, &ca, NULL);
	open_side(0, ENDPOINT_S2S, true, LEVEL_REQUIRED, LEVEL_REQUIRED);
	open_side(1, ENDPOINT_S2S, true, LEVEL_REQUIRED, LEVEL_REQUIRED);
	side[1].partner.dialback = false;
	open_both(WIRE);
	CHECK_EQ(side[1].authorised, 0);
	CHECK(side[0].ended == 1 && side[0].why[0] != '\0');
	close_sides();
	tls_ctx_drop(tls[0]);
	tls[0] = good;
	kit_free(&other);
	kit_free(&other_ca);
}

int main(void)
{
	ca = kit_issue(&(struct kit_want){.cn = "CA", .is_ca = true});
	machine = record_machine_init(8);
	for (int i = 0; i < 2; i++) {
		char san[64];

		snprintf(san, sizeof(san), "DNS:%s", names[i]);
		cert[i] = kit_issue(&(struct kit_want){.cn = names[i], .san = san, .issuer = &ca});
		tls[i] = kit_ctx(IFACE_EDGE, &cert[i], &ca, NULL);
	}
	RUN(opens_by_external);
	RUN(opens_by_dialback);
	RUN(opens_bare);
	RUN(opens_a_component);
	RUN(tells_bad_ends);
	RUN(refuses_a_stranger);
	for (int i = 0; i < 2; i++) {
		tls_ctx_drop(tls[i]);
		kit_free(&cert[i]);
	}
	kit_free(&ca);
	record_machine_close(machine);
	kit_dir_remove();
	return check_summary();
}
