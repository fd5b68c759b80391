# XEP-0288: offered after TLS, requested before authentication (Prosody pipelines <bidi/><auth/> in one
# record), and then just the authenticated pair reversed may be used the other way.
partner partner.example tls=required sasl=optional dialback=true also=two.partner.example
stream receiving edge direct-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features external bidi dialback-errors limits=524288/600
< <bidi xmlns='urn:xmpp:bidi'><limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>30000</max-bytes></limits></bidi>
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cGFydG5lci5leGFtcGxl</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features dialback-errors limits=524288/600
news authorised contoso.example partner.example sasl-external from,to
news established
state ESTABLISHED secure bidi max-bytes=30000
# a second sender domain, reversed as well
< <db:result from='two.partner.example' to='contoso.example'>k</db:result>
news verify contoso.example two.partner.example $id k
verified contoso.example two.partner.example $id valid
> <db:result from='contoso.example' to='two.partner.example' type='valid'/>
news authorised contoso.example two.partner.example dialback-tls from,to
# too late to ask for it
< <bidi xmlns='urn:xmpp:bidi'/>
error policy-violation stream_protocol

# before TLS it was not offered
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <bidi xmlns='urn:xmpp:bidi'/>
error policy-violation stream_protocol

# we ask for it where it is offered, before we authenticate, and once
stream initiating edge contoso.example partner.example direct-tls
tls good partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='p1'
< features external bidi dialback-errors
> <bidi xmlns='urn:xmpp:bidi'/>
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
< <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
news refused sasl_failed
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls from,to
news established
state ESTABLISHED secure bidi more-targets
state ESTABLISHED secure bidi more-targets

# a server from before version 1.0 was offered nothing, over TLS either
stream receiving edge direct-tls
tls bad partner.example
news restart
< oldheader from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
< <bidi xmlns='urn:xmpp:bidi'/>
error policy-violation stream_protocol
# nor once a key is under way
stream receiving edge direct-tls
tls bad partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features bidi dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
< <bidi xmlns='urn:xmpp:bidi'/>
error policy-violation stream_protocol
