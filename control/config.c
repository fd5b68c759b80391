/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c - from file to struct config, complaints, and what a reload cannot change. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/config_edit.h"

static void complain(struct config_report *r, struct config_place at, const char *kind,
		     const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static void complain(struct config_report *r, struct config_place at, const char *kind,
		     const char *format, va_list args)
{
	if (r->errors + r->warnings > CONFIG_COMPLAINTS_MAX)
		return;
	if (r->errors + r->warnings == CONFIG_COMPLAINTS_MAX) {
		fprintf(r->out, "%s:0: %s: and more, not shown\n", at.file, kind);
		return;
	}
	fprintf(r->out, "%s:%u: %s: ", at.file, at.line, kind);
	(void)vfprintf(r->out, format, args);
	fputc('\n', r->out);
}

void config_error(struct config_report *r, struct config_place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(r, at, "error", format, args);
	va_end(args);
	r->errors++;
}

void config_warning(struct config_report *r, struct config_place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(r, at, "warning", format, args);
	va_end(args);
	r->warnings++;
}

/* What a configuration is made of. */
struct making {
	const char *path, *bytes;
	size_t len;
	bool includes, check_files, is_again, is_reload;
	struct config_source *source;
	struct overlay *overlay; /* NULL: none */
	const char *passphrase;
};

/* From a valid document to a configuration that makes sense, or NULL. */
static struct config *build(const struct config_doc *doc, const struct making *m,
			    struct config_report *report)
{
	const xmlNode *root = xmlDocGetRootElement(doc->doc);
	struct config_draft d = {.doc = doc,
				 .report = report,
				 .check_files = m->check_files,
				 .passphrase = m->passphrase,
				 .config = calloc(1, sizeof(*d.config))};

	d.root_at = config_doc_place(doc, root);
	if (d.config != NULL)
		d.config->policy = calloc(1, sizeof(*d.config->policy));
	if (d.config == NULL || d.config->policy == NULL) {
		config_error(report, d.root_at, "no memory");
		config_free(d.config);
		return NULL;
	}
	d.config->path = strdup(doc->path);
	d.config->hash = doc->hash;
	d.config->source = config_source_hold(m->source);
	d.no_memory |= d.config->path == NULL;
	config_read_host(&d, root);
	config_read_policy(&d, root);
	config_check(&d);
	if (d.no_memory)
		config_error(report, d.root_at, "no memory");
	free(d.uses);
	if (report->errors == 0)
		return d.config;
	config_free(d.config);
	return NULL;
}

static struct config *make(const struct making *m, FILE *report)
{
	struct config_report r = {.out = report};
	struct config_doc doc = {.source = m->source, .is_again = m->is_again};
	struct config *c = NULL;

	if (config_doc_read(&doc, m->path, m->bytes, m->len, m->includes, &r)) {
		if (m->overlay != NULL)
			config_overlay_apply(&doc, m->overlay, m->is_reload);
		if (config_schema_check(&doc))
			c = build(&doc, m, &r);
	}
	config_doc_close(&doc);
	return c;
}

struct config *config_parse(const char *path, const char *bytes, size_t len, bool files,
			    FILE *report)
{
	struct making m = {.path = path,
			   .bytes = bytes,
			   .len = len,
			   .includes = files,
			   .check_files = files,
			   .source = config_source_make()};
	struct config *c;

	config_source_put(m.source, path, bytes, len);
	c = make(&m, report);
	config_source_drop(m.source);
	return c;
}

struct config *config_reload(const char *path, struct overlay *overlay, FILE *report)
{
	struct making m = {.path = path,
			   .includes = true,
			   .check_files = true,
			   .is_reload = true,
			   .overlay = overlay};
	struct config *c;
	char *bytes = config_doc_slurp(path, &m.len);

	if (bytes == NULL) {
		fprintf(report, "%s:0: error: %s\n", path, strerror(errno));
		return NULL;
	}
	m.bytes = bytes;
	m.source = config_source_make();
	config_source_put(m.source, path, bytes, m.len);
	c = make(&m, report);
	config_source_drop(m.source);
	explicit_bzero(bytes, m.len);
	free(bytes);
	return c;
}

struct config *config_load(const char *path, FILE *report)
{
	return config_reload(path, NULL, report);
}

struct config *config_make_again(const struct config *of, struct config_source *source,
				 struct overlay *overlay, FILE *report)
{
	const struct making m = {.path = of->path,
				 .bytes = source->texts[0].bytes,
				 .len = source->texts[0].len,
				 .includes = true,
				 .is_again = true,
				 .source = source,
				 .overlay = overlay,
				 .passphrase = of->policy->dialback_passphrase};
	struct config *c = make(&m, report);

	if (c != NULL)
		c->policy->is_passphrase_random = of->policy->is_passphrase_random;
	return c;
}

bool config_keep_random(struct config *next, const struct config *now)
{
	char *kept;

	if (!next->policy->is_passphrase_random || !now->policy->is_passphrase_random)
		return true;
	kept = strdup(now->policy->dialback_passphrase);
	if (kept == NULL)
		return false;
	explicit_bzero(next->policy->dialback_passphrase,
		       strlen(next->policy->dialback_passphrase));
	free(next->policy->dialback_passphrase);
	next->policy->dialback_passphrase = kept;
	return true;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (enum iface i = IFACE_EDGE; i < IFACE_COUNT; i++) {
		free(c->iface[i].driver);
		free(c->iface[i].device);
		free(c->iface[i].device_args);
		free(c->tls[i].certificate);
		free(c->tls[i].key);
		free(c->tls[i].trust);
		free(c->tls[i].certificate_dir);
	}
	policy_free(c->policy);
	config_source_drop(c->source);
	free(c->path);
	free(c->resolver);
	free(c->socket_path);
	free(c->monitor_path);
	free(c->metrics_path);
	free(c->socket_group);
	free(c->log_level);
	free(c->log_format);
	free(c->trace_folder);
	free(c->log_file);
	free(c->user);
	free(c);
}

static void note(char *what, size_t room, const char *name)
{
	const size_t used = strlen(what);

	(void)snprintf(what + used, room - used, "%s%s", used > 0 ? ", " : "", name);
}

static bool differ(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") != 0;
}

static bool iface_differs(const struct config_iface *a, const struct config_iface *b)
{
	return differ(a->driver, b->driver) || differ(a->device, b->device) ||
	       differ(a->device_args, b->device_args) || !addr_equal(&a->address, &b->address) ||
	       a->prefix_len != b->prefix_len || !addr_equal(&a->gateway, &b->gateway) ||
	       !addr_equal(&a->address6, &b->address6) || a->prefix6_len != b->prefix6_len ||
	       !addr_equal(&a->gateway6, &b->gateway6) || a->vlan != b->vlan || a->mtu != b->mtu ||
	       a->port != b->port || a->has_mac != b->has_mac ||
	       memcmp(&a->mac, &b->mac, sizeof(a->mac)) != 0 ||
	       a->checksum_trust != b->checksum_trust;
}

bool config_needs_restart(const struct config *now, const struct config *next, char *what,
			  size_t room)
{
	what[0] = '\0';
	if (now->cores != next->cores || now->conns_per_core != next->conns_per_core ||
	    now->busy_per_core != next->busy_per_core || now->memory_mb != next->memory_mb ||
	    now->huge_pages != next->huge_pages || now->idle != next->idle ||
	    now->congestion != next->congestion || now->ecn != next->ecn)
		note(what, room, "dataplane");
	if (iface_differs(&now->iface[IFACE_EDGE], &next->iface[IFACE_EDGE]))
		note(what, room, "edge");
	if (iface_differs(&now->iface[IFACE_INTERNAL], &next->iface[IFACE_INTERNAL]))
		note(what, room, "internal");
	if (differ(now->resolver, next->resolver) || now->dnssec != next->dnssec)
		note(what, room, "resolver");
	if (differ(now->socket_path, next->socket_path) ||
	    differ(now->monitor_path, next->monitor_path) ||
	    differ(now->socket_group, next->socket_group))
		note(what, room, "operator");
	if (differ(now->user, next->user) || now->seccomp != next->seccomp)
		note(what, room, "process");
	if (!addr_equal(&now->metrics_address, &next->metrics_address) ||
	    now->metrics_port != next->metrics_port ||
	    differ(now->metrics_path, next->metrics_path) ||
	    now->metrics_telemetry != next->metrics_telemetry)
		note(what, room, "metrics");
	return what[0] != '\0';
}
