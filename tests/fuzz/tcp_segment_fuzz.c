/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_segment_fuzz.c - one segment of any bytes against a connection in any state: the first byte
 * of the input chooses the state, the rest is the segment. */
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

	if (size == 0)
		return 0;
	tcp_target_open(&g, &env, (enum tcp_state)(data[0] % TCP_STATE_COUNT));
	tcp_target_give(&g, data + 1, size - 1);
	tcp_target_finish(&g);
	return 0;
}
