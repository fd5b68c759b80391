/* SPDX-License-Identifier: BSD-3-Clause */
/* keys.c - clears a hand-over once its keys have found their place. */
#include "dataplane/tls/keys.h"

#include "dataplane/tls/wipe.h"

void tls_handover_wipe(struct tls_handover *h)
{
	wipe(h, sizeof(*h));
}
