/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_ask.c - the parts of the relay that an operator's questions lead to. */
#include "control/daemon_ask.h"

#include <stdio.h>
#include <string.h>

#include "control/daemon_state.h"
#include "control/secret.h"

static struct trial_setup setup_of(struct daemon *d)
{
	return (struct trial_setup){d->loop, d->resolver, d->sessions};
}

struct trial *daemon_test_partner(struct daemon *d, const char *domain, const char *local,
				  const struct trial_listener *listener)
{
	const struct trial_setup setup = setup_of(d);

	return trial_partner(&setup, domain, local, listener);
}

struct trial *daemon_test_gateway(struct daemon *d, const char *name, const char *local,
				  const char *remote, const struct trial_listener *listener)
{
	const struct trial_setup setup = setup_of(d);

	return trial_gateway(&setup, name, local, remote, listener);
}

const struct dns_record *daemon_dns(const struct daemon *d)
{
	return resolver_record(d->resolver);
}

bool daemon_dns_flush(struct daemon *d, const char *domain, unsigned int *forgotten, char *error)
{
	return resolver_flush(d->resolver, domain, forgotten, error);
}

bool daemon_rotate_secret(struct daemon *d, const char *file, uint64_t grace_us, char *error)
{
	const char *why = "no memory or no random bytes";
	char *fresh = file != NULL ? secret_from_file(file, &why) : secret_random();

	if (fresh == NULL) {
		(void)snprintf(error, 256, "%.180s: %s", file != NULL ? file : "a random secret",
			       why);
		return false;
	}
	secret_rotate(d->config->policy, fresh, loop_now_us(d->loop), grace_us);
	return true;
}

bool daemon_verification(const struct daemon *d, size_t index, struct links_verification *out)
{
	return links_verification(d->links, index, out);
}

bool daemon_backoff(const struct daemon *d, const char *remote, struct links_backoff *out)
{
	return links_backoff(d->links, remote, out);
}

enum links_outlook daemon_outlook(const struct daemon *d, const char *remote)
{
	return links_outlook(d->links, remote);
}

const struct route_domain *daemon_route_domain(const struct daemon *d, const char *domain)
{
	return route_find(d->route, domain, strlen(domain));
}

bool daemon_read_certificate(const struct daemon *d, const char *file, const char *key,
			     struct identity *id, char *error)
{
	return identity_read_file(id, file, key, tls_ctx_trust(d->tls[IFACE_EDGE]), error);
}

const struct tls_ctx *daemon_tls(const struct daemon *d, enum iface leg)
{
	return d->tls[leg];
}

bool daemon_cert_load(struct daemon *d, enum iface leg, const char *file, const char *key,
		      char *error)
{
	const struct config_tls *t = &d->config->tls[leg];
	const struct tls_ctx_setup setup = {leg, file, key, t->trust, t->certificate_dir};
	struct tls_ctx *made = tls_ctx_make(&setup, error);

	if (made == NULL)
		return false;
	tls_ctx_drop(d->tls_loaded[leg]);
	d->tls_loaded[leg] = made;
	return true;
}

unsigned int daemon_cert_commit(struct daemon *d)
{
	unsigned int n = 0;

	for (enum iface leg = IFACE_EDGE; leg < IFACE_COUNT; leg++) {
		if (d->tls_loaded[leg] == NULL)
			continue;
		sessions_use_tls(d->sessions, leg, d->tls_loaded[leg]);
		tls_ctx_drop(d->tls[leg]);
		d->tls[leg] = d->tls_loaded[leg];
		d->tls_loaded[leg] = NULL;
		n++;
	}
	return n;
}

unsigned int daemon_cert_abort(struct daemon *d)
{
	unsigned int n = 0;

	for (unsigned int leg = 0; leg < IFACE_COUNT; leg++) {
		n += d->tls_loaded[leg] != NULL;
		tls_ctx_drop(d->tls_loaded[leg]);
		d->tls_loaded[leg] = NULL;
	}
	return n;
}
