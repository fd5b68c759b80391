/* SPDX-License-Identifier: BSD-3-Clause */
/* show_counters_test.c - counters of a partner, drops, TCP, pools, metrics; and what clearing does.
 */
#include "control/operator/show.h"
#include "daemon_double.h"
#include "tests/check.h"

static struct daemon *d;

static struct answer ask(const char *command, json_t *args, uint64_t cursor)
{
	const struct request r = {.daemon = d,
				  .level = LEVEL_OPERATOR,
				  .command = command,
				  .args = args,
				  .cursor = cursor};
	struct answer a;

	answer_request(&r, &a);
	json_decref(args);
	return a;
}

static json_t *row_of(const struct answer *a, const char *list, const char *key, const char *value)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(a->data, list), i,
			   row) if (strcmp(json_string_value(json_object_get(row, key)), value) ==
				    0) return row;
	return NULL;
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static json_t *of_partner(const char *domain)
{
	return json_pack("{s:s}", "partner", domain);
}

static void begin(void)
{
	d = daemon_double_make(3);
	CHECK(d != NULL);
}

static void tells_tcp(void)
{
	struct answer a;

	begin();
	tcp_stat_add(&d->core[0].stats.tcp, TCP_STAT_RETRANSMITS, 3);
	tcp_stat_add(&d->core[1].stats.tcp, TCP_STAT_RETRANSMITS, 4);
	atomic_store(&d->core[1].stats.tcp.in_state[3], 9); /* ESTABLISHED */
	stat_set(&d->core[0].stats.time_waits, 2);
	d->core[0].stats.drops[DROP_TCP_WINDOW] = 6;
	a = ask("show tcp", NULL, 0);
	CHECK_EQ(a.code, EXIT_OK);
	CHECK_EQ(number(row_of(&a, "counters", "name", "retransmits"), "count"), 7);
	CHECK_EQ(number(row_of(&a, "states", "state", "established"), "connections"), 9);
	CHECK_EQ(number(row_of(&a, "states", "state", "time_wait"), "connections"), 2);
	CHECK_EQ(number(row_of(&a, "drops", "name", "tcp_window"), "count"), 6);
	CHECK(row_of(&a, "drops", "name", "tcp_paws") == NULL);
	json_decref(a.data);
	daemon_double_free(d);
}

static void tells_pools_and_lcores(void)
{
	struct answer a;

	begin();
	a = ask("show mempools", NULL, 0);
	CHECK_EQ(json_array_size(json_object_get(a.data, "pools")), 2);
	CHECK_EQ(number(row_of(&a, "pools", "pool", "rx.0.0"), "in_use"), 100);
	CHECK_EQ(number(row_of(&a, "pools", "pool", "rx.0.0"), "total_bytes"), 2304000);
	json_decref(a.data);
	a = ask("show lcores", NULL, 0);
	CHECK_EQ(json_array_size(json_object_get(a.data, "cores")), 2);
	json_decref(a.data);
	daemon_double_free(d);
}

static void tells_what_was_dropped(void)
{
	struct tally_place p;
	struct answer a;

	begin();
	d->core[0].stats.drops[DROP_TX_FULL] = 2;
	tally_begin(d->tally, &p, IFACE_EDGE, TALLY_IN);
	tally_refused(d->tally, (struct partner_id){2}, &p, DROP_SASL_FAILED);
	a = ask("show drops", NULL, 0);
	CHECK_EQ(json_array_size(json_object_get(a.data, "drops")), 2); /* and the double's own */
	CHECK_EQ(number(row_of(&a, "drops", "name", "tx_full"), "count"), 2);
	json_decref(a.data);
	a = ask("show drops", of_partner("p1.example"), 0);
	CHECK_EQ(json_array_size(json_object_get(a.data, "drops")), 1);
	CHECK_EQ(number(row_of(&a, "drops", "name", "sasl_failed"), "count"), 1);
	json_decref(a.data);
	a = ask("show drops", of_partner("partner.example"), 0);
	CHECK_EQ(json_array_size(json_object_get(a.data, "drops")), 0);
	json_decref(a.data);
	a = ask("show drops", of_partner("nobody.example"), 0);
	CHECK_EQ(a.code, EXIT_NOT_FOUND);
	daemon_double_free(d);
}

static long long cleared_drop(void)
{
	struct answer a = ask("show counters", NULL, 0);
	const long long n = number(row_of(&a, "drops", "name", "tx_full"), "count");

	CHECK_EQ(number(row_of(&a, "law", "of", "total"), "accepted"), 5); /* never goes back */
	json_decref(a.data);
	return n;
}

static void clears_by_a_baseline(void)
{
	struct stats *s;
	struct answer a;

	begin();
	s = &d->core[0].stats;
	stat_add(&s->law.accepted, 5);
	stat_add(&s->law.delivered, 5);
	stat_add(&s->accepted_conns, 8);
	stat_set(&s->conns, 4);
	stat_add(&s->partner[2].stanzas_in[1], 11);
	s->drops[DROP_TX_FULL] = 2;
	CHECK_EQ(cleared_drop(), 2);
	a = ask("counters clear", NULL, 0);
	CHECK_EQ(a.code, EXIT_OK);
	json_decref(a.data);
	CHECK_EQ(cleared_drop(), 0);
	s->drops[DROP_TX_FULL] += 1;
	stat_add(&s->accepted_conns, 1);
	stat_add(&s->partner[2].stanzas_in[1], 2);
	CHECK_EQ(cleared_drop(), 1);
	a = ask("show counters", NULL, 0);
	CHECK_EQ(number(json_object_get(a.data, "counters"), "accepted_conns"), 1);
	CHECK_EQ(number(json_object_get(a.data, "counters"), "conns"), 4); /* a gauge */
	CHECK(number(a.data, "since_unix_s") > 0);
	json_decref(a.data);
	a = ask("show counters", of_partner("p1.example"), 0);
	CHECK_EQ(number(json_object_get(a.data, "counters"), "stanzas_in"), 2);
	json_decref(a.data);
	daemon_double_free(d);
}

static void clears_one_partner(void)
{
	struct answer a;

	begin();
	stat_add(&d->core[1].stats.partner[1].stanzas_out[0], 3);
	stat_add(&d->core[1].stats.partner[2].stanzas_out[0], 4);
	d->core[0].stats.drops[DROP_TX_FULL] = 2;
	a = ask("counters clear", of_partner("p1.example"), 0);
	CHECK_EQ(a.code, EXIT_OK);
	json_decref(a.data);
	a = ask("show counters", of_partner("p1.example"), 0);
	CHECK_EQ(number(json_object_get(a.data, "counters"), "stanzas_out"), 0);
	json_decref(a.data);
	a = ask("show counters", of_partner("partner.example"), 0);
	CHECK_EQ(number(json_object_get(a.data, "counters"), "stanzas_out"), 3);
	CHECK_EQ(number(a.data, "since_unix_s"), 0);
	json_decref(a.data);
	a = ask("show drops", NULL, 0);
	CHECK_EQ(number(row_of(&a, "drops", "name", "tx_full"), "count"), 2);
	json_decref(a.data);
	daemon_double_free(d);
}

/* Page by page, each sample once. */
static void pages_metrics(void)
{
	size_t samples = 0, pages = 0, streams = 0;
	uint64_t cursor = 0;
	struct answer a;

	d = daemon_double_make(300);
	do {
		json_t *row;
		size_t i;

		a = ask("show metrics", NULL, cursor);
		CHECK_EQ(a.code, EXIT_OK);
		json_array_foreach(json_object_get(a.data, "samples"), i,
				   row) if (strcmp(json_string_value(json_object_get(row, "name")),
						   "sluice_streams") == 0) streams++;
		samples += json_array_size(json_object_get(a.data, "samples"));
		CHECK(a.cursor == 0 || a.cursor > cursor);
		cursor = a.cursor;
		json_decref(a.data);
		pages++;
	} while (cursor != 0);
	CHECK_EQ(streams, 300 * 6 + 12);
	CHECK(samples > 300 * 14);
	CHECK(pages > 10);
	a = ask("show metrics", NULL, UINT64_MAX / 2); /* whatever a client says */
	CHECK_EQ(a.code, EXIT_OK);
	json_decref(a.data);
	daemon_double_free(d);
}

int main(void)
{
	RUN(tells_tcp);
	RUN(tells_pools_and_lcores);
	RUN(tells_what_was_dropped);
	RUN(clears_by_a_baseline);
	RUN(clears_one_partner);
	RUN(pages_metrics);
	return check_summary();
}
