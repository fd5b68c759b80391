/* SPDX-License-Identifier: BSD-3-Clause */
/* identity.c - reads names and verdict out of a certificate, and compares names. */
#include "control/identity.h"

#include <idn2.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "control/chain_cache.h"

enum {
	AUTH_LEVEL = 2, /* 112 bits: RSA from 2048, no SHA-1 signature */
	CHAIN_DEPTH_MAX = 8,
};

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Copies @len bytes as a folded domain name. False when it cannot be one (a NUL hides there). */
static bool copy_ascii(char out[DOMAIN_TEXT_MAX + 1], const char *text, size_t len)
{
	if (len == 0 || len > DOMAIN_TEXT_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~' || strchr("\"&'/:<>@\\", text[i]) != NULL)
			return false;
		out[i] = fold(text[i]);
	}
	out[len] = '\0';
	return true;
}

/* The same for UTF-8, which becomes an A-label. */
static bool copy_utf8(char out[DOMAIN_TEXT_MAX + 1], const char *text, size_t len)
{
	char copy[DOMAIN_TEXT_MAX + 1], *ascii = NULL;
	bool is_good = false;

	if (len == 0 || len > DOMAIN_TEXT_MAX || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (copy_ascii(out, text, len))
		return true;
	if (idn2_to_ascii_8z(copy, &ascii, IDN2_NONTRANSITIONAL) == IDN2_OK)
		is_good = copy_ascii(out, ascii, strlen(ascii));
	idn2_free(ascii);
	return is_good;
}

static void add_name(struct identity *id, enum identity_kind kind, const char *text, size_t len)
{
	char name[DOMAIN_TEXT_MAX + 1];

	if (kind == IDENTITY_XMPP ? !copy_utf8(name, text, len) : !copy_ascii(name, text, len))
		return;
	if (id->count == IDENTITY_NAMES_MAX) {
		id->cut = true;
		return;
	}
	id->names[id->count].kind = kind;
	memcpy(id->names[id->count].name, name, sizeof(name));
	id->count++;
}

static void add_string(struct identity *id, enum identity_kind kind, const ASN1_STRING *s)
{
	add_name(id, kind, (const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* SRV-ID (RFC 4985): the service is part of the name, and ours is XMPP. */
static void add_srv(struct identity *id, const ASN1_STRING *s)
{
	static const char *const service[] = {"_xmpp-server.", "_xmpp-client."};
	const char *text = (const char *)ASN1_STRING_get0_data(s);
	const size_t len = (size_t)ASN1_STRING_length(s);

	for (size_t i = 0; i < ARRAY_LEN(service); i++) {
		const size_t head = strlen(service[i]);

		if (len > head && strncasecmp(text, service[i], head) == 0)
			add_name(id, IDENTITY_SRV, text + head, len - head);
	}
}

static void add_other(struct identity *id, const OTHERNAME *other)
{
	const int nid = OBJ_obj2nid(other->type_id), type = ASN1_TYPE_get(other->value);

	if (nid == NID_SRVName && type == V_ASN1_IA5STRING)
		add_srv(id, other->value->value.ia5string);
	else if (nid == NID_XmppAddr && type == V_ASN1_UTF8STRING)
		add_string(id, IDENTITY_XMPP, other->value->value.utf8string);
}

static void add_alternative_names(struct identity *id, X509 *leaf)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);

		if (name->type == GEN_DNS)
			add_string(id, IDENTITY_DNS, name->d.dNSName);
		else if (name->type == GEN_OTHERNAME)
			add_other(id, name->d.otherName);
	}
	GENERAL_NAMES_free(all);
}

/* The most specific common name: the last one. */
static void add_common_name(struct identity *id, X509 *leaf)
{
	const X509_NAME *subject = X509_get_subject_name(leaf);
	unsigned char *utf8 = NULL;
	int at = -1, last = -1, len;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return;
	len = ASN1_STRING_to_UTF8(&utf8,
				  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
	if (len > 0)
		add_name(id, IDENTITY_CN, (const char *)utf8, (size_t)len);
	OPENSSL_free(utf8);
}

static void print_name(const X509_NAME *name, char *out, size_t room)
{
	BIO *text = BIO_new(BIO_s_mem());
	int len = -1;

	if (text != NULL && X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_read(text, out, (int)room - 1);
	out[len > 0 ? len : 0] = '\0';
	BIO_free(text);
}

static void read_usage(struct identity *id, X509 *leaf)
{
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	size_t len = 0;

	for (int i = 0; i < sk_ASN1_OBJECT_num(all) && len < sizeof(id->usage) - 1; i++) {
		const int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(all, i));
		const char *name = nid == NID_anyExtendedKeyUsage ? "any"
				   : nid != NID_undef             ? OBJ_nid2sn(nid)
								  : "other";

		len += (size_t)snprintf(id->usage + len, sizeof(id->usage) - len, "%s%s",
					len > 0 ? " " : "", name);
	}
	sk_ASN1_OBJECT_pop_free(all, ASN1_OBJECT_free);
}

static enum identity_fault fault_of(int error)
{
	switch (error) {
	case X509_V_OK:
		return IDENTITY_FAULT_NONE;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return IDENTITY_FAULT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return IDENTITY_FAULT_NOT_YET;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return IDENTITY_FAULT_UNTRUSTED;
	case X509_V_ERR_INVALID_PURPOSE:
		return IDENTITY_FAULT_PURPOSE;
	default:
		return IDENTITY_FAULT_OTHER;
	}
}

static void read_serial(struct identity *id, X509 *leaf)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
	char *hex = number != NULL ? BN_bn2hex(number) : NULL;

	snprintf(id->serial, sizeof(id->serial), "%s", hex != NULL ? hex : "");
	OPENSSL_free(hex);
	BN_free(number);
}

static int verify_for(X509 *leaf, STACK_OF(X509) * chain, X509_STORE *store, int purpose)
{
	X509_STORE_CTX *work = X509_STORE_CTX_new();
	int error = X509_V_ERR_OUT_OF_MEM;

	if (work != NULL && X509_STORE_CTX_init(work, store, leaf, chain) == 1 &&
	    X509_STORE_CTX_set_purpose(work, purpose) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(work);

		X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
		X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
		if (X509_verify_cert(work) == 1)
			error = X509_V_OK;
		else
			error = X509_STORE_CTX_get_error(work) != X509_V_OK
				    ? X509_STORE_CTX_get_error(work)
				    : X509_V_ERR_UNSPECIFIED;
	}
	X509_STORE_CTX_free(work);
	return error;
}

int identity_verify(X509 *leaf, STACK_OF(X509) * chain, const struct identity_trust *trust)
{
	const time_t now = time(NULL);
	struct chain_digest digest;
	const bool is_kept = trust->lately != NULL && chain_digest(leaf, chain, &digest);
	int error;

	if (is_kept && chain_cache_has(trust->lately, &digest, now))
		return X509_V_OK;
	error = verify_for(leaf, chain, trust->store, X509_PURPOSE_SSL_SERVER);
	if (error == X509_V_ERR_INVALID_PURPOSE && trust->also_client_purpose)
		error = verify_for(leaf, chain, trust->store, X509_PURPOSE_SSL_CLIENT);
	if (error == X509_V_OK && is_kept)
		chain_cache_add(trust->lately, &digest, leaf, chain, now);
	return error;
}

void identity_read(struct identity *id, X509 *leaf, STACK_OF(X509) * chain,
		   const struct identity_trust *trust)
{
	struct tm when;
	int error;

	memset(id, 0, sizeof(*id));
	if (leaf == NULL) {
		snprintf(id->reason, sizeof(id->reason), "no certificate");
		return;
	}
	id->present = true;
	error = identity_verify(leaf, chain, trust);
	id->chain_good = error == X509_V_OK;
	id->fault = fault_of(error);
	id->sent = chain != NULL ? (unsigned int)sk_X509_num(chain) : 0;
	if (!id->chain_good)
		snprintf(id->reason, sizeof(id->reason), "%s",
			 X509_verify_cert_error_string(error));
	add_alternative_names(id, leaf);
	add_common_name(id, leaf);
	read_serial(id, leaf);
	read_usage(id, leaf);
	print_name(X509_get_subject_name(leaf), id->subject, sizeof(id->subject));
	print_name(X509_get_issuer_name(leaf), id->issuer, sizeof(id->issuer));
	if (ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &when) == 1)
		id->not_after = timegm(&when);
	if (ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &when) == 1)
		id->not_before = timegm(&when);
}

bool identity_is_for_client(const struct identity *id)
{
	return id->usage[0] == '\0' || strstr(id->usage, "clientAuth") != NULL ||
	       strstr(id->usage, "any") != NULL;
}

void identity_names(const struct identity *id, char *out, size_t room)
{
	static const char *const kinds[] = {[IDENTITY_DNS] = "dns",
					    [IDENTITY_SRV] = "srv",
					    [IDENTITY_XMPP] = "xmpp",
					    [IDENTITY_CN] = "cn"};
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < id->count; i++) {
		const int n = snprintf(out + len, room - len, "%s%s:%s", len > 0 ? " " : "",
				       kinds[id->names[i].kind], id->names[i].name);

		if (n >= 0 && (size_t)n < room - len) {
			len += (size_t)n;
			continue;
		}
		(void)snprintf(len + 4 < room ? out + len : out + room - 5, 5, " ...");
		return;
	}
}

void identity_card(const struct identity *id, char out[IDENTITY_CARD_MAX])
{
	char names[480];

	out[0] = '\0';
	if (!id->present)
		return;
	identity_names(id, names, sizeof(names));
	(void)snprintf(out, IDENTITY_CARD_MAX, "%s\n%s\n%s\n%s\n%s\n%lld", id->subject, id->issuer,
		       id->serial, id->usage, names, (long long)id->not_after);
}

/* Is @name "*.x.y" and @domain one label more than x.y? */
static bool matches_wildcard(const char *name, const char *domain)
{
	const char *rest, *dot;

	if (name[0] != '*' || name[1] != '.')
		return false;
	rest = name + 1; /* ".x.y" */
	dot = strchr(domain, '.');
	/* Two labels at least, else "*.com" would speak for every shop. */
	if (strchr(rest + 1, '.') == NULL || strchr(rest, '*') != NULL)
		return false;
	return dot != NULL && dot != domain && strcasecmp(dot, rest) == 0;
}

/* What the names looked at so far say of a domain. */
struct verdict {
	bool proves, has_dns, is_common_name;
};

static void weigh(struct verdict *v, const struct identity_name *n, const char *domain)
{
	const bool is_same = strcasecmp(n->name, domain) == 0;

	if (n->kind == IDENTITY_CN) {
		v->is_common_name |= is_same;
		return;
	}
	v->has_dns |= n->kind == IDENTITY_DNS;
	v->proves |= is_same || (n->kind == IDENTITY_DNS && matches_wildcard(n->name, domain));
}

static bool decide(const struct verdict *v, bool allow_cn, bool is_cut)
{
	return v->proves || (allow_cn && !v->has_dns && !is_cut && v->is_common_name);
}

static bool can_be_proved(const char *domain)
{
	return domain != NULL && domain[0] != '\0' && strchr(domain, '*') == NULL;
}

bool identity_proves(const struct identity *id, const char *domain, bool allow_cn)
{
	struct verdict v = {0};

	if (!id->present || !id->chain_good || !can_be_proved(domain))
		return false;
	for (size_t i = 0; i < id->count; i++)
		weigh(&v, &id->names[i], domain);
	return decide(&v, allow_cn, id->cut);
}

/* A line for each name, its kind before it: no name has a character below '!'. "\t\n" first where
 * there were more. */
void identity_text(const struct identity *id, char out[IDENTITY_TEXT_MAX])
{
	const char *end = out + IDENTITY_TEXT_MAX;
	char *at = out;

	*at = '\0';
	if (!id->present || !id->chain_good)
		return;
	if (id->cut)
		at += snprintf(at, (size_t)(end - at), "\t\n");
	for (size_t i = 0; i < id->count; i++)
		at += snprintf(at, (size_t)(end - at), "%c%s\n", '0' + (int)id->names[i].kind,
			       id->names[i].name);
}

bool identity_text_proves(const char *text, const char *domain, bool allow_cn)
{
	const bool is_cut = text[0] == '\t';
	struct verdict v = {0};

	if (!can_be_proved(domain))
		return false;
	for (text += is_cut ? 2 : 0; *text != '\0'; text++) {
		const size_t len = strcspn(text, "\n");
		struct identity_name n = {.kind = (enum identity_kind)(text[0] - '0')};

		memcpy(n.name, text + 1, len - 1);
		weigh(&v, &n, domain);
		text += len;
	}
	return decide(&v, allow_cn, is_cut);
}
