/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire.c - TPACKET_V2: a frame can be read as soon as it is there. V3 hands over blocks, at best
 * once a jiffy, which would be 4 ms of delay that nobody asked for.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/link/wire.h"

enum { PLACE_BYTES = 2048, BLOCK_BYTES = 1 << 16, SEND_BUFFER_BYTES = 8 << 20 };

static bool set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool make_ring(struct wire *w)
{
	const struct tpacket_req req = {
	    .tp_block_size = BLOCK_BYTES,
	    .tp_block_nr = WIRE_RING_PLACES / (BLOCK_BYTES / PLACE_BYTES),
	    .tp_frame_size = PLACE_BYTES,
	    .tp_frame_nr = WIRE_RING_PLACES,
	};
	const size_t bytes = (size_t)WIRE_RING_PLACES * PLACE_BYTES;

	if (!set(w->fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2) ||
	    setsockopt(w->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) != 0)
		return false;
	w->ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, w->fd, 0);
	return w->ring != MAP_FAILED;
}

bool wire_open(struct wire *w, const char *device, bool receive)
{
	struct sockaddr_ll here = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = receive ? htons(ETH_P_ALL) : 0,
	    .sll_ifindex = (int)if_nametoindex(device),
	};
	socklen_t size = sizeof(here);

	*w = (struct wire){.fd = socket(AF_PACKET, SOCK_RAW, 0)};
	if (w->fd < 0 || here.sll_ifindex == 0)
		return false;
	/* The queueing discipline would only be in the way, and our own frames are no news. */
	if (!set(w->fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1) ||
	    !set(w->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) ||
	    !set(w->fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES))
		return false;
	if (receive && !make_ring(w))
		return false;
	if (bind(w->fd, (const struct sockaddr *)&here, sizeof(here)) != 0 ||
	    getsockname(w->fd, (struct sockaddr *)&here, &size) != 0)
		return false;
	memcpy(w->mac, here.sll_addr, sizeof(w->mac));
	return true;
}

static struct tpacket2_hdr *place(const struct wire *w)
{
	return (struct tpacket2_hdr *)(w->ring + (size_t)w->next * PLACE_BYTES);
}

const uint8_t *wire_receive(const struct wire *w, uint16_t *len)
{
	struct tpacket2_hdr *h = place(w);

	if (!(h->tp_status & TP_STATUS_USER))
		return NULL;
	atomic_thread_fence(memory_order_acquire);
	*len = h->tp_snaplen & UINT16_MAX;
	return (const uint8_t *)h + h->tp_mac;
}

void wire_taken(struct wire *w)
{
	atomic_thread_fence(memory_order_release);
	place(w)->tp_status = TP_STATUS_KERNEL;
	w->next = (w->next + 1) % WIRE_RING_PLACES;
}

uint64_t wire_overrun(const struct wire *w)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);

	if (getsockopt(w->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0)
		return 0;
	return stats.tp_drops;
}

void wire_send(struct wire *w, const uint8_t *frame, uint16_t len)
{
	struct iovec *piece = &w->piece[w->out_count];

	*piece = (struct iovec){.iov_base = (void *)(uintptr_t)frame, .iov_len = len};
	w->out[w->out_count++].msg_hdr = (struct msghdr){.msg_iov = piece, .msg_iovlen = 1};
	if (w->out_count == WIRE_BURST)
		wire_flush(w);
}

/* What the device does not take is lost, as on any full queue, but counted. */
void wire_flush(struct wire *w)
{
	unsigned int done = 0;

	while (done < w->out_count) {
		const int n = sendmmsg(w->fd, w->out + done, w->out_count - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			w->refused++;
			done++;
		} else {
			done += (unsigned int)n;
		}
	}
	w->out_count = 0;
}
