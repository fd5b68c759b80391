/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * domains.h - the number of each domain name, given once in the life of the process (ids.h), and
 * the route snapshot made from a configuration.
 *
 * Runs on  control.
 */
#ifndef CONTROL_DOMAINS_H
#define CONTROL_DOMAINS_H

#include "control/config.h"
#include "dataplane/xmpp/route.h"

struct domains;

MUST_USE struct domains *domains_make(void);
void domains_free(struct domains *d);
/* DOMAIN_NONE when DOMAINS_MAX names are known already. @name folded, A-label. */
struct domain_id domains_id(struct domains *d, const char *name);
/* Never NULL for an id that was given out. */
const char *domains_name(const struct domains *d, struct domain_id id);
/*
 * The number of the partner record whose primary domain is @primary: given once in the life of the
 * process, so that its counters stay its own when a reload moves it in the file. 0 when
 * PARTNERS_MAX - 1 are given out: such a partner works, its stanzas are counted as nobody's.
 */
struct partner_id domains_partner_id(struct domains *d, const char *primary);
/*
 * domains_route - local and partner domains of @config, each under its A-label and its U-label.
 *
 * Call it before anybody else sees a configuration just loaded: it also gives each partner record
 * its domains_partner_id(). NULL without memory, or when DOMAINS_MAX names are known.
 */
MUST_USE struct route *domains_route(struct domains *d, const struct config *config);

/* @name folded to lower-case A-label (libunbound-independent: by libidn2). False when it is no
 * domain name. */
MUST_USE bool domains_fold(const char *name, char out[DOMAIN_TEXT_MAX + 1]);

#endif
