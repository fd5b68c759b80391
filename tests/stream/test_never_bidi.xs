# XEP-0288 2: bidi is for the initiator to ask for. A stream that is opened to test a partner asks for none, so
# that the partner sends no stanza down a stream that is about to go; it authenticates as any other.
partner partner.example tls=required sasl=optional dialback=true
stream initiating edge contoso.example partner.example direct-tls test
tls good partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='p1'
< features external bidi dialback-errors
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
< <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='p2'
< features dialback-errors
news authorised contoso.example partner.example sasl-external to
news established
state ESTABLISHED secure more-targets
