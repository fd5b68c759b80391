/* SPDX-License-Identifier: BSD-3-Clause */
/* show_detail.c - more of one partner or one stream than a table has columns for. */
#include "control/operator/show_detail.h"

#include <string.h>
#include <strings.h>

#include "control/daemon_ask.h"
#include "control/operator/cert.h"
#include "control/operator/show.h"

enum { DAY_S = 24 * 60 * 60 };

static void set_text(json_t *row, const char *key, const char *text)
{
	json_object_set_new(row, key, answer_string(text));
}

static void set_number(json_t *row, const char *key, uint64_t n)
{
	json_object_set_new(row, key, json_integer((json_int_t)n));
}

/* {"subject", "issuer", "serial", "usage", "names", "not_after_unix_s", "days_left"}; null where
 * none has been shown. */
static json_t *certificate_json(const char *card)
{
	json_t *row;
	long long end;

	if (card == NULL || card[0] == '\0')
		return json_null();
	row = json_object();
	end = cert_card_json(card, row);
	json_object_set_new(row, "not_after_unix_s", json_integer(end));
	json_object_set_new(row, "days_left", json_integer((end - (long long)time(NULL)) / DAY_S));
	return row;
}

void show_detail_partner(struct daemon *d, const struct partner *p, json_t *row)
{
	const struct history_partner *h = sessions_history(daemon_sessions(d), p);
	struct links_backoff b = {.failures = 0};
	struct sessions_use use;

	sessions_use(daemon_sessions(d), p, &use);
	set_number(row, "connections", use.partner);
	set_number(row, "last_success_unix_s", h->success_unix_s);
	set_text(row, "last_success_method", h->success_unix_s > 0 ? method_name(h->method) : "");
	set_text(row, "last_success_direction",
		 h->success_unix_s == 0 ? ""
		 : h->was_ours          ? "out"
					: "in");
	set_text(row, "last_success_stream", h->success_stream);
	set_number(row, "last_failure_unix_s", h->failure_unix_s);
	set_text(row, "last_failure_reason", h->failure_unix_s > 0 ? drop_name(h->why) : "");
	set_text(row, "last_failure_text",
		 h->failure_unix_s == 0 ? ""
		 : h->text[0] != '\0'   ? h->text
					: drop_text(h->why));
	set_text(row, "last_failure_stream", h->failure_stream);
	json_object_set_new(row, "certificate", certificate_json(h->card));
	if (!daemon_backoff(d, p->domain, &b))
		b.failures = 0;
	set_number(row, "backoff_failures", b.failures);
	set_number(row, "backoff_left_s", b.failures > 0 ? (b.left_us + 999999) / 1000000 : 0);
	set_text(row, "backoff_reason", b.failures > 0 ? drop_name(b.why) : "");
}

void show_detail_stream(const struct session_view *v, json_t *row)
{
	json_object_set_new(row, "test", json_boolean(v->is_test));
	json_object_set_new(row, "certificate", certificate_json(v->card));
}

bool show_detail_read(const struct request *r, struct show_filter *f, struct answer *a)
{
	const char *ip = answer_text(r, "ip");

	*f = (struct show_filter){.stream = answer_text(r, "stream"),
				  .state = answer_text(r, "state"),
				  .has_address = ip != NULL};
	if (ip == NULL || addr_parse(ip, &f->address))
		return true;
	answer_refuse(a, EXIT_USAGE, "%.64s is no IP address", ip);
	return false;
}

bool show_detail_passes(const struct show_filter *f, const struct session_view *v)
{
	return (f->stream == NULL || strcmp(f->stream, v->trace_id) == 0) &&
	       (f->state == NULL || strcasecmp(f->state, v->state) == 0) &&
	       (!f->has_address || addr_equal(&f->address, &v->address));
}
