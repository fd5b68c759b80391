/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_start.c - the ordered table of what the relay starts; stopping walks it backwards. */
#include <errno.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "control/daemon_ask.h"
#include "control/daemon_state.h"
#include "control/eal.h"
#include "control/log.h"
#include "control/log_sink.h"
#include "control/memory.h"
#include "control/metrics/metrics.h"
#include "control/notify.h"
#include "control/operator/baseline.h"
#include "control/privileges.h"

#define ERROR_MAX    512
#define TIME_WAIT_US UINT64_C(60000000) /* 2 MSL with an MSL of 30 s, as most systems have it */
#define USER_TIMEOUT_US                                                                            \
	UINT64_C(120000000) /* unacknowledged data: RFC 9293 3.8.3 says at least 100 s */
#define JOIN_PATIENCE_US                                                                           \
	UINT64_C(5000000) /* behind MSG_STOP's own time and the loop's last turn                   \
			   */
#define TCP_KEEPALIVE_US UINT64_C(7200000000) /* RFC 9293 3.8.4: no less than two hours */

bool daemon_apply_log(const struct config *config, char *error)
{
	const char *file = config->log_file != NULL ? config->log_file : "";
	enum log_level level;

	if (log_level_parse(config->log_level, &level))
		log_set_level(level);
	log_set_json(strcmp(config->log_format, "json") == 0);
	return strcmp(log_sink_path(), file) == 0 || log_sink_open(config->log_file, NULL, error);
}

static bool start_log(struct daemon *d, char *error)
{
	d->loaded_unix_s = (uint64_t)time(NULL);
	notify_open();
	return log_sink_open(NULL, NULL, error) && daemon_apply_log(d->config, error);
}

static void stop_log(struct daemon *d)
{
	(void)d;
	notify_close();
}

static bool start_loop(struct daemon *d, char *error)
{
	d->loop = loop_make();
	if (d->loop == NULL) {
		snprintf(error, ERROR_MAX, "cannot make an epoll: %s", strerror(errno));
		return false;
	}
	d->started_us = loop_now_us(d->loop);
	return true;
}

static void stop_loop(struct daemon *d)
{
	loop_free(d->loop);
}

static bool start_eal(struct daemon *d, char *error)
{
	d->cores = (uint16_t)d->config->cores;
	return eal_start(d->config, d->drivers_dir, error);
}

static void stop_eal(struct daemon *d)
{
	(void)d;
	(void)rte_eal_cleanup();
}

struct tls_ctx *daemon_make_tls(const struct config *config, enum iface leg, char *error)
{
	const struct config_tls *t = &config->tls[leg];
	const struct tls_ctx_setup setup = {leg, t->certificate, t->key, t->trust,
					    t->certificate_dir};

	return tls_ctx_make(&setup, error);
}

static bool start_tls(struct daemon *d, char *error)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		d->tls[i] = daemon_make_tls(d->config, (enum iface)i, error);
		if (d->tls[i] == NULL)
			return false;
	}
	return true;
}

static void stop_tls(struct daemon *d)
{
	daemon_cert_abort(d);
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		tls_ctx_drop(d->tls[i]);
}

static bool start_domains(struct daemon *d, char *error)
{
	d->domains = domains_make();
	d->route = d->domains != NULL ? domains_route(d->domains, d->config) : NULL;
	if (d->route == NULL)
		snprintf(error, ERROR_MAX, "no memory for the routes");
	return d->route != NULL;
}

static void stop_domains(struct daemon *d)
{
	while (d->retired != NULL) {
		struct retired_route *r = d->retired;

		d->retired = r->next;
		route_free(r->route);
		free(r);
	}
	route_free(d->route);
	domains_free(d->domains);
}

static void stop_ports(struct daemon *d)
{
	for (unsigned int i = IFACE_COUNT; i-- > 0;)
		eal_close_ports(&d->ports[i]);
}

static bool start_ports(struct daemon *d, char *error)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		if (!eal_open_ports(d->config, d->drivers_dir, (enum iface)i, &d->ports[i],
				    error)) {
			stop_ports(d);
			return false;
		}
	return true;
}

/* By the device where it has a queue for each core and says exactly how it spreads. */
static enum steer_way choose_way(const struct daemon *d, const struct eal_ports *p)
{
	if (d->cores == 1)
		return STEER_ALONE;
	return p->count == 1 && p->port[0].queues == d->cores && p->port[0].rss.entries > 0
		   ? STEER_DEVICE
		   : STEER_SOFTWARE;
}

static bool start_steering(struct daemon *d, char *error)
{
	d->steer.cores = d->cores;
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		d->steer.iface[i].way = choose_way(d, &d->ports[i]);
		d->steer.iface[i].rss = d->ports[i].port[0].rss;
		log_event(LOG_LEVEL_INFO, "steering", "interface=%s queues=%u cores=%u by=%s",
			  i == IFACE_EDGE ? "edge" : "internal", eal_queues(&d->ports[i]), d->cores,
			  steer_way_name(d->steer.iface[i].way));
	}
	if (d->cores == 1)
		return true;
	if (getrandom(&d->steer.key, sizeof(d->steer.key), 0) != (ssize_t)sizeof(d->steer.key)) {
		snprintf(error, ERROR_MAX, "the kernel gives no random bytes");
		return false;
	}
	d->crossings = crossing_make(d->cores);
	if (d->crossings == NULL)
		snprintf(error, ERROR_MAX,
			 "no memory for the rings between cores: raise memory-mb");
	return d->crossings != NULL;
}

static void stop_steering(struct daemon *d)
{
	crossing_free(d->crossings);
}

static bool start_inboxes(struct daemon *d, char *error)
{
	for (uint16_t i = 0; i < d->cores; i++) {
		d->inbox[i] = inbox_make(i);
		if (d->inbox[i] == NULL) {
			snprintf(error, ERROR_MAX,
				 "no memory for the rings of core %u: raise memory-mb", i);
			return false;
		}
	}
	d->orders = orders_make(d->inbox, d->cores);
	return true;
}

static void stop_inboxes(struct daemon *d)
{
	orders_free(d->orders);
	for (uint16_t i = 0; i < d->cores; i++)
		if (d->inbox[i] != NULL)
			inbox_free_all(d->inbox[i]);
}

static struct net_iface_setup net_setup_of(const struct config_iface *c, const struct port *p)
{
	return (struct net_iface_setup){.mac = c->has_mac ? c->mac : p->mac,
					.address = c->address,
					.prefix_len = c->prefix_len,
					.gateway = c->gateway,
					.address6 = c->address6,
					.prefix6_len = c->prefix6_len,
					.gateway6 = c->gateway6,
					.vlan = c->vlan,
					.mtu = c->mtu,
					.listen_port = c->port,
					.checksum_trust = p->rx_checksum_trust};
}

static bool make_core(struct daemon *d, uint16_t index, unsigned int lcore, char *error)
{
	struct core_setup setup = {.index = index,
				   .lcore = lcore,
				   .crossings = d->crossings,
				   .steer = d->cores > 1 ? &d->steer : NULL,
				   .conns = d->config->conns_per_core,
				   .busy = d->config->busy_per_core,
				   .link_queue_bytes = LINK_QUEUE_BYTES,
				   .link_queue_stanzas = LINK_QUEUE_STANZAS,
				   .keepalive_idle_us = TCP_KEEPALIVE_US,
				   .user_timeout_us = USER_TIMEOUT_US,
				   .time_wait_us = TIME_WAIT_US,
				   .idle = d->config->idle,
				   .congestion = d->config->congestion,
				   .ecn = d->config->ecn,
				   .inbox = d->inbox[index],
				   .routes = d->route};

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		setup.port[i] = eal_queue(&d->ports[i], index, &setup.queue[i]);
		setup.sender[i] = index % eal_queues(&d->ports[i]);
		setup.rx_mbufs[i] = d->ports[i].mbufs / d->cores;
		setup.iface[i] = net_setup_of(&d->config->iface[i], &d->ports[i].port[0]);
	}
	d->core[index] = core_make(&setup, error);
	return d->core[index] != NULL;
}

static bool start_cores(struct daemon *d, char *error)
{
	unsigned int lcore = rte_get_main_lcore();

	for (uint16_t i = 0; i < d->cores; i++) {
		lcore = rte_get_next_lcore(lcore, 1, 0); /* eal.c made one for each core */
		if (!make_core(d, i, lcore, error))
			return false;
	}
	return true;
}

/* All are closed before the first is freed: core.h. And the devices before them: a card still has
 * frames of the cores' pools to send, or has not said yet that they are sent. */
static void stop_cores(struct daemon *d)
{
	for (uint16_t i = 0; i < d->cores; i++)
		if (d->core[i] != NULL)
			core_close(d->core[i]);
	crossing_drain(d->crossings);
	privileges_raise(); /* what some drivers close takes */
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		eal_shut_ports(&d->ports[i]);
	for (uint16_t i = 0; i < d->cores; i++)
		core_free(d->core[i]);
}

static bool start_resolver(struct daemon *d, char *error)
{
	static const struct ip_addr none;
	const struct config_iface *edge = &d->config->iface[IFACE_EDGE];
	const unsigned int families = (addr_equal(&edge->address, &none) ? 0 : RESOLVER_V4) |
				      (addr_equal(&edge->address6, &none) ? 0 : RESOLVER_V6);

	d->resolver =
	    resolver_make(d->loop, families, d->config->resolver, d->config->dnssec, error);
	return d->resolver != NULL;
}

static void stop_resolver(struct daemon *d)
{
	resolver_free(d->resolver);
}

static bool start_sessions(struct daemon *d, char *error)
{
	struct gateways *gateways = d->gateways = gateways_make(d->loop, d->config->policy);
	const struct links_setup links = {.loop = d->loop,
					  .resolver = d->resolver,
					  .domains = d->domains,
					  .orders = d->orders,
					  .config = d->config,
					  .gateways = gateways};
	const struct sessions_setup sessions = {
	    .loop = d->loop,
	    .orders = d->orders,
	    .domains = d->domains,
	    .links = d->links = links_make(&links),
	    .cores = d->core,
	    .config = d->config,
	    .gateways = gateways,
	    .tls = {d->tls[IFACE_EDGE], d->tls[IFACE_INTERNAL]},
	};

	(void)error;
	d->sessions = sessions_make(&sessions);
	links_use(d->links, d->sessions);
	return true;
}

static bool start_drain(struct daemon *d, char *error)
{
	const struct drain_setup setup = {.loop = d->loop,
					  .links = d->links,
					  .sessions = d->sessions,
					  .cores = d->core,
					  .core_count = d->cores};

	(void)error;
	d->drain = drain_make(&setup);
	d->heartbeat = heartbeat_make(d->loop, d->core, d->cores);
	return true;
}

static void stop_drain(struct daemon *d)
{
	heartbeat_free(d->heartbeat);
	drain_free(d->drain);
}

static void stop_sessions(struct daemon *d)
{
	links_free(d->links);
	sessions_free(d->sessions);
	gateways_free(d->gateways);
}

static bool start_metrics(struct daemon *d, char *error)
{
	d->baseline = baseline_make();
	d->metrics = metrics_make(d, error);
	if (d->metrics == NULL)
		baseline_free(d->baseline);
	return d->metrics != NULL;
}

static void stop_metrics(struct daemon *d)
{
	metrics_free(d->metrics);
	baseline_free(d->baseline);
}

static bool start_opsock(struct daemon *d, char *error)
{
	const struct config *c = d->config;

	d->opsock = opsock_make(d, c->socket_path, c->socket_group, LEVEL_ADMIN, error);
	if (d->opsock == NULL || c->monitor_path == NULL)
		return d->opsock != NULL;
	d->monitor = opsock_make(d, c->monitor_path, c->socket_group, LEVEL_MONITOR, error);
	if (d->monitor != NULL)
		return true;
	opsock_free(d->opsock);
	d->opsock = NULL;
	return false;
}

static void stop_opsock(struct daemon *d)
{
	opsock_free(d->monitor);
	opsock_free(d->opsock);
}

static bool launch(struct daemon *d, uint16_t index)
{
	struct core_watch *w = &d->core_watch[index];

	w->daemon = d;
	w->core = index;
	w->watch.fd = inbox_fd(d->inbox[index]);
	w->watch.ready = daemon_events_ready;
	if (!loop_watch(d->loop, &w->watch, EPOLLIN))
		return false;
	if (core_launch(d->core[index]))
		return true;
	loop_unwatch(d->loop, &w->watch);
	return false;
}

/* Those that run end, within a bound; one that does not is named, and nothing of it is freed. */
static void join_cores(struct daemon *d)
{
	for (uint16_t i = 0; i < d->launched; i++) {
		loop_unwatch(d->loop, &d->core_watch[i].watch);
		if (core_join(d->core[i], JOIN_PATIENCE_US))
			continue;
		log_event(LOG_LEVEL_ERROR, "core_hung", "core=%u heartbeat=%llu", i,
			  (unsigned long long)core_heartbeat(d->core[i]));
		d->is_hung = true;
	}
	d->launched = 0;
}

/* From here on the world gets in. */
static bool launch_cores(struct daemon *d, char *error)
{
	for (; d->launched < d->cores; d->launched++)
		if (!launch(d, d->launched)) {
			snprintf(error, ERROR_MAX, "cannot launch core %u", d->launched);
			daemon_stop(d);
			join_cores(d);
			return false;
		}
	log_event(LOG_LEVEL_NOTICE, "ready", "cores=%u config=%016llx", d->cores,
		  (unsigned long long)d->config->hash);
	return true;
}

/* What is wrong when one fails: the configuration and what it names, or this machine at this
 * moment. */
enum blame { MACHINE, CONFIGURATION };

static const struct step {
	bool (*start)(struct daemon *d, char *error);
	void (*stop)(struct daemon *d);
	enum blame blame;
} steps[] = {
    {start_log, stop_log, CONFIGURATION},
    {start_loop, stop_loop, MACHINE},
    {daemon_start_signals, daemon_stop_signals, MACHINE},
    {start_tls, stop_tls, CONFIGURATION},
    {start_domains, stop_domains, MACHINE},
    {daemon_changes_start, daemon_changes_stop, MACHINE},
    {start_eal, stop_eal, CONFIGURATION},
    {start_ports, stop_ports, CONFIGURATION},
    {start_steering, stop_steering, MACHINE},
    {start_inboxes, stop_inboxes, CONFIGURATION},
    {start_cores, stop_cores, CONFIGURATION},
    {start_resolver, stop_resolver, CONFIGURATION},
    {start_sessions, stop_sessions, MACHINE},
    {start_drain, stop_drain, MACHINE},
    {start_metrics, stop_metrics, CONFIGURATION},
    {start_opsock, stop_opsock, CONFIGURATION},
    {daemon_drop_rights, NULL, CONFIGURATION},
    {launch_cores, join_cores, MACHINE},
    {daemon_start_service, daemon_stop_service, MACHINE},
};

/* With a core that hangs only what is the world's is undone, the sockets of operators and scrapers:
 * the rest is in its hands. */
static void stop_before(struct daemon *d, size_t step)
{
	while (step-- > 0)
		if (steps[step].stop != NULL && (!d->is_hung || steps[step].stop == stop_opsock ||
						 steps[step].stop == stop_metrics))
			steps[step].stop(d);
}

bool daemon_start(struct daemon *d, char *error)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (!steps[i].start(d, error)) {
			d->is_misconfigured = steps[i].blame == CONFIGURATION;
			stop_before(d, i);
			return false;
		}
	return true;
}

bool daemon_close(struct daemon *d)
{
	stop_before(d, ARRAY_LEN(steps));
	return !d->is_hung;
}
