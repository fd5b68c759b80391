/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_parts.h - what the files of the configuration reader share: complaints, the document, the
 * draft that it becomes.
 *
 * Order: config_doc_read() (well-formed, includes resolved), config_schema_check() (shape),
 * config_read_*() (values), config_check() (sense). Each goes on after a complaint as far as it
 * can, so that one run shows all.
 *
 * Runs on  control. Private to config*.c and their tests.
 */
#ifndef CONTROL_CONFIG_PARTS_H
#define CONTROL_CONFIG_PARTS_H

#include <libxml/tree.h>

#include "control/config.h"
#include "control/config_source.h"

#define CONFIG_NS "urn:sluice:config:1"

enum config_bounds {
	CONFIG_FILES_MAX = 64,              /* the main file and its includes */
	CONFIG_BYTES_MAX = 8 * 1024 * 1024, /* each: 4,096 partners with all attributes are 2 MB */
	CONFIG_COMPLAINTS_MAX = 100,        /* then one line says that there are more */
};

struct config_report {
	FILE *out;
	unsigned int errors, warnings;
};

/* Where in which file: @file is the document's. */
struct config_place {
	const char *file;
	unsigned int line;
};

void config_error(struct config_report *r, struct config_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void config_warning(struct config_report *r, struct config_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* config_doc.c: one document with its includes. */
struct config_doc {
	xmlDoc *doc;
	const char *path;
	char *files[CONFIG_FILES_MAX]; /* names, of included elements: xmlNode._private */
	size_t file_count;
	unsigned int loaded;          /* files read so far */
	bool includes;                /* may read further files */
	struct config_source *source; /* borrowed: gets each text; NULL: none wanted */
	bool is_again;                /* includes come from there, not from files */
	uint64_t hash;
	struct config_report *report;
	char why[512]; /* an include just failed */
};

/* @bytes are @path's; @d's source and is_again are set before. Free with config_doc_close() in
 * either case. */
MUST_USE bool config_doc_read(struct config_doc *d, const char *path, const char *bytes, size_t len,
			      bool includes, struct config_report *report);
void config_doc_close(struct config_doc *d);
struct config_place config_doc_place(const struct config_doc *d, const xmlNode *node);
/* All of a file, NUL behind it; NULL with errno set. */
MUST_USE char *config_doc_slurp(const char *path, size_t *len);

/* config_schema.c: sluice.rng, compiled in. */
extern const char config_rng[];
extern const size_t config_rng_len;
MUST_USE bool config_schema_check(const struct config_doc *d);

/* One domain name as written, and by whom: the check for names used twice sorts them. */
enum config_use_kind {
	CONFIG_USE_LOCAL,
	CONFIG_USE_PARTNER,
	CONFIG_USE_GATEWAY,
	CONFIG_USE_CERTIFICATE, /* not sorted: one certificate may stand at several gateways */
};
struct config_use {
	const char *name; /* borrowed from the policy */
	enum config_use_kind kind;
	size_t record; /* index of partner or gateway */
	struct config_place at;
};

/* What a document becomes. */
struct config_draft {
	struct config *config;
	const struct config_doc *doc;
	struct config_report *report;
	bool check_files;       /* false: paths are not looked at */
	const char *passphrase; /* the one in force, to be kept; NULL: as the document says */
	bool no_memory;
	struct config_place root_at, iface_at[IFACE_COUNT], limits_at;
	bool addresses_bad[IFACE_COUNT]; /* unreadable, and that is said: do not judge them */
	struct config_place gateway_at[64];
	struct config_use *uses;
	size_t use_count, use_room;
};

/* config_attr.c: values of a validated element. */
const xmlNode *config_child(const xmlNode *e, const char *name); /* first of that name, or NULL */
const xmlNode *config_next(const xmlNode *e, const char *name);  /* following sibling, or NULL */
size_t config_count(const xmlNode *e, const char *name);
/* White space around it is cut; NULL when absent. */
char *config_attr(struct config_draft *d, const xmlNode *e, const char *name);
char *config_text(struct config_draft *d, const xmlNode *e);
uint32_t config_u32(struct config_draft *d, const xmlNode *e, const char *name, uint32_t fallback,
		    uint32_t min, uint32_t max);
bool config_bool(struct config_draft *d, const xmlNode *e, const char *name, bool fallback);
/* Index of the value in @names, which is NULL-terminated. */
unsigned int config_choice(struct config_draft *d, const xmlNode *e, const char *name,
			   const char *const *names, unsigned int fallback);
/* A path: relative ones are taken from the folder of the file that says it. */
char *config_path(struct config_draft *d, const xmlNode *e, const char *name);
/* Folded to its A-label; NULL after a complaint. */
char *config_fold(struct config_draft *d, const xmlNode *e, char *text);
struct config_place config_at(const struct config_draft *d, const xmlNode *e);

/* config_iface.c, config_policy.c, config_partner.c, config_check.c */
void config_read_host(struct config_draft *d, const xmlNode *root);
void config_read_policy(struct config_draft *d, const xmlNode *root);
void config_read_partners(struct config_draft *d, const xmlNode *root);
void config_note_use(struct config_draft *d, const char *name, enum config_use_kind kind,
		     size_t record, const xmlNode *e);
void config_check(struct config_draft *d);
void config_check_ifaces(struct config_draft *d);
void config_check_reach(struct config_draft *d);

/*
 * config_parse - as config_load(), from @bytes called @path in complaints.
 *
 * @files: includes are read, and the files named in the document are looked at. False: nothing
 * outside @bytes is touched (fuzzing).
 */
MUST_USE struct config *config_parse(const char *path, const char *bytes, size_t len, bool files,
				     FILE *report);

#endif
