# The internal leg, Prosody's way (direct TLS, EXTERNAL, bidi, one stream a pair): the relay stands in
# for the partner. The certificate names a host, not the domain; the configuration says for whom it
# may speak. Our header carries the partner's type.
local contoso.example,fabrikam.example,tailspin.example
partner partner.example tls=required sasl=required dialback=true type=Federated
partner two.example tls=required sasl=required dialback=true
gateway gw1 names=fe1.contoso.example,pool.contoso.example domains=contoso.example,fabrikam.example
stream receiving internal direct-tls
tls good pool.contoso.example
news restart
< header from='contoso.example' to='partner.example' id=''
> header from='partner.example' to='contoso.example' partner:type='Federated' db
> features external bidi dialback-errors limits=524288/600
state EXPECT_AUTH secure gateway=gw1
< <bidi xmlns='urn:xmpp:bidi'/>
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>Y29udG9zby5leGFtcGxl</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
< header from='contoso.example' to='partner.example' id=''
> header from='partner.example' to='contoso.example' partner:type='Federated' db
> features dialback-errors limits=524288/600
news authorised contoso.example * sasl-external from
news authorised contoso.example partner.example sasl-external to
news established
# further pairs by dialback: the certificate is the proof, nobody is asked
< <db:result from='contoso.example' to='two.example'>k</db:result>
> <db:result from='two.example' to='contoso.example' type='valid'/>
news authorised contoso.example two.example dialback-tls to
< <db:result from='fabrikam.example' to='two.example'>k</db:result>
> <db:result from='two.example' to='fabrikam.example' type='valid'/>
news authorised fabrikam.example * dialback-tls from
news authorised fabrikam.example two.example dialback-tls to
# a local domain that is not this gateway's
< <db:result from='tailspin.example' to='two.example'>k</db:result>
news refused stream_not_allowed
> <db:result from='two.example' to='tailspin.example' type='error'><error type='cancel'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
# no partner
< <db:result from='contoso.example' to='stranger.example'>k</db:result>
news refused stream_host_unknown
> <db:result from='stranger.example' to='contoso.example' type='error'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
# a partner's key that we gave it by our own stream as that partner
< <db:verify from='contoso.example' to='two.example' id='their-id'>$(key contoso.example two.example their-id)</db:verify>
> <db:verify from='two.example' to='contoso.example' id='their-id' type='valid'/>

# without bidi (ejabberd) nothing may be sent back on it
stream receiving internal direct-tls
tls good fe1.contoso.example
news restart
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='Federated' db
> features external bidi dialback-errors limits=524288/600
< <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
> <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
news restart
< header from='contoso.example' to='partner.example'
news authorised contoso.example * sasl-external from
news established
> header from='partner.example' to='contoso.example' partner:type='Federated' db
> features dialback-errors limits=524288/600

# dialback in place of EXTERNAL
stream receiving internal direct-tls
tls good fe1.contoso.example
news restart
< header from='contoso.example' to='partner.example'
> header from='partner.example' to='contoso.example' partner:type='Federated' db
> features external bidi dialback-errors limits=524288/600
< <db:result from='contoso.example' to='partner.example'>k</db:result>
news authorised contoso.example * dialback-tls from
news established
> <db:result from='partner.example' to='contoso.example' type='valid'/>
