/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resolver.h - where to dial for a domain: SRV, then AAAA and A, by libunbound (RFC 6120 3.2,
 * RFC 2782, RFC 8305, XEP-0368).
 *
 * Runs on  control, asynchronously on its loop.
 */
#ifndef CONTROL_RESOLVER_H
#define CONTROL_RESOLVER_H

#include "control/dns_record.h"
#include "control/loop.h"
#include "dataplane/base/addr.h"
#include "dataplane/base/bounds.h"

#define RESOLVER_TARGETS_MAX 16

struct resolver_target {
	struct ip_addr address;
	uint16_t port;
	bool direct_tls; /* from _xmpps-server */
	char host[DOMAIN_TEXT_MAX + 1];
};

enum resolver_result {
	RESOLVER_FOUND,
	RESOLVER_REFUSED,   /* SRV target ".": no such service */
	RESOLVER_NOT_FOUND, /* the name or its addresses do not exist */
	RESOLVER_FAILED,    /* no answer, or DNSSEC says bogus */
};

/* In the order to try: priority, then weight drawn at random; of one host the families in turn,
 * IPv6 first (RFC 8305 4). @targets borrowed during the call. */
typedef void resolver_done(void *user, enum resolver_result result,
			   const struct resolver_target *targets, size_t count);

struct resolver;
struct resolver_query;

/* Which addresses can be dialled. */
enum resolver_family { RESOLVER_V4 = BIT(0), RESOLVER_V6 = BIT(1) };

/* @families: of enum resolver_family. @server: address text, optionally "@port"; NULL =
 * /etc/resolv.conf. NULL, with a sentence in
 * @error (256 bytes), on failure. */
MUST_USE struct resolver *resolver_make(struct loop *l, unsigned int families, const char *server,
					bool dnssec, char *error);
void resolver_free(struct resolver *r);

/* @domain's servers. SRV for _xmpps-server and _xmpp-server mixed by priority; none: the addresses
 * of @domain, port 5269. Never NULL: failure comes by the callback, never before this returns. */
struct resolver_query *resolver_domain(struct resolver *r, const char *domain, resolver_done *done,
				       void *user);
/* Addresses of one host (ProxyFqdn), no SRV. */
struct resolver_query *resolver_host(struct resolver *r, const char *host, uint16_t port,
				     resolver_done *done, void *user);
/*
 * Forgets what has been answered: of @domain and names below it, or all (NULL). libunbound forgets
 * no single name, so the next question of any finds an empty cache; those under way are answered.
 *
 * @forgotten  out: how many answers of the record
 * Returns     false with a sentence in @error (256 bytes): then nothing has changed.
 */
MUST_USE bool resolver_flush(struct resolver *r, const char *domain, unsigned int *forgotten,
			     char *error);
/* What has been answered lately. */
const struct dns_record *resolver_record(const struct resolver *r);
void resolver_cancel(struct resolver_query *q);

#endif
