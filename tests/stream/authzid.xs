# XEP-0178 3, RFC 6120 6.3.8, 6.5: base64 of the domain, "=" and nothing are accepted; another domain
# is invalid-authzid, what is not base64 incorrect-encoding, another mechanism invalid-mechanism.
# The stream survives two failures, not three.
partner partner.example tls=required sasl=required dialback=true
stream receiving edge direct-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features external bidi limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>b3RoZXIuZXhhbXBsZQ==</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-authzid/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>***</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><incorrect-encoding/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
state EXPECT_AUTH secure
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
error policy-violation sasl_failed

stream receiving edge direct-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features external bidi limits=524288/600
# abort and a response out of turn count as well
< <abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><aborted/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
< <response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><malformed-request/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'/>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
# the restarted header must name the domain that was authenticated
< header from='other.example' to='contoso.example'
error invalid-from stream_protocol headed from='contoso.example' to='partner.example'

# a NUL smuggled into the authzid, padding in the middle
stream receiving edge direct-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features external bidi limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cGFydG5lci5leGFtcGxlAA==</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><incorrect-encoding/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cA==cA==</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><incorrect-encoding/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
