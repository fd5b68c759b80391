# The negotiation matrix, row TLS=required SASL=optional dialback=true: S, DT.
# S: SASL EXTERNAL (RFC 6120 6, XEP-0178); DT, DC: dialback over TLS, over plain TCP (XEP-0220).
partner partner.example tls=required sasl=optional dialback=true

# receiving, dialback over plain TCP
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <db:result from='partner.example' to='contoso.example'>k</db:result>
error policy-violation stream_tls_required

# receiving, over TLS, with a certificate that proves the domain
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features external bidi dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
< header from='partner.example' to='contoso.example'
news authorised contoso.example partner.example sasl-external from
news established
> header from='contoso.example' to='partner.example' db
> features dialback-errors limits=524288/600

# receiving, over TLS, with a certificate that proves nothing
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls bad partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features bidi dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-tls from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>

# initiating, the other side offers no TLS
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features dialback-errors
error policy-violation stream_tls_required

# initiating, over TLS, the server's certificate proves its domain, everything is offered
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='a2'
< features external dialback-errors
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
state EXPECT_SASL_RESULT secure more-targets
< <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='a3'
< features
news authorised contoso.example partner.example sasl-external to
news established

# initiating, over TLS, no EXTERNAL is offered
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='a2'
< features dialback-errors
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example a2)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls to
news established

# initiating, over TLS, the server's certificate proves nothing
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls bad partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='a2'
< features external dialback-errors
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example a2)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls to
news established

# initiating, over TLS, our EXTERNAL is refused
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='a2'
< features external dialback-errors
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
< <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
news refused sasl_failed
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example a2)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls to
news established
