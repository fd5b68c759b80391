/* SPDX-License-Identifier: BSD-3-Clause */
/* config_diff.c - two lists of values and two sorted lists of partners, side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config_diff.h"
#include "control/memory.h"

static void add_row(struct config_diff *d, enum config_diff_kind kind, const char *key,
		    const char *from, const char *to)
{
	struct config_diff_row *row;

	if (d->count == CONFIG_DIFF_ROWS_MAX) {
		d->left_out++;
		return;
	}
	if (d->rows == NULL)
		d->rows = memory_get(CONFIG_DIFF_ROWS_MAX * sizeof(*d->rows));
	row = &d->rows[d->count++];
	row->kind = kind;
	(void)snprintf(row->key, sizeof(row->key), "%s", key);
	(void)snprintf(row->from, sizeof(row->from), "%.*s", (int)sizeof(row->from) - 1, from);
	(void)snprintf(row->to, sizeof(row->to), "%.*s", (int)sizeof(row->to) - 1, to);
}

/* The row of @c called @key; false when it has none. The same number mostly: gateways move. */
static bool find_value(const struct config *c, const char *key, size_t hint,
		       struct config_value *out)
{
	const size_t count = config_values_count(c);

	for (size_t i = 0; i < count; i++) {
		config_values_get(c, (hint + i) % count, out);
		if (strcmp(out->key, key) == 0)
			return true;
	}
	out->value[0] = '\0';
	return false;
}

static bool is_other_secret(const struct config *a, const struct config *b, const char *key)
{
	return strcmp(key, "GatewayConfiguration DialbackPassphrase") == 0 &&
	       a->policy->is_passphrase_random == b->policy->is_passphrase_random &&
	       !a->policy->is_passphrase_random &&
	       strcmp(a->policy->dialback_passphrase, b->policy->dialback_passphrase) != 0;
}

static void compare_values(struct config_diff *d, const struct config *started,
			   const struct config *now, const struct config *next)
{
	struct config_value is, was;

	for (size_t i = 0; i < config_values_count(next); i++) {
		const struct config *from;
		bool was_there;

		config_values_get(next, i, &is);
		from = is.needs_restart ? started : now;
		was_there = find_value(from, is.key, i, &was);
		if (was_there && strcmp(is.value, was.value) == 0 &&
		    !is_other_secret(from, next, is.key))
			d->unchanged++;
		else
			add_row(d, is.needs_restart ? CONFIG_DIFF_RESTART : CONFIG_DIFF_CHANGED,
				is.key, was.value, is.value);
	}
	for (size_t i = 0; i < config_values_count(now); i++) {
		config_values_get(now, i, &was);
		if (!find_value(next, was.key, i, &is))
			add_row(d, CONFIG_DIFF_CHANGED, was.key, was.value, "");
	}
}

/* --- partners --- */

static int by_domain(const void *a, const void *b)
{
	const struct partner *const *x = a, *const *y = b;

	return strcmp((*x)->domain, (*y)->domain);
}

static const struct partner **sorted(const struct policy *p)
{
	const struct partner **list = memory_get((p->partner_count + 1) * sizeof(*list));

	for (size_t i = 0; i < p->partner_count; i++)
		list[i] = &p->partners[i];
	qsort(list, p->partner_count, sizeof(const struct partner *), by_domain);
	return list;
}

static uint32_t limit_of(const struct config *c, const struct partner *p)
{
	return p->connection_limit > 0 ? p->connection_limit
				       : c->policy->limits.partner_connection_limit;
}

/* Does @b lack something that @a has: a domain, a method, connections? */
static bool takes_away(const struct config *now, const struct partner *a, const struct config *next,
		       const struct partner *b)
{
	if ((policy_methods(a->tls, a->sasl, a->dialback) &
	     ~policy_methods(b->tls, b->sasl, b->dialback)) != 0 ||
	    limit_of(next, b) < limit_of(now, a))
		return true;
	for (char **at = a->additional_domains; at != NULL && *at != NULL; at++)
		if (!policy_partner_has(b, *at))
			return true;
	return false;
}

static void compare_partner(struct config_diff *d, const struct config *now,
			    const struct partner *a, const struct config *next,
			    const struct partner *b)
{
	const enum config_diff_kind kind = takes_away(now, a, next, b)   ? CONFIG_DIFF_STRICTER
					   : takes_away(next, b, now, a) ? CONFIG_DIFF_LOOSER
									 : CONFIG_DIFF_CHANGED;
	struct config_value was, is;
	bool differs = false;

	for (size_t i = 0; i < CONFIG_PARTNER_VALUES; i++) {
		config_values_partner(now, a, i, &was);
		config_values_partner(next, b, i, &is);
		if (strcmp(was.value, is.value) == 0) {
			d->unchanged++;
			continue;
		}
		add_row(d, kind, is.key, was.value, is.value);
		differs = true;
	}
	if (differs)
		d->partners[kind]++;
}

static void whole_partner(struct config_diff *d, enum config_diff_kind kind, const struct config *c,
			  const struct partner *p)
{
	struct config_value methods;
	char key[CONFIG_KEY_MAX];

	config_values_partner(c, p, CONFIG_PARTNER_VALUES - 1, &methods);
	(void)snprintf(key, sizeof(key), "AllowedPartner %s", p->domain);
	add_row(d, kind, key, kind == CONFIG_DIFF_REMOVED ? methods.value : "",
		kind == CONFIG_DIFF_ADDED ? methods.value : "");
	d->partners[kind]++;
}

static void compare_partners(struct config_diff *d, const struct config *now,
			     const struct config *next)
{
	const struct partner **a = sorted(now->policy), **b = sorted(next->policy);
	const size_t a_count = now->policy->partner_count, b_count = next->policy->partner_count;
	size_t i = 0, k = 0;

	while (i < a_count || k < b_count) {
		const int order = i == a_count   ? 1
				  : k == b_count ? -1
						 : strcmp(a[i]->domain, b[k]->domain);

		if (order < 0)
			whole_partner(d, CONFIG_DIFF_REMOVED, now, a[i++]);
		else if (order > 0)
			whole_partner(d, CONFIG_DIFF_ADDED, next, b[k++]);
		else
			compare_partner(d, now, a[i++], next, b[k++]);
	}
	free(a);
	free(b);
}

void config_diff_make(struct config_diff *d, const struct config *started, const struct config *now,
		      const struct config *next)
{
	*d = (struct config_diff){.rows = NULL};
	compare_values(d, started, now, next);
	compare_partners(d, now, next);
}

void config_diff_free(struct config_diff *d)
{
	free(d->rows);
	d->rows = NULL;
	d->count = 0;
}

const char *config_diff_kind_name(enum config_diff_kind kind)
{
	static const char *const names[] = {
	    [CONFIG_DIFF_CHANGED] = "applied",   [CONFIG_DIFF_RESTART] = "needs restart",
	    [CONFIG_DIFF_ADDED] = "added",       [CONFIG_DIFF_REMOVED] = "removed",
	    [CONFIG_DIFF_STRICTER] = "stricter", [CONFIG_DIFF_LOOSER] = "looser",
	};

	return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "?";
}
