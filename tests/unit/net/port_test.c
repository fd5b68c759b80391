/* SPDX-License-Identifier: BSD-3-Clause */
/* port_test.c - opening ports of software devices: what works, and what the complaints say. */
#include <rte_thash.h>

#include "dataplane/net/port.h"
#include "tests/check.h"
#include "tests/eal.h"

static struct rte_mempool *pool;
static char error[256];

static struct port_setup setup_of(const char *device)
{
	struct port_setup s = {
	    .queues = 1, .rx_descriptors = 256, .tx_descriptors = 256, .mtu = 1500};

	snprintf(s.device, sizeof(s.device), "%s", device);
	return s;
}

static bool complains(const struct port_setup *s, const char *of)
{
	struct rte_mempool *const pools[2] = {pool, pool};
	struct port p;

	error[0] = '\0';
	if (port_open(&p, s, pools, error)) {
		port_close(&p);
		return false;
	}
	if (strstr(error, s->device) != NULL && strstr(error, of) != NULL)
		return true;
	fprintf(stderr, "%s\n", error);
	return false;
}

static void moves_frames(void)
{
	struct port_setup s = setup_of("net_ring0");
	struct rte_mbuf *frames[4], *back[4];
	struct port_counters counters;
	struct port p;

	s.promiscuous = true;
	s.rx_checksum = true;
	CHECK(port_open(&p, &s, &pool, error));
	CHECK_EQ(p.queues, 1);
	CHECK_EQ(rte_pktmbuf_alloc_bulk(pool, frames, 4), 0);
	for (int i = 0; i < 4; i++)
		CHECK(rte_pktmbuf_append(frames[i], 60) != NULL);
	CHECK_EQ(port_tx(&p, 0, frames, 4), 4);
	CHECK_EQ(port_rx(&p, 0, back, 4), 4);
	for (int i = 0; i < 4; i++)
		CHECK(back[i] == frames[i]);
	CHECK_EQ(port_rx(&p, 0, back, 4), 0);
	CHECK(port_read_counters(&p, &counters));
	CHECK_EQ(counters.tx_packets, 4);
	CHECK_EQ(counters.rx_packets, 4);
	rte_pktmbuf_free_bulk(frames, 4);
	port_close(&p);
	CHECK_EQ(rte_mempool_in_use_count(pool), 0);
}

static void asks_for_offered_offloads_only(void)
{
	struct port_setup s = setup_of("net_null0");
	struct port p;

	s.rx_checksum = true;
	CHECK(port_open(&p, &s, &pool, error));
	CHECK_EQ(p.rx_offloads, 0);
	CHECK_EQ(p.tx_offloads, 0);
	CHECK(!rte_is_zero_ether_addr(&p.mac));
	port_close(&p);
}

static void says_what_is_wrong(void)
{
	struct port_setup s = setup_of("net_nothing0");

	CHECK(complains(&s, "DPDK has not found it"));
	s = setup_of("net_null1");
	s.queues = 0;
	CHECK(complains(&s, "queue pairs, 0 are wanted"));
	s = setup_of("net_memif0"); /* its peer is not there */
	CHECK(complains(&s, "is its link, socket or peer there?"));
	s.set_mtu = true;
	s.mtu = 65000;
	CHECK(complains(&s, "configure a smaller mtu"));
}

/* What is wanted beyond what there is: fewer queues, and the port says how many. */
static void has_as_many_queues_as_it_has(void)
{
	struct port_setup s = setup_of("net_null2");
	static struct rte_mempool *pools[2000];
	struct port p;

	for (unsigned int i = 0; i < ARRAY_LEN(pools); i++)
		pools[i] = pool;
	s.queues = ARRAY_LEN(pools);
	CHECK(port_open(&p, &s, pools, error));
	CHECK_EQ(p.queues, CORES_MAX);
	port_close(&p);
	s = setup_of("net_ring1");
	s.queues = 2;
	CHECK(port_open(&p, &s, pools, error));
	CHECK_EQ(p.queues, 2);
	CHECK_EQ(p.rss.entries, 0); /* rings spread nothing */
	port_close(&p);
}

static struct ip_addr random_address(bool v6, uint64_t *seed)
{
	struct ip_addr a = addr_from_v4((uint32_t)check_random(seed));

	if (v6)
		for (unsigned int i = 0; i < 16; i++)
			a.b[i] = (uint8_t)check_random(seed);
	return a;
}

/* DPDK's own software RSS, on the key and table that the device has. */
static uint16_t queue_by_dpdk(const struct port *p, const struct steer_flow *f, bool v6)
{
	uint32_t tuple[9], n = 0;
	const unsigned int from = v6 ? 0 : 12;
	uint32_t word;

	for (unsigned int i = from; i < 16; i += 4) {
		memcpy(&word, f->remote.b + i, 4);
		tuple[n++] = rte_be_to_cpu_32(word);
	}
	for (unsigned int i = from; i < 16; i += 4) {
		memcpy(&word, f->local.b + i, 4);
		tuple[n++] = rte_be_to_cpu_32(word);
	}
	tuple[n++] = (uint32_t)f->remote_port << 16 | f->local_port;
	return p->rss.queue[rte_softrss(tuple, n, p->rss.key) % p->rss.entries];
}

static void knows_how_the_device_spreads(void)
{
	struct port_setup s = setup_of("net_null1");
	struct rte_mempool *const pools[4] = {pool, pool, pool, pool};
	struct steer steer = {.cores = 4};
	unsigned int count[4] = {0};
	uint64_t seed = 4711;
	struct port p;

	s.queues = 4;
	CHECK(port_open(&p, &s, pools, error));
	CHECK_EQ(p.queues, 4);
	CHECK_EQ(p.rss.key_bytes, 40);
	CHECK_EQ(p.rss.entries, 128);
	if (p.rss.entries == 0)
		return;
	for (unsigned int i = 0; i < p.rss.entries; i++)
		CHECK_EQ(p.rss.queue[i], i % 4);
	steer.iface[IFACE_EDGE].way = STEER_DEVICE;
	steer.iface[IFACE_EDGE].rss = p.rss;
	for (unsigned int i = 0; i < 4000; i++) {
		const bool v6 = i % 2 == 1;
		const struct steer_flow f = {random_address(v6, &seed), random_address(v6, &seed),
					     5269, (uint16_t)check_random(&seed)};

		CHECK_EQ(steer_core(&steer, IFACE_EDGE, &f), queue_by_dpdk(&p, &f, v6));
		count[steer_core(&steer, IFACE_EDGE, &f)]++;
	}
	for (unsigned int i = 0; i < 4; i++)
		CHECK(count[i] > 800);
	port_close(&p);
}

struct extent {
	uintptr_t first, last;
	unsigned int count;
};

static void widen(struct rte_mempool *mp, void *extent, void *object, unsigned int index)
{
	struct extent *e = extent;
	const uintptr_t at = (uintptr_t)object;

	(void)mp;
	(void)index;
	e->first = e->count == 0 || at < e->first ? at : e->first;
	e->last = at > e->last ? at : e->last;
	e->count++;
}

/* What af_xdp tells the kernel of is exactly this long. */
static void dense_pools_have_no_gaps(void)
{
	struct rte_mempool *dense =
	    port_make_pool("dense", 1023, 32, RTE_MBUF_DEFAULT_BUF_SIZE, true);
	struct extent e = {0};

	CHECK(dense != NULL);
	if (dense == NULL)
		return;
	CHECK_EQ(rte_mempool_obj_iter(dense, widen, &e), 1023);
	CHECK_EQ(e.last - e.first,
		 (uintptr_t)1022 * rte_mempool_calc_obj_size(dense->elt_size, dense->flags, NULL));
	CHECK_EQ(rte_pktmbuf_data_room_size(dense), RTE_MBUF_DEFAULT_BUF_SIZE);
	rte_mempool_free(dense);
	CHECK(port_make_pool("huge", 1 << 20, 0, RTE_MBUF_DEFAULT_BUF_SIZE, true) == NULL);
}

int main(void)
{
	static const char *const devices[] = {
	    "--vdev=net_ring0",
	    "--vdev=net_ring1",
	    "--vdev=net_null0",
	    "--vdev=net_null1",
	    "--vdev=net_null2",
	    "--vdev=net_memif0,role=client,socket-abstract=no,socket=/tmp/sluice-no-such-socket",
	    NULL};

	eal_start("64", "0", devices);
	pool = rte_pktmbuf_pool_create("port", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		return 2;
	RUN(moves_frames);
	RUN(asks_for_offered_offloads_only);
	RUN(says_what_is_wrong);
	RUN(has_as_many_queues_as_it_has);
	RUN(knows_how_the_device_spreads);
	RUN(dense_pools_have_no_gaps);
	return check_summary();
}
