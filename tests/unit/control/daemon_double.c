/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_double.c - the relay that the operator's socket sees in tests. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/config_parts.h"
#include "control/domains.h"
#include "daemon_double.h"

static struct daemon *the_daemon;

static const char head[] =
    "<sluice xmlns='urn:sluice:config:1'>"
    "<edge driver='tap' device='px0' address='192.0.2.10/24' gateway='192.0.2.1' "
    "address6='2001:db8::10/64' gateway6='fe80::1'>"
    "<tls certificate='a' key='b' trust='c'/></edge>"
    "<internal driver='tap' device='px1' address='198.51.100.10/24' "
    "address6='2001:db8:1::10/64'>"
    "<tls certificate='a' key='b' trust='c'/></internal>"
    "<GatewayConfiguration DialbackPassphrase='a secret of some length'/>"
    "<local-domains><domain>contoso.example</domain></local-domains>"
    "<gateways><gateway name='gw1' dial='direct-tls' address='198.51.100.20'>"
    "<certificate-name>gw1.contoso.example</certificate-name>"
    "<domain>contoso.example</domain></gateway>"
    "<gateway name='gw2' dial='starttls' address='2001:db8:1::20' port='5269'>"
    "<certificate-name>gw2.contoso.example</certificate-name>"
    "<domain>contoso.example</domain></gateway></gateways>"
    "<AllowedPartners>"
    "<AllowedPartner Domain='partner.example' PartnerType='Federated' SaslNegotiation='Optional'>"
    "<AdditionalDomain>chat.partner.example</AdditionalDomain></AllowedPartner>";

struct daemon *daemon_double_make(unsigned int partners)
{
	struct daemon *d = calloc(1, sizeof(*d));
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	fputs(head, f);
	for (unsigned int i = 1; i < partners; i++)
		fprintf(f, "<AllowedPartner Domain='p%u.example' SaslNegotiation='Optional'/>", i);
	fputs("</AllowedPartners></sluice>", f);
	fclose(f);
	d->config = config_parse("/etc/sluice/sluice.xml", text, len, false, stderr);
	free(text);
	d->loop = loop_make();
	d->overlay = overlay_make();
	d->gateway_error[0] = d->gateway_error[1] = DROP_COUNT;
	d->certificate_left_s = 90 * 86400;
	d->dns = dns_record_make();
	d->domains = domains_make();
	if (d->config != NULL)
		d->route = domains_route(d->domains, d->config);
	the_daemon = d;
	if (d->config != NULL && d->loop != NULL && daemon_double_start_metrics(d, NULL))
		return d;
	daemon_double_free(d);
	return NULL;
}

void daemon_double_free(struct daemon *d)
{
	dns_record_free(d->dns);
	route_free(d->route);
	domains_free(d->domains);
	daemon_double_end_metrics(d);
	config_free(d->config);
	overlay_free(d->overlay);
	loop_free(d->loop);
	free(d);
}

const struct config *daemon_config(const struct daemon *d)
{
	return d->config;
}

struct sessions *daemon_sessions(struct daemon *d)
{
	return (struct sessions *)(void *)d;
}

struct loop *daemon_loop(struct daemon *d)
{
	return d->loop;
}

size_t daemon_cores(const struct daemon *d)
{
	return ARRAY_LEN(d->core);
}

const struct core *daemon_core(const struct daemon *d, size_t index)
{
	return &d->core[index];
}

size_t daemon_ports(const struct daemon *d, enum iface iface)
{
	(void)d;
	(void)iface;
	return 1;
}

const struct port *daemon_port(const struct daemon *d, enum iface iface, size_t index)
{
	(void)iface;
	(void)index;
	return &d->port;
}

enum steer_way daemon_steering(const struct daemon *d, enum iface iface)
{
	(void)d;
	return iface == IFACE_EDGE ? STEER_DEVICE : STEER_SOFTWARE;
}

uint64_t daemon_uptime_s(const struct daemon *d)
{
	(void)d;
	return 93784; /* 1 d 02:03:04 */
}

uint64_t daemon_loaded_unix_s(const struct daemon *d)
{
	(void)d;
	return 1700000000;
}

struct blocks *daemon_blocks(struct daemon *d)
{
	return &d->blocks;
}

const struct overlay *daemon_overlay(const struct daemon *d)
{
	return d->overlay;
}

const struct config *daemon_started(const struct daemon *d)
{
	return d->config;
}

void daemon_change_free(struct daemon_change *c)
{
	free(c->complaints);
	config_diff_free(&c->diff);
	overlay_free(c->changes);
}

static FILE *open_report(struct daemon_change *c)
{
	*c = (struct daemon_change){.code = EXIT_OK};
	return open_memstream(&c->complaints, &c->complaints_len);
}

bool daemon_reload(struct daemon *d, bool check_only, uint64_t within_s, struct daemon_change *c)
{
	FILE *report = open_report(c);

	d->reloads += !check_only;
	d->confirm_within_s = within_s;
	fprintf(report, "/etc/sluice/sluice.xml:7: %s: something\n",
		d->reload_fails ? "error" : "warning");
	fclose(report);
	config_diff_make(&c->diff, d->config, d->config, d->config);
	c->closed.count = d->reload_fails ? 0 : 3;
	c->confirm_within_s = within_s;
	c->old_certificate = 2;
	if (d->reload_fails) {
		c->code = EXIT_BAD_CONFIG;
		(void)snprintf(
		    c->error, sizeof(c->error),
		    "the file has errors and nothing has changed: correct them and reload again");
	}
	return !d->reload_fails;
}

bool daemon_check_file(struct daemon *d, const char *path, struct daemon_change *c)
{
	(void)path;
	return daemon_reload(d, true, 0, c);
}

bool daemon_confirm(struct daemon *d)
{
	const bool waited = d->confirm_within_s > 0;

	d->confirm_within_s = 0;
	return waited;
}

uint64_t daemon_confirm_left_s(const struct daemon *d)
{
	return d->confirm_within_s;
}

bool daemon_rollback(struct daemon *d, struct daemon_change *c)
{
	fclose(open_report(c));
	c->code = EXIT_FAILED;
	(void)snprintf(c->error, sizeof(c->error), "nothing to go back to");
	(void)d;
	return false;
}

/* As the relay does it, but for streams, routes and files. */
bool daemon_change(struct daemon *d, struct overlay *o, const char *domain, uint64_t save,
		   struct daemon_change *c)
{
	FILE *report = open_report(c);
	struct config *next = config_make_again(d->config, d->config->source, o, report);

	(void)domain;
	fclose(report);
	d->saves += save != 0;
	if (next == NULL) {
		overlay_free(o);
		c->code = EXIT_FAILED;
		return false;
	}
	config_diff_make(&c->diff, d->config, d->config, next);
	config_free(d->config);
	d->config = next;
	next->policy->blocks = &d->blocks;
	(void)overlay_sweep(o);
	overlay_free(d->overlay);
	d->overlay = o;
	return true;
}

/* Streams of the double are those of the partner that they are of. */
void sessions_close_chosen(struct sessions *s, const struct sessions_filter *f, enum drop why,
			   const char *text, struct sessions_closed *out)
{
	struct daemon *d = (struct daemon *)(void *)s;

	*out = (struct sessions_closed){.count = 0};
	d->closed_for = why;
	(void)snprintf(d->closed_text, sizeof(d->closed_text), "%s", text);
	for (unsigned int i = 1; i <= d->streams; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "s%u", i);
		if (f->trace_id != NULL && strcmp(f->trace_id, id) != 0)
			continue;
		if (out->count < SESSIONS_CLOSED_SHOWN)
			memcpy(out->ids[out->count], id, sizeof(id));
		out->count++;
	}
}

void daemon_stop(struct daemon *d)
{
	d->stopped = true;
}

void daemon_shut_down(struct daemon *d)
{
	d->shut_down = true;
}

const char *daemon_state(const struct daemon *d)
{
	return d->shut_down ? "stopping" : drain_plan_state(&d->plan);
}

uint64_t daemon_core_still_us(const struct daemon *d, size_t index)
{
	return d->still_us[index];
}

uint64_t daemon_certificate_ends_unix_s(const struct daemon *d, enum iface iface)
{
	return (uint64_t)time(NULL) + (iface == IFACE_EDGE ? d->certificate_left_s : 90 * 86400);
}

struct drain *daemon_drain(struct daemon *d)
{
	return (struct drain *)(void *)d;
}

void drain_begin(struct drain *drain, const struct drain_times *times, void (*done)(void *user),
		 void *user)
{
	struct daemon *d = (struct daemon *)(void *)drain;

	(void)done;
	(void)user;
	d->times = *times;
	drain_plan_begin(&d->plan, times, 0);
}

void drain_end(struct drain *drain)
{
	drain_plan_end(&((struct daemon *)(void *)drain)->plan);
}

void drain_view(const struct drain *drain, struct drain_view *out)
{
	const struct daemon *d = (const struct daemon *)(const void *)drain;

	*out = (struct drain_view){.phase = d->plan.phase,
				   .state = drain_plan_state(&d->plan),
				   .times = d->times,
				   .count = d->count,
				   .left_us = d->times.deadline_us,
				   .closed = d->plan.closed};
}

struct gateways *daemon_gateways(struct daemon *d)
{
	return (struct gateways *)(void *)d;
}

static size_t gateway_index(const struct daemon *d, const char *name)
{
	return strcmp(d->config->policy->gateways[0].name, name) == 0 ? 0 : 1;
}

enum gateway_order gateways_order(const struct gateways *g, const char *name)
{
	const struct daemon *d = (const struct daemon *)(const void *)g;

	return d->order[gateway_index(d, name)];
}

void gateways_set(struct gateways *g, const char *name, enum gateway_order order)
{
	struct daemon *d = (struct daemon *)(void *)g;

	d->order[gateway_index(d, name)] = order;
}

/* The first that is ready, else one that drains. */
const struct gateway *gateways_choose(const struct gateways *g, const char *local, uint64_t tried)
{
	const struct daemon *d = (const struct daemon *)(const void *)g;

	(void)local;
	(void)tried;
	for (enum gateway_order order = GATEWAY_READY; order < GATEWAY_MAINT; order++)
		for (size_t i = 0; i < ARRAY_LEN(d->order); i++)
			if (d->order[i] == order)
				return &d->config->policy->gateways[i];
	return NULL;
}

bool gateways_view(const struct gateways *g, const struct sessions *s, size_t index,
		   struct gateway_view *out)
{
	const struct daemon *d = (const struct daemon *)(const void *)g;

	(void)s;
	if (index >= ARRAY_LEN(d->order))
		return false;
	*out = (struct gateway_view){.gateway = &d->config->policy->gateways[index],
				     .order = d->order[index],
				     .streams = d->gateway_streams[index],
				     .queued_bytes = 100 * index,
				     .failovers = d->failovers[index],
				     .last_error = d->gateway_error[index],
				     .last_error_unix_s = 1700000000};
	out->state = out->order != GATEWAY_READY     ? gateways_order_name(out->order)
		     : out->streams > 0              ? "up"
		     : out->last_error == DROP_COUNT ? "idle"
						     : "down";
	return true;
}

const char *gateways_order_name(enum gateway_order o)
{
	static const char *const names[] = {"ready", "drain", "maint"};

	return names[o];
}

unsigned int sessions_heed_gateway(struct sessions *s, const char *name)
{
	(void)name;
	((struct daemon *)(void *)s)->heeded++;
	return 4;
}

bool port_is_link_up(const struct port *p)
{
	(void)p;
	return !the_daemon->link_is_down;
}

/* Stream numbers run from 1, with gaps. */
bool sessions_next_view(struct sessions *s, uint64_t *cursor, struct session_view *out)
{
	const uint64_t next = *cursor / 3 + 1;

	(void)s;
	if (next > the_daemon->streams)
		return false;
	*cursor = 3 * next;
	*out = (struct session_view){.conn = {.slot = (uint32_t)next, .core = next % 2},
				     .leg = next % 2 == 1 ? IFACE_EDGE : IFACE_INTERNAL,
				     .role = next % 4 < 2 ? STREAM_RECEIVING : STREAM_INITIATING,
				     .state = "established",
				     .pairs = 1,
				     .address = addr_from_v4(0xc6336400 + (uint32_t)next % 200),
				     .port = (uint16_t)(40000 + next),
				     .method = "sasl-external",
				     .age_us = next * 1000000};
	(void)snprintf(out->trace_id, sizeof(out->trace_id), "s%llu", (unsigned long long)next);
	(void)snprintf(out->local, sizeof(out->local), "contoso.example");
	(void)snprintf(out->remote, sizeof(out->remote),
		       next == 2 ? "b\xc3\xbc"
				   "cher\x1b[2J.example"
				 : "chat.partner.example");
	(void)snprintf(out->partner, sizeof(out->partner), "partner.example");
	(void)snprintf(out->stream_id, sizeof(out->stream_id), next == 2 ? "\xff\xfe" : "id");
	out->card = the_daemon->card;
	(void)snprintf(out->tls_version, sizeof(out->tls_version), "TLSv1.3");
	return true;
}

bool sessions_refusal(const struct sessions *s, unsigned int index, struct refusal *out)
{
	(void)s;
	if (index >= the_daemon->refusals)
		return false;
	*out = (struct refusal){.at_unix_s = 1700000000 + index,
				.address = addr_from_v4(0xcb007101),
				.drop = DROP_STREAM_NOT_ALLOWED,
				.from = "evil.example",
				.to = "contoso.example"};
	(void)snprintf(out->trace_id, sizeof(out->trace_id), "s%u", index);
	return true;
}

struct taps *sessions_taps(struct sessions *s)
{
	return (struct taps *)(void *)s;
}

/* Nothing passes but what the test hands to the reader. */
bool taps_add(struct taps *t, struct taps_reader *r, unsigned int *streams)
{
	(void)t;
	the_daemon->reader = r;
	the_daemon->readers++;
	*streams = r->of == TAPS_STREAM && strcmp(r->name, "s1") != 0 ? 0 : the_daemon->streams;
	return true;
}

void taps_remove(struct taps *t, struct taps_reader *r)
{
	(void)t;
	(void)r;
	the_daemon->reader = NULL;
	the_daemon->readers--;
}

uint64_t sessions_drops(const struct sessions *s, enum drop drop)
{
	(void)s;
	return drop == DROP_STREAM_NOT_ALLOWED ? 5 : 0;
}

const struct stats *core_stats(const struct core *c)
{
	return &c->stats;
}

unsigned int core_lcore(const struct core *c)
{
	return c == &the_daemon->core[0] ? 2 : 3;
}

uint64_t core_heartbeat(const struct core *c)
{
	return c == &the_daemon->core[0] ? 1000 : 2000;
}

/* The connection in slot 1 is gone. */
bool core_view(const struct core *c, struct conn_id id, struct conn_view *out)
{
	const uint64_t more = (uint64_t)the_daemon->ticks * (id.slot % 100);

	(void)c;
	*out = (struct conn_view){.id = id,
				  .stanzas_in = 10 * id.slot + more,
				  .stanzas_out = id.slot,
				  .bytes_in = 1000 * more,
				  .idle_us = 2500000};
	return id.slot != 1;
}
