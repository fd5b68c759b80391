/* SPDX-License-Identifier: BSD-3-Clause */
/* framer_fuzz.c - any input: the framer, libxml2 and expat must agree, however it is cut. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/xmpp/opinion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *wrong = opinion_compare(data, size, size * UINT64_C(0x9e3779b97f4a7c15), NULL);

	if (wrong == NULL)
		return 0;
	fprintf(stderr, "%s:\n%.*s\n", wrong, (int)size, (const char *)data);
	abort();
}
