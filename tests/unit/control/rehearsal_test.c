/* SPDX-License-Identifier: BSD-3-Clause */
/* rehearsal_test.c - the stream machine led through a negotiation says what would come of it. */
#include "control/rehearsal.h"

#include "control/config_parts.h"
#include "tests/check.h"

static const char text[] =
    "<sluice xmlns='urn:sluice:config:1'>"
    "<edge driver='tap' device='px0' address='192.0.2.10/24'>"
    "<tls certificate='a' key='b' trust='c'/></edge>"
    "<internal driver='tap' device='px1' address='198.51.100.10/24'>"
    "<tls certificate='a' key='b' trust='c'/></internal>"
    "<GatewayConfiguration DialbackPassphrase='a secret of some length'/>"
    "<local-domains><domain>contoso.example</domain></local-domains>"
    "<gateways><gateway name='gw1'><certificate-name>gw1.contoso.example</certificate-name>"
    "<domain>contoso.example</domain></gateway></gateways>"
    "<AllowedPartners>"
    "<AllowedPartner Domain='strict.example' SupportDialbackNegotiation='false'/>"
    "<AllowedPartner Domain='easy.example' SaslNegotiation='Optional'/>"
    "<AllowedPartner Domain='plain.example' TlsNegotiation='NotSupported' "
    "SaslNegotiation='NotSupported'/>"
    "</AllowedPartners></sluice>";

static struct config *config;
static struct rehearsal r;

static bool plays(const char *from, const char *to, unsigned int method)
{
	rehearsal_receive(config->policy, from, to, NULL, method, &r);
	return r.allowed;
}

static void lets_in_by_each_method(void)
{
	CHECK(plays("strict.example", "contoso.example", METHOD_SASL_EXTERNAL));
	CHECK_EQ(r.method, METHOD_SASL_EXTERNAL);
	CHECK(r.offers_tls && r.requires_tls);
	CHECK_EQ(r.offered, METHOD_SASL_EXTERNAL);
	CHECK(plays("easy.example", "contoso.example", METHOD_DIALBACK_TLS));
	CHECK_EQ(r.method, METHOD_DIALBACK_TLS);
	CHECK_EQ(r.offered, METHOD_SASL_EXTERNAL | METHOD_DIALBACK_TLS);
	CHECK(plays("plain.example", "contoso.example", METHOD_DIALBACK_PLAIN));
	CHECK_EQ(r.method, METHOD_DIALBACK_PLAIN);
	CHECK(!r.offers_tls);
}

static void refuses_as_the_machine_does(void)
{
	CHECK(!plays("evil.example", "contoso.example", METHOD_SASL_EXTERNAL));
	CHECK_EQ(r.drop, DROP_STREAM_NOT_ALLOWED);
	CHECK_STR(r.condition, "policy-violation");
	CHECK_STR(r.text, "evil.example is not an allowed partner");
	CHECK(!plays("strict.example", "fabrikam.example", METHOD_SASL_EXTERNAL));
	CHECK_EQ(r.drop, DROP_STREAM_HOST_UNKNOWN);
	CHECK_STR(r.condition, "host-unknown");
	CHECK(!plays("strict.example", "contoso.example", METHOD_DIALBACK_PLAIN));
	CHECK_EQ(r.drop, DROP_STREAM_TLS_REQUIRED);
	CHECK(!plays("strict.example", "contoso.example", METHOD_DIALBACK_TLS));
	CHECK_EQ(r.drop, DROP_DIALBACK_REFUSED);
}

static void judges_the_certificate_it_is_given(void)
{
	static struct identity id = {.present = true,
				     .reason = "certificate has expired",
				     .count = 1,
				     .names = {{IDENTITY_DNS, "strict.example"}}};

	rehearsal_receive(config->policy, "strict.example", "contoso.example", &id,
			  METHOD_SASL_EXTERNAL, &r);
	CHECK(!r.allowed);
	CHECK_STR(r.condition, "not-authorized");
	CHECK(strstr(r.text, "certificate has expired") != NULL);
	id.chain_good = true;
	rehearsal_receive(config->policy, "strict.example", "contoso.example", &id,
			  METHOD_SASL_EXTERNAL, &r);
	CHECK(r.allowed);
	/* of another name: dialback is left where the record has it */
	rehearsal_receive(config->policy, "easy.example", "contoso.example", &id,
			  METHOD_SASL_EXTERNAL, &r);
	CHECK(!r.allowed);
	CHECK_EQ(r.drop, DROP_SASL_FAILED);
	rehearsal_receive(config->policy, "easy.example", "contoso.example", &id,
			  METHOD_DIALBACK_TLS, &r);
	CHECK(r.allowed);
	CHECK_EQ(r.offered, METHOD_DIALBACK_TLS);
}

int main(void)
{
	config = config_parse("t.xml", text, sizeof(text) - 1, false, stderr);
	CHECK(config != NULL);
	if (config == NULL)
		return 1;
	RUN(lets_in_by_each_method);
	RUN(refuses_as_the_machine_does);
	RUN(judges_the_certificate_it_is_given);
	config_free(config);
	return check_summary();
}
