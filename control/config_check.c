/* SPDX-License-Identifier: BSD-3-Clause */
/* config_check.c - does the whole make sense: names used twice, who serves what, addresses. */
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"

void config_note_use(struct config_draft *d, const char *name, enum config_use_kind kind,
		     size_t record, const xmlNode *e)
{
	if (d->use_count == d->use_room) {
		const size_t room = d->use_room > 0 ? 2 * d->use_room : 64;
		struct config_use *more = reallocarray(d->uses, room, sizeof(*more));

		if (more == NULL) {
			d->no_memory = true;
			return;
		}
		d->uses = more;
		d->use_room = room;
	}
	d->uses[d->use_count++] = (struct config_use){name, kind, record, config_at(d, e)};
}

/* By name, then in the order of the document. */
static int order(const void *a, const void *b)
{
	const struct config_use *x = a, *y = b;
	const int names = strcmp(x->name, y->name);

	if (names != 0)
		return names;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return x->at.line < y->at.line ? -1 : x->at.line > y->at.line;
}

/* One name twice, at @first and @second, neither at a gateway. */
static void judge_twice(struct config_draft *d, const struct config_use *first,
			const struct config_use *second)
{
	const char *what =
	    second->kind == CONFIG_USE_LOCAL  ? "is a local domain twice"
	    : first->kind == CONFIG_USE_LOCAL ? "is both a local domain and a partner's"
	    : first->record == second->record ? "is listed twice for the same partner"
					      : "belongs to two partners";

	config_error(d->report, second->at, "domain %s %s: see %s:%u", second->name, what,
		     first->at.file, first->at.line);
}

/* @uses: all of one name, in order: local, partner, gateway. */
static void judge_name(struct config_draft *d, const struct config_use *uses, size_t count)
{
	bool local = false, served = false;

	for (size_t i = 0; i < count; i++) {
		const struct config_use *u = &uses[i];

		local |= u->kind == CONFIG_USE_LOCAL;
		served |= u->kind == CONFIG_USE_GATEWAY;
		if (u->kind != CONFIG_USE_GATEWAY && i > 0) {
			judge_twice(d, &uses[i - 1], u);
		} else if (u->kind == CONFIG_USE_GATEWAY && !local) {
			config_error(d->report, u->at,
				     "gateway \"%s\" serves %s, which is not among <local-domains>",
				     d->config->policy->gateways[u->record].name, u->name);
		} else if (u->kind == CONFIG_USE_GATEWAY && i > 0 &&
			   uses[i - 1].kind == CONFIG_USE_GATEWAY &&
			   uses[i - 1].record == u->record) {
			config_error(d->report, u->at,
				     "domain %s is listed twice for the same gateway", u->name);
		}
	}
	if (local && !served)
		config_warning(d->report, uses[0].at,
			       "no gateway serves the local domain %s: stanzas to it will bounce",
			       uses[0].name);
}

static void check_names(struct config_draft *d)
{
	if (d->use_count == 0)
		return;
	qsort(d->uses, d->use_count, sizeof(*d->uses), order);
	for (size_t i = 0, n; i < d->use_count; i += n) {
		for (n = 1; i + n < d->use_count; n++)
			if (strcmp(d->uses[i].name, d->uses[i + n].name) != 0)
				break;
		judge_name(d, &d->uses[i], n);
	}
	if (d->use_count > DOMAINS_MAX)
		config_error(d->report, d->root_at, "%zu domain names: expected %d at most",
			     d->use_count, DOMAINS_MAX);
}

static void check_gateway_names(struct config_draft *d)
{
	const struct policy *p = d->config->policy;

	for (size_t i = 1; i < p->gateway_count; i++)
		for (size_t k = 0; k < i; k++)
			if (p->gateways[i].name != NULL && p->gateways[k].name != NULL &&
			    strcmp(p->gateways[i].name, p->gateways[k].name) == 0)
				config_error(d->report, d->gateway_at[i],
					     "two gateways are called \"%s\": see %s:%u",
					     p->gateways[i].name, d->gateway_at[k].file,
					     d->gateway_at[k].line);
}

void config_check(struct config_draft *d)
{
	const struct config *c = d->config;

	config_check_ifaces(d);
	check_names(d);
	check_gateway_names(d);
	config_check_reach(d);
	if ((uint64_t)c->cores * c->conns_per_core < c->policy->limits.connection_limit)
		config_warning(d->report, d->limits_at,
			       "ConnectionLimit %u is more than the %llu connections of all cores",
			       c->policy->limits.connection_limit,
			       (unsigned long long)c->cores * c->conns_per_core);
	if (c->policy->limits.log_all_message_bodies)
		config_warning(
		    d->report, d->limits_at, "%s",
		    c->log_messages
			? "EnableLoggingAllMessageBodies: what people write to each other goes "
			  "into the log, in the clear"
			: "EnableLoggingAllMessageBodies has no effect: messages are logged only "
			  "with <log messages=\"true\">");
	if (c->policy->partner_count == 0)
		config_warning(d->report, d->root_at,
			       "no AllowedPartner: every partner is refused");
}
