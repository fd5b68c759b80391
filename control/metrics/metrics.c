/* SPDX-License-Identifier: BSD-3-Clause */
/* metrics.c - the offers of metrics that the configuration asks for, together. */
#include <stdlib.h>

#include "control/memory.h"
#include "control/metrics/metrics.h"
#include "control/metrics/metrics_http.h"
#include "control/metrics/metrics_telemetry.h"

struct metrics {
	struct census *census;
	struct metrics_http *tcp, *local; /* NULL: not configured */
	struct metrics_telemetry *telemetry;
};

struct census *metrics_census(struct metrics *m)
{
	return m->census;
}

struct metrics *metrics_make(struct daemon *d, char *error)
{
	const struct config *c = daemon_config(d);
	struct metrics *m = memory_get(sizeof(*m));

	m->census = census_make(d);
	if (c->metrics_port != 0) {
		m->tcp = metrics_http_listen_tcp(d, m->census, &c->metrics_address, c->metrics_port,
						 error);
		if (m->tcp == NULL)
			goto fail;
	}
	if (c->metrics_path != NULL) {
		m->local = metrics_http_listen_local(d, m->census, c->metrics_path, c->socket_group,
						     error);
		if (m->local == NULL)
			goto fail;
	}
	if (c->metrics_telemetry) {
		m->telemetry = metrics_telemetry_make(d, m->census, error);
		if (m->telemetry == NULL)
			goto fail;
	}
	return m;
fail:
	metrics_free(m);
	return NULL;
}

void metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	metrics_telemetry_free(m->telemetry);
	metrics_http_free(m->local);
	metrics_http_free(m->tcp);
	census_free(m->census);
	free(m);
}
