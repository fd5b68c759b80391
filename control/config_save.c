/* SPDX-License-Identifier: BSD-3-Clause */
/* config_save.c - the file is parsed by itself, includes unresolved, changed, and written anew. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "control/config_edit.h"
#include "control/config_save.h"

enum { ERROR_MAX = 256 };

/* The element that the changes are in. */
static const char *part_of(const struct overlay *o, uint64_t command)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].command == command)
			return o->list[i].kind == OVERLAY_LIMIT ? "GatewayConfiguration"
								: "AllowedPartners";
	return "AllowedPartners";
}

static xmlDoc *parse(const struct config_text *t)
{
	return xmlReadMemory(t->bytes, (int)t->len, t->path, NULL,
			     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static bool has_root(const struct config_text *t, const char *name)
{
	xmlDoc *doc = parse(t);
	const xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
	const bool has = root != NULL && strcmp((const char *)root->name, name) == 0;

	xmlFreeDoc(doc);
	return has;
}

/* The included text whose root is @part. */
static const struct config_text *find_text(const struct config *c, const char *part, char *error)
{
	for (size_t i = 1; i < c->source->count; i++)
		if (has_root(&c->source->texts[i], part))
			return &c->source->texts[i];
	(void)snprintf(
	    error, ERROR_MAX,
	    "<%s> is not in a file of its own, so nothing can be saved: move it into one, "
	    "include that from %.80s (xi:include), reload; or leave out --save",
	    part, c->path);
	return NULL;
}

static bool is_as_loaded(const struct config_text *t, char *error)
{
	size_t len = 0;
	char *bytes = config_doc_slurp(t->path, &len);
	const bool is_same = bytes != NULL && len == t->len && memcmp(bytes, t->bytes, len) == 0;

	if (bytes == NULL)
		(void)snprintf(error, ERROR_MAX, "cannot read %.120s: %s", t->path,
			       strerror(errno));
	else if (!is_same)
		(void)snprintf(error, ERROR_MAX,
			       "%.120s was changed since it was loaded: reload first, then save",
			       t->path);
	free(bytes);
	return is_same;
}

static bool edit(xmlNode *root, const struct overlay *o, uint64_t command, char *error)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct overlay_change *c = &o->list[i];

		if (c->command != command)
			continue;
		if (c->kind == OVERLAY_LIMIT) {
			config_edit_limits(root, c);
		} else if (config_edit_partners(root, c) != OVERLAY_KEPT) {
			(void)snprintf(error, ERROR_MAX,
				       "%.100s is not in the file as it is here: save what came "
				       "before first",
				       c->domain);
			return false;
		}
	}
	return true;
}

bool config_save_prepare(struct config_save *s, const struct config *now, const struct overlay *o,
			 uint64_t command, char *error)
{
	const struct config_text *t = find_text(now, part_of(o, command), error);
	xmlChar *bytes = NULL;
	xmlDoc *doc;
	int len = 0;

	*s = (struct config_save){.bytes = NULL};
	if (t == NULL || !is_as_loaded(t, error))
		return false;
	doc = parse(t);
	if (doc != NULL && edit(xmlDocGetRootElement(doc), o, command, error))
		xmlDocDumpMemory(doc, &bytes, &len);
	xmlFreeDoc(doc);
	if (bytes == NULL)
		return false;
	s->bytes = strndup((const char *)bytes, (size_t)len);
	xmlFree(bytes);
	if (s->bytes == NULL || realpath(t->path, s->path) == NULL) {
		(void)snprintf(error, ERROR_MAX, "%.120s: %s", t->path, strerror(errno));
		return false;
	}
	s->len = (size_t)len;
	s->source = config_source_with(now->source, t->path, s->bytes, s->len);
	return true;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* Owner and mode are the old file's. */
static bool dress(int fd, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (fchown(fd, st.st_uid, st.st_gid) == 0 || errno == EPERM) &&
	       fchmod(fd, st.st_mode & 07777) == 0;
}

/* The new name outlives a crash only when its folder has been written. */
static bool sync_folder(const char *path)
{
	char *copy = strdup(path);
	const int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	const bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return good;
}

bool config_save_write(const struct config_save *s, char *error)
{
	char name[sizeof(s->path) + 8];
	bool good;
	int fd;

	(void)snprintf(name, sizeof(name), "%s.XXXXXX", s->path);
	fd = mkostemp(name, O_CLOEXEC);
	good = fd >= 0 && dress(fd, s->path) && write_all(fd, s->bytes, s->len) && fsync(fd) == 0;
	if (good)
		good = rename(name, s->path) == 0 && sync_folder(s->path);
	if (!good) {
		(void)snprintf(error, ERROR_MAX, "cannot write %.120s: %s", s->path,
			       strerror(errno));
		if (fd >= 0)
			(void)unlink(name);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

void config_save_close(struct config_save *s)
{
	config_source_drop(s->source);
	free(s->bytes);
	*s = (struct config_save){.bytes = NULL};
}
