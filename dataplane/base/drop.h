/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drop.h - enum, name and text of each row of drop.def.
 */
#ifndef DATAPLANE_BASE_DROP_H
#define DATAPLANE_BASE_DROP_H

#include "dataplane/base/base.h"

enum drop {
#define DROP(name, fault, text) DROP_##name,
#include "dataplane/base/drop.def"
#undef DROP
	DROP_COUNT
};

enum drop_fault { DROP_FAULT_PEER, DROP_FAULT_OURS, DROP_FAULT_POLICY };

/* Lower case, words joined by '_': "tls_bad_mac". Never NULL for a row of the table. */
const char *drop_name(enum drop d);
const char *drop_text(enum drop d);
enum drop_fault drop_fault(enum drop d);

#endif
