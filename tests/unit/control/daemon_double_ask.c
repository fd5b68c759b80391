/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_double_ask.c - what daemon_ask.h asks of the relay, answered as a test wants it. */
#include <stdlib.h>
#include <string.h>

#include "control/daemon_ask.h"
#include "control/domains.h"
#include "control/secret.h"
#include "daemon_double.h"

/* A trial says what the test has put down, and ends by what it says. */
struct trial {
	struct loop *loop;
	struct loop_timer timer;
	const struct trial_listener *listener;
	const struct daemon *daemon;
	unsigned int said;
};

static void say_next(struct loop_timer *t)
{
	struct trial *at = CONTAINER_OF(t, struct trial, timer);
	const struct trial_listener *l = at->listener;
	const struct daemon *d = at->daemon;

	if (at->said < d->trial_lines) {
		l->said(l, &d->trial_line[at->said++]);
		loop_at(at->loop, t, loop_now_us(at->loop));
		return;
	}
	free(at);
	l->over(l, d->trial_failed != NULL ? d->trial_failed : "");
}

static struct trial *begin(struct daemon *d, const struct trial_listener *l)
{
	struct trial *t = calloc(1, sizeof(*t));

	t->loop = d->loop;
	t->listener = l;
	t->daemon = d;
	t->timer.due = say_next;
	loop_at(d->loop, &t->timer, loop_now_us(d->loop));
	return t;
}

struct trial *daemon_test_partner(struct daemon *d, const char *domain, const char *local,
				  const struct trial_listener *listener)
{
	(void)snprintf(d->tried, sizeof(d->tried), "partner %s from %s", domain, local);
	return begin(d, listener);
}

struct trial *daemon_test_gateway(struct daemon *d, const char *name, const char *local,
				  const char *remote, const struct trial_listener *listener)
{
	(void)snprintf(d->tried, sizeof(d->tried), "gateway %s for %s to %s", name, remote, local);
	return begin(d, listener);
}

void trial_stop(struct trial *t)
{
	loop_cancel(t->loop, &t->timer);
	free(t);
}

const struct dns_record *daemon_dns(const struct daemon *d)
{
	return d->dns;
}

bool daemon_dns_flush(struct daemon *d, const char *domain, unsigned int *forgotten, char *error)
{
	(void)error;
	*forgotten = dns_record_forget(d->dns, domain);
	return true;
}

bool daemon_rotate_secret(struct daemon *d, const char *file, uint64_t grace_us, char *error)
{
	const char *why = NULL;
	char *fresh = file != NULL ? secret_from_file(file, &why) : secret_random();

	if (fresh == NULL) {
		(void)snprintf(error, 256, "%s: %s", file, why);
		return false;
	}
	secret_rotate(d->config->policy, fresh, loop_now_us(d->loop), grace_us);
	return true;
}

bool daemon_verification(const struct daemon *d, size_t index, struct links_verification *out)
{
	if (index >= d->verifications)
		return false;
	*out = (struct links_verification){.local = "contoso.example",
					   .remote = "partner.example",
					   .stream = "er1",
					   .state = "dialling",
					   .left_us = 7000000};
	return true;
}

bool daemon_backoff(const struct daemon *d, const char *remote, struct links_backoff *out)
{
	(void)remote;
	*out = d->backoff;
	return d->backoff.failures > 0;
}

enum links_outlook daemon_outlook(const struct daemon *d, const char *remote)
{
	(void)remote;
	return d->outlook;
}

const struct route_domain *daemon_route_domain(const struct daemon *d, const char *domain)
{
	return route_find(d->route, domain, strlen(domain));
}

bool daemon_read_certificate(const struct daemon *d, const char *file, const char *key,
			     struct identity *id, char *error)
{
	(void)key;
	if (d->certificate == NULL) {
		(void)snprintf(error, 256, "%s: cannot open the certificate", file);
		return false;
	}
	*id = *d->certificate;
	return true;
}

const struct tls_ctx *daemon_tls(const struct daemon *d, enum iface leg)
{
	return d->tls[leg];
}

bool daemon_cert_load(struct daemon *d, enum iface leg, const char *file, const char *key,
		      char *error)
{
	(void)leg;
	(void)key;
	if (strcmp(file, "bad") == 0) {
		(void)snprintf(error, 256, "bad: no good PEM certificate");
		return false;
	}
	d->certs_loaded = 1;
	return true;
}

unsigned int daemon_cert_commit(struct daemon *d)
{
	const unsigned int n = d->certs_loaded;

	d->certs_loaded = 0;
	return n;
}

unsigned int daemon_cert_abort(struct daemon *d)
{
	return daemon_cert_commit(d);
}

bool sessions_serving(const struct sessions *t, enum iface leg, const char *local,
		      const char *remote, char trace_id[24])
{
	const struct daemon *d = (const struct daemon *)(const void *)t;

	(void)local;
	(void)remote;
	(void)snprintf(trace_id, 24, "eo1");
	return d->serves[leg];
}

void sessions_use(const struct sessions *t, const struct partner *partner, struct sessions_use *out)
{
	(void)t;
	*out = (struct sessions_use){.all = 7, .all_limit = 1000};
	if (partner != NULL) {
		out->partner = 2;
		out->partner_limit = 20;
	}
}

const struct history_partner *sessions_history(const struct sessions *t,
					       const struct partner *partner)
{
	const struct daemon *d = (const struct daemon *)(const void *)t;

	(void)partner;
	return &d->history;
}
