/* SPDX-License-Identifier: BSD-3-Clause */
/* test.c - "test partner" and "test gateway": a verdict a line as it is found. */
#include <stdlib.h>
#include <string.h>

#include "control/daemon_ask.h"
#include "control/domains.h"
#include "control/memory.h"
#include "control/operator/answer.h"

struct test {
	struct job job;
	struct trial_listener listener;
	struct trial *trial;
	const char *what; /* "partner", "gateway" */
	char name[DOMAIN_TEXT_MAX + 1], local[DOMAIN_TEXT_MAX + 1];
	unsigned int counts[TRIAL_FAIL + 1];
};

static void test_gone(struct job *j)
{
	struct test *t = CONTAINER_OF(j, struct test, job);

	trial_stop(t->trial);
	free(t);
}

static void said(const struct trial_listener *l, const struct trial_line *line)
{
	struct test *t = CONTAINER_OF((struct trial_listener *)(uintptr_t)l, struct test, listener);
	json_t *data = json_pack("{s:s, s:s}", "step", line->step, "verdict",
				 trial_words_verdict(line->verdict));

	/* A peer's words are in it: not all that comes is UTF-8. */
	json_object_set_new(data, "detail", answer_string(line->detail));
	json_object_set_new(data, "hint", answer_string(line->hint));
	t->counts[line->verdict]++;
	job_say(&t->job, data);
}

static void over(const struct trial_listener *l, const char *failed)
{
	struct test *t = CONTAINER_OF((struct trial_listener *)(uintptr_t)l, struct test, listener);
	const bool passed = failed[0] == '\0';
	char error[256] = "";
	json_t *data = json_pack("{s:s, s:s, s:b, s:s, s:I, s:I, s:I}", t->what, t->name, "from",
				 t->local, "passed", passed, "failed_step", failed, "steps_ok",
				 (json_int_t)t->counts[TRIAL_OK], "steps_warn",
				 (json_int_t)t->counts[TRIAL_WARN], "steps_failed",
				 (json_int_t)t->counts[TRIAL_FAIL]);

	if (!passed)
		(void)snprintf(error, sizeof(error),
			       "%s %.150s does not pass: step %s failed, its hint says what to do",
			       t->what, t->name, failed);
	job_end(&t->job, passed ? EXIT_OK : EXIT_FAILED, error, data);
	free(t);
}

static struct test *begin(struct answer *a, const char *what, const char *name, const char *local)
{
	struct test *t = memory_get(sizeof(*t));

	t->job.gone = test_gone;
	t->listener = (struct trial_listener){said, over};
	t->what = what;
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	(void)snprintf(t->local, sizeof(t->local), "%s", local);
	a->job = &t->job;
	return t;
}

/* In whose name: the one that was said, or the first. NULL, and the answer says why. */
static const char *local_domain(const struct request *r, char folded[DOMAIN_TEXT_MAX + 1],
				struct answer *a)
{
	const struct policy *p = daemon_config(r->daemon)->policy;
	const char *from = answer_text(r, "from");

	if (from == NULL && p->local_domains != NULL && p->local_domains[0] != NULL)
		return p->local_domains[0];
	if (from != NULL && domains_fold(from, folded) && policy_is_local(p, folded))
		return folded;
	answer_refuse(a, EXIT_NOT_FOUND, "%.200s is no local domain: show config names them",
		      from != NULL ? from : "");
	return NULL;
}

void test_partner(const struct request *r, struct answer *a)
{
	const char *domain = answer_text(r, "domain"), *local;
	char folded[DOMAIN_TEXT_MAX + 1], from[DOMAIN_TEXT_MAX + 1];
	struct test *t;

	if (answer_partner(r, domain, a) == NULL || !domains_fold(domain, folded))
		return;
	local = local_domain(r, from, a);
	if (local == NULL)
		return;
	t = begin(a, "partner", folded, local);
	t->trial = daemon_test_partner(r->daemon, t->name, t->local, &t->listener);
}

static const struct gateway *find_gateway(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->gateway_count; i++)
		if (strcmp(p->gateways[i].name, name) == 0)
			return &p->gateways[i];
	return NULL;
}

void test_gateway(const struct request *r, struct answer *a)
{
	const struct policy *p = daemon_config(r->daemon)->policy;
	const char *name = answer_text(r, "name");
	const struct gateway *g = find_gateway(p, name);
	struct test *t;

	if (g == NULL || g->local_domains == NULL || g->local_domains[0] == NULL) {
		answer_refuse(a, EXIT_NOT_FOUND, "no gateway %.200s: show gateways lists them",
			      name);
		return;
	}
	if (p->partner_count == 0) {
		answer_refuse(a, EXIT_FAILED,
			      "no partner is allowed: the test speaks to a gateway "
			      "in the name of one");
		return;
	}
	t = begin(a, "gateway", g->name, p->partners[0].domain);
	t->trial =
	    daemon_test_gateway(r->daemon, g->name, g->local_domains[0], t->local, &t->listener);
}
