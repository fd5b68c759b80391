/* SPDX-License-Identifier: BSD-3-Clause */
/* tally_test.c - streams counted as they come, change and go; reasons within their bounds. */
#include "control/tally.h"
#include "tests/check.h"

#define STREAMS(row, leg, d, s) t->rows[row].streams[leg][d][s]

static struct tally *t;

static void follows_a_stream(void)
{
	const struct partner_id partner = {7};
	struct tally_place p;

	t = tally_make();
	tally_begin(t, &p, IFACE_EDGE, TALLY_OUT);
	CHECK_EQ(STREAMS(0, IFACE_EDGE, TALLY_OUT, TALLY_OPENING), 1);
	tally_partner(t, &p, partner);
	CHECK_EQ(STREAMS(0, IFACE_EDGE, TALLY_OUT, TALLY_OPENING), 0);
	CHECK_EQ(STREAMS(7, IFACE_EDGE, TALLY_OUT, TALLY_OPENING), 1);
	tally_established(t, &p, "");
	tally_established(t, &p, ""); /* once */
	CHECK_EQ(STREAMS(7, IFACE_EDGE, TALLY_OUT, TALLY_OPENING), 0);
	CHECK_EQ(STREAMS(7, IFACE_EDGE, TALLY_OUT, TALLY_ESTABLISHED), 1);
	CHECK_EQ(t->rows[7].opened[IFACE_EDGE][TALLY_OUT], 1);
	tally_closing(t, &p);
	CHECK_EQ(STREAMS(7, IFACE_EDGE, TALLY_OUT, TALLY_CLOSING), 1);
	tally_closed(t, &p, DROP_STREAM_IDLE, CLOSED_BY_US);
	tally_end(t, &p);
	tally_end(t, &p); /* harmless */
	tally_closing(t, &p);
	for (unsigned int s = 0; s < TALLY_STATES; s++)
		CHECK_EQ(STREAMS(7, IFACE_EDGE, TALLY_OUT, s), 0);
	CHECK_EQ(t->rows[7].cell_count, 1);
	CHECK_EQ(t->rows[7].cells[0].why, DROP_STREAM_IDLE);
	CHECK_EQ(t->rows[7].cells[0].count, 1);
	tally_free(t);
}

static void knows_which_gateways_are_up(void)
{
	struct tally_place one, two;

	t = tally_make();
	tally_begin(t, &one, IFACE_INTERNAL, TALLY_IN);
	tally_begin(t, &two, IFACE_INTERNAL, TALLY_OUT);
	CHECK_EQ(tally_gateway(t, "gw1"), 0);
	tally_established(t, &one, "gw1");
	tally_established(t, &two, "gw1");
	CHECK_EQ(tally_gateway(t, "gw1"), 2);
	CHECK_EQ(tally_gateway(t, "gw2"), 0);
	tally_closing(t, &one);
	tally_end(t, &one);
	CHECK_EQ(tally_gateway(t, "gw1"), 1);
	tally_end(t, &two);
	CHECK_EQ(tally_gateway(t, "gw1"), 0);
	tally_free(t);
}

/* Whatever happens, a row stays within its bound, and nothing is lost from the sum. */
static void bounds_reasons(void)
{
	struct tally_place p;
	uint64_t refused = 0, closed = 0, sum_refused = 0, sum_closed = 0;

	t = tally_make();
	tally_begin(t, &p, IFACE_EDGE, TALLY_IN);
	for (unsigned int round = 0; round < 3; round++)
		for (enum drop d = 0; d < DROP_COUNT; d++)
			for (enum close_by by = 0; by <= CLOSED_BY_TIMEOUT; by++) {
				tally_closed(t, &p, d, by);
				tally_refused(t, (struct partner_id){0}, &p, d);
				refused++;
				closed++;
			}
	CHECK(t->rows[0].cell_count <= TALLY_CELLS_MAX);
	for (uint32_t i = 0; i < t->rows[0].cell_count; i++)
		if (t->rows[0].cells[i].is_refusal)
			sum_refused += t->rows[0].cells[i].count;
		else
			sum_closed += t->rows[0].cells[i].count;
	CHECK_EQ(sum_refused, refused);
	CHECK_EQ(sum_closed, closed);
	for (enum drop d = 0; d < DROP_COUNT; d++)
		CHECK_EQ(t->refused[d], 3 * TALLY_CLOSE_BYS);
	tally_free(t);
}

static void sorts_handshakes(void)
{
	char cipher[8];

	t = tally_make();
	tally_handshake(t, "TLSv1.3", "A", 1000); /* a bound belongs to its class */
	tally_handshake(t, "TLSv1.3", "A", 1001);
	tally_handshake(t, "TLSv1.2", "A", 20000000);
	CHECK_EQ(t->handshakes[0], 1);
	CHECK_EQ(t->handshakes[1], 1);
	CHECK_EQ(t->handshakes[TALLY_HANDSHAKE_BOUNDS], 1);
	CHECK_EQ(t->handshakes_sum_us, 20002001);
	CHECK_EQ(t->suites[0].sessions, 2);
	CHECK_EQ(t->suites[1].sessions, 1);
	for (int i = 0; i < 100; i++) { /* more than anybody offers: the rest is in no row */
		(void)snprintf(cipher, sizeof(cipher), "c%d", i);
		tally_handshake(t, "TLSv1.3", cipher, 1);
	}
	CHECK_EQ(t->suites[0].sessions, 2);
	tally_auth(t, TALLY_OUT, METHOD_DIALBACK_PLAIN, false);
	CHECK_EQ(t->auth[TALLY_OUT][TALLY_DIALBACK_PLAIN][0], 1);
	tally_free(t);
}

int main(void)
{
	RUN(follows_a_stream);
	RUN(knows_which_gateways_are_up);
	RUN(bounds_reasons);
	RUN(sorts_handshakes);
	return check_summary();
}
