/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_kit.h - what the tests of TLS share: certificates made on the spot, and an OpenSSL peer over
 * memory BIOs at the other end of a handshake of ours.
 *
 * Any failure to set up ends the test program: it says nothing about the code under test.
 */
#ifndef TESTS_UNIT_TLS_TLS_KIT_H
#define TESTS_UNIT_TLS_TLS_KIT_H

#include <openssl/ssl.h>

#include "control/handshake.h"
#include "control/tls_ctx.h"
#include "dataplane/tls/record.h"

struct kit_cert {
	EVP_PKEY *key;
	X509 *x;
};

/* NULL and 0 mean the ordinary: no SAN, no EKU, valid from yesterday for 90 days, P-256. */
struct kit_want {
	const char *cn;
	const char *san;               /* as in openssl.cnf: "DNS:a.example,otherName:..." */
	const char *eku;               /* "serverAuth" */
	const struct kit_cert *issuer; /* NULL: self-signed */
	int from_days, to_days;        /* from now */
	bool is_ca, is_rsa, is_hollow; /* is_hollow: unsigned, so that a test may add to it */
	bool is_weak;                  /* RSA of 1,024 bits */
};

struct kit_cert kit_issue(const struct kit_want *want);
void kit_sign(struct kit_cert *cert, const struct kit_cert *issuer);
void kit_free(struct kit_cert *cert);

/* A folder of its own; kit_dir_remove() takes it away with its files. */
const char *kit_dir(void);
void kit_dir_remove(void);
/* Writes "<dir>/<name>"; the path is good until the eighth call after this one. */
const char *kit_write_cert(const char *name, const struct kit_cert *cert,
			   const struct kit_cert *intermediate);
const char *kit_write_key(const char *name, const struct kit_cert *cert);

/* An OpenSSL endpoint. */
struct kit_peer {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
};

struct kit_peer_want {
	bool is_server;
	int version;                /* TLS1_2_VERSION, TLS1_3_VERSION; 0: both */
	const char *suite;          /* of that version; NULL: any */
	const struct kit_cert *own; /* NULL: no certificate */
	const struct kit_cert *ca;  /* a trust anchor and, as server, asks for a certificate */
	const char *sni, *alpn;     /* alpn in its wire form */
	bool tickets;
};

void kit_peer_open(struct kit_peer *p, const struct kit_peer_want *want);
void kit_peer_close(struct kit_peer *p);

/* All bytes that went from the peer to us. */
struct kit_wire {
	uint8_t *bytes;
	size_t len;
};

/*
 * Runs @h against @p to the end. @behind: what the peer says the moment its handshake is done,
 * hence in the same flight as its Finished where the protocol has it so; NULL: nothing.
 */
enum handshake_result kit_shake(struct handshake *h, struct kit_peer *p, const char *behind,
				struct kit_wire *wire);

/* A tls_ctx of ours with @cert, trusting @ca. */
struct tls_ctx *kit_ctx(enum iface leg, const struct kit_cert *cert, const struct kit_cert *ca,
			const char *certificate_dir);

#endif
