# XEP-0220 2.1.1: we ask for a pair by db:result, with the key of XEP-0185 for the id of the peer's
# header; valid, invalid, an error, and no answer.
partner partner.example tls=required sasl=optional dialback=true also=two.partner.example
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features starttls-required
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
state EXPECT_PROCEED
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls bad partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='p2'
< features dialback-errors limits=20000
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p2)</db:result>
state EXPECT_DIALBACK secure more-targets max-bytes=20000
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-tls to
news established
# a second target domain, which the peer takes (<errors/>); it says no
add-pair contoso.example two.partner.example
> <db:result from='contoso.example' to='two.partner.example'>$(key two.partner.example contoso.example p2)</db:result>
< <db:result from='two.partner.example' to='contoso.example' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>
news refused stream_host_unknown
news pair-failed contoso.example two.partner.example stream_host_unknown
# and again without an answer
add-pair contoso.example two.partner.example
> <db:result from='contoso.example' to='two.partner.example'>$(key two.partner.example contoso.example p2)</db:result>
at +30s
news refused stream_timeout
news pair-failed contoso.example two.partner.example stream_timeout
# what we have we do not ask for, nor what is not ours
add-pair contoso.example partner.example no
add-pair nosuch.example partner.example no
add-pair contoso.example nosuch.example no
state ESTABLISHED secure more-targets

stream initiating edge contoso.example partner.example direct-tls
open
news start-tls
tls bad partner.example
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='p3'
< features
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p3)</db:result>
< <db:result from='partner.example' to='contoso.example' type='invalid'/>
news refused dialback_invalid
news pair-failed contoso.example partner.example dialback_invalid
news close dialback_invalid
