/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * schedule.h - HKDF-Expand-Label of TLS 1.3 (RFC 8446 7.1), for KeyUpdate alone; private to
 * dataplane/tls.
 *
 * Runs on  any core. Pure; leaves no secret on the stack.
 */
#ifndef DATAPLANE_TLS_SCHEDULE_H
#define DATAPLANE_TLS_SCHEDULE_H

#include <intel-ipsec-mb.h>

#include "dataplane/tls/keys.h"

static inline size_t schedule_hash_len(enum tls_hash hash)
{
	return hash == TLS_SHA256 ? 32 : 48;
}

/*
 * schedule_expand - HKDF-Expand-Label(@secret, @label, "", @len).
 *
 * @secret  schedule_hash_len() bytes.
 * @label   without its "tls13 ", 12 bytes at most.
 * @len     at most schedule_hash_len(): one block of output is all that TLS ever asks for here.
 * Cost     two hashes of two to three blocks each.
 */
void schedule_expand(IMB_MGR *mb, enum tls_hash hash, const uint8_t *secret, const char *label,
		     uint8_t *out, size_t len);

#endif
