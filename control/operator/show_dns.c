/* SPDX-License-Identifier: BSD-3-Clause */
/* show_dns.c - what DNS has answered lately, and how it is forgotten. */
#include "control/daemon_ask.h"
#include "control/domains.h"
#include "control/operator/show.h"

static json_t *row_of(const struct dns_note *n, uint64_t now_us)
{
	json_t *row =
	    json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I}", "name", n->name, "type",
		      dns_type_name(n->type), "result", dns_result_name(n->result), "records",
		      (json_int_t)n->count, "dnssec", dns_security_name(n->security), "ttl_s",
		      (json_int_t)n->ttl_s, "left_s", (json_int_t)dns_note_left_s(n, now_us),
		      "age_s", (json_int_t)((now_us - n->at_us) / 1000000));

	json_object_set_new(row, "data", answer_string(n->data));
	return row;
}

/* "" for all. False: it is no domain, and the answer says so. */
static bool read_domain(const struct request *r, char folded[DOMAIN_TEXT_MAX + 1], struct answer *a)
{
	const char *domain = answer_text(r, "domain");

	folded[0] = '\0';
	if (domain == NULL || domains_fold(domain, folded))
		return true;
	answer_refuse(a, EXIT_USAGE, "%.200s is no domain name", domain);
	return false;
}

void show_dns(const struct request *r, struct answer *a)
{
	const struct dns_record *record = daemon_dns(r->daemon);
	const uint64_t now_us = loop_now_us(daemon_loop(r->daemon));
	size_t cursor = (size_t)r->cursor;
	char folded[DOMAIN_TEXT_MAX + 1];
	const struct dns_note *n;
	json_t *rows;

	if (!read_domain(r, folded, a))
		return;
	rows = json_array();
	while (json_array_size(rows) < SHOW_PAGE_ROWS &&
	       (n = dns_record_next(record, &cursor)) != NULL)
		if (folded[0] == '\0' || dns_note_is_of(n, folded))
			json_array_append_new(rows, row_of(n, now_us));
	a->data = json_pack("{s:o}", "dns", rows);
	a->cursor = json_array_size(rows) == SHOW_PAGE_ROWS ? cursor : 0;
}

void show_dns_flush(const struct request *r, struct answer *a)
{
	char folded[DOMAIN_TEXT_MAX + 1], error[256] = "";
	unsigned int forgotten = 0;

	if (!read_domain(r, folded, a))
		return;
	if (!daemon_dns_flush(r->daemon, folded[0] != '\0' ? folded : NULL, &forgotten, error)) {
		answer_refuse(a, EXIT_FAILED, "%.200s: nothing is forgotten", error);
		return;
	}
	a->data = json_pack("{s:s, s:I}", "of", folded[0] != '\0' ? folded : "all", "forgotten",
			    (json_int_t)forgotten);
}
