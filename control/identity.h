/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identity.h - what a peer's certificate proves: names by RFC 6125/9525 and RFC 6120 13.7, chain by
 * OpenSSL.
 *
 * Runs on  control. identity_proves() is pure.
 * Owns     all inside the struct, no allocation; longer lists are cut and say so.
 */
#ifndef CONTROL_IDENTITY_H
#define CONTROL_IDENTITY_H

#include <time.h>

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

#define IDENTITY_NAMES_MAX 64

enum identity_kind { IDENTITY_DNS, IDENTITY_SRV, IDENTITY_XMPP, IDENTITY_CN };

/* What is wrong with a chain, as far as it tells an operator what to do; OpenSSL's own words are in
 * identity.reason. */
enum identity_fault {
	IDENTITY_FAULT_NONE,
	IDENTITY_FAULT_EXPIRED, /* it or one above it */
	IDENTITY_FAULT_NOT_YET,
	IDENTITY_FAULT_UNTRUSTED, /* no trust anchor at its end, or a link of it is missing */
	IDENTITY_FAULT_PURPOSE,   /* its key usage forbids it */
	IDENTITY_FAULT_OTHER,
};

struct identity {
	bool present;    /* a certificate was shown */
	bool chain_good; /* verified to a trust anchor, in date, purpose serverAuth or any
			    (facts.md 2.2: never clientAuth alone) */
	char reason[96]; /* why the chain is not good: OpenSSL's words */
	enum identity_fault fault;
	size_t count;
	bool cut; /* more names than fit */
	struct identity_name {
		enum identity_kind kind;
		char name[DOMAIN_TEXT_MAX + 1]; /* folded; SRV without its "_xmpp-server." */
	} names[IDENTITY_NAMES_MAX];
	time_t not_before, not_after;
	char serial[48];
	/* as RFC 2253 has them, cut where they are longer */
	char subject[160], issuer[160];
	char usage[64];    /* extended key usage: "serverAuth clientAuth", "" where it has none */
	unsigned int sent; /* certificates behind the leaf, as the peer sent them */
	/* for show and log */
	char tls_version[12], cipher[40];
};

/*
 * Does a good chain with these names speak for @domain (DNS-ID, SRV-ID, xmppAddr; a wildcard only
 * as the whole left-most label of a DNS-ID)? @allow_cn: the common name counts when there is no
 * other name of kind DNS.
 */
bool identity_proves(const struct identity *id, const char *domain, bool allow_cn);

/*
 * What is kept of an identity while its stream lives: the names of a good chain as text, which the
 * streams of one certificate share. "" proves nothing.
 */
#define IDENTITY_TEXT_MAX (2 + IDENTITY_NAMES_MAX * (2 + DOMAIN_TEXT_MAX) + 1)
void identity_text(const struct identity *id, char out[IDENTITY_TEXT_MAX]);
/* As identity_proves(). */
bool identity_text_proves(const char *text, const char *domain, bool allow_cn);

/*
 * A certificate as an operator is shown it, one text that all streams of that certificate share:
 * lines of subject, issuer, serial number, extended key usage, names, end (seconds since 1970).
 */
enum { IDENTITY_CARD_MAX = 1024 };
void identity_card(const struct identity *id, char out[IDENTITY_CARD_MAX]);

struct x509_st;
struct x509_store_st;
struct stack_st_X509;
struct chain_cache;

/* By what a chain is judged; its owner's. */
struct identity_trust {
	struct x509_store_st *store;
	bool also_client_purpose;   /* clientAuth will do where serverAuth is not there */
	struct chain_cache *lately; /* what need not be verified again; NULL: nothing */
};

/* Is it for a client, too, as some servers ask of a partner that dials (facts.md 2.2)? */
bool identity_is_for_client(const struct identity *id);
/* The names as a list for people, "dns:a.example srv:b.example", cut with "..." where longer. */
void identity_names(const struct identity *id, char *out, size_t room);

/* X509_V_OK, or why @leaf does not verify to a trust anchor for the purpose. */
MUST_USE int identity_verify(struct x509_st *leaf, struct stack_st_X509 *chain,
			     const struct identity_trust *trust);
/* Fills @id from the peer's leaf and chain. @leaf NULL: not present. */
void identity_read(struct identity *id, struct x509_st *leaf, struct stack_st_X509 *chain,
		   const struct identity_trust *trust);
/* The same of a PEM file: the leaf first, then intermediates. @key: a file with the key that has to
 * belong to it, NULL for none. False with a sentence in @error (256 bytes). */
MUST_USE bool identity_read_file(struct identity *id, const char *path, const char *key,
				 const struct identity_trust *trust, char *error);

#endif
