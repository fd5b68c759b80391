/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics_print.c - prints the table of metrics (describe), or all of them as text (openmetrics,
 * prometheus), with something counted in every family: for tests that are no C programs.
 */
#include <stdio.h>
#include <string.h>

#include "control/metrics/exposition.h"
#include "control/operator/answer.h"
#include "daemon_double.h"

static void count_something(struct daemon *d)
{
	struct tally *t = d->tally;
	struct tally_place p, inside;

	tally_begin(t, &p, IFACE_EDGE, TALLY_IN);
	tally_partner(t, &p, d->config->policy->partners[0].id);
	tally_established(t, &p, "");
	tally_closed(t, &p, DROP_STREAM_IDLE, CLOSED_BY_US);
	tally_closed(t, &p, DROP_COUNT, CLOSED_BY_PEER);
	tally_begin(t, &inside, IFACE_INTERNAL, TALLY_OUT);
	tally_established(t, &inside, "gw2");
	tally_refused(t, (struct partner_id){0}, &p, DROP_STREAM_NOT_ALLOWED);
	tally_auth(t, TALLY_IN, METHOD_SASL_EXTERNAL, true);
	tally_handshake(t, "TLSv1.3", "TLS_AES_256_GCM_SHA384", 3000);
	tally_handshake(t, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", 700000);
	tally_certificate(t, d->config->policy->partners[0].id, 1850000000);
	for (size_t i = 0; i < 2; i++) {
		struct stats *s = &d->core[i].stats;

		stat_add(&s->law.accepted, 10 + i);
		stat_add(&s->law.delivered, 9 + i);
		stat_add(&s->law.held, 1);
		stat_add(&s->partner[1].stanzas_in[2], 5);
		stat_add(&s->partner[1].bytes_in, 12345);
		stat_add(&s->throttled_us[1], 1500000);
		stat_add(&s->latency[3], 7);
		stat_add(&s->latency[STATS_LATENCY_BOUNDS], 1);
		stat_add(&s->latency_sum_us, 20000700);
		stat_set(&s->tsc_hz, 1000000000);
		stat_set(&s->recent.tsc, 1000000000);
		stat_set(&s->recent.busy_tsc, 250000000);
		stat_add(&s->busy_tsc, 12345678901);
		tcp_stat_add(&s->tcp, TCP_STAT_RETRANSMITS, 3);
		s->drops[DROP_STANZA_NO_LINK] = 2;
	}
	census_ask(metrics_census(d->metrics));
}

static int print_text(struct daemon *d, enum exposition_format f)
{
	struct exposition *x = exposition_make(d, f);
	char block[777]; /* an odd one: pieces end anywhere */
	int n = -1;

	while (x != NULL && (n = exposition_read(x, block, sizeof(block))) > 0)
		(void)fwrite(block, 1, (size_t)n, stdout);
	exposition_free(x);
	return n == 0 ? 0 : 1;
}

static int print_table(struct daemon *d)
{
	const struct request r = {.daemon = d,
				  .level = LEVEL_MONITOR,
				  .command = "show metrics",
				  .args = json_pack("{s:b}", "describe", 1)};
	struct answer a;

	answer_request(&r, &a);
	(void)json_dumpf(a.data, stdout, JSON_INDENT(1));
	json_decref(a.data);
	json_decref(r.args);
	return (int)a.code;
}

int main(int argc, char **argv)
{
	struct daemon *d = daemon_double_make(3);
	const char *what = argc > 1 ? argv[1] : "openmetrics";
	int result;

	if (d == NULL)
		return 1;
	d->slots = 30;
	count_something(d);
	if (strcmp(what, "describe") == 0)
		result = print_table(d);
	else
		result = print_text(d, strcmp(what, "prometheus") == 0 ? EXPOSITION_PROMETHEUS
								       : EXPOSITION_OPENMETRICS);
	daemon_double_free(d);
	return result;
}
