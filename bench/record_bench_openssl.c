/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record_bench_openssl.c - OpenSSL as fast as it goes: both ends in one process, a BIO that is one
 * copy in and one out, read-ahead, so that a record is one read of the BIO, and buffers kept.
 */
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "bench/record_bench.h"

enum {
	WIRE_MAX = 2 * (RECORD_BENCH_BATCH_BYTES + 64 * RECORD_BENCH_BATCH_MAX),
	SHAKES_MAX = 16,
};

/* What one end has written and the other not yet read. */
struct flat {
	size_t at, len;
	uint8_t bytes[WIRE_MAX];
};

struct end {
	SSL_CTX *ctx;
	SSL *ssl;
};

struct openssl_pair {
	BIO_METHOD *method;
	struct flat up, down; /* client to server, server to client */
	struct end client, server;
	uint8_t plain[RECORD_BENCH_PLAIN_MAX], heard[RECORD_BENCH_PLAIN_MAX];
};

/* A BIO's two buffers: what it reads from and what it writes to. */
struct ways {
	struct flat *in, *out;
};

static int flat_write(BIO *bio, const char *bytes, int len)
{
	struct flat *f = ((struct ways *)BIO_get_data(bio))->out;

	if (len <= 0 || f->len + (size_t)len > sizeof(f->bytes))
		return -1;
	memcpy(f->bytes + f->len, bytes, (size_t)len);
	f->len += (size_t)len;
	return len;
}

static int flat_read(BIO *bio, char *bytes, int len)
{
	struct flat *f = ((struct ways *)BIO_get_data(bio))->in;
	const size_t n = min_size((size_t)len, f->len - f->at);

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(bytes, f->bytes + f->at, n);
	f->at += n;
	if (f->at == f->len)
		f->at = f->len = 0;
	return (int)n;
}

static long flat_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int flat_free(BIO *bio)
{
	free(BIO_get_data(bio));
	return 1;
}

static BIO *make_bio(const struct openssl_pair *p, struct flat *in, struct flat *out)
{
	BIO *bio = BIO_new(p->method);
	struct ways *w = malloc(sizeof(*w));

	if (bio == NULL || w == NULL)
		bench_die("no memory for a BIO");
	*w = (struct ways){in, out};
	BIO_set_data(bio, w);
	BIO_set_init(bio, 1);
	return bio;
}

/* A key that both know spares the certificates: the records are the same (RFC 8446 4.2.11). */
static unsigned int client_key(SSL *ssl, const char *hint, char *name, unsigned int name_max,
			       unsigned char *key, unsigned int key_max)
{
	(void)ssl, (void)hint;
	if (name_max < sizeof("bench") || key_max < 32)
		return 0;
	memcpy(name, "bench", sizeof("bench"));
	memset(key, 0x2a, 32);
	return 32;
}

static unsigned int server_key(SSL *ssl, const char *name, unsigned char *key, unsigned int key_max)
{
	(void)ssl, (void)name;
	if (key_max < 32)
		return 0;
	memset(key, 0x2a, 32);
	return 32;
}

static struct end make_end(bool is_server, BIO *bio)
{
	struct end e = {.ctx = SSL_CTX_new(TLS_method())};

	if (e.ctx == NULL || SSL_CTX_set_min_proto_version(e.ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(e.ctx, "TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set_num_tickets(e.ctx, 0) != 1)
		bench_die("OpenSSL does not do as it is told");
	SSL_CTX_set_read_ahead(e.ctx, 1);
	SSL_CTX_set_psk_client_callback(e.ctx, client_key);
	SSL_CTX_set_psk_server_callback(e.ctx, server_key);
	e.ssl = SSL_new(e.ctx);
	if (e.ssl == NULL)
		bench_die("no memory for OpenSSL");
	SSL_set_bio(e.ssl, bio, bio);
	if (is_server)
		SSL_set_accept_state(e.ssl);
	else
		SSL_set_connect_state(e.ssl);
	return e;
}

struct openssl_pair *openssl_pair_make(void)
{
	struct openssl_pair *p = calloc(1, sizeof(*p));
	int client = 0, server = 0;

	if (p == NULL)
		bench_die("no memory for OpenSSL");
	p->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "flat");
	if (p->method == NULL || BIO_meth_set_write(p->method, flat_write) != 1 ||
	    BIO_meth_set_read(p->method, flat_read) != 1 ||
	    BIO_meth_set_ctrl(p->method, flat_ctrl) != 1 ||
	    BIO_meth_set_destroy(p->method, flat_free) != 1)
		bench_die("no memory for a BIO");
	p->client = make_end(false, make_bio(p, &p->down, &p->up));
	p->server = make_end(true, make_bio(p, &p->up, &p->down));
	for (int i = 0; i < SHAKES_MAX && (client != 1 || server != 1); i++) {
		client = SSL_do_handshake(p->client.ssl);
		server = SSL_do_handshake(p->server.ssl);
	}
	if (client != 1 || server != 1)
		bench_die("OpenSSL does not shake hands with itself");
	memset(p->plain, 'x', sizeof(p->plain));
	return p;
}

void openssl_pair_free(struct openssl_pair *p)
{
	SSL_free(p->client.ssl);
	SSL_free(p->server.ssl);
	SSL_CTX_free(p->client.ctx);
	SSL_CTX_free(p->server.ctx);
	BIO_meth_free(p->method);
	free(p);
}

double openssl_pair_ns(const struct bench *b, struct openssl_pair *p, size_t bytes,
		       unsigned int count)
{
	const unsigned int batch = record_bench_batch(bytes);
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int n = 0; n < count; n++) {
		for (unsigned int i = 0; i < batch; i++)
			if (SSL_write(p->client.ssl, p->plain, (int)bytes) != (int)bytes)
				bench_die("OpenSSL does not write");
		for (unsigned int i = 0; i < batch; i++)
			if (SSL_read(p->server.ssl, p->heard, (int)bytes) != (int)bytes)
				bench_die("OpenSSL does not read");
	}
	return (double)bench_since_ns(b, start_ns) / ((double)count * batch);
}
