/* SPDX-License-Identifier: BSD-3-Clause */
/* drop.c - the table of drop.def in memory. */
#include "dataplane/base/drop.h"

static const struct {
	char name[40];
	const char *text;
	enum drop_fault fault;
} rows[DROP_COUNT] = {
#define DROP(name, fault, text) [DROP_##name] = {#name, text, DROP_FAULT_##fault},
#include "dataplane/base/drop.def"
#undef DROP
};

static char lower[DROP_COUNT][40];

/* Before main(), so that every thread finds the names ready. */
__attribute__((constructor)) static void fold_names(void)
{
	for (unsigned int d = 0; d < DROP_COUNT; d++)
		for (size_t i = 0; rows[d].name[i] != '\0'; i++) {
			const char c = rows[d].name[i];

			lower[d][i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		}
}

const char *drop_name(enum drop d)
{
	return lower[d];
}

const char *drop_text(enum drop d)
{
	return rows[d].text;
}

enum drop_fault drop_fault(enum drop d)
{
	return rows[d].fault;
}
