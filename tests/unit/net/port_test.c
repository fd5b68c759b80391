/* SPDX-License-Identifier: BSD-3-Clause */
/* port_test.c - opening ports of software devices: what works, and what the complaints say. */

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
	s.queues = 2000;
	CHECK(complains(&s, "queue pairs, 2000 are wanted"));
	s = setup_of("net_memif0"); /* its peer is not there */
	CHECK(complains(&s, "is its link, socket or peer there?"));
	s.set_mtu = true;
	s.mtu = 65000;
	CHECK(complains(&s, "configure a smaller mtu"));
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
	    "--vdev=net_ring0", "--vdev=net_null0", "--vdev=net_null1",
	    "--vdev=net_memif0,role=client,socket-abstract=no,socket=/tmp/sluice-no-such-socket",
	    NULL};

	eal_start("64", "0", devices);
	pool = rte_pktmbuf_pool_create("port", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		return 2;
	RUN(moves_frames);
	RUN(asks_for_offered_offloads_only);
	RUN(says_what_is_wrong);
	RUN(dense_pools_have_no_gaps);
	return check_summary();
}
