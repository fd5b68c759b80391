/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_values.h - a configuration as names and values, defaults included, as an operator reads
 * it; and what is different between two.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_CONFIG_VALUES_H
#define CONTROL_CONFIG_VALUES_H

#include "control/config.h"

enum { CONFIG_KEY_MAX = 352, CONFIG_VALUE_MAX = 512 };

/* "GatewayConfiguration ConnectionLimit", "gateway gw1 port", "AllowedPartner a.example ProxyFqdn".
 */
struct config_value {
	char key[CONFIG_KEY_MAX];
	char value[CONFIG_VALUE_MAX]; /* "" where there is none; a secret is never in it */
	bool needs_restart;           /* to change it */
};

/* How many there are of one partner record. */
#define CONFIG_PARTNER_VALUES 10

/* The rows before those of partners: their number; the @n-th of them. */
size_t config_values_count(const struct config *c);
void config_values_get(const struct config *c, size_t n, struct config_value *out);
/* The @n-th of CONFIG_PARTNER_VALUES of @p. */
void config_values_partner(const struct config *c, const struct partner *p, size_t n,
			   struct config_value *out);

#endif
