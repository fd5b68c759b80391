/* SPDX-License-Identifier: BSD-3-Clause */
/* dialback_test.c - the keys of XEP-0185 and XEP-0220, and what is not one. */
#include "control/dialback.h"

#include "tests/check.h"

static const char secret[] = "s3cr3tf0rd14lb4ck";

static void gives_the_published_keys(void)
{
	char key[DIALBACK_KEY_TEXT];

	dialback_key(secret, "xmpp.example.com", "example.org", "D60000229F", key);
	CHECK_STR(key, "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643");
	dialback_key(secret, "montague.example", "capulet.example", "D60000229F", key);
	CHECK_STR(key, "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3");
}

static bool is_key(const char *key)
{
	return dialback_key_is(key, secret, "xmpp.example.com", "example.org", "D60000229F");
}

static void tells_a_key_from_another(void)
{
	char key[DIALBACK_KEY_TEXT], wrong[DIALBACK_KEY_TEXT + 8];

	dialback_key(secret, "xmpp.example.com", "example.org", "D60000229F", key);
	CHECK(is_key(key));
	snprintf(wrong, sizeof(wrong), "\n  %s\t\r\n", key);
	CHECK(is_key(wrong));
	for (size_t i = 0; i < 64; i++) {
		memcpy(wrong, key, sizeof(key));
		wrong[i] = wrong[i] == '0' ? '1' : '0';
		CHECK(!is_key(wrong));
	}
	CHECK(!is_key(""));
	CHECK(!is_key(" "));
	snprintf(wrong, sizeof(wrong), "%s0", key);
	CHECK(!is_key(wrong));
	key[63] = '\0';
	CHECK(!is_key(key));
}

static void binds_every_part(void)
{
	char key[DIALBACK_KEY_TEXT];

	dialback_key(secret, "a.example", "b.example", "id", key);
	CHECK(dialback_key_is(key, secret, "a.example", "b.example", "id"));
	CHECK(!dialback_key_is(key, "another", "a.example", "b.example", "id"));
	CHECK(!dialback_key_is(key, secret, "b.example", "a.example", "id"));
	CHECK(!dialback_key_is(key, secret, "a.example", "b.example", "id2"));
}

int main(void)
{
	RUN(gives_the_published_keys);
	RUN(tells_a_key_from_another);
	RUN(binds_every_part);
	return check_summary();
}
