/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_ctx_test.c - what an operator is told when a file of certificates is not what it should be.
 */
#include "control/tls_ctx.h"

#include <openssl/pem.h>

#include "tests/check.h"
#include "tests/unit/tls/tls_kit.h"

static struct kit_cert ca, own, other;
static struct tls_ctx_setup setup;

/* Does making a context fail, with a sentence that has both @path and @words in it? */
static bool complains(const char *path, const char *words)
{
	char error[256] = "";
	struct tls_ctx *t = tls_ctx_make(&setup, error);
	const bool is_said =
	    t == NULL && strstr(error, path) != NULL && strstr(error, words) != NULL;

	if (!is_said)
		fprintf(stderr, "said: \"%s\"\n", error);
	tls_ctx_drop(t);
	return is_said;
}

static void reset(void)
{
	setup = (struct tls_ctx_setup){
	    .leg = IFACE_EDGE,
	    .certificate = kit_write_cert("a.pem", &own, NULL),
	    .key = kit_write_key("a.key", &own),
	    .trust = kit_write_cert("ca.pem", &ca, NULL),
	};
}

static const char *write_text(const char *name, const char *text)
{
	static char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", kit_dir(), name);
	f = fopen(path, "w");
	CHECK(f != NULL && fputs(text, f) >= 0);
	fclose(f);
	return path;
}

static void takes_good_files(void)
{
	char error[256] = "";
	struct tls_ctx *t;

	reset();
	setup.certificate = kit_write_cert("chain.pem", &own, &ca);
	t = tls_ctx_make(&setup, error);
	CHECK(t != NULL);
	CHECK_EQ(tls_ctx_leg(t), IFACE_EDGE);
	tls_ctx_drop(t);
	setup.trust = NULL; /* the system's */
	t = tls_ctx_make(&setup, error);
	CHECK(t != NULL);
	tls_ctx_drop(t);
}

static void names_the_file_that_is_bad(void)
{
	reset();
	setup.certificate = "/nonexistent/a.pem";
	CHECK(complains("/nonexistent/a.pem", "cannot open"));
	setup.certificate = write_text("junk.pem", "no certificate at all\n");
	CHECK(complains("junk.pem", "certificate"));
	setup.certificate = write_text("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
	CHECK(complains("cut.pem", "certificate"));
	reset();
	setup.key = "/nonexistent/a.key";
	CHECK(complains("/nonexistent/a.key", "cannot open"));
	setup.key = write_text("junk.key", "");
	CHECK(complains("junk.key", "private key"));
	setup.key = kit_write_key("b.key", &other);
	CHECK(complains("b.key", "does not belong"));
	reset();
	setup.trust = "/nonexistent/ca.pem";
	CHECK(complains("/nonexistent/ca.pem", "trust"));
	setup.trust = write_text("junk-ca.pem", "");
	CHECK(complains("junk-ca.pem", "trust"));
	reset();
	setup.certificate_dir = "/nonexistent/dir";
	CHECK(complains("/nonexistent/dir", "cannot open"));
}

/* A half chain behind a good leaf must not pass for a whole one. */
static void refuses_a_damaged_intermediate(void)
{
	FILE *f;

	reset();
	f = fopen(setup.certificate, "a");
	CHECK(f != NULL && fputs("-----BEGIN CERTIFICATE-----\nMIIBgarbage\n", f) >= 0);
	fclose(f);
	CHECK(complains("a.pem", "certificate"));
}

static void never_asks_for_a_passphrase(void)
{
	FILE *f;
	char path[256];

	reset();
	snprintf(path, sizeof(path), "%s", write_text("locked.key", ""));
	f = fopen(path, "w");
	CHECK(PEM_write_PrivateKey(f, own.key, EVP_aes_256_cbc(), (const unsigned char *)"pw", 2,
				   NULL, NULL) == 1);
	fclose(f);
	setup.key = path;
	CHECK(complains("locked.key", "passphrase"));
}

static void refuses_a_key_too_weak_for_tls(void)
{
	struct kit_cert weak =
	    kit_issue(&(struct kit_want){.cn = "w", .issuer = &ca, .is_weak = true});

	reset();
	setup.certificate = kit_write_cert("weak.pem", &weak, NULL);
	setup.key = kit_write_key("weak.key", &weak);
	CHECK(complains("weak.pem", "ee key too small"));
	kit_free(&weak);
}

/* The folder of this test holds certificates under names without a key beside them. */
static void refuses_a_folder_with_a_keyless_certificate(void)
{
	reset();
	setup.certificate_dir = kit_dir();
	kit_write_cert("partner.example.crt", &own, NULL);
	CHECK(complains("partner.example.key", "cannot open"));
	kit_write_key("partner.example.key", &other);
	CHECK(complains("partner.example.key", "does not belong"));
}

int main(void)
{
	ca = kit_issue(&(struct kit_want){.cn = "Test CA", .is_ca = true});
	own = kit_issue(&(struct kit_want){.cn = "own", .issuer = &ca});
	other = kit_issue(&(struct kit_want){.cn = "other", .issuer = &ca});
	RUN(takes_good_files);
	RUN(names_the_file_that_is_bad);
	RUN(refuses_a_damaged_intermediate);
	RUN(never_asks_for_a_passphrase);
	RUN(refuses_a_key_too_weak_for_tls);
	RUN(refuses_a_folder_with_a_keyless_certificate);
	kit_free(&ca);
	kit_free(&own);
	kit_free(&other);
	kit_dir_remove();
	return check_summary();
}
