# The negotiation matrix, row TLS=optional SASL=notsupported dialback=false: nothing is left (the configuration refuses it).
# S: SASL EXTERNAL (RFC 6120 6, XEP-0178); DT, DC: dialback over TLS, over plain TCP (XEP-0220).
partner partner.example tls=optional sasl=notsupported dialback=false

# receiving, dialback over plain TCP
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features starttls limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news refused dialback_refused
> <db:result from='contoso.example' to='partner.example' type='error'><error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>

# receiving, over TLS, with a certificate that proves the domain
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features starttls limits=524288/600
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
news restart
< header from='partner.example' to='contoso.example'
error not-authorized stream_no_method headed from='contoso.example' to='partner.example'

# receiving, over TLS, with a certificate that proves nothing
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example'
> features starttls limits=524288/600
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls bad partner.example
news restart
< header from='partner.example' to='contoso.example'
error not-authorized stream_no_method headed from='contoso.example' to='partner.example'

# initiating, the other side offers no TLS
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features dialback-errors
error policy-violation stream_no_method

# initiating, over TLS, the server's certificate proves its domain, everything is offered
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
> header from='contoso.example' to='partner.example'
news restart
< header from='partner.example' to='contoso.example' id='a2'
< features external dialback-errors
error policy-violation stream_no_method

# initiating, over TLS, no EXTERNAL is offered
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good partner.example
> header from='contoso.example' to='partner.example'
news restart
< header from='partner.example' to='contoso.example' id='a2'
< features dialback-errors
error policy-violation stream_no_method

# initiating, over TLS, the server's certificate proves nothing
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example'
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls bad partner.example
error not-authorized tls_server_certificate mute
