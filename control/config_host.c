/* SPDX-License-Identifier: BSD-3-Clause */
/* config_host.c - the machine's part of the configuration: cores, interfaces, files, resolver. */
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config_parts.h"

enum defaults {
	MEMORY_MB_DEFAULT = 512,
	MEMORY_MB_MIN = 64, /* below, the pools of one core do not fit */
	MEMORY_MB_MAX = 1024 * 1024,
	CONNS_MIN = 16,
	MTU_DEFAULT = 1500,
	EDGE_PORT_DEFAULT = 5269,
	INTERNAL_PORT_DEFAULT = 23456,
};

static const char *const iface_names[IFACE_COUNT] = {"edge", "internal"};

static char *or_default(struct config_draft *d, char *text, const char *fallback)
{
	if (text != NULL)
		return text;
	text = strdup(fallback);
	if (text == NULL)
		d->no_memory = true;
	return text;
}

/*
 * What the pools of one core take, about (dataplane/core/pools.h): for each connection that may be
 * busy eight buffers, which without huge pages are a page each, and two ledger chunks; for each
 * connection what an idle stream needs; and the rings of each core to each other. The receive
 * buffers of two af_xdp queues are in the base.
 */
static uint32_t memory_mb_needed(const struct config *c)
{
	enum { BASE_MB = 104, PER_BUSY_KB = 36, PER_CONNECTION_KB = 2, PAIRS_PER_MB = 4 };

	return c->cores * (BASE_MB + c->busy_per_core / 1024 * PER_BUSY_KB +
			   c->conns_per_core / 1024 * PER_CONNECTION_KB) +
	       c->cores * (c->cores - 1) / PAIRS_PER_MB;
}

static void check_dataplane(struct config_draft *d, const xmlNode *e)
{
	const struct config *c = d->config;

	if (c->memory_mb < memory_mb_needed(c))
		config_warning(d->report, config_at(d, e),
			       "memory-mb is %u, and %u cores with %u connections each take about "
			       "%u: the relay may not start",
			       c->memory_mb, c->cores, c->conns_per_core, memory_mb_needed(c));
}

static void read_dataplane(struct config_draft *d, const xmlNode *e)
{
	static const char *const idles[] = {"spin", "yield", "sleep", NULL};
	static const char *const congestions[] = {"cubic", "newreno", NULL};
	struct config *c = d->config;

	c->cores = config_u32(d, e, "cores", 1, 1, CORES_MAX);
	c->memory_mb =
	    config_u32(d, e, "memory-mb", MEMORY_MB_DEFAULT, MEMORY_MB_MIN, MEMORY_MB_MAX);
	c->huge_pages = config_bool(d, e, "huge-pages", true);
	c->idle = (enum core_idle)config_choice(d, e, "idle", idles, CORE_YIELD);
	c->congestion =
	    (enum tcp_congestion)config_choice(d, e, "congestion", congestions, TCP_CUBIC);
	c->ecn = config_bool(d, e, "ecn", false);
	c->conns_per_core = config_u32(d, e, "connections", CONNS_DEFAULT, CONNS_MIN, CONNS_MAX);
	c->busy_per_core = config_u32(d, e, "busy-connections",
				      min_u32(c->conns_per_core, CONNS_DEFAULT), 1, CONNS_BUSY_MAX);
	c->busy_per_core = min_u32(c->busy_per_core, c->conns_per_core);
	check_dataplane(d, e);
}

static bool parse_prefix(const char *text, struct ip_addr *address, uint8_t *len)
{
	const char *slash = strchr(text, '/');
	char copy[ADDR_TEXT_MAX];
	struct ip_addr parsed;
	unsigned long bits;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(copy))
		return false;
	memcpy(copy, text, (size_t)(slash - text));
	copy[slash - text] = '\0';
	bits = strtoul(slash + 1, NULL, 10);
	if (!addr_parse(copy, &parsed) || bits > (addr_is_v4(&parsed) ? 32 : 128))
		return false;
	*address = parsed;
	*len = (uint8_t)bits;
	return true;
}

/* The attributes of one family. */
struct family {
	const char *address, *gateway, *name, *example;
	bool is_v4;
};

static void read_family(struct config_draft *d, const xmlNode *e, const struct family *f,
			struct config_iface *i)
{
	const struct config_place at = config_at(d, e);
	struct ip_addr *address = f->is_v4 ? &i->address : &i->address6;
	struct ip_addr *gateway = f->is_v4 ? &i->gateway : &i->gateway6;
	char *text = config_attr(d, e, f->address), *hop = config_attr(d, e, f->gateway);
	const unsigned int errors = d->report->errors;

	if (text != NULL &&
	    (!parse_prefix(text, address, f->is_v4 ? &i->prefix_len : &i->prefix6_len) ||
	     addr_is_v4(address) != f->is_v4))
		config_error(d->report, at,
			     "%s is %s: expected an %s address with its prefix length, for "
			     "example %s",
			     f->address, text, f->name, f->example);
	if (hop != NULL && (!addr_parse(hop, gateway) || addr_is_v4(gateway) != f->is_v4))
		config_error(d->report, at, "%s is %s: expected an %s address", f->gateway, hop,
			     f->name);
	if (d->report->errors != errors)
		d->addresses_bad[i - d->config->iface] = true;
	free(text);
	free(hop);
}

static void read_addresses(struct config_draft *d, const xmlNode *e, struct config_iface *i)
{
	static const struct family families[] = {
	    {"address", "gateway", "IPv4", "192.0.2.10/24", true},
	    {"address6", "gateway6", "IPv6", "2001:db8::10/64", false},
	};

	for (size_t n = 0; n < ARRAY_LEN(families); n++)
		read_family(d, e, &families[n], i);
	i->vlan = (uint16_t)config_u32(d, e, "vlan", 0, 0, 4094);
}

static void read_mac(struct config_draft *d, const xmlNode *e, struct config_iface *i)
{
	char *text = config_attr(d, e, "mac");
	unsigned int b[6];

	if (text == NULL)
		return;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) ==
	    6) {
		i->has_mac = true;
		for (size_t n = 0; n < ARRAY_LEN(b); n++)
			i->mac.addr_bytes[n] = (uint8_t)b[n];
	}
	if (!i->has_mac || (i->mac.addr_bytes[0] & 1) != 0)
		config_error(d->report, config_at(d, e),
			     "mac is %s: expected a unicast MAC address, for example "
			     "02:00:00:00:00:01",
			     text);
	free(text);
}

/* Opens it, since access(2) asks for the real user's rights. */
static void check_readable(struct config_draft *d, const xmlNode *e, const char *name,
			   const char *path)
{
	FILE *f;

	if (path == NULL || !d->check_files)
		return;
	f = fopen(path, "rbe");
	if (f == NULL || fgetc(f) == EOF)
		config_error(d->report, config_at(d, e), "%s \"%s\": %s", name, path,
			     f == NULL || ferror(f) ? strerror(errno) : "the file is empty");
	if (f != NULL)
		fclose(f);
}

static void read_tls(struct config_draft *d, const xmlNode *e, enum iface iface)
{
	struct config_tls *t = &d->config->tls[iface];
	DIR *dir;

	t->certificate = config_path(d, e, "certificate");
	t->key = config_path(d, e, "key");
	t->trust = config_path(d, e, "trust");
	t->certificate_dir = config_path(d, e, "certificate-dir");
	check_readable(d, e, "certificate", t->certificate);
	check_readable(d, e, "key", t->key);
	check_readable(d, e, "trust", t->trust);
	if (t->certificate_dir != NULL && d->check_files) {
		dir = opendir(t->certificate_dir);
		if (dir == NULL)
			config_error(d->report, config_at(d, e), "certificate-dir \"%s\": %s",
				     t->certificate_dir, strerror(errno));
		else
			closedir(dir);
	}
	if (iface == IFACE_INTERNAL && t->trust == NULL)
		config_warning(d->report, config_at(d, e),
			       "no trust: gateways' certificates are checked against the system's "
			       "certification authorities, which are public ones");
}

static void read_iface(struct config_draft *d, const xmlNode *e, enum iface iface)
{
	struct config_iface *i = &d->config->iface[iface];
	const bool edge = iface == IFACE_EDGE;

	d->iface_at[iface] = config_at(d, e);
	i->line = d->iface_at[iface].line;
	i->driver = config_attr(d, e, "driver");
	i->device = config_attr(d, e, "device");
	i->device_args = or_default(d, config_attr(d, e, "device-args"), "");
	read_addresses(d, e, i);
	read_mac(d, e, i);
	i->mtu = config_u32(d, e, "mtu", MTU_DEFAULT, MTU_MIN, MTU_MAX);
	i->checksum_trust = config_bool(d, e, "checksum-trust", false);
	i->port =
	    (uint16_t)config_u32(d, e, edge ? "XmppListeningPort" : "XmppInternalPort",
				 edge ? EDGE_PORT_DEFAULT : INTERNAL_PORT_DEFAULT, 1, UINT16_MAX);
	read_tls(d, config_child(e, "tls"), iface);
}

static void read_resolver(struct config_draft *d, const xmlNode *e)
{
	char address[ADDR_TEXT_MAX] = "";
	struct ip_addr parsed;
	unsigned int port = 53;
	int end = 0;

	d->config->dnssec = config_bool(d, e, "dnssec", false);
	d->config->resolver = config_attr(d, e, "server");
	if (d->config->resolver == NULL)
		return;
	if (sscanf(d->config->resolver, "%45[0-9A-Fa-f:.]%n@%5u%n", address, &end, &port, &end) <
		1 ||
	    d->config->resolver[end] != '\0' || port == 0 || port > UINT16_MAX ||
	    !addr_parse(address, &parsed))
		config_error(d->report, config_at(d, e),
			     "server is \"%s\": expected an IP address, or address@port",
			     d->config->resolver);
}

static void check_socket(struct config_draft *d, const xmlNode *e, const char *name,
			 const char *path)
{
	if (path != NULL && strlen(path) > 107) /* sockaddr_un, unix(7) */
		config_error(d->report, config_at(d, e),
			     "%s is %zu characters long: expected 107 at most", name, strlen(path));
}

static void read_operator(struct config_draft *d, const xmlNode *e)
{
	struct config *c = d->config;

	c->socket_path = or_default(d, e != NULL ? config_path(d, e, "socket") : NULL,
				    "/run/sluice/control.sock");
	check_socket(d, e, "socket", c->socket_path);
	c->trace_folder =
	    or_default(d, e != NULL ? config_path(d, e, "trace-folder") : NULL, "/var/lib/sluice");
	if (e == NULL)
		return;
	c->monitor_path = config_path(d, e, "monitor-socket");
	check_socket(d, e, "monitor-socket", c->monitor_path);
	c->socket_group = config_attr(d, e, "group");
	if (c->monitor_path != NULL && c->socket_path != NULL &&
	    strcmp(c->monitor_path, c->socket_path) == 0)
		config_error(d->report, config_at(d, e),
			     "socket and monitor-socket are the same: expected two paths");
}

static void read_drain(struct config_draft *d, const xmlNode *e)
{
	struct config_drain *c = &d->config->drain;

	c->deadline_s = config_u32(d, e, "deadline", 300, 1, 86400);
	c->spread_s = config_u32(d, e, "spread", c->deadline_s < 60 ? c->deadline_s : 60, 0, 86400);
	c->stop_deadline_s = config_u32(d, e, "stop-deadline", 5, 0, 300);
	c->stop_spread_s = config_u32(d, e, "stop-spread", c->stop_deadline_s < 1 ? 0 : 1, 0, 300);
	if (c->spread_s > c->deadline_s || c->stop_spread_s > c->stop_deadline_s)
		config_error(d->report, config_at(d, e),
			     "%s is longer than the deadline it is to be done by",
			     c->spread_s > c->deadline_s ? "spread" : "stop-spread");
}

/* "127.0.0.1:9469" or "[::1]:9469". */
static bool parse_listen(const char *text, struct ip_addr *address, uint16_t *port)
{
	char host[ADDR_TEXT_MAX] = "";
	unsigned int number = 0;
	int end = 0;

	if (sscanf(text, "[%45[0-9A-Fa-f:.]]:%5u%n", host, &number, &end) < 2 &&
	    sscanf(text, "%45[0-9.]:%5u%n", host, &number, &end) < 2)
		return false;
	*port = (uint16_t)number;
	return text[end] == '\0' && number > 0 && number <= UINT16_MAX && addr_parse(host, address);
}

static void read_metrics(struct config_draft *d, const xmlNode *e)
{
	struct config *c = d->config;
	char *listen;

	if (e == NULL)
		return;
	listen = config_attr(d, e, "listen");
	if (listen != NULL && !parse_listen(listen, &c->metrics_address, &c->metrics_port))
		config_error(
		    d->report, config_at(d, e),
		    "listen is \"%s\": expected an IP address of this host and a port, for "
		    "example 127.0.0.1:9469 or [::1]:9469",
		    listen);
	else if (listen != NULL && addr_is_unspecified(&c->metrics_address))
		config_warning(
		    d->report, config_at(d, e),
		    "listen is \"%s\": whoever reaches any address of this host may read "
		    "the metrics; name the loopback or a management address",
		    listen);
	free(listen);
	c->metrics_path = config_path(d, e, "socket");
	check_socket(d, e, "socket", c->metrics_path);
	c->metrics_telemetry = config_bool(d, e, "telemetry", false);
	if (c->metrics_path != NULL &&
	    ((c->socket_path != NULL && strcmp(c->metrics_path, c->socket_path) == 0) ||
	     (c->monitor_path != NULL && strcmp(c->metrics_path, c->monitor_path) == 0)))
		config_error(d->report, config_at(d, e),
			     "socket is an operator's socket already: expected another path");
}

/* getpwnam() here already: a name that is none is better known before the relay is to start. */
static void read_process(struct config_draft *d, const xmlNode *e)
{
	struct config *c = d->config;

	c->user = config_attr(d, e, "user");
	c->seccomp = config_bool(d, e, "seccomp", true);
	if (c->user != NULL && d->check_files && getpwnam(c->user) == NULL)
		config_error(
		    d->report, config_at(d, e),
		    "user is \"%s\", and this machine knows none of that name: create it, or "
		    "leave user out to keep the rights the relay is started with",
		    c->user);
}

static void read_log(struct config_draft *d, const xmlNode *e)
{
	struct config *c = d->config;

	c->log_level = or_default(d, config_attr(d, e, "level"), "info");
	c->log_format = or_default(d, config_attr(d, e, "format"), "logfmt");
	c->log_messages = config_bool(d, e, "messages", false);
	c->log_file = e != NULL ? config_path(d, e, "file") : NULL;
}

void config_read_host(struct config_draft *d, const xmlNode *root)
{

	read_dataplane(d, config_child(root, "dataplane"));
	for (enum iface i = IFACE_EDGE; i < IFACE_COUNT; i++)
		read_iface(d, config_child(root, iface_names[i]), i);
	read_resolver(d, config_child(root, "resolver"));
	read_operator(d, config_child(root, "operator"));
	read_drain(d, config_child(root, "drain"));
	read_process(d, config_child(root, "process"));
	read_log(d, config_child(root, "log"));
	read_metrics(d, config_child(root, "metrics"));
}
