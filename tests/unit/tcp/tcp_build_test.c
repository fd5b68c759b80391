/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_build_test.c - the checksum of a segment in one piece and in several, of any length. */
#include "dataplane/tcp/tcp_conn.h"
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

static struct env env;

/* @at in up to three pieces, cut at @a and @b. */
static struct rte_mbuf *chain(const uint8_t *at, uint16_t len, uint16_t a, uint16_t b)
{
	struct rte_mbuf *m = env_rx(&env, at, a), *second = env_rx(&env, at + a, (uint16_t)(b - a)),
			*third = env_rx(&env, at + b, (uint16_t)(len - b));

	CHECK_EQ(rte_pktmbuf_chain(m, second), 0);
	CHECK_EQ(rte_pktmbuf_chain(m, third), 0);
	return m;
}

static void sums_chains(void)
{
	const struct ip_addr src = addr_from_v4(0x0a000001), dst = addr_from_v4(0xc0a80105);
	uint64_t random = 42;
	unsigned int wrong = 0;
	uint8_t bytes[1500];

	for (unsigned int round = 0; round < 2000; round++) {
		const uint16_t len = (uint16_t)(20 + check_random(&random) % 1480);
		const uint16_t b = (uint16_t)(check_random(&random) % len);
		const uint16_t a = (uint16_t)(check_random(&random) % (b + 1u));
		struct rte_mbuf *m;

		for (unsigned int i = 0; i < len; i++)
			bytes[i] = (uint8_t)(check_random(&random) >> 24);
		m = chain(bytes, len, a, b);
		wrong += rte_be_to_cpu_16(tcp_checksum(m, &src, &dst)) !=
			 env_checksum(bytes, len, &src, &dst);
		rte_pktmbuf_free(m);
	}
	CHECK_EQ(wrong, 0);
	CHECK(env_pools_full(&env));
}

int main(void)
{
	env_start(&env);
	RUN(sums_chains);
	return check_summary();
}
