/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_opt_test.c - TCP options: each kind, and each way for a length to lie. */
#include "dataplane/tcp/tcp_opt.h"
#include "tests/check.h"

#define PARSE(...)                                                                                 \
	tcp_opt_parse((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), &o)

static struct tcp_options o;

static void reads_a_syn(void)
{
	CHECK(PARSE(2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 2, 1, 3, 3, 7));
	CHECK(o.has_mss && o.mss == 1460 && o.sack_permitted && o.has_wscale && o.wscale == 7);
	CHECK(o.has_ts && o.ts_val == 256 && o.ts_ecr == 2);
}

static void reads_sack_blocks(void)
{
	CHECK(PARSE(1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9));
	CHECK_EQ(o.sack_count, 2);
	CHECK_EQ(o.sack[0].to, 2);
	CHECK_EQ(o.sack[1].from, UINT32_MAX);
}

static void refuses_lying_lengths(void)
{
	CHECK(!PARSE(2, 0, 5, 0xb4)); /* no progress */
	CHECK(!PARSE(2, 1, 5, 0xb4)); /* shorter than itself */
	CHECK(!PARSE(2, 5, 5, 0xb4)); /* past the end */
	CHECK(!PARSE(2, 3, 5, 1));    /* wrong for its kind */
	CHECK(!PARSE(1, 1, 1, 2));    /* no room for a length */
	CHECK(!PARSE(8, 9, 1, 2, 3, 4, 5, 6, 7, 8));
	CHECK(!PARSE(5, 2)); /* SACK without blocks */
	CHECK(!PARSE(5, 9, 1, 2, 3, 4, 5, 6, 7));
	CHECK(!PARSE(254, 9, 1)); /* unknown, past the end */
}

static void skips_what_it_does_not_know(void)
{
	CHECK(PARSE(254, 6, 1, 2, 3, 4, 3, 3, 15));
	CHECK(o.has_wscale);
	CHECK_EQ(o.wscale, 14);   /* RFC 7323 2.3 */
	CHECK(PARSE(0, 2, 0, 0)); /* nothing counts after the end of options */
	CHECK(!o.has_mss);
}

static void writes_what_it_reads(void)
{
	const struct tcp_options want = {.has_mss = true,
					 .mss = 1440,
					 .has_wscale = true,
					 .wscale = 3,
					 .has_ts = true,
					 .ts_val = 0x01020304,
					 .ts_ecr = 0xfffefdfc,
					 .sack_permitted = true};
	uint8_t bytes[TCP_OPT_BYTES_MAX];
	const size_t n = tcp_opt_write(bytes, &want);

	CHECK_EQ(n, 24);
	CHECK(tcp_opt_parse(bytes, n, &o));
	CHECK_EQ(memcmp(&o, &want, sizeof(o)), 0);
}

int main(void)
{
	RUN(reads_a_syn);
	RUN(reads_sack_blocks);
	RUN(refuses_lying_lengths);
	RUN(skips_what_it_does_not_know);
	RUN(writes_what_it_reads);
	return check_summary();
}
