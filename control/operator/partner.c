/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * partner.c - partners changed while the relay runs. Each command is a copy of the run-time changes
 * with some more, which the configuration is made of anew: what judges a file judges it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/domains.h"
#include "control/operator/changed.h"

struct draft {
	struct overlay *overlay;
	struct overlay_change change; /* what all of the command's have in common */
	char domain[DOMAIN_TEXT_MAX + 1];
	bool save;
};

static bool is_disabled(const struct request *r, const char *domain)
{
	return policy_is_disabled(daemon_config(r->daemon)->policy, domain);
}

/* False, and the answer says so. */
static bool begin(const struct request *r, struct answer *a, struct draft *d)
{
	const uint64_t expires_s = answer_number(r, "expires", 0);

	d->save = answer_flag(r, "save");
	if (d->save && expires_s > 0) {
		answer_refuse(a, EXIT_USAGE,
			      "what is saved does not expire: leave out --save or --expires");
		return false;
	}
	if (!domains_fold(answer_text(r, "domain"), d->domain)) {
		answer_refuse(a, EXIT_USAGE, "\"%.200s\" is no domain name",
			      answer_text(r, "domain"));
		return false;
	}
	d->overlay = overlay_copy(daemon_overlay(r->daemon));
	d->change = (struct overlay_change){
	    .domain = d->domain,
	    .key = (char *)(uintptr_t) "",
	    .value = (char *)(uintptr_t) "",
	    .until_us = expires_s > 0 ? loop_now_us(daemon_loop(r->daemon)) + expires_s * 1000000
				      : UINT64_MAX,
	    .at_unix_s = (uint64_t)time(NULL),
	    .command = overlay_begin(d->overlay),
	    .uid = r->uid,
	};
	return true;
}

/* The record that @d->domain belongs to, its primary domain there. False, and the answer says so.
 */
static bool find(const struct request *r, struct answer *a, struct draft *d)
{
	const struct partner *p;

	if (is_disabled(r, d->domain))
		return true;
	p = policy_partner(daemon_config(r->daemon)->policy, d->domain);
	if (p != NULL) {
		(void)snprintf(d->domain, sizeof(d->domain), "%s", p->domain);
		return true;
	}
	answer_refuse(a, EXIT_NOT_FOUND, "no partner %.200s: show partners lists them", d->domain);
	overlay_free(d->overlay);
	return false;
}

static bool add(struct draft *d, enum overlay_kind kind, const char *key, const char *value)
{
	struct overlay_change c = d->change;

	c.kind = kind;
	c.key = (char *)(uintptr_t)key; /* copied */
	c.value = (char *)(uintptr_t)value;
	return overlay_add(d->overlay, &c);
}

static bool add_keys(const struct request *r, struct draft *d)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(r->args, "key"), key, value)
	{
		if (!add(d, OVERLAY_SET, key, json_string_value(value)))
			return false;
	}
	return true;
}

static void full(struct answer *a, struct draft *d)
{
	answer_refuse(a, EXIT_FAILED,
		      "%d run-time changes are there already: save some, or edit the file and "
		      "reload",
		      OVERLAY_MAX);
	overlay_free(d->overlay);
}

/* Takes the draft's changes. */
static void apply(const struct request *r, struct answer *a, struct draft *d, uint64_t save)
{
	struct daemon_change c;
	const bool good = daemon_change(r->daemon, d->overlay, d->domain, save, &c);
	json_t *data = json_pack("{s:s, s:b, s:b}", "partner", d->domain, "applied", good,
				 "saved_to_file", good && save != 0);

	if (d->change.until_us != UINT64_MAX)
		json_object_set_new(data, "expires_s",
				    json_integer((json_int_t)answer_number(r, "expires", 0)));
	changed_answer(a, data, &c, good, d->domain);
}

static void apply_command(const struct request *r, struct answer *a, struct draft *d)
{
	apply(r, a, d, d->save ? d->change.command : 0);
}

void partner_add(const struct request *r, struct answer *a)
{
	const struct partner *p;
	struct draft d;

	if (!begin(r, a, &d))
		return;
	p = policy_partner(daemon_config(r->daemon)->policy, d.domain);
	if (p != NULL && strcmp(p->domain, d.domain) == 0)
		answer_refuse(a, EXIT_FAILED, "%.100s is a partner already: partner set changes it",
			      d.domain);
	else if (is_disabled(r, d.domain))
		answer_refuse(a, EXIT_FAILED, "%.100s is there, disabled: partner enable %.100s",
			      d.domain, d.domain);
	if (a->code != EXIT_OK)
		overlay_free(d.overlay);
	else if (!add(&d, OVERLAY_ADD, "", "") || !add_keys(r, &d))
		full(a, &d);
	else
		apply_command(r, a, &d);
}

void partner_set(const struct request *r, struct answer *a)
{
	struct draft d;

	if (!begin(r, a, &d) || !find(r, a, &d))
		return;
	if (json_object_get(json_object_get(r->args, "key"), "Domain") != NULL) {
		answer_refuse(a, EXIT_USAGE,
			      "Domain is what a record is known by: partner del and partner add");
		overlay_free(d.overlay);
	} else if (!add_keys(r, &d)) {
		full(a, &d);
	} else {
		apply_command(r, a, &d);
	}
}

void partner_del(const struct request *r, struct answer *a)
{
	struct draft d;

	if (!begin(r, a, &d) || !find(r, a, &d))
		return;
	if (overlay_has_added(d.overlay, d.domain)) {
		/* No file has it: nothing is to be deleted but what was said. */
		(void)overlay_forget_partner(d.overlay, d.domain);
		apply(r, a, &d, 0);
	} else if (!add(&d, OVERLAY_DELETE, "", "")) {
		full(a, &d);
	} else {
		apply_command(r, a, &d);
	}
}

static void switch_it(const struct request *r, struct answer *a, const char *enabled)
{
	struct draft d;

	if (!begin(r, a, &d) || !find(r, a, &d))
		return;
	if (!add(&d, OVERLAY_SET, "Enabled", enabled))
		full(a, &d);
	else
		apply_command(r, a, &d);
}

void partner_enable(const struct request *r, struct answer *a)
{
	switch_it(r, a, "true");
}

void partner_disable(const struct request *r, struct answer *a)
{
	switch_it(r, a, "false");
}

/* What was said about a partner and is in no file: a deleted one is known by that alone. */
static bool find_changes(const struct request *r, struct answer *a, struct draft *d)
{
	const struct partner *p = policy_partner(daemon_config(r->daemon)->policy, d->domain);

	if (p != NULL)
		(void)snprintf(d->domain, sizeof(d->domain), "%s", p->domain);
	for (size_t i = 0; i < d->overlay->count; i++)
		if (strcmp(d->overlay->list[i].domain, d->domain) == 0)
			return true;
	answer_refuse(a, EXIT_NOT_FOUND,
		      "no run-time change of %.100s: show config diff lists them", d->domain);
	overlay_free(d->overlay);
	return false;
}

void partner_revert(const struct request *r, struct answer *a)
{
	struct draft d;

	if (!begin(r, a, &d) || !find_changes(r, a, &d))
		return;
	(void)overlay_forget_partner(d.overlay, d.domain);
	apply(r, a, &d, 0);
}

void partner_save(const struct request *r, struct answer *a)
{
	struct draft d;

	if (!begin(r, a, &d) || !find_changes(r, a, &d))
		return;
	for (size_t i = 0; i < d.overlay->count; i++)
		if (strcmp(d.overlay->list[i].domain, d.domain) == 0 &&
		    d.overlay->list[i].until_us == UINT64_MAX)
			d.overlay->list[i].command = d.change.command;
	apply(r, a, &d, d.change.command);
}
