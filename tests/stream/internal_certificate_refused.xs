# Mutual TLS on 23456: no certificate, one that is not good, one of no listed gateway, one of a gateway
# that may not speak for that domain; the common name only where the gateway's entry says so.
partner partner.example tls=required sasl=required dialback=true
gateway gw1 names=fe1.contoso.example domains=contoso.example
gateway gw2 names=fe2.fabrikam.example domains=fabrikam.example cn
local contoso.example,fabrikam.example
stream receiving internal direct-tls
tls none
news restart
< header from='contoso.example' to='partner.example'
error not-authorized tls_no_client_certificate headed from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
stream receiving internal direct-tls
tls bad fe1.contoso.example
news restart
< header from='contoso.example' to='partner.example'
error not-authorized tls_client_certificate headed from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
stream receiving internal direct-tls
tls good contoso.example
news restart
< header from='contoso.example' to='partner.example'
error not-authorized tls_client_certificate headed from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
stream receiving internal direct-tls
tls good fe1.contoso.example
news restart
< header from='fabrikam.example' to='partner.example'
error not-authorized stream_not_allowed headed from='partner.example' to='fabrikam.example' partner:type='PublicUnverified' db
stream receiving internal direct-tls
tls good fe1.contoso.example
news restart
< header from='partner.example' to='partner.example'
error not-authorized stream_not_allowed headed from='partner.example' to='partner.example' partner:type='PublicUnverified' db
stream receiving internal direct-tls
tls good CN=fe1.contoso.example
news restart
< header from='contoso.example' to='partner.example'
error not-authorized tls_client_certificate headed from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
stream receiving internal direct-tls
tls good CN=fe2.fabrikam.example
news restart
< header from='fabrikam.example' to='partner.example'
> header from='partner.example' to='fabrikam.example' partner:type='PublicUnverified' db
> features external bidi dialback-errors limits=524288/600
state EXPECT_AUTH secure gateway=gw2
# a domain that no partner has
stream receiving internal direct-tls
tls good fe1.contoso.example
news restart
< header from='contoso.example' to='nosuch.example'
error host-unknown stream_host_unknown headed db
