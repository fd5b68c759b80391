/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_opt_fuzz.c - any bytes as TCP options: read within bounds, and what is understood survives
 * being written and read again. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/tcp/tcp_opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
	if (!what)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[TCP_OPT_BYTES_MAX];
	struct tcp_options o, p;
	size_t n;

	if (size > TCP_OPT_BYTES_MAX)
		size = TCP_OPT_BYTES_MAX;
	if (!tcp_opt_parse(data, size, &o))
		return 0;
	require(o.sack_count <= TCP_OPT_SACK_MAX && o.wscale <= TCP_OPT_WSCALE_MAX);
	n = tcp_opt_write(again, &o);
	require(n <= sizeof(again) && n % 4 == 0 && tcp_opt_parse(again, n, &p));
	/* Blocks are what there is room for, in order. */
	require(p.sack_count == o.sack_count || n > sizeof(again) - 8);
	require(p.sack_count <= o.sack_count);
	for (unsigned int i = p.sack_count; i < TCP_OPT_SACK_MAX; i++)
		o.sack[i] = (struct tcp_sack_block){0, 0};
	o.sack_count = p.sack_count;
	require(memcmp(&o, &p, sizeof(o)) == 0);
	return 0;
}
