# A reload over living streams: one ends where any of its pairs, or the gateway that proved them, would
# not be let in any more; only the first pair was looked at before.
partner partner.example tls=optional sasl=notsupported dialback=true
partner two.example tls=optional sasl=notsupported dialback=true
stream receiving edge direct-tls
tls bad
news restart
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features bidi dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-tls from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>
< <db:result from='two.example' to='contoso.example'>k</db:result>
news verify contoso.example two.example $id k
verified contoso.example two.example $id valid
news authorised contoso.example two.example dialback-tls from
> <db:result from='contoso.example' to='two.example' type='valid'/>
still-allowed
partner two.example tls=required sasl=required dialback=false
still-allowed no
partner two.example tls=optional sasl=notsupported dialback=true
still-allowed
# inside: another gateway serves the domain as well, this one no longer does
gateway gw1 names=fe1.contoso.example domains=contoso.example
gateway gw2 names=fe2.contoso.example domains=contoso.example
stream receiving internal direct-tls
tls good fe1.contoso.example
news restart
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
> features external bidi dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
< header from='contoso.example' to='partner.example'
news authorised contoso.example * sasl-external from
news established
> header from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
> features dialback-errors limits=524288/600
still-allowed
gateway gw1 names=fe1.contoso.example domains=fabrikam.example
still-allowed no
gateway gw1 names=new.contoso.example domains=contoso.example
still-allowed no
gateway gw1 names=fe1.contoso.example domains=contoso.example
still-allowed
