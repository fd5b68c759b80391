# The negotiation matrix, row TLS=notsupported SASL=notsupported dialback=true: DC.
# S: SASL EXTERNAL (RFC 6120 6, XEP-0178); DT, DC: dialback over TLS, over plain TCP (XEP-0220).
partner partner.example tls=notsupported sasl=notsupported dialback=true

# receiving, dialback over plain TCP
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-plain from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>

# receiving, STARTTLS all the same
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features dialback-errors limits=524288/600
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news refused stream_protocol
> <failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news close stream_protocol

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

# initiating, the other side offers TLS, which is not taken
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features starttls dialback-errors
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example a1)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-plain to
news established

# initiating, the other side requires TLS
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='a1'
< features starttls-required
error policy-violation stream_no_method
