# RFC 6120 4.9.3.24: what belongs to no part of the negotiation. Stream management is never offered
# (XEP-0198), and the peer's offer is passed over.
partner partner.example tls=optional sasl=notsupported dialback=true
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <enable xmlns='urn:xmpp:sm:3'/>
error unsupported-stanza-type stream_protocol
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features sm dialback
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
error unsupported-stanza-type stream_protocol
# features before there is a header; a second header
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< header from='partner.example' to='contoso.example'
error bad-format stream_protocol
# the other side says no to STARTTLS (RFC 6120 5.4.2.2)
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features starttls dialback
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news refused tls_handshake
news pair-failed contoso.example partner.example tls_handshake
news close tls_handshake
