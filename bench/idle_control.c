/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * idle_control.c - sessions as they are once a stream is established: the stream machine is driven
 * there over TLS, a certificate and dialback; what session*.c sets besides is set here.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "bench/idle_control.h"
#include "bench/report.h"
#include "control/link_serving.h"
#include "control/memory.h"
#include "control/stream_state.h"

enum { DOMAINS = 4000, TEXT = 320 };

#define HEADER                                                                                     \
	"<stream:stream xmlns='jabber:server' xmlns:stream='" NS_STREAM "' xmlns:db='" NS_DIALBACK \
	"' from='p%u.example' to='ours.example' id='x' version='1.0'>"

static char name[DOMAINS][24], *more[DOMAINS + 1], ours[] = "ours.example", secret[] = "secret",
						   first[] = "first.example";
static char *local[] = {ours, NULL};
static struct partner partner = {.domain = first,
				 .additional_domains = more,
				 .tls = LEVEL_OPTIONAL,
				 .sasl = LEVEL_NOT_SUPPORTED,
				 .dialback = true};
static struct policy policy = {.local_domains = local,
			       .partners = &partner,
			       .partner_count = 1,
			       .limits = {.establishment_timeout_s = 60, .stanza_bytes_max = 10000},
			       .dialback_passphrase = secret};

static size_t heap(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void take_news(struct stream *s)
{
	struct stream_news news;

	while (stream_take(s, &news))
		;
}

static struct stream *establish(unsigned int n, struct identity *id, const char **root)
{
	const struct stream_setup setup = {.role = STREAM_RECEIVING,
					   .leg = IFACE_EDGE,
					   .ours = "",
					   .theirs = "",
					   .entropy = {(uint8_t)n, (uint8_t)(n >> 8)},
					   .trace_id = "er0000001234"};
	struct stream *s = stream_make(&setup, &policy, 1);
	struct xml_element *e;
	char text[TEXT];

	take_news(s);
	snprintf(id->names[0].name, sizeof(id->names[0].name), "%s", name[n % DOMAINS]);
	stream_on_tls(s, id, 1);
	snprintf(text, sizeof(text), HEADER, n % DOMAINS);
	e = xml_header((const uint8_t *)text, strlen(text));
	shared_set(root, e->root);
	stream_on_header(s, e, 1);
	xml_free(e);
	take_news(s);
	snprintf(text, sizeof(text), "<db:result from='%s' to='ours.example'>k</db:result>",
		 name[n % DOMAINS]);
	e = xml_element((const uint8_t *)*root, strlen(*root), (const uint8_t *)text, strlen(text));
	stream_on_element(s, e, 1);
	xml_free(e);
	take_news(s);
	if (stream_state(s) != STREAM_ESTABLISHED)
		stream_verified(s, ours, name[n % DOMAINS], stream_id(s), VERIFY_VALID, NULL, 1);
	take_news(s);
	if (stream_state(s) != STREAM_ESTABLISHED)
		bench_die("a stream is not established");
	return s;
}

static void make_domains(void)
{
	for (unsigned int i = 0; i < DOMAINS; i++) {
		snprintf(name[i], sizeof(name[i]), "p%u.example", i);
		more[i] = name[i];
	}
}

struct idle_control idle_control(unsigned int streams)
{
	static struct identity id = {.present = true, .chain_good = true, .count = 1};
	struct session **all = memory_get(streams * sizeof(struct session *));
	struct sessions *table = memory_get(sizeof(*table));
	struct serving *serving = link_serving_make();
	struct idle_control out;
	size_t before;

	make_domains();
	table->loop = loop_make();
	before = heap();
	for (unsigned int i = 0; i < streams; i++) {
		all[i] = memory_get(sizeof(struct session));
		all[i]->table = table;
		all[i]->own_ours = all[i]->own_theirs = all[i]->header = SHARED_EMPTY;
		all[i]->local = all[i]->remote = all[i]->gateway = SHARED_EMPTY;
		all[i]->tls_version = all[i]->cipher = SHARED_EMPTY;
		shared_set(&all[i]->local, ours);
		shared_set(&all[i]->remote, name[i % DOMAINS]);
		shared_set(&all[i]->tls_version, "TLSv1.3");
		shared_set(&all[i]->cipher, "TLS_AES_128_GCM_SHA256");
	}
	out.session = (double)(heap() - before) / streams;
	before = heap();
	for (unsigned int i = 0; i < streams; i++)
		all[i]->stream = establish(i, &id, &all[i]->header);
	out.stream = (double)(heap() - before) / streams;
	before = heap();
	for (unsigned int i = 0; i < streams; i++)
		for (enum toward t = TOWARD_EDGE; t < TOWARD_COUNT; t++)
			link_serving_add(serving, all[i],
					 (struct pair){{1}, {(uint16_t)(i % DOMAINS)}}, t);
	out.serving = (double)(heap() - before) / streams;
	for (unsigned int i = 0; i < streams; i++) {
		stream_free(all[i]->stream);
		shared_drop(&all[i]->local);
		shared_drop(&all[i]->remote);
		shared_drop(&all[i]->header);
		shared_drop(&all[i]->tls_version);
		shared_drop(&all[i]->cipher);
		free(all[i]);
	}
	link_serving_free(serving);
	loop_free(table->loop);
	free(table);
	free(all);
	return out;
}
