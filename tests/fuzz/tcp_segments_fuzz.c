/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_segments_fuzz.c - many segments at one moment against one connection: the first byte of the
 * input chooses the state it begins in; then each segment is its length, a byte that tells whether
 * the engine's turn ends behind it, and its bytes.
 */
#include "tests/fuzz/tcp_target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct env env;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	tcp_target_init(&env);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_target g;
	size_t at = 1;

	if (size == 0)
		return 0;
	tcp_target_open(&g, &env, (enum tcp_state)(data[0] % TCP_STATE_COUNT));
	while (at + 2 <= size) {
		const size_t len = min_size(data[at], size - at - 2);
		const bool turn_ends = data[at + 1] & 1;

		tcp_target_give(&g, data + at + 2, len);
		if (turn_ends)
			tcp_target_settle(&g);
		at += 2 + len;
	}
	tcp_target_finish(&g);
	return 0;
}
