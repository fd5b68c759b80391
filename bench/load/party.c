/* SPDX-License-Identifier: BSD-3-Clause */
/* party.c - one side of the load: what it believes and shows, whom it dials. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/load_state.h"
#include "bench/report.h"
#include "control/memory.h"

/*
 * By which methods, ours and theirs. What is to be measured is EXTERNAL may not come about by
 * dialback unseen; but a relay adds its further domains by dialback to a gateway's stream.
 */
static void set_methods(const struct party_options *o, struct partner *p)
{
	p->tls = o->auth == AUTH_DIALBACK_PLAIN ? LEVEL_NOT_SUPPORTED : LEVEL_REQUIRED;
	p->sasl = o->auth == AUTH_EXTERNAL ? LEVEL_REQUIRED : LEVEL_NOT_SUPPORTED;
	p->dialback = o->auth != AUTH_EXTERNAL;
	if (o->role == PARTY_GATEWAY && o->auth == AUTH_EXTERNAL) {
		p->sasl = LEVEL_OPTIONAL;
		p->dialback = true;
	}
}

/* The names on the other side are its partners, authenticated as the command line says. */
static void make_policy(struct party *p)
{
	const struct party_options *o = p->options;
	struct policy *policy = &p->policy;
	char **ours = memory_get((o->ours.count + 1) * sizeof(*ours));

	memcpy(ours, o->ours.list, o->ours.count * sizeof(*ours));
	*policy = (struct policy){
	    .local_domains = ours,
	    .partners = memory_get((o->theirs.count + 1) * sizeof(*policy->partners)),
	    .partner_count = o->theirs.count,
	    .limits = {.establishment_timeout_s = p->load->options->timeout_s,
		       .stanza_bytes_max = STANZA_BYTES_DEFAULT},
	    .dialback_passphrase = memory_text(o->secret),
	};
	for (size_t i = 0; i < o->theirs.count; i++) {
		policy->partners[i] =
		    (struct partner){.id = {(uint16_t)(i + 1)}, .domain = o->theirs.list[i]};
		set_methods(o, &policy->partners[i]);
	}
}

static bool has_tls(const struct party_options *o)
{
	return o->role != PARTY_COMPONENT && !o->plain && o->certificate != NULL;
}

void party_open(struct party *p, struct load *l, const struct party_options *o)
{
	const struct tls_ctx_setup tls = {IFACE_EDGE, o->certificate, o->key, o->trust,
					  o->certificate_dir};
	char error[256];

	*p = (struct party){.load = l, .options = o};
	make_policy(p);
	if (has_tls(o) && (p->tls = tls_ctx_make(&tls, error)) == NULL)
		bench_die(error);
	if (o->dials && o->churn == 0)
		p->planned = (uint64_t)o->streams * o->ours.count *
			     (o->role == PARTY_COMPONENT ? 1 : o->theirs.count);
	l->planned += p->planned;
	if (o->listens && !transport_listen(l->transport, &o->listen, p, error)) {
		fprintf(stderr, "%s, port %u: ", party_role_name(o->role), o->listen.port);
		bench_die(error);
	}
}

void party_close(struct party *p)
{
	if (p->tls != NULL)
		tls_ctx_drop(p->tls);
	free(p->policy.local_domains);
	free(p->policy.partners);
	free(p->policy.dialback_passphrase);
}

static struct lane *dial(struct party *p, uint64_t number)
{
	const struct party_options *o = p->options;
	const char *ours = o->ours.list[number % o->ours.count];
	const char *theirs =
	    o->theirs.count > 0 ? o->theirs.list[number / o->ours.count % o->theirs.count] : NULL;
	struct lane *lane = lane_make(p, ours, theirs, true);
	char error[TRANSPORT_ERROR];

	lane->conn = transport_dial(p->load->transport, &o->dial, lane, error);
	if (lane->conn == NULL)
		load_trouble(p->load, party_role_name(o->role), error);
	return lane;
}

void party_dial(struct party *p)
{
	while (p->dialled < p->planned && p->load->opening < p->load->options->parallel &&
	       p->load->trouble[0] == '\0') {
		p->load->opening++;
		(void)dial(p, p->dialled++);
	}
}

void party_churn(struct party *p)
{
	const struct load *l = p->load;
	const uint64_t churn = p->options->churn;

	if (churn == 0 || (l->phase != LOAD_WARMING && l->phase != LOAD_MEASURING))
		return;
	if (p->churn_ns == 0)
		p->churn_ns = l->now_ns;
	while (p->passing < (l->now_ns - p->churn_ns) * churn / SECOND_NS &&
	       l->passing < l->options->parallel) {
		p->load->passing++;
		dial(p, p->passing++)->is_passing = true;
	}
}
