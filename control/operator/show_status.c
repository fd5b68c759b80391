/* SPDX-License-Identifier: BSD-3-Clause */
/* show_status.c - the relay at a glance. */
#include <unistd.h>

#include "control/operator/show.h"

static json_t *core_row(const struct core *c, size_t index)
{
	const struct stats *s = core_stats(c);
	const uint64_t turns = stat_read(&s->turns), busy = stat_read(&s->busy_turns);

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "core", (json_int_t)index,
			 "heartbeat", (json_int_t)core_heartbeat(c), "turns", (json_int_t)turns,
			 "busy_percent", (json_int_t)(turns > 0 ? 100 * busy / turns : 0), "conns",
			 (json_int_t)stat_read(&s->conns), "streams_granted",
			 (json_int_t)stat_read(&s->streams_granted), "frames_crossed",
			 (json_int_t)stat_read(&s->frames_crossed), "stanzas_crossed",
			 (json_int_t)stat_read(&s->stanzas_crossed));
}

bool show_port_counters(const struct daemon *d, enum iface iface, struct port_counters *sum)
{
	*sum = (struct port_counters){0};
	for (size_t i = 0; i < daemon_ports(d, iface); i++) {
		struct port_counters n;

		if (!port_read_counters(daemon_port(d, iface, i), &n))
			return false;
		sum->rx_packets += n.rx_packets;
		sum->tx_packets += n.tx_packets;
		sum->rx_bytes += n.rx_bytes;
		sum->tx_bytes += n.tx_bytes;
		sum->rx_missed += n.rx_missed;
		sum->rx_errors += n.rx_errors;
		sum->tx_errors += n.tx_errors;
	}
	return true;
}

static unsigned int count_queues(const struct daemon *d, enum iface iface)
{
	unsigned int n = 0;

	for (size_t i = 0; i < daemon_ports(d, iface); i++)
		n += daemon_port(d, iface, i)->queues;
	return n;
}

/* "192.0.2.10/24"; "" where the interface has none of that family. */
static json_t *prefix_text(const struct ip_addr *address, uint8_t len)
{
	char text[ADDR_TEXT_MAX];

	return addr_is_unspecified(address) ? json_string("")
					    : json_sprintf("%s/%u", addr_text(address, text), len);
}

static json_t *iface_row(struct daemon *d, enum iface iface)
{
	const struct config_iface *c = &daemon_config(d)->iface[iface];
	const struct port *port = daemon_port(d, iface, 0);
	const uint8_t *m = port->mac.addr_bytes;
	struct port_counters n;
	json_t *row = json_pack(
	    "{s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I}", "interface",
	    iface == IFACE_EDGE ? "edge" : "internal", "driver", c->driver, "device", c->device,
	    "address", prefix_text(&c->address, c->prefix_len), "address6",
	    prefix_text(&c->address6, c->prefix6_len), "mac",
	    json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]),
	    "mtu", (json_int_t)c->mtu, "port", (json_int_t)c->port);

	json_object_set_new(row, "queues", json_integer((json_int_t)count_queues(d, iface)));
	json_object_set_new(row, "steering",
			    json_string(steer_way_name(daemon_steering(d, iface))));
	if (!show_port_counters(d, iface, &n))
		return row;
	json_object_set_new(row, "rx_packets", json_integer((json_int_t)n.rx_packets));
	json_object_set_new(row, "tx_packets", json_integer((json_int_t)n.tx_packets));
	json_object_set_new(row, "rx_bytes", json_integer((json_int_t)n.rx_bytes));
	json_object_set_new(row, "tx_bytes", json_integer((json_int_t)n.tx_bytes));
	json_object_set_new(row, "rx_missed", json_integer((json_int_t)n.rx_missed));
	json_object_set_new(row, "rx_errors", json_integer((json_int_t)n.rx_errors));
	json_object_set_new(row, "tx_errors", json_integer((json_int_t)n.tx_errors));
	return row;
}

static uint64_t count_streams(struct daemon *d)
{
	struct session_view v;
	uint64_t cursor = 0, n = 0;

	while (sessions_next_view(daemon_sessions(d), &cursor, &v))
		n++;
	return n;
}

void show_status(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	const struct config *c = daemon_config(d);
	json_t *cores = json_array(), *ifaces = json_array();

	for (size_t i = 0; i < daemon_cores(d); i++)
		json_array_append_new(cores, core_row(daemon_core(d, i), i));
	json_array_append_new(ifaces, iface_row(d, IFACE_EDGE));
	json_array_append_new(ifaces, iface_row(d, IFACE_INTERNAL));
	a->data = json_pack(
	    "{s:s, s:s, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o}", "state",
	    daemon_state(d), "version", SLUICE_VERSION, "pid", (json_int_t)getpid(), "uptime_s",
	    (json_int_t)daemon_uptime_s(d), "config", answer_string(c->path), "hash",
	    json_sprintf("%016llx", (unsigned long long)c->hash), "loaded_unix_s",
	    (json_int_t)daemon_loaded_unix_s(d), "partners", (json_int_t)c->policy->partner_count,
	    "gateways", (json_int_t)c->policy->gateway_count, "streams",
	    (json_int_t)count_streams(d), "cores", cores, "interfaces", ifaces);
}
