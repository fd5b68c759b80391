# ejabberd without SRV for xmpps comes in the clear to 23456: STARTTLS is offered there, required, and
# nothing else is taken before it.
partner partner.example tls=optional sasl=optional dialback=true
gateway gw1 names=fe1.contoso.example domains=contoso.example
stream receiving internal
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
> features starttls-required
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
tls good fe1.contoso.example
news restart
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
> features external bidi dialback-errors limits=524288/600
stream receiving internal
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
> features starttls-required
< <db:result from='contoso.example' to='partner.example'>k</db:result>
error policy-violation stream_tls_required
stream receiving internal
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='PublicUnverified' db
> features starttls-required
< <db:verify from='contoso.example' to='partner.example' id='1'>k</db:verify>
error policy-violation stream_tls_required
