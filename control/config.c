/* SPDX-License-Identifier: BSD-3-Clause */
/* config.c - from file to struct config, complaints, and what a reload cannot change. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/config_parts.h"

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

/* From a valid document to a configuration that makes sense, or NULL. */
static struct config *build(const struct config_doc *doc, bool files, struct config_report *report)
{
	const xmlNode *root = xmlDocGetRootElement(doc->doc);
	struct config_draft d = {.doc = doc,
				 .report = report,
				 .check_files = files,
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

struct config *config_parse(const char *path, const char *bytes, size_t len, bool files,
			    FILE *report)
{
	struct config_report r = {.out = report};
	struct config *c = NULL;
	struct config_doc doc;

	if (config_doc_read(&doc, path, bytes, len, files, &r) && config_schema_check(&doc))
		c = build(&doc, files, &r);
	config_doc_close(&doc);
	return c;
}

struct config *config_load(const char *path, FILE *report)
{
	struct config *c;
	size_t len = 0;
	char *bytes = config_doc_slurp(path, &len);

	if (bytes == NULL) {
		fprintf(report, "%s:0: error: %s\n", path, strerror(errno));
		return NULL;
	}
	c = config_parse(path, bytes, len, true, report);
	explicit_bzero(bytes, len);
	free(bytes);
	return c;
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
	free(c->path);
	free(c->resolver);
	free(c->socket_path);
	free(c->monitor_path);
	free(c->socket_group);
	free(c->log_level);
	free(c->log_format);
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
	return what[0] != '\0';
}
