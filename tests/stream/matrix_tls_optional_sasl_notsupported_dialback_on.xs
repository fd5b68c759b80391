# The negotiation matrix, row TLS=optional SASL=notsupported dialback=true: DT, DC.
# S: SASL EXTERNAL (RFC 6120 6, XEP-0178); DT, DC: dialback over TLS, over plain TCP (XEP-0220).
partner partner.example tls=optional sasl=notsupported dialback=true

# receiving, dialback over plain TCP
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-plain from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>

# receiving, over TLS, with a certificate that proves the domain
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features bidi dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
news refused sasl_failed
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[trace-1]</text></failure>
# the certificate speaks for itself: no db:verify (XEP-0344)
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news authorised contoso.example partner.example dialback-tls from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>

# receiving, over TLS, with a certificate that proves nothing
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
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
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example a1)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-plain to
news established

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
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example a2)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls to
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
