/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon_ask.h - what an operator asks of the running relay to find out why something does not
 * work, and what it changes at once: trials, DNS, dialback.
 *
 * Runs on  control.
 */
#ifndef CONTROL_DAEMON_ASK_H
#define CONTROL_DAEMON_ASK_H

#include "control/daemon.h"
#include "control/dns_record.h"
#include "control/links.h"
#include "control/trial.h"

/* As trial.h has them. */
MUST_USE struct trial *daemon_test_partner(struct daemon *d, const char *domain, const char *local,
					   const struct trial_listener *listener);
MUST_USE struct trial *daemon_test_gateway(struct daemon *d, const char *name, const char *local,
					   const char *remote,
					   const struct trial_listener *listener);

const struct dns_record *daemon_dns(const struct daemon *d);
/* As resolver_flush(). */
MUST_USE bool daemon_dns_flush(struct daemon *d, const char *domain, unsigned int *forgotten,
			       char *error);

/*
 * A new dialback secret, the first line of @file or made up at random (NULL); keys by the present
 * one are still found good for @grace_us.
 *
 * Returns  false with a sentence in @error (256 bytes): then nothing has changed.
 */
MUST_USE bool daemon_rotate_secret(struct daemon *d, const char *file, uint64_t grace_us,
				   char *error);
/* Verifications of partners' keys that are under way, one by one: @index 0.. . False: no more. */
MUST_USE bool daemon_verification(const struct daemon *d, size_t index,
				  struct links_verification *out);
/* Is @remote left alone for a while, since it could not be reached? */
MUST_USE bool daemon_backoff(const struct daemon *d, const char *remote, struct links_backoff *out);
/* As links_outlook(). */
enum links_outlook daemon_outlook(const struct daemon *d, const char *remote);
/* What the cores take the domain for; @domain as jid_parse() folds it. NULL: unknown. */
const struct route_domain *daemon_route_domain(const struct daemon *d, const char *domain);

/* Who a certificate in a file is, judged as a partner's. As identity_read_file(). */
MUST_USE bool daemon_read_certificate(const struct daemon *d, const char *file, const char *key,
				      struct identity *id, char *error);
/* What handshakes of that leg use. */
const struct tls_ctx *daemon_tls(const struct daemon *d, enum iface leg);
/*
 * Another certificate for a leg: loaded, then committed or aborted. Until it is committed nothing
 * changes; then new handshakes use it, and the streams that are up keep what they have. The next
 * reload reads the files of the configuration again.
 *
 * Returns  load: false with a sentence in @error (256 bytes). commit, abort: how many there were.
 */
MUST_USE bool daemon_cert_load(struct daemon *d, enum iface leg, const char *file, const char *key,
			       char *error);
unsigned int daemon_cert_commit(struct daemon *d);
unsigned int daemon_cert_abort(struct daemon *d);

#endif
