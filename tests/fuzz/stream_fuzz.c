/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_fuzz.c - the stream machine against any sequence of elements, commands and time, under any
 * policy. The first bytes make policy and stream; then each byte is a step, some followed by text.
 *
 * What must hold whatever comes: a pair is authorised only by a method its policy allows, on a
 * connection that method fits, with the proof that method needs; never after the end; the core is
 * told to go on exactly once; what is said at once is bounded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/stream.h"
#include "dataplane/core/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { NEWS_AT_ONCE_MAX = 256, SAID_AT_ONCE_MAX = 256 * 1024, TEXT_MAX = 255 };

/* The records want their strings writable. */
static char ours[] = "ours.example", theirs[] = "their.example", two[] = "two.example";
static char gateway_name[] = "gw", gateway_host[] = "fe.example", secret[] = "secret";
static char *local_domains[] = {ours, NULL};
static char *more_domains[] = {two, NULL};
static char *gateway_names[] = {gateway_host, NULL};

#define HEAD                                                                                       \
	"<stream:stream xmlns='jabber:server' xmlns:stream='" NS_STREAM "' xmlns:db='" NS_DIALBACK \
	"' id='an-id' "

static const char *const headers[] = {
    HEAD "from='their.example' to='ours.example' version='1.0'>",
    HEAD "to='ours.example' version='1.0'>",
    HEAD "from='their.example' to='ours.example'>",
    HEAD "from='ours.example' to='their.example' version='1.0'>",
    HEAD "from='two.example' to='ours.example' version='1.0'>",
    HEAD "from='other.example' to='ours.example' version='1.0'>",
    HEAD ">",
};

static const char *const elements[] = {
    "<starttls xmlns='" NS_TLS "'/>",
    "<proceed xmlns='" NS_TLS "'/>",
    "<failure xmlns='" NS_TLS "'/>",
    "<auth xmlns='" NS_SASL "' mechanism='EXTERNAL'>=</auth>",
    "<auth xmlns='" NS_SASL "' mechanism='EXTERNAL'>dGhlaXIuZXhhbXBsZQ==</auth>",
    "<success xmlns='" NS_SASL "'/>",
    "<failure xmlns='" NS_SASL "'><not-authorized/></failure>",
    "<bidi xmlns='" NS_BIDI "'/>",
    "<stream:features><starttls xmlns='" NS_TLS "'><required/></starttls></stream:features>",
    "<stream:features><mechanisms xmlns='" NS_SASL "'><mechanism>EXTERNAL</mechanism></mechanisms>"
    "<bidi xmlns='" NS_BIDI_FEATURE "'/><dialback xmlns='" NS_DIALBACK_FEATURE
    "'><errors/></dialback></stream:features>",
    "<stream:features/>",
    "<db:result from='their.example' to='ours.example'>key</db:result>",
    "<db:result from='two.example' to='ours.example'>key</db:result>",
    "<db:result from='ours.example' to='their.example'>key</db:result>",
    "<db:result from='their.example' to='ours.example' type='valid'/>",
    "<db:result from='their.example' to='ours.example' type='invalid'/>",
    "<db:result from='two.example' to='ours.example' type='error'/>",
    "<db:result from='ours.example' to='their.example' type='valid'/>",
    "<db:verify from='their.example' to='ours.example' id='an-id'>key</db:verify>",
    "<db:verify from='their.example' to='ours.example' id='v' type='valid'/>",
    "<message from='a@their.example' to='b@ours.example'/>",
    "<stream:error><reset xmlns='" NS_STREAMS_ERROR "'/></stream:error>",
};

struct run {
	const uint8_t *at, *end;
	struct partner partner;
	struct gateway gateway;
	struct policy policy;
	struct identity id;
	struct stream *s;
	enum stream_role role;
	enum iface leg;
	const char *header;
	uint64_t now_us;
	bool verified[2]; /* of theirs and two: yes, and for this very stream id */
	bool closed;
};

static uint8_t take(struct run *r)
{
	return r->at < r->end ? *r->at++ : 0;
}

/* @text of a length byte and what follows, as a string. */
static void take_text(struct run *r, char text[TEXT_MAX + 1])
{
	size_t len = take(r);

	len = min_size(len, (size_t)(r->end - r->at));
	memcpy(text, r->at, len);
	text[len] = '\0';
	r->at += len;
}

static void check_authorised(const struct run *r, const struct stream_news *news)
{
	const struct partner *p = &r->partner;
	const bool proved = r->id.present && r->id.chain_good;

	MUST(!r->closed);
	MUST(news->bits != 0);
	if (r->leg == IFACE_INTERNAL) {
		MUST(stream_is_secure(r->s) && proved);
		MUST(strcmp(news->local, "ours.example") == 0);
		return;
	}
	MUST((policy_methods(p->tls, p->sasl, p->dialback) & news->method) != 0);
	MUST(stream_is_secure(r->s) == (news->method != METHOD_DIALBACK_PLAIN));
	MUST(news->method != METHOD_SASL_EXTERNAL || proved);
	MUST(strcmp(news->local, "ours.example") == 0);
	MUST(policy_partner(&r->policy, news->remote) != NULL);
	if (r->role == STREAM_RECEIVING)
		MUST(proved || r->verified[strcmp(news->remote, two) == 0]);
	MUST((news->bits & GRANT_FROM_PEER) == 0 || r->role == STREAM_RECEIVING ||
	     stream_is_bidi(r->s));
}

/* Takes all news; how often the core is told to go on. */
static unsigned int obey(struct run *r)
{
	unsigned int steps = 0, pieces = 0;
	struct stream_news news;
	size_t said = 0;

	while (stream_take(r->s, &news)) {
		MUST(++pieces <= NEWS_AT_ONCE_MAX);
		MUST(news.kind == STREAM_NEWS_CLOSE || !r->closed);
		said += news.len;
		MUST(said <= SAID_AT_ONCE_MAX);
		MUST(memchr(news.bytes, '\0', news.len) == NULL);
		if (news.kind == STREAM_NEWS_AUTHORISED)
			check_authorised(r, &news);
		steps += news.kind == STREAM_NEWS_RESUME || news.kind == STREAM_NEWS_START_TLS ||
			 news.kind == STREAM_NEWS_CLOSE;
		r->closed = r->closed || news.kind == STREAM_NEWS_CLOSE;
	}
	MUST(r->closed == (stream_state(r->s) == STREAM_CLOSING));
	return steps;
}

static void give_header(struct run *r, const char *text)
{
	struct xml_element *e = xml_header((const uint8_t *)text, strlen(text));
	const bool was_closed = r->closed;

	if (e == NULL)
		return;
	memset(r->verified, 0, sizeof(r->verified));
	stream_on_header(r->s, e, r->now_us);
	xml_free(e);
	MUST(obey(r) == (was_closed ? 0u : 1u));
}

static void give_element(struct run *r, const char *text)
{
	struct xml_element *e = xml_element((const uint8_t *)headers[0], strlen(headers[0]),
					    (const uint8_t *)text, strlen(text));
	const bool was_closed = r->closed;

	if (e == NULL)
		return;
	stream_on_element(r->s, e, r->now_us);
	xml_free(e);
	MUST(obey(r) == (was_closed ? 0u : 1u));
}

static void give_tls(struct run *r, uint8_t how)
{
	static const char *const names[] = {"their.example", "two.example", "ours.example",
					    "fe.example"};

	struct identity *id = memory_get(sizeof(*id));

	id->present = (how & 1) != 0;
	id->chain_good = (how & 3) == 3;
	id->count = 1;
	snprintf(id->names[0].name, sizeof(id->names[0].name), "%s", names[how >> 2 & 3]);
	stream_on_tls(r->s, id, r->now_us);
	if (obey(r) > 0)
		r->id = *id; /* else there was no handshake to be over */
	free(id);
}

static void give_verified(struct run *r, uint8_t how)
{
	const bool is_two = (how & 4) != 0, is_other_id = (how & 8) != 0;
	const enum verify_result result = (enum verify_result)((how & 3) % 3);
	char id[64];

	snprintf(id, sizeof(id), "%.63s", is_other_id ? "other-id" : stream_id(r->s));
	r->verified[is_two] = result == VERIFY_VALID && !is_other_id;
	stream_verified(r->s, ours, is_two ? two : theirs, id, result, "remote-connection-failed",
			r->now_us);
	(void)obey(r);
}

static void step(struct run *r)
{
	const uint8_t op = take(r), how = take(r);
	char text[TEXT_MAX + 1];

	switch (op % 12) {
	case 0:
		give_header(r, headers[how % ARRAY_LEN(headers)]);
		return;
	case 1:
	case 2:
	case 3:
		give_element(r, elements[how % ARRAY_LEN(elements)]);
		return;
	case 4:
		take_text(r, text);
		give_element(r, text);
		return;
	case 5:
		take_text(r, text);
		give_header(r, text);
		return;
	case 6:
		give_tls(r, how);
		return;
	case 7:
		give_verified(r, how);
		return;
	case 8:
		r->now_us += (uint64_t)how * 500000;
		if (stream_due_us(r->s) <= r->now_us)
			stream_on_time(r->s, r->now_us);
		break;
	case 9:
		(void)!stream_verify(r->s, "ours.example", "their.example",
				     (how & 1) != 0 ? "v" : "w", "key", r->now_us);
		break;
	case 10:
		(void)!stream_add_pair(r->s, "ours.example",
				       (how & 1) != 0 ? "two.example" : "their.example", r->now_us);
		break;
	case 11:
		if ((how & 3) == 0)
			stream_on_footer(r->s, r->now_us);
		else if ((how & 3) == 1)
			stream_on_refused(r->s, (enum drop)(how >> 2), r->now_us);
		else if ((how & 3) == 2)
			stream_on_open(r->s, r->now_us);
		else
			r->partner.tls = (enum level)((how >> 2) % 3);
		break;
	}
	(void)obey(r);
}

static void make(struct run *r)
{
	const uint8_t row = take(r), shape = take(r);
	struct stream_setup setup = {.trace_id = "fuzz"};

	r->partner = (struct partner){.id = {1},
				      .domain = theirs,
				      .additional_domains = more_domains,
				      .tls = (enum level)(row % 3),
				      .sasl = (enum level)(row / 3 % 3),
				      .dialback = row / 9 % 2 != 0};
	r->gateway = (struct gateway){.name = gateway_name,
				      .certificate_names = gateway_names,
				      .local_domains = local_domains};
	r->policy = (struct policy){.local_domains = local_domains,
				    .partners = &r->partner,
				    .partner_count = 1,
				    .gateways = &r->gateway,
				    .gateway_count = 1,
				    .limits = {.establishment_timeout_s = 60,
					       .inactivity_timeout_s = 600,
					       .stanza_bytes_max = STANZA_BYTES_DEFAULT},
				    .dialback_passphrase = secret};
	r->role = (shape & 1) != 0 ? STREAM_INITIATING : STREAM_RECEIVING;
	r->leg = (shape & 2) != 0 ? IFACE_INTERNAL : IFACE_EDGE;
	setup.role = r->role;
	setup.leg = r->leg;
	setup.purpose = (shape & 4) != 0 ? STREAM_FOR_VERIFY : STREAM_FOR_STANZAS;
	setup.direct_tls = (shape & 8) != 0;
	setup.ours = r->leg == IFACE_EDGE ? "ours.example" : "their.example";
	setup.theirs = r->leg == IFACE_EDGE ? "their.example" : "ours.example";
	if (r->role == STREAM_INITIATING && r->leg == IFACE_INTERNAL)
		setup.gateway = &r->gateway;
	r->s = stream_make(&setup, &r->policy, r->now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = memory_get(sizeof(*r));

	r->at = data;
	r->end = data + size;
	r->now_us = 1000000;
	make(r);
	while (r->at < r->end)
		step(r);
	stream_free(r->s);
	free(r);
	return 0;
}
