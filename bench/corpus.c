/* SPDX-License-Identifier: BSD-3-Clause */
/* corpus.c - writes the stanzas of a corpus. */
#include "bench/corpus.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STANZA_ROOM = 160 * 1024 };

struct writer {
	char *at;
	uint64_t seed;
};

const char *corpus_name(enum corpus_kind kind)
{
	static const char *const names[CORPUS_KINDS] = {"mix", "pings", "big", "attributes",
							"world"};

	return names[kind];
}

/* xorshift64* */
static uint32_t pick(struct writer *w, uint32_t below)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return (uint32_t)((w->seed * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % below;
}

__attribute__((format(printf, 2, 3))) static void put(struct writer *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	w->at += vsprintf(w->at, format, args);
	va_end(args);
}

static void put_words(struct writer *w, unsigned int count)
{
	static const char *const words[] = {
	    "shall",  "we",       "meet",  "at",   "noon",       "the",   "bridge",    "is",
	    "&lt;3",  "&amp;",    "it's",  "fine", "\"really\"", "later", "caf\u00e9", "\u2713",
	    "report", "attached", "thank", "you",  "tomorrow",   "ok",    "no",        "again",
	};

	for (unsigned int i = 0; i < count; i++)
		put(w, "%s%s", i > 0 ? " " : "", words[pick(w, ARRAY_LEN(words))]);
}

static void put_base64(struct writer *w, unsigned int count)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned int i = 0; i < count; i++)
		*w->at++ = digits[pick(w, 64)];
}

static void put_chat(struct writer *w)
{
	put(w,
	    "<message from='anna%u@fabrikam.example/phone.%04x' to='ben%u@contoso.example' "
	    "id='%08x-%04x-4c1b-9d2e-%08x' type='chat' xml:lang='en'><body>",
	    pick(w, 5000), pick(w, 65536), pick(w, 5000), pick(w, UINT32_MAX), pick(w, 65536),
	    pick(w, UINT32_MAX));
	put_words(w, 4 + pick(w, 20));
	put(w,
	    "</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
	    "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>"
	    "<origin-id xmlns='urn:xmpp:sid:0' id='%08x'/></message>",
	    pick(w, UINT32_MAX));
}

static void put_room(struct writer *w)
{
	const uint32_t room = pick(w, 50);

	put(w,
	    "<message from=\"talk%u@rooms.fabrikam.example/Some One %u\" "
	    "to=\"ben%u@contoso.example/desk\" type=\"groupchat\" id=\"%08x\"><body>",
	    room, pick(w, 5000), pick(w, 5000), pick(w, UINT32_MAX));
	put_words(w, 3 + pick(w, 25));
	put(w,
	    "</body><stanza-id xmlns=\"urn:xmpp:sid:0\" by=\"talk%u@rooms.fabrikam.example\" "
	    "id=\"2026-%08x\"/><occupant-id xmlns=\"urn:xmpp:occupant-id:0\" "
	    "id=\"%08x%08x%08x\"/></message>",
	    room, pick(w, UINT32_MAX), pick(w, UINT32_MAX), pick(w, UINT32_MAX),
	    pick(w, UINT32_MAX));
}

static void put_presence(struct writer *w)
{
	put(w,
	    "<presence from='anna%u@fabrikam.example/laptop' to='ben%u@contoso.example'>"
	    "<show>away</show><status>",
	    pick(w, 5000), pick(w, 5000));
	put_words(w, pick(w, 6));
	put(w, "</status><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' "
	       "hash='sha-1' node='https://client.example' ver='");
	put_base64(w, 27);
	put(w, "='/><x xmlns='vcard-temp:x:update'><photo>%08x%08x</photo></x></presence>",
	    pick(w, UINT32_MAX), pick(w, UINT32_MAX));
}

static void put_ping(struct writer *w)
{
	put(w,
	    "<iq from='fabrikam.example' to='contoso.example' id='%08x' type='get'>"
	    "<ping xmlns='urn:xmpp:ping'/></iq>",
	    pick(w, UINT32_MAX));
}

/* As XEP-0384 has it: a key for each of six devices, then the payload. */
static void put_encrypted(struct writer *w)
{
	put(w,
	    "<message from='anna%u@fabrikam.example/phone' to='ben%u@contoso.example' id='%08x' "
	    "type='chat'><encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='%u'>",
	    pick(w, 5000), pick(w, 5000), pick(w, UINT32_MAX), pick(w, UINT32_MAX));
	for (unsigned int i = 0; i < 6; i++) {
		put(w, "<key rid='%u'%s>", pick(w, UINT32_MAX), i == 0 ? " prekey='true'" : "");
		put_base64(w, i == 0 ? 280 : 176);
		put(w, "</key>");
	}
	put(w, "<iv>");
	put_base64(w, 16);
	put(w, "</iv></header><payload>");
	put_base64(w, 200 + pick(w, 300));
	put(w, "</payload></encrypted><store xmlns='urn:xmpp:hints'/><body>This message is "
	       "encrypted, which your client doesn&apos;t understand.</body></message>");
}

static void put_text(struct writer *w, unsigned int bytes, bool beyond_ascii)
{
	const char *end = w->at + bytes;

	put(w, "<message from='anna@fabrikam.example/x' to='ben@contoso.example'><body>");
	while (w->at < end) {
		if (beyond_ascii)
			put(w, "%s ",
			    pick(w, 2) > 0
				? "\u0434\u043e \u0432\u0441\u0442\u0440\u0435\u0447\u0438"
				: "\u660e\u5929\u89c1\u9762\u5427");
		else
			put_words(w, 8);
	}
	put(w, "</body></message>");
}

static void put_attributes(struct writer *w)
{
	put(w,
	    "<iq from='fabrikam.example' to='contoso.example' type='result' id='%08x'>"
	    "<query xmlns='jabber:iq:roster'>",
	    pick(w, UINT32_MAX));
	for (unsigned int i = 0; i < 20; i++)
		put(w,
		    "<item jid='friend%u@contoso.example' name='Friend %u' subscription='both' "
		    "ask='subscribe' approved='true' order='%u' seen='%u'/>",
		    i, pick(w, 1000), i, pick(w, UINT32_MAX));
	put(w, "</query></iq>");
}

static void put_stanza(struct writer *w, enum corpus_kind kind)
{
	const uint32_t die = pick(w, 100);

	if (kind == CORPUS_PINGS)
		put_ping(w);
	else if (kind == CORPUS_BIG)
		put_text(w, 65536, false);
	else if (kind == CORPUS_WORLD)
		put_text(w, 400, true);
	else if (kind == CORPUS_ATTRIBUTES)
		put_attributes(w);
	else if (die < 35)
		put_chat(w);
	else if (die < 55)
		put_room(w);
	else if (die < 75)
		put_presence(w);
	else if (die < 90)
		put_ping(w);
	else
		put_encrypted(w);
}

struct corpus corpus_make(enum corpus_kind kind, size_t bytes)
{
	struct corpus c = {.bytes = malloc(bytes + STANZA_ROOM)};
	struct writer w = {.at = (char *)c.bytes, .seed = UINT64_C(0x5eed5eed00000007)};

	if (c.bytes == NULL) {
		fprintf(stderr, "no memory for %zu bytes of stanzas\n", bytes);
		exit(1);
	}
	put(&w, "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
		"xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
		"from='fabrikam.example' to='contoso.example' version='1.0'>");
	c.header_len = (size_t)(w.at - (char *)c.bytes);
	for (; (size_t)(w.at - (char *)c.bytes) < bytes; c.stanzas++)
		put_stanza(&w, kind);
	c.len = (size_t)(w.at - (char *)c.bytes);
	return c;
}

void corpus_free(struct corpus *c)
{
	free(c->bytes);
	*c = (struct corpus){0};
}
