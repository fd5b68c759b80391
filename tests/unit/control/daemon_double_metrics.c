/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_double_metrics.c - what the relay of tests tells of metrics, counters and pools. */
#include "daemon_double.h"

static const struct daemon *of(const struct sessions *s)
{
	return (const struct daemon *)(const void *)s;
}

bool daemon_double_start_metrics(struct daemon *d, char *error)
{
	if (d->tally == NULL) {
		d->tally = tally_make();
		d->baseline = baseline_make();
	}
	metrics_free(d->metrics);
	d->metrics = metrics_make(d, error);
	return d->metrics != NULL;
}

void daemon_double_end_metrics(struct daemon *d)
{
	metrics_free(d->metrics);
	baseline_free(d->baseline);
	tally_free(d->tally);
}

const struct tally *sessions_tally(const struct sessions *s)
{
	return of(s)->tally;
}

uint32_t sessions_slots(const struct sessions *s)
{
	return of(s)->slots;
}

bool sessions_look(const struct sessions *s, uint16_t core, uint32_t slot, struct session_load *out)
{
	(void)core;
	*out = (struct session_load){IFACE_EDGE, {(uint16_t)(slot % 3)}, 10};
	return slot < of(s)->slots;
}

bool daemon_reload_succeeded(const struct daemon *d)
{
	return !d->reload_fails;
}

struct metrics *daemon_metrics(struct daemon *d)
{
	return d->metrics;
}

struct baseline *daemon_baseline(struct daemon *d)
{
	return d->baseline;
}

bool daemon_pool(const struct daemon *d, size_t index, struct daemon_pool *out)
{
	(void)d;
	*out = (struct daemon_pool){
	    .size = 1000, .available = 900, .element_bytes = 2304, .is_packets = index == 0};
	(void)snprintf(out->name, sizeof(out->name), index == 0 ? "rx.0.0" : "events");
	return index < 2;
}

uint64_t gateways_failovers(const struct gateways *g, size_t index)
{
	return ((const struct daemon *)(const void *)g)->failovers[index];
}

bool port_read_counters(const struct port *p, struct port_counters *out)
{
	(void)p;
	*out = (struct port_counters){.rx_packets = 11, .tx_packets = 12, .rx_missed = 1};
	return true;
}
