# XEP-0220 2.1, 2.4: the four ways a first key may end: verified, not verified, unreachable server,
# no answer in time. And the plain case with several sender domains on one stream.
partner partner.example tls=optional sasl=notsupported dialback=true also=two.partner.example
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>  k1 </db:result>
news verify contoso.example partner.example $id k1
verified contoso.example partner.example wrong-id valid
verified contoso.example partner.example $id valid
news authorised contoso.example partner.example dialback-plain from
news established
> <db:result from='contoso.example' to='partner.example' type='valid'/>
state ESTABLISHED
# asked again it is still valid, and the authoritative server is left in peace
< <db:result from='partner.example' to='contoso.example'>k1</db:result>
> <db:result from='contoso.example' to='partner.example' type='valid'/>
# a second sender domain on the same stream, refused: the stream lives (2.4)
< <db:result from='two.partner.example' to='contoso.example'>k2</db:result>
news verify contoso.example two.partner.example $id k2
verified contoso.example two.partner.example $id invalid
news refused dialback_invalid
> <db:result from='contoso.example' to='two.partner.example' type='error'><error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
# and again, this time valid
< <db:result from='two.partner.example' to='contoso.example'>k3</db:result>
news verify contoso.example two.partner.example $id k3
verified contoso.example two.partner.example $id valid
news authorised contoso.example two.partner.example dialback-plain from
> <db:result from='contoso.example' to='two.partner.example' type='valid'/>
state ESTABLISHED

# the first key is wrong: said so, and the stream ends
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>bad</db:result>
news verify contoso.example partner.example $id bad
verified contoso.example partner.example $id invalid
news refused dialback_invalid
> <db:result from='contoso.example' to='partner.example' type='invalid'/>
news close dialback_invalid
state CLOSING

# the authoritative server cannot be reached: an error, and the stream may try again
stream receiving edge
< header from='partner.example' to='contoso.example'
> header from='contoso.example' to='partner.example' db
> features starttls dialback-errors limits=524288/600
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
verified contoso.example partner.example $id error remote-connection-failed
news refused dialback_unreachable
> <db:result from='contoso.example' to='partner.example' type='error'><error type='cancel'><remote-connection-failed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
state EXPECT_STARTTLS
# nobody answers our question
< <db:result from='partner.example' to='contoso.example'>k</db:result>
news verify contoso.example partner.example $id k
at +29s
at +1s
news refused dialback_unreachable
> <db:result from='contoso.example' to='partner.example' type='error'><error type='cancel'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>[trace-1]</text></error></db:result>
at +30s
error connection-timeout stream_timeout
