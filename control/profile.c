/* SPDX-License-Identifier: BSD-3-Clause */
/* profile.c - one table of keys; a parser that names file and line; templates filled in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/profile.h"

#define FILE_BYTES_MAX (UINT64_C(64) * 1024)
#define LINE_BYTES_MAX 1024

enum value { TEXT, TEMPLATE, NUMBER, YES_NO, KIND, ADVICE };

static const struct key {
	char name[24];
	enum value value;
	bool required;
	size_t offset;
	uint32_t min, max;
} keys[] = {
#define AT(member) offsetof(struct profile, member)
    {"advice", ADVICE, false, 0, 0, 0},
    {"arguments", TEMPLATE, false, AT(arguments), 0, 0},
    {"bind", TEXT, true, AT(bind), 0, 0},
    {"buffer_overhead", NUMBER, false, AT(buffer_overhead), 0, 1024},
    {"capabilities", TEXT, false, AT(capabilities), 0, 0},
    {"data_room_max", NUMBER, true, AT(data_room_max), 2176, 65535},
    {"device", TEMPLATE, true, AT(device), 0, 0},
    {"device_per_queue", YES_NO, false, AT(device_per_queue), 0, 1},
    {"huge_pages", YES_NO, true, AT(huge_pages), 0, 1},
    {"kind", KIND, true, AT(kind), 0, 0},
    {"mbufs_min", NUMBER, true, AT(mbufs_min), 1, 1 << 20},
    {"modules", TEXT, false, AT(modules), 0, 0},
    {"mtu_max", NUMBER, true, AT(mtu_max), MTU_MIN, 65535},
    {"packages", TEXT, false, AT(packages), 0, 0},
    {"queues_max", NUMBER, true, AT(queues_max), 1, 1024},
    {"rx_checksum", YES_NO, true, AT(rx_checksum), 0, 1},
    {"rx_checksum_trust", YES_NO, false, AT(rx_checksum_trust), 0, 1},
    {"rx_descriptors", NUMBER, true, AT(rx_descriptors), 32, 32768},
    {"set_mtu", YES_NO, true, AT(set_mtu), 0, 1},
    {"single_file_segments", YES_NO, false, AT(single_file_segments), 0, 1},
    {"syscalls", TEXT, false, AT(syscalls), 0, 0},
    {"tx_descriptors", NUMBER, true, AT(tx_descriptors), 32, 32768},
#undef AT
};
_Static_assert(ARRAY_LEN(keys) <= 64, "profile.seen has a bit for each key");

static const char placeholders[][12] = {"{device}", "{number}", "{queue}", "{queues}"};

/* Where the parser is. */
struct place {
	const char *file;
	unsigned int line;
	char *error;
};

static bool complain(const struct place *at, const char *key, const char *what)
{
	snprintf(at->error, PROFILE_ERROR, "%s:%u: %s: %s", at->file, at->line, key, what);
	return false;
}

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* The placeholder that @text begins with, or -1. */
static int find_placeholder(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(placeholders); i++)
		if (strncmp(text, placeholders[i], strlen(placeholders[i])) == 0)
			return (int)i;
	return -1;
}

static bool read_number(const struct place *at, const struct key *k, const char *text,
			uint32_t *out)
{
	unsigned long long n;
	char what[96], *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || n < k->min ||
	    n > k->max) {
		snprintf(what, sizeof(what), "must be a number from %u to %u, not \"%.32s\"",
			 k->min, k->max, text);
		return complain(at, k->name, what);
	}
	*out = (uint32_t)n;
	return true;
}

static bool read_word(const struct place *at, const struct key *k, const char *text,
		      const char *const words[2], uint32_t *out)
{
	char what[96];

	for (uint32_t i = 0; i < 2; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return true;
		}
	snprintf(what, sizeof(what), "must be \"%s\" or \"%s\", not \"%.32s\"", words[0], words[1],
		 text);
	return complain(at, k->name, what);
}

static bool read_text(const struct place *at, const struct key *k, const char *text, char *out)
{
	if (strlen(text) >= PROFILE_TEXT)
		return complain(at, k->name, "is longer than 255 bytes");
	for (const char *c = text; k->value == TEMPLATE && *c != '\0'; c++) {
		if ((*c == '{' && find_placeholder(c) < 0) || *c == ' ')
			return complain(at, k->name,
					"may hold {device}, {number}, {queue}, {queues}, no other"
					" '{' and no space");
	}
	snprintf(out, PROFILE_TEXT, "%s", text);
	return true;
}

static bool read_value(const struct place *at, const struct key *k, const char *text,
		       struct profile *p)
{
	static const char *const no_yes[2] = {"no", "yes"}, *const kinds[2] = {"vdev", "pci"};
	void *out = (char *)p + k->offset;

	switch (k->value) {
	case TEXT:
	case TEMPLATE:
		return read_text(at, k, text, out);
	case NUMBER:
		return read_number(at, k, text, out);
	case YES_NO:
		return read_word(at, k, text, no_yes, out);
	case KIND:
		return read_word(at, k, text, kinds, out);
	case ADVICE: /* for people, and for drivers-cfg/host */
		break;
	}
	return true;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static bool read_line(const struct place *at, char *line, struct profile *p)
{
	char *name = trim(line), *equals = strchr(name, '=');
	const struct key *k;
	uint64_t bit;

	if (*name == '\0' || *name == '#')
		return true;
	if (equals == NULL)
		return complain(at, name, "is not \"key = value\"");
	*equals = '\0';
	name = trim(name);
	k = find_key(name);
	if (k == NULL)
		return complain(at, name, "is no key of a profile (drivers-cfg/README.md)");
	bit = UINT64_C(1) << (k - keys);
	if (k->value != ADVICE && (p->seen & bit) != 0)
		return complain(at, name, "is given twice");
	p->seen |= bit;
	return read_value(at, k, trim(equals + 1), p);
}

static bool check_whole(const char *file, const struct profile *p, char *error)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].required && (p->seen & UINT64_C(1) << i) == 0) {
			snprintf(error, PROFILE_ERROR, "%s: key %s is missing", file, keys[i].name);
			return false;
		}
	return true;
}

bool profile_parse(const char *file, const char *text, struct profile *out, char *error)
{
	struct place at = {file, 0, error};
	struct profile p = {0};
	char line[LINE_BYTES_MAX];

	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		at.line++;
		if (len >= sizeof(line))
			return complain(&at, "line", "is longer than 1023 bytes");
		memcpy(line, text, len);
		line[len] = '\0';
		if (!read_line(&at, line, &p))
			return false;
		text += len + (text[len] == '\n');
	}
	if (!check_whole(file, &p, error))
		return false;
	*out = p;
	return true;
}

static bool is_profile_name(const char *name)
{
	return name[0] != '\0' && strlen(name) < 64 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-")] == '\0';
}

/* The whole file as text, or NULL with errno set. */
static char *read_file(const char *path)
{
	char *text = malloc(FILE_BYTES_MAX);
	FILE *f = fopen(path, "r");
	size_t len = 0;

	if (text != NULL && f != NULL) {
		len = fread(text, 1, FILE_BYTES_MAX, f);
		if (len == FILE_BYTES_MAX)
			errno = EFBIG;
	}
	if (text == NULL || f == NULL || ferror(f) || len == FILE_BYTES_MAX) {
		free(text);
		text = NULL;
	} else {
		text[len] = '\0';
	}
	if (f != NULL)
		fclose(f);
	return text;
}

bool profile_load(const char *dir, const char *name, struct profile *out, char *error)
{
	char path[4096], *text;
	bool good;

	if (!is_profile_name(name)) {
		snprintf(error, PROFILE_ERROR,
			 "driver \"%.64s\": a profile's name has letters, digits, '_' and '-'",
			 name);
		return false;
	}
	snprintf(path, sizeof(path), "%s/%s.conf", dir, name);
	text = read_file(path);
	if (text == NULL) {
		snprintf(error, PROFILE_ERROR, "driver %s: cannot read its profile %.300s: %s",
			 name, path, strerror(errno));
		return false;
	}
	good = profile_parse(path, text, out, error);
	free(text);
	return good;
}

unsigned int profile_devices(const struct profile *p, uint16_t queues)
{
	return p->device_per_queue ? queues : 1;
}

const char *profile_eal_option(const struct profile *p)
{
	return p->kind == PROFILE_PCI ? "-a" : "--vdev";
}

/* Text that grows into a buffer; `full` once something did not fit. */
struct writer {
	char *at;
	size_t left;
	bool full;
};

static void put(struct writer *w, const char *text, size_t len)
{
	if (len >= w->left) {
		w->full = true;
		return;
	}
	memcpy(w->at, text, len);
	w->at += len;
	w->left -= len;
	*w->at = '\0';
}

static void put_number(struct writer *w, unsigned int n)
{
	char text[16];

	put(w, text, (size_t)snprintf(text, sizeof(text), "%u", n));
}

static void fill_in(struct writer *w, const char *template, const struct profile *p,
		    const struct profile_use *use)
{
	while (*template != '\0') {
		const int which = *template == '{' ? find_placeholder(template) : -1;

		switch (which) {
		case 0:
			put(w, use->device, strlen(use->device));
			break;
		case 1:
			put_number(w, use->number);
			break;
		case 2:
			put_number(w, use->queue);
			break;
		case 3:
			put_number(w, p->device_per_queue ? 1 : use->queues);
			break;
		default:
			put(w, template, 1);
			template ++;
			continue;
		}
		template += strlen(placeholders[which]);
	}
}

/* A comma or space in the device's name would be read as another argument. */
static bool check_texts(const struct profile_use *use, char *error)
{
	if (use->device[0] == '\0' || strpbrk(use->device, ", \t\n") != NULL) {
		snprintf(error, PROFILE_ERROR,
			 "device \"%.128s\": must be a link name, PCI address or path, without"
			 " comma or space",
			 use->device);
		return false;
	}
	if (strpbrk(use->args, " \t\n") != NULL) {
		snprintf(error, PROFILE_ERROR,
			 "device arguments \"%.128s\": must be key=value,key=value without spaces",
			 use->args);
		return false;
	}
	return true;
}

bool profile_eal_value(const struct profile *p, const struct profile_use *use, char *out,
		       char *error)
{
	struct writer w = {out, PROFILE_TEXT, false};

	if (!check_texts(use, error))
		return false;
	fill_in(&w, p->device, p, use);
	if (p->arguments[0] != '\0')
		put(&w, ",", 1);
	fill_in(&w, p->arguments, p, use);
	if (use->args[0] != '\0')
		put(&w, ",", 1);
	put(&w, use->args, strlen(use->args));
	if (w.full)
		snprintf(error, PROFILE_ERROR,
			 "device %.64s: with its arguments it is longer than 255 bytes",
			 use->device);
	return !w.full;
}

bool profile_port(const struct profile *p, const struct profile_use *use, struct port_setup *out,
		  char *error)
{
	struct writer w = {out->device, sizeof(out->device), false};

	if (!check_texts(use, error))
		return false;
	if (use->queues == 0 || use->queues > p->queues_max) {
		snprintf(error, PROFILE_ERROR,
			 "device %.64s: its driver has %u queues at most, %u cores are configured",
			 use->device, p->queues_max, use->queues);
		return false;
	}
	if (use->mtu > p->mtu_max || use->mtu < MTU_MIN) {
		snprintf(error, PROFILE_ERROR,
			 "device %.64s: its driver takes an mtu from %u to %u, not %u", use->device,
			 MTU_MIN, p->mtu_max, use->mtu);
		return false;
	}
	*out = (struct port_setup){
	    .queues = p->device_per_queue ? 1 : use->queues,
	    .rx_descriptors = (uint16_t)p->rx_descriptors,
	    .tx_descriptors = (uint16_t)p->tx_descriptors,
	    .mtu = use->mtu,
	    .rx_checksum = p->rx_checksum != 0,
	    .rx_checksum_trust = use->checksum_trust || p->rx_checksum_trust,
	    .set_mtu = p->set_mtu != 0,
	    .promiscuous = use->own_mac,
	};
	fill_in(&w, p->device, p, use);
	if (w.full)
		snprintf(error, PROFILE_ERROR, "device %.64s: its name is longer than 63 bytes",
			 use->device);
	return !w.full;
}

uint16_t profile_data_room(const struct profile *p, uint32_t mtu)
{
	const uint32_t needed = mtu + RTE_ETHER_HDR_LEN + RTE_PKTMBUF_HEADROOM + p->buffer_overhead;

	return (uint16_t)min_u32(max_u32(needed, RTE_MBUF_DEFAULT_BUF_SIZE), p->data_room_max);
}
