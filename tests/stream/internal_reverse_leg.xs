# The reverse leg: we dial the gateway, authenticate as the first partner by EXTERNAL, and add every
# other partner on the same stream by db:result, each told with the partner's type. With bidi the
# gateway may answer to any partner down this stream.
partner partner.example tls=required sasl=required dialback=true type=PublicVerified
partner two.example tls=notsupported sasl=notsupported dialback=true
gateway gw1 names=fe1.contoso.example domains=contoso.example
stream initiating internal partner.example contoso.example direct-tls gateway=gw1
tls good fe1.contoso.example
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
news restart
< header from='contoso.example' to='partner.example' id='g1'
< features external bidi dialback
> <bidi xmlns='urn:xmpp:bidi'/>
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cGFydG5lci5leGFtcGxl</auth>
< <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
news restart
< header from='contoso.example' to='partner.example' id='g2'
< features
news authorised contoso.example * sasl-external from
news authorised contoso.example partner.example sasl-external to
news established
state ESTABLISHED secure bidi gateway=gw1
add-pair two.example contoso.example
> <db:result from='two.example' to='contoso.example' xmlns:partner='urn:sluice:partner:0' partner:type='PublicUnverified'>$(key contoso.example two.example g2)</db:result>
# the gateway asks for the key on this very stream, or on another: the answer is the same
< <db:verify from='contoso.example' to='two.example' id='g2'>$(key contoso.example two.example g2)</db:verify>
> <db:verify from='two.example' to='contoso.example' id='g2' type='valid'/>
< <db:result from='contoso.example' to='two.example' type='valid'/>
news authorised contoso.example two.example dialback-tls to
# a partner that there is not; a domain that this gateway does not serve
add-pair stranger.example contoso.example no
add-pair two.example fabrikam.example no

# by STARTTLS, without bidi: nothing may come from it
stream initiating internal partner.example contoso.example gateway=gw1
open
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
< header from='contoso.example' to='partner.example' id='g1'
< features starttls-required mechanisms-empty
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good fe1.contoso.example
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
news restart
< header from='contoso.example' to='partner.example' id='g2'
< features external
> <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cGFydG5lci5leGFtcGxl</auth>
< <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
news restart
< header from='contoso.example' to='partner.example' id='g3'
< features
news authorised contoso.example partner.example sasl-external to
news established
# ejabberd without its dialback module leaves db:result unanswered: only that pair fails
add-pair two.example contoso.example
> <db:result from='two.example' to='contoso.example' xmlns:partner='urn:sluice:partner:0' partner:type='PublicUnverified'>$(key contoso.example two.example g3)</db:result>
at +31s
news refused stream_timeout
news pair-failed contoso.example two.example stream_timeout
state ESTABLISHED secure gateway=gw1

# a server that is not the gateway we dialled
stream initiating internal partner.example contoso.example direct-tls gateway=gw1
tls good contoso.example
error not-authorized tls_server_certificate mute
# in the clear, no TLS offered
stream initiating internal partner.example contoso.example gateway=gw1
open
> header from='partner.example' to='contoso.example' partner:type='PublicVerified' db
< header from='contoso.example' to='partner.example' id='g1'
< features dialback
error policy-violation stream_tls_required
