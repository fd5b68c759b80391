# What the core finds wrong with the bytes (it has counted it already) ends the stream by the condition
# of RFC 6120 4.9.3 that fits, in our header where none was sent.
partner partner.example tls=required sasl=optional dialback=true
stream receiving edge
core xml_not_well_formed
error not-well-formed xml_not_well_formed counted headed db
stream receiving edge
core xml_restricted
error restricted-xml xml_restricted counted headed db
stream receiving edge
core xml_encoding
error unsupported-encoding xml_encoding counted headed db
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
core xml_bad_format
error bad-format xml_bad_format counted
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
core xml_too_big
error policy-violation xml_too_big counted
# bytes behind <starttls/> (the injection of CVE-2011-0411): <proceed/> has not been sent
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls-required
< <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
> <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
core stream_smuggled
error policy-violation stream_smuggled counted
# bytes behind <proceed/>
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features starttls-required
> <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
< <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>
news start-tls
core stream_smuggled
error policy-violation stream_smuggled counted
# stanzas refused on a live stream
partner partner.example tls=optional sasl=notsupported dialback=true
stream initiating edge contoso.example partner.example
open
> header from='contoso.example' to='partner.example' db
< header from='partner.example' to='contoso.example' id='p1'
< features dialback
> <db:result from='contoso.example' to='partner.example'>$(key partner.example contoso.example p1)</db:result>
< <db:result from='partner.example' to='contoso.example' type='valid'/>
news authorised contoso.example partner.example dialback-plain to
news established
core stanza_invalid_from
error invalid-from stanza_invalid_from counted
# an order from the operator
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
end system-shutdown
error system-shutdown ordinary
state CLOSING
