/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint_component.c - XEP-0114, the component's side: a header, a hash, stanzas. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "bench/load/endpoint_state.h"

void endpoint_component_open(struct endpoint *e)
{
	char text[512];
	const int len = snprintf(
	    text, sizeof(text),
	    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='" NS_STREAM "' to='%s'>",
	    e->setup.ours);

	endpoint_say(e, text, (size_t)len);
}

/* <handshake/> holds hex(SHA-1(stream id, secret)). */
void endpoint_component_header(struct endpoint *e)
{
	struct xml_element *header = xml_header(e->header.bytes, e->header.len);
	const char *id = header != NULL ? xml_attr(header, "id") : NULL;
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[512];
	int len;

	len = snprintf(text, sizeof(text), "%s%s", id != NULL ? id : "", e->setup.secret);
	if (id == NULL || len >= (int)sizeof(text) ||
	    EVP_Digest(text, (size_t)len, hash, NULL, EVP_sha1(), NULL) != 1) {
		xml_free(header);
		endpoint_end(e, "no usable stream id for the component's handshake");
		return;
	}
	xml_free(header);
	len = snprintf(text, sizeof(text), "<handshake>");
	for (unsigned int i = 0; i < 20; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%02x", hash[i]);
	len += snprintf(text + len, sizeof(text) - (size_t)len, "</handshake>");
	endpoint_say(e, text, (size_t)len);
}

void endpoint_component_element(struct endpoint *e, struct span element)
{
	char why[200];

	if (element.len >= 10 && memcmp(element.at, "<handshake", 10) == 0) {
		endpoint_authorise(e, e->setup.ours, NULL, 0, true);
		return;
	}
	snprintf(why, sizeof(why), "the server says %.*s", (int)min_size(element.len, 160),
		 (const char *)element.at);
	endpoint_end(e, why);
}
