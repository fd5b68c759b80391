# XEP-0220 2.2.1: a stream opened only to verify needs no authentication; questions wait until TLS is
# as policy wants it; several may be open at once.
partner partner.example tls=required sasl=optional dialback=true
stream initiating edge contoso.example partner.example verify
verify contoso.example partner.example id1 k1
verify contoso.example partner.example id1 again no
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features starttls-required
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls none
> header from='contoso.example' to='partner.example' db
news restart
< header from='partner.example' to='contoso.example' id='p2'
verify contoso.example partner.example id2 k2
< features external dialback-errors bidi
news established
> <db:verify from='contoso.example' to='partner.example' id='id1'>k1</db:verify>
> <db:verify from='contoso.example' to='partner.example' id='id2'>k2</db:verify>
verify contoso.example partner.example id3 k3
> <db:verify from='contoso.example' to='partner.example' id='id3'>k3</db:verify>
< <db:verify from='partner.example' to='contoso.example' id='id2' type='invalid'/>
news verified contoso.example partner.example id2 invalid
< <db:verify from='partner.example' to='contoso.example' id='id1' type='valid'/>
news verified contoso.example partner.example id1 valid
# the third is never answered
at +29s
at +2s
news verified contoso.example partner.example id3 error
# an error for an answer
verify contoso.example partner.example id4 k4
> <db:verify from='contoso.example' to='partner.example' id='id4'>k4</db:verify>
< <db:verify from='partner.example' to='contoso.example' id='id4' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:verify>
news verified contoso.example partner.example id4 error
< footer
news close ordinary
# a server from before version 1.0 has no features to wait for
partner partner.example tls=optional sasl=optional dialback=true
stream initiating edge contoso.example partner.example verify
verify contoso.example partner.example id1 k1
open
> header from='contoso.example' to='partner.example' db
< oldheader from='partner.example' to='contoso.example' id='p1'
news established
> <db:verify from='contoso.example' to='partner.example' id='id1'>k1</db:verify>
# what TLS policy demands holds here, too
partner partner.example tls=required sasl=optional dialback=true
stream initiating edge contoso.example partner.example verify
verify contoso.example partner.example id1 k1
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features dialback-errors
error policy-violation stream_tls_required
