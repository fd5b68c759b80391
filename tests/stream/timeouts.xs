# StreamEstablishmentTimeout covers the whole of negotiation, whatever it waits for.
partner partner.example tls=required sasl=optional dialback=true
limit establishment=60
stream receiving edge
at +59s
at +2s
error connection-timeout stream_timeout headed db
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
at +61s
error connection-timeout stream_timeout
# in the middle of a handshake nothing can be said
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
at +61s
error connection-timeout stream_timeout mute
# we dialled: our header is out, the answer does not come
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
at +61s
error connection-timeout stream_timeout
# the pair of a stream of its own is not answered
partner partner.example tls=optional sasl=notsupported dialback=true
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features dialback
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
at +31s
news refused stream_timeout
news pair-failed contoso.example partner.example stream_timeout
news close stream_timeout
