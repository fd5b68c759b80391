/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_health.c - may traffic be sent to this node? One line, and an exit code that a script hands
 * on to BGP or a load balancer: 0 while it may, 1 when it should go elsewhere.
 *
 * What is wrong and yet leaves the node of use (one gateway of two, a certificate that will end)
 * degrades it, and the code stays 0: nodes of a pool that see the same would all go away at once.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/operator/show.h"

#define CORE_STALE_US UINT64_C(3000000)

enum { EXPIRY_WARNED_S = 7 * 86400 };

struct health {
	struct daemon *daemon;
	json_t *reasons;
	bool is_away; /* traffic should go elsewhere */
};

__attribute__((format(printf, 5, 6))) static void
add(struct health *h, bool is_away, const char *reason, const char *of, const char *format, ...)
{
	char text[256];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	json_array_append_new(
	    h->reasons, json_pack("{s:s, s:s, s:s}", "reason", reason, "of", of, "text", text));
	h->is_away |= is_away;
}

static void look_at_state(struct health *h)
{
	const char *state = daemon_state(h->daemon);
	struct drain_view v;

	if (strcmp(state, "running") == 0)
		return;
	drain_view(daemon_drain(h->daemon), &v);
	add(h, true, state, "relay", "%u streams with partners and %u with gateways are left",
	    v.count.partners, v.count.gateways + v.count.legs);
}

static void look_at_cores(struct health *h)
{
	char name[24];

	for (size_t i = 0; i < daemon_cores(h->daemon); i++) {
		const uint64_t still_us = daemon_core_still_us(h->daemon, i);

		if (still_us < CORE_STALE_US)
			continue;
		(void)snprintf(name, sizeof(name), "%zu", i);
		add(h, true, "core_stale", name, "core %zu has not moved for %llu s", i,
		    (unsigned long long)(still_us / 1000000));
	}
}

static const char *iface_name(enum iface iface)
{
	return iface == IFACE_EDGE ? "edge" : "internal";
}

static void look_at_links(struct health *h, enum iface iface)
{
	const size_t ports = daemon_ports(h->daemon, iface);
	size_t down = 0;

	for (size_t i = 0; i < ports; i++)
		down += !port_is_link_up(daemon_port(h->daemon, iface, i));
	if (down > 0)
		add(h, down == ports, "link_down", iface_name(iface),
		    "%zu of %zu devices of the %s interface have no link", down, ports,
		    iface_name(iface));
}

static void look_at_certificate(struct health *h, enum iface iface)
{
	const uint64_t ends = daemon_certificate_ends_unix_s(h->daemon, iface);
	const uint64_t now = (uint64_t)time(NULL);

	if (ends <= now)
		add(h, true, "certificate_expired", iface_name(iface),
		    "the certificate of the %s interface has expired", iface_name(iface));
	else if (ends - now < EXPIRY_WARNED_S)
		add(h, false, "certificate_expires", iface_name(iface),
		    "the certificate of the %s interface expires in %llu h", iface_name(iface),
		    (unsigned long long)((ends - now) / 3600));
}

/* Without any gateway there is nobody to relay for. */
static void look_at_gateways(struct health *h)
{
	size_t all = 0, of_use = 0;
	struct gateway_view v;

	for (; gateways_view(daemon_gateways(h->daemon), daemon_sessions(h->daemon), all, &v);
	     all++) {
		const bool is_down = strcmp(v.state, "down") == 0;

		of_use += !is_down && v.order != GATEWAY_MAINT;
		if (is_down)
			add(h, false, "gateway_down", v.gateway->name, "gateway %s is down: %s",
			    v.gateway->name, drop_text(v.last_error));
		else if (v.order != GATEWAY_READY)
			add(h, false, v.order == GATEWAY_MAINT ? "gateway_maint" : "gateway_drain",
			    v.gateway->name, "gateway %s is in %s", v.gateway->name,
			    v.order == GATEWAY_MAINT ? "maintenance" : "drain");
	}
	if (of_use == 0)
		add(h, true, "no_gateway", "relay", "no gateway is of use");
}

/* "degraded: gateway gw1 is down: ...; ..." */
static json_t *line_of(const struct health *h, const char *word)
{
	char line[1024];
	int used = snprintf(line, sizeof(line), "%s", word);
	json_t *row;
	size_t i;

	json_array_foreach(h->reasons, i, row)
	{
		const char *text = json_string_value(json_object_get(row, "text"));

		if (used > 0 && (size_t)used < sizeof(line))
			used += snprintf(line + used, sizeof(line) - (size_t)used, "%s%s",
					 i == 0 ? ": " : "; ", text != NULL ? text : "?");
	}
	return answer_string(line);
}

void show_health(const struct request *r, struct answer *a)
{
	struct health h = {.daemon = r->daemon, .reasons = json_array()};
	const char *state = daemon_state(r->daemon), *word = "ok";

	look_at_state(&h);
	look_at_cores(&h);
	for (enum iface i = IFACE_EDGE; i < IFACE_COUNT; i++) {
		look_at_links(&h, i);
		look_at_certificate(&h, i);
	}
	look_at_gateways(&h);
	if (strcmp(state, "running") != 0)
		word = "draining";
	else if (json_array_size(h.reasons) > 0)
		word = "degraded";
	a->data =
	    json_pack("{s:s, s:b, s:s, s:o, s:o}", "health", word, "takes_traffic", !h.is_away,
		      "state", state, "text", line_of(&h, word), "reasons", h.reasons);
	if (h.is_away)
		a->code = EXIT_FAILED; /* without a sentence: data has them */
}
