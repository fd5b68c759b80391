# RFC 6120 5.3.1, 6.3, XEP-0178 3: a partner dials in, STARTTLS is mandatory, its certificate names
# the domain of its header, and EXTERNAL is taken. The stream restarts twice, each time with a new id.
partner partner.example tls=required sasl=required dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features starttls-required
state EXPECT_STARTTLS
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
state EXPECT_TLS
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features external bidi limits=524288/600
state EXPECT_AUTH secure
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cGFydG5lci5leGFtcGxl</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
state EXPECT_HEADER secure
< header from='partner.example' to='contoso.example'
news authorised contoso.example partner.example sasl-external from
news established
> header from='contoso.example' to='partner.example'
> features limits=524288/600
state ESTABLISHED secure
at +3600s
< footer
news close ordinary
